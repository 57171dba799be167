"""Results about a whole store as answers: tables with labels, coverage, evidence and the snapshot they come from."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from mcgraph import __version__
from mcgraph.model.answer import IRI_TYPE, Answer, Coverage
from mcgraph.model.namespaces import MC, XSD
from mcgraph.model.terms import is_safe_iri
from mcgraph.pathways.alternatives import CAVEAT, Ways
from mcgraph.pathways.arrays import TAKE, Arrays
from mcgraph.pathways.landmarks import Cut, Mandatory
from mcgraph.pathways.rule import RowSource
from mcgraph.pathways.stackability import STATUSES, Stackability
from mcgraph.pathways.structure import Bottlenecks, Circle, DeadEnds, GroupReach

PROJECTION = (
    "Said of the projection (an edge from each part to its whole), which knows no «all of» and no credit points."
)
_NUMBER = XSD + "integer"
_CHUNK = 400
_NAMES_SHOWN = 6

Row = tuple[str | None, ...]


class Labels:
    """Titles of credentials, read for those that are shown and no others."""

    def __init__(self, graph: RowSource, iris: Collection[str], lang: str = "en") -> None:
        self._titles: dict[str, str] = {}
        wanted = sorted(iri for iri in set(iris) if is_safe_iri(iri))
        for start in range(0, len(wanted), _CHUNK):
            values = " ".join(f"<{iri}>" for iri in wanted[start : start + _CHUNK])
            rows = graph.rows(
                # Two VALUES would make Oxigraph read every triple (10 s where this takes 0.002).
                f"SELECT ?s ?t (LANG(?t) AS ?l) WHERE {{ VALUES ?s {{ {values} }} ?s <{MC}title>|<{MC}legalName> ?t }}"
            )
            for iri, title, _ in sorted(rows, key=lambda row: (row[2] != lang, row[2] != "en", str(row))):
                if iri and title:
                    self._titles.setdefault(iri, title)

    def of(self, iri: str) -> str:
        """The title, or the last part of the IRI."""
        return self._titles.get(iri) or iri.rsplit("/", 1)[-1]

    def several(self, iris: Sequence[str]) -> str:
        """Some titles, and how many more."""
        named = ", ".join(self.of(iri) for iri in iris[:_NAMES_SHOWN])
        return named + (f" … (+{len(iris) - _NAMES_SHOWN})" if len(iris) > _NAMES_SHOWN else "")


def coverage(arrays: Arrays) -> Coverage:
    """How many credentials some rule in force leads to, taking apart; of the others no source says what leads there.

    What statements only name, and no source describes, is no credential of the store and not counted.
    """
    gates = arrays.gates
    described = arrays.credentials.get_column("described").cast(pl.Boolean).to_numpy()
    heads = np.unique(gates.r_head[gates.r_kind != TAKE]).astype(np.int64)
    total, led_to = int(described.sum()), int(described[heads].sum())
    why = {"no rule in force leads to it": total - led_to} if total > led_to else {}
    return Coverage(total, led_to, "credentials", why)


def evidence(arrays: Arrays, rules: Iterable[int]) -> tuple[Mapping[str, str], ...]:
    """The statements behind some rules, each once; taking rests on no statement."""
    stated = [int(rule) for rule in dict.fromkeys(rules) if rule >= 0 and arrays.gates.r_kind[rule] != TAKE]
    rows = arrays.statements[stated].unique(maintain_order=True).rename({"iri": "statement"})
    return tuple(rows.to_dicts())


def _answer(
    arrays: Arrays,
    name: str,
    columns: Sequence[str],
    rows: Sequence[Row],
    types: Sequence[str],
    *,
    limit: int,
    rules: Iterable[int] = (),
    warnings: Iterable[str] = (),
    parameters: Mapping[str, str] | None = None,
    cut: str = "",
) -> Answer:
    """One table; `cut` names the limit that ended the search itself."""
    shown = tuple(rows[:limit])
    too_many = "rows_returned" if len(rows) > limit else ""
    return Answer(
        columns=tuple(columns),
        rows=shown,
        types=tuple(
            tuple("" if cell is None else kind for cell, kind in zip(row, types, strict=True)) for row in shown
        ),
        coverage=coverage(arrays),
        snapshot=arrays.snapshot,
        name=name,
        parameters={"date": arrays.date.isoformat(), **(parameters or {})},
        versions={"mcgraph": __version__},
        evidence=evidence(arrays, rules),
        warnings=tuple(warnings),
        truncated=bool(too_many or cut),
        limit=too_many or cut,
    )


def of_dead_ends(arrays: Arrays, graph: RowSource, found: DeadEnds, limit: int) -> Answer:
    """Credentials that lead nowhere or that nobody can attain, one row each and reason."""
    alone = set(found.isolated)
    reasons = (
        ("cannot-be-attained", found.unattainable),
        (
            "leads-to-no-full-qualification",
            tuple(one for one in found.leading_nowhere if one not in alone),
        ),
        ("named-by-no-rule", found.isolated),
    )
    rows = [(arrays.name(one), reason) for reason, those in reasons for one in those[: limit + 1]]
    labels = Labels(graph, [iri for iri, _ in rows[:limit]])
    total = ", ".join(f"{len(those):,} {reason}" for reason, those in reasons)
    return _answer(
        arrays, "dead-ends", ("credential", "title", "reason"),
        [(iri, labels.of(iri), reason) for iri, reason in rows], (IRI_TYPE, "", ""),
        limit=limit, warnings=(f"in all: {total}", PROJECTION),
    )  # fmt: skip


def of_circles(arrays: Arrays, graph: RowSource, found: Sequence[Circle], limit: int) -> Answer:
    """One row per circle of stacking and prerequisites with its shortest witness."""
    named = [arrays.named(circle.witness) for circle in found]
    labels = Labels(graph, [iri for names in named[:limit] for iri in names])
    rows: list[Row] = [
        (names[0], " → ".join(labels.of(iri) for iri in names), str(len(circle.members)))
        for circle, names in zip(found, named, strict=True)
    ]
    return _answer(
        arrays, "circles", ("credential", "circle", "members"), rows, (IRI_TYPE, "", _NUMBER),
        limit=limit, rules=[rule for circle in found[:limit] for rule in circle.rules],
        warnings=("Circles through a recognition are lawful and not listed.",),
    )  # fmt: skip


def of_bottlenecks(arrays: Arrays, graph: RowSource, found: Bottlenecks, limit: int) -> Answer:
    """The credentials many ways go through, with how many others they guard."""
    names = arrays.named([one.credential for one in found.found])
    labels = Labels(graph, names)
    rows: list[Row] = [
        (iri, labels.of(iri), str(one.guards), f"{one.betweenness:.1f}")
        for iri, one in zip(names, found.found, strict=True)
    ]
    cut = "" if found.sources == found.n else "pathway_sources"
    return _answer(
        arrays, "bottlenecks", ("credential", "title", "guards", "betweenness"), rows,
        (IRI_TYPE, "", _NUMBER, XSD + "decimal"), limit=limit, warnings=(PROJECTION,), cut=cut,
    )  # fmt: skip


def of_reach(arrays: Arrays, found: Sequence[GroupReach], limit: int) -> Answer:
    """Per group how many credentials somebody attains who may take only what is offered to the group."""
    rows: list[Row] = [(one.group, str(one.takeable), str(one.attained), str(one.full)) for one in found]
    return _answer(
        arrays, "reach", ("group", "can_take", "attains", "full_qualifications"), rows,
        ("", _NUMBER, _NUMBER, _NUMBER), limit=limit,
        warnings=("Recognition counts wherever it was stated; what states no country is offered nowhere.",),
    )  # fmt: skip


def of_group_reach(arrays: Arrays, found: Mapping[str, Sequence[GroupReach]], limit: int) -> Answer:
    """Per group of holders and country how many credentials they attain, what they hold included."""
    rows: list[Row] = [
        (group, one.group, str(one.takeable), str(one.attained), str(one.full))
        for group, those in found.items()
        for one in those
    ]
    return _answer(
        arrays, "reach", ("group", "country", "can_take", "attains", "full_qualifications"), rows,
        ("", "", _NUMBER, _NUMBER, _NUMBER), limit=limit,
        warnings=("Recognition counts wherever it was stated; what states no country is offered nowhere.",),
    )  # fmt: skip


def of_mandatory(
    arrays: Arrays, graph: RowSource, target: int, found: Mandatory | None, claimants: Sequence[str], limit: int
) -> Answer:
    """What every plan to a target rests on: credentials, statements, and those who state them."""
    credentials = arrays.named(found.credentials) if found else []
    rules = found.rules if found else ()
    statements = list(dict.fromkeys(str(iri) for iri in arrays.statements["iri"].gather(list(rules))))
    labels = Labels(graph, [*credentials, *claimants, arrays.name(target)])
    rows: list[Row] = [("credential", iri, labels.of(iri)) for iri in credentials]
    rows += [("statement", iri, iri.rsplit("/", 1)[-1]) for iri in statements]
    rows += [("claimant", who, labels.of(who)) for who in claimants]
    none = f"{labels.of(arrays.name(target))} cannot be attained, so nothing is mandatory." if found is None else ""
    return _answer(
        arrays, "mandatory", ("what", "iri", "title"), rows, ("", IRI_TYPE, ""),
        limit=limit, rules=rules, warnings=(none,) if none else (), parameters={"to": arrays.name(target)},
    )  # fmt: skip


def of_cut(arrays: Arrays, graph: RowSource, target: int, found: Cut, limit: int) -> Answer:
    """The cheapest set whose loss makes a target unattainable."""
    is_rule = found.of != "credentials"
    iris = (
        [str(iri) for iri in arrays.statements["iri"].gather(list(found.members))]
        if is_rule
        else arrays.named(found.members)
    )
    labels = Labels(graph, [*iris, arrays.name(target)])
    whole = labels.of(arrays.name(target))
    if not found.possible:
        said = f"No loss of {found.of} makes {whole} unattainable."
    elif found.proven and not found.members:
        said = f"{whole} cannot be attained as it is."
    else:
        proof = "no smaller loss does" if found.proven else f"at least {found.at_least} are needed; not proven smallest"
        what = found.of if len(found.members) > 1 else found.of.removesuffix("s")
        said = f"Losing {len(found.members)} {what} makes {whole} unattainable; {proof} (plans met: {found.rounds})."
    rows: list[Row] = [(iri, labels.of(iri)) for iri in iris]
    return _answer(
        arrays, "cut", (found.of.removesuffix("s"), "title"), rows, (IRI_TYPE, ""), limit=limit,
        rules=found.members if is_rule else (), warnings=(said,),
        parameters={"to": arrays.name(target), "of": found.of}, cut=found.limit,
    )  # fmt: skip


def of_ways(arrays: Arrays, graph: RowSource, found: Ways, limit: int) -> Answer:
    """Different ways through the projection, each marked as no plan."""
    named = [arrays.named(way.credentials) for way in found.ways]
    labels = Labels(graph, [iri for names in named for iri in names])
    rows: list[Row] = [
        (str(at), " → ".join(labels.of(iri) for iri in names), str(way.amounts["new"]), *_amounts(way.amounts), "no")
        for at, (way, names) in enumerate(zip(found.ways, named, strict=True), start=1)
    ]
    return _answer(
        arrays, "ways", ("way", "credentials", "steps", "hours", "credits", "is_plan"), rows,
        (_NUMBER, "", _NUMBER, XSD + "decimal", XSD + "decimal", ""), limit=limit,
        rules=[rule for way in found.ways for rule in way.rules], warnings=(CAVEAT,), cut=found.truncated,
    )  # fmt: skip


def _amounts(amounts: Mapping[str, int]) -> tuple[str, str]:
    return (f"{amounts['hours'] / 1e6:g}", f"{amounts['credits'] / 1e6:g}")


def of_stackability(graph: RowSource, found: Stackability, by: str, limit: int) -> Answer:
    """Declared against supported stackability: counts by status, provider or country, or (`pairs`) each pair."""
    if by == "pairs":
        return _pairs(graph, found, limit)
    counted = found.count(by)  # type: ignore[arg-type]
    columns = [name for name in counted.columns if name != "pairs"]
    labels = Labels(graph, counted["provider"].to_list()) if by == "provider" else None
    rows: list[Row] = []
    for record in counted.iter_rows(named=True):
        keys = [labels.of(record[name]) if labels and name == "provider" else str(record[name]) for name in columns]
        rows.append((*[key or "not stated" for key in keys], str(record["pairs"]), STATUSES[record["status"]]))
    types = [*([""] * len(columns)), _NUMBER, ""]
    return _stackability(found, (*columns, "pairs", "meaning"), rows, types, limit, {"by": by})


def _pairs(graph: RowSource, found: Stackability, limit: int) -> Answer:
    shown: list[dict[str, Any]] = found.rows.head(limit + 1).to_dicts()
    labels = Labels(graph, [iri for row in shown for iri in (row["credential"], row["whole"]) if iri])
    rows: list[Row] = [
        (
            row["status"], row["credential"], labels.of(row["credential"]), row["whole"],
            labels.of(row["whole"]) if row["whole"] else None, row["rule"], row["says"] or None,
        )
        for row in shown
    ]  # fmt: skip
    columns = ("status", "credential", "title", "whole", "whole_title", "rule", "says")
    return _stackability(found, columns, rows, ["", IRI_TYPE, "", IRI_TYPE, "", IRI_TYPE, ""], limit, {"by": "pairs"})


def _stackability(
    found: Stackability, columns: Sequence[str], rows: Sequence[Row], types: Sequence[str], limit: int,
    parameters: Mapping[str, str],
) -> Answer:  # fmt: skip
    why = {"says nothing of stacking, and no rule lists it": found.silent} if found.silent else {}
    shown = tuple(rows[:limit])
    return Answer(
        columns=tuple(columns),
        rows=shown,
        types=tuple(
            tuple("" if cell is None else kind for cell, kind in zip(row, types, strict=True)) for row in shown
        ),
        coverage=Coverage(found.described, found.described - found.silent, "credentials", why),
        snapshot=found.snapshot,
        name="stackability",
        parameters={"date": found.date.isoformat(), **parameters},
        versions={"mcgraph": __version__},
        evidence=found.evidence(limit) if parameters["by"] == "pairs" else (),
        truncated=len(rows) > limit,
        limit="rows_returned" if len(rows) > limit else "",
    )
