"""Who offers what, where, in which form: by country, provider type, form, level, field and volume."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from mcgraph.briefing.figure import Drawing, Figure, Value
from mcgraph.briefing.gathering import Gathering, decimal, number
from mcgraph.model.answer import Cell
from mcgraph.model.terms import fold

Row = tuple[Value, ...]


def figures(gathering: Gathering) -> Iterable[Callable[[], Figure]]:
    """Each figure of the section, made when it is called."""
    yield lambda: by_country(gathering)
    yield lambda: by_provider_type(gathering)
    yield lambda: by_form(gathering)
    yield lambda: forms_by_provider_type(gathering)
    yield lambda: by_level(gathering)
    yield lambda: by_volume(gathering)
    yield lambda: hours_by_form(gathering)
    yield lambda: by_field(gathering)


def by_country(gathering: Gathering) -> Figure:
    """Credentials and providers per country, the most first."""
    answer = gathering.ask("credentials-by-country")
    rows = [(gathering.name(where), number(n), number(of)) for where, n, of in answer.rows]
    columns = gathering.columns("country", credentials="count", providers="count")
    return gathering.figure("by_country", columns, ranked(rows, answer.rows), answer, drawing=bars("country"))


def by_provider_type(gathering: Gathering) -> Figure:
    """Credentials and providers per type of provider, the most first."""
    answer = gathering.ask("credentials-by-provider-type")
    rows = [(gathering.name(kind), number(n), number(of)) for kind, n, of in answer.rows]
    columns = gathering.columns("provider_type", credentials="count", providers="count")
    drawing = bars("provider_type")
    return gathering.figure("by_provider_type", columns, ranked(rows, answer.rows), answer, drawing=drawing)


def by_form(gathering: Gathering) -> Figure:
    """Credentials, providers and countries per form, the most first."""
    answer = gathering.ask("credentials-by-form")
    rows = [(gathering.name(form), *(number(cell) for cell in counts)) for form, *counts in answer.rows]
    columns = gathering.columns("form", credentials="count", providers="count", countries="count")
    return gathering.figure("by_form", columns, ranked(rows, answer.rows), answer, drawing=bars("form"))


def forms_by_provider_type(gathering: Gathering) -> Figure:
    """Type of provider against form."""
    answer = gathering.ask("forms-by-provider-type")
    rows = [(gathering.name(kind), gathering.name(form), number(n)) for kind, form, n in answer.rows]
    columns = gathering.columns("provider_type", "form", credentials="count")
    drawing = Drawing("grid", ("provider_type", "form"), ("credentials",), most=200)
    return gathering.figure("forms_by_provider_type", columns, by_names(rows), answer, drawing=drawing)


def by_level(gathering: Gathering) -> Figure:
    """Credentials per level of the European Qualifications Framework, from the lowest; those that state none last."""
    answer = gathering.ask("credentials-by-level")
    ordered = sorted(answer.rows, key=lambda row: (row[0] is None, row[0] or ""))
    rows = [(gathering.name(level), number(n)) for level, n in ordered]
    columns = gathering.columns("level", credentials="count")
    return gathering.figure("by_level", columns, rows, answer, drawing=bars("level"))


def by_volume(gathering: Gathering) -> Figure:
    """Credentials in bands of ECTS, of hours where no ECTS are stated, and of neither."""
    answer = gathering.ask("credentials-by-volume")
    ordered = sorted(answer.rows, key=lambda row: (row[0] is None, row[0] or "", float(row[1] or -1)))
    rows = [(_band(gathering, unit, low, high), number(n)) for unit, low, high, n in ordered]
    columns = gathering.columns("volume", credentials="count")
    return gathering.figure("by_volume", columns, rows, answer, drawing=bars("volume"))


def hours_by_form(gathering: Gathering) -> Figure:
    """Least, mean and most hours of learning per form."""
    answer = gathering.ask("workload-by-form")
    rows = [
        (gathering.name(form), number(n), number(known), decimal(least), decimal(mean), decimal(most))
        for form, n, known, least, mean, most in answer.rows
    ]
    columns = gathering.columns(
        "form", credentials="count", with_hours="count", lowest="number", mean="number", highest="number"
    )
    return gathering.figure("hours_by_form", columns, by_names(rows), answer)


def by_field(gathering: Gathering) -> Figure:
    """Credentials, providers and countries per field of study, the most first."""
    answer = gathering.ask("credentials-by-field")
    rows = [(gathering.name(field), *(number(cell) for cell in counts)) for field, _, *counts in answer.rows]
    columns = gathering.columns("field", credentials="count", providers="count", countries="count")
    drawing = Drawing("bars", ("field",), ("credentials",), most=15)
    return gathering.figure("by_field", columns, ranked(rows, answer.rows), answer, drawing=drawing)


def bars(label: str, value: str = "credentials") -> Drawing:
    """One bar per row."""
    return Drawing("bars", (label,), (value,))


def ranked(rows: Iterable[Row], given: Iterable[tuple[Cell, ...]]) -> list[Row]:
    """The rows by their first count, the most first and then by name; what is not stated comes last."""
    pairs = list(zip(rows, given, strict=True))
    pairs.sort(key=lambda pair: (pair[1][0] is None, -int(pair[0][1] or 0), str(pair[0][0])))
    return [row for row, _ in pairs]


def by_names(rows: Iterable[Row]) -> list[Row]:
    """The rows in the order of their names, accents and case apart."""
    return sorted(rows, key=lambda row: [fold(cell) for cell in row if isinstance(cell, str)])


def _band(gathering: Gathering, unit: Cell, low: Cell, high: Cell) -> str:
    if unit is None:
        return gathering.name(None)
    said = gathering.word(unit)
    if low is None:
        return said
    if high is None:
        return gathering.say.said("landscape.band_open", unit=said, low=int(low))
    if low == "0":
        return gathering.say.said("landscape.band_under", unit=said, high=int(high))
    return gathering.say.said("landscape.band", unit=said, low=int(low), high=int(high))
