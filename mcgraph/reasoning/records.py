"""What people need to recognise a classified record: its title, provider, country, form, and the facts behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from mcgraph.errors import WrongUse
from mcgraph.model.namespaces import MC, shorten
from mcgraph.model.terms import fold
from mcgraph.model.vocabularies import all_labels, vocabulary
from mcgraph.reasoning.classify import Classification, Verdict
from mcgraph.reasoning.evaluate import Mask
from mcgraph.reasoning.expressions import And, Count, Expression, Named, Only, Or, Property, Some
from mcgraph.reasoning.facts import StoreFacts

if TYPE_CHECKING:
    from mcgraph.model.finding import Place

_COUNTRY = "http://publications.europa.eu/resource/authority/country/"
_LONGEST = 120


@dataclass(frozen=True, slots=True)
class Fact:
    """A stated value behind a criterion, and the cells that state it."""

    record: str
    criterion: str
    property: str
    value: str
    places: tuple[Place, ...] = ()


def choose(
    found: Classification,
    *,
    verdict: Verdict | None = None,
    labelled: bool | None = None,
    country: str | None = None,
    provider: str | None = None,
) -> Mask:
    """The credentials of a verdict, label, country (code or name) and provider (IRI, identifier or name).

    Raises `WrongUse` for a country or provider nobody has.
    """
    chosen = np.ones(len(found), dtype=np.bool_)
    if verdict is not None:
        chosen &= found.verdict_mask(verdict)
    if labelled is not None:
        chosen &= found.labelled if labelled else ~found.labelled
    if country is not None:
        iri = vocabulary("country").find(country)
        if iri is None:
            raise WrongUse(f"«{country[:60]}» is no country", fix="Give a name or code, such as Ireland or IRL.")
        chosen &= (countries(found) == iri).fill_null(False).to_numpy()
    if provider is not None:
        chosen &= _of_provider(found, provider)
    return chosen


def _of_provider(found: Classification, provider: str) -> Mask:
    names = organisations(found)
    key = fold(provider)
    wanted = [
        iri
        for iri, name, identifier in names.iter_rows()
        if provider in (iri, identifier) or (name and fold(name) == key) or fold(identifier or "") == key
    ]
    if not wanted:
        raise WrongUse(f"no provider «{provider[:60]}» is known", fix="Give its name, identifier or IRI.")
    return (providers(found).is_in(wanted)).fill_null(False).to_numpy()


def _first(found: Classification, name: str, iris: pl.Series | None = None, lang: str = "") -> pl.Series:
    """The first value of a property per individual, texts in a language before others."""
    rows = found.reader.facts.column(MC + name)
    if iris is not None:
        rows = rows.filter(pl.col("s").is_in(iris.implode()))
    rows = rows.with_columns((pl.col("lang") != lang).alias("other"))
    one = rows.sort("s", "other", "lang", "o").unique("s", keep="first", maintain_order=True).select("s", "o")
    all_of = pl.DataFrame({"s": found.iris if iris is None else iris})
    return all_of.join(one, on="s", how="left", maintain_order="left").get_column("o")


def providers(found: Classification, iris: pl.Series | None = None) -> pl.Series:
    """Per credential who provides it, else who awards it (IRI)."""
    return _first(found, "providedBy", iris).fill_null(_first(found, "awardedBy", iris))


def countries(found: Classification, iris: pl.Series | None = None) -> pl.Series:
    """Per credential its country, else that of its provider (IRI)."""
    own = _first(found, "country", iris)
    theirs = found.reader.facts.column(MC + "country").unique("s", keep="first", maintain_order=True).select("s", "o")
    by = pl.DataFrame({"s": providers(found, iris)}).join(theirs, on="s", how="left", maintain_order="left")
    return own.fill_null(by.get_column("o"))


def organisations(found: Classification) -> pl.DataFrame:
    """The organisations that provide or award: iri, name, identifier."""
    who = pl.concat([found.reader.facts.column(MC + name).get_column("o") for name in ("providedBy", "awardedBy")])
    iris = who.unique().sort().alias("s")
    names = _first(found, "legalName", iris, "en")
    return pl.DataFrame({"iri": iris, "name": names, "identifier": _first(found, "identifier", iris)})


def described(found: Classification, chosen: Mask, *, most: int | None = None, lang: str = "en") -> pl.DataFrame:
    """The rows people read, in the order of the IRIs, at most `most` of them.

    Columns: credential, identifier, title, provider, country (code), form, labelled, verdict, one per criterion,
    not_met, would_decide, source, file, row.
    """
    places = np.flatnonzero(chosen)[:most]
    iris = found.iris.gather(places)
    names = dict(organisations(found).select("iri", "name").iter_rows())
    who = providers(found, iris)
    frame = found.frame()[places]
    forms = [label_of(iri, lang) if iri else None for iri in _first(found, "form", iris)]
    head = pl.DataFrame(
        {
            "credential": iris,
            "identifier": _first(found, "identifier", iris),
            "title": _first(found, "title", iris, lang),
            "provider": pl.Series([names.get(iri) or iri for iri in who], dtype=pl.String),
            "country": countries(found, iris).str.replace(_COUNTRY, "", literal=True),
            "form": pl.Series(forms, dtype=pl.String),
        }
    )
    body = pl.concat([head, frame.drop("credential")], how="horizontal")
    facts = found.reader.facts
    if isinstance(facts, StoreFacts):
        where = facts.origins().rename({"s": "credential"})
        body = body.join(where, on="credential", how="left", maintain_order="left")
    return body


def label_of(iri: str, lang: str = "en") -> str:
    """The label of a code, or the IRI by its prefix."""
    labels = all_labels().get(iri, {})
    return labels.get(lang) or labels.get("en") or shorten(iri)


def facts_behind(found: Classification, records: Sequence[str], lang: str = "en") -> tuple[Fact, ...]:
    """The stated values that the criteria of some credentials look at, with the cells they stand in."""
    facts: list[Fact] = []
    wanted = list(records)
    properties = {column.criterion.iri: _looked_at(found, column.criterion.iri) for column in found.columns}
    store = found.reader.facts
    names = sorted({one.iri for several in properties.values() for one in several if not one.inverse})
    places = store.places(wanted, names) if isinstance(store, StoreFacts) else {}
    for column in found.columns:
        for on in properties[column.criterion.iri]:
            rows = found.reader.facts.column(on.iri)
            subject, value = ("o", "s") if on.inverse else ("s", "o")
            rows = rows.filter(pl.col(subject).is_in(wanted)).sort("s", "o")
            for row in rows.iter_rows(named=True):
                record = row[subject]
                text = label_of(row[value], lang) if row["kind"] == "iri" or on.inverse else str(row[value])
                facts.append(
                    Fact(
                        record=record,
                        criterion=column.criterion.name,
                        property=found.definition.label(on.iri),
                        value=text if len(text) <= _LONGEST else text[:_LONGEST] + "…",
                        places=tuple(places.get((record, on.iri), ())),
                    )
                )
    order = {record: at for at, record in enumerate(wanted)}
    return tuple(sorted(facts, key=lambda one: order[one.record]))


def _looked_at(found: Classification, iri: str) -> tuple[Property, ...]:
    """The properties of a record itself that a criterion, or what it is disjoint with, looks at."""
    axioms = found.definition.axioms
    seen: dict[Property, None] = {}
    done: set[str] = set()

    def walk(expression: Expression) -> None:
        if isinstance(expression, Named) and expression.iri not in done:
            done.add(expression.iri)
            for one in axioms.equivalent.get(expression.iri, ()):
                walk(one)
        elif isinstance(expression, And | Or):
            for part in expression.parts:
                walk(part)
        elif isinstance(expression, Some | Only | Count):
            seen[expression.on] = None

    for name in (iri, *sorted(axioms.disjoint.get(iri, ()))):
        walk(Named(name))
    return tuple(seen)
