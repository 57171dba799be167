"""Credentials by what is stated of them: filters, and for each property its values with their numbers of records.

Every number is the answer to a SPARQL text that is given beside it, with the filters as bound parameters; the list, its
exports and the counts are made of the same patterns, so that they cannot differ.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mcgraph.errors import WrongUse
from mcgraph.limits import Limits
from mcgraph.model.answer import IRI_TYPE, Answer
from mcgraph.model.namespaces import SKOS
from mcgraph.queries.columnar.using import Opening
from mcgraph.queries.engine import Asks, Source
from mcgraph.queries.execute import ask, engine_for
from mcgraph.queries.library import CoverageRule, NamedQuestion
from mcgraph.queries.parameters import Parameter, is_iri, written

if TYPE_CHECKING:
    from mcgraph.store.remote import RemoteGraph

# What stands for the credentials of which a property is not stated.
NOT_STATED = "not stated"
NAME = "credentials"


@dataclass(frozen=True, slots=True)
class Facet:
    """A property of credentials: how its value is read, and the pattern that finds it.

    `pattern` speaks of `?credential` and `{v}`; `stated` is the path that has any value where the pattern has one.
    """

    name: str
    label: str
    type: str
    stated: str
    scheme: str = ""
    of: str = ""
    pattern: str = "?credential {stated} {v} ."

    def finds(self, variable: str) -> str:
        """The pattern that binds the values to a variable."""
        return self.pattern.replace("{stated}", self.stated).replace("{v}", f"?{variable}")

    @property
    def spoken(self) -> str:
        """The label within a sentence."""
        return self.label if self.label[1].isupper() else self.label[0].lower() + self.label[1:]

    def parameter(self, value: str) -> Parameter:
        """The facet as a filter by a value; an IRI is taken as it is, whether or not a list of ours has it."""
        if not is_iri(value):
            return Parameter(self.name, self.type, self.label, optional=True, scheme=self.scheme, of=self.of)
        # Without a default a record is started from: that is for the index, a filter by a concept is not.
        return Parameter(self.name, "iri", self.label, optional=True, default=None if self.type == "iri" else "")


FACETS = (
    Facet(
        "country", "Country", "country", "(mc:country|mc:providedBy/mc:country)",
        # That of the credential, else that of its provider, as the named questions count it.
        pattern="{ ?credential mc:country {v} } UNION "
        "{ ?credential mc:providedBy/mc:country {v} MINUS { ?credential mc:country ?own } }",
    ),
    Facet("level", "EQF level", "concept", "mc:eqfLevel", "eqf"),
    Facet("form", "Form", "concept", "mc:form", "form"),
    Facet("function", "Function", "concept", "mc:function", "function"),
    Facet("field", "Field of study", "concept", "mc:fieldOfStudy", "isced-f"),
    Facet("language", "Language", "language", "mc:language"),
    Facet("mode", "Mode of learning", "concept", "mc:participationMode", "learning-assessment"),
    Facet("target_group", "Target group", "concept", "mc:targetGroup", "target-group"),
    Facet("provider_type", "Type of provider", "concept", "mc:providedBy/mc:providerType", "provider-type"),
    Facet("provider", "Provider", "iri", "mc:providedBy", of="organisation"),
    Facet("awarding_body", "Awarding body", "iri", "mc:awardedBy", of="organisation"),
)  # fmt: skip
# A filter that is no facet: text in a title, in any language, upper or lower case.
TITLE = Parameter("title", "text", "Text in the title", optional=True)
_TITLED = "?credential mc:title ?anyTitle FILTER(CONTAINS(LCASE(STR(?anyTitle)), LCASE(STR(?title))))"
# Columns have other names than filters: those are variables, too.
_LIST = """SELECT ?credential (SUBSTR(MIN(CONCAT(IF(LANG(?aTitle) = "en", "0", "1"), STR(?aTitle))), 2) AS ?name)
  (MIN(STR(?aName)) AS ?providerName) WHERE {{
  {filters}
  OPTIONAL {{ ?credential mc:title ?aTitle }}
  OPTIONAL {{ ?credential mc:providedBy/mc:legalName ?aName }}
}} GROUP BY ?credential ORDER BY ?credential"""


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a facet: its IRI, a name for people, and how many credentials have it beside the other filters.

    A value that is no IRI, as in a register that was stored with its faults, has only a label, and is no filter.
    """

    iri: str
    label: str
    records: int

    def to_json(self) -> dict[str, Any]:
        """The keys of the JSON face."""
        value = written(self.iri) if self.iri else ""
        return {"value": value, "iri": self.iri, "label": self.label, "records": self.records}


@dataclass(frozen=True, slots=True)
class Counted:
    """A facet with its values, the most used first.

    `known` and `total` count the credentials that fit the other filters; `chosen` is the filter on this facet, an IRI
    or `NOT_STATED` ("" for none); `more` says that there are values beyond those listed. `query` has the counts.
    """

    facet: Facet
    values: tuple[Value, ...]
    total: int
    known: int
    chosen: str
    more: bool
    query: str

    @property
    def unknown(self) -> int:
        """How many of `total` do not state it."""
        return self.total - self.known

    def to_json(self) -> dict[str, Any]:
        """The keys of the JSON face."""
        return {
            "name": self.facet.name,
            "label": self.facet.label,
            "chosen": self.chosen if self.chosen in ("", NOT_STATED) else written(self.chosen),
            "values": [value.to_json() for value in self.values],
            "more": self.more,
            "total": self.total,
            "known": self.known,
            "unknown": self.unknown,
            "query": self.query,
        }


@dataclass(frozen=True, slots=True)
class Browsed:
    """The credentials that fit a filter (`records`; cut, it says so), how many they are, and the facets."""

    records: Answer
    total: int
    facets: tuple[Counted, ...]
    chosen: Mapping[str, str]
    count_query: str

    def to_json(self) -> dict[str, Any]:
        """The answer's own keys with the total, the query that counts it, and the facets beside them."""
        about = {"total": self.total, "count_query": self.count_query}
        return self.records.to_json() | about | {"facets": [facet.to_json() for facet in self.facets]}


def browse(
    source: Source | RemoteGraph,
    wanted: Mapping[str, str],
    *,
    limits: Limits | None = None,
    engine: Asks | None = None,
    columns: Asks | ExitStack | None = None,
    facets: Sequence[str] | None = None,
) -> Browsed:
    """The credentials that fit all filters of `wanted`, by name of facet (or `title`), and the counts by facet.

    A value is read as a parameter of a question is; `not stated` finds the credentials that do not state it. `facets`
    names those to count (default: all). `engine` and `columns` are as `ask` takes them. Raises what `ask` raises.
    """
    limits = limits or Limits.from_environment()
    with ExitStack() as opened:
        if engine is None:
            engine = engine_for(source, limits)
            opened.callback(engine.close)
            columns = Opening(source, limits, opened, make=True).columns()
        asked = _Asking(source, _read(wanted), limits, engine, columns)
        records = asked.ask(_LIST.format(filters=asked.pattern()), coverage=asked.coverage())
        # Names were found by this: the other queries get the IRIs.
        found_by_name = {name: value for name, value in records.parameters.items() if value}
        asked = replace(asked, wanted={**asked.wanted, **found_by_name}, resolved=True)
        shown = [facet for facet in FACETS if facets is None or facet.name in facets]
        counted = asked.ask(_counting(asked.pattern()))
        total = int(counted.rows[0][0] or 0)
        found = tuple(_count(asked, facet, total) for facet in shown)
    return Browsed(records, total, found, dict(asked.wanted), counted.query)


def _read(wanted: Mapping[str, str]) -> dict[str, str]:
    """The filters that are given. Raises `WrongUse` for a name that is none, or one with a near name."""
    from rapidfuzz import fuzz, process

    names = [*(facet.name for facet in FACETS), TITLE.name]
    for name in wanted:
        if name not in names:
            near = process.extractOne(name, names, scorer=fuzz.ratio, score_cutoff=60)
            hint = f"Did you mean «{near[0]}»? " if near else ""
            raise WrongUse(f"there is no filter «{name[:60]}»", fix=f"{hint}There are {', '.join(names)}.")
    return {name: value.strip() for name, value in wanted.items() if value.strip()}


@dataclass(frozen=True, slots=True)
class _Asking:
    """One source with the filters in force; `resolved` where their values are IRIs that were found."""

    source: Source | RemoteGraph
    wanted: Mapping[str, str]
    limits: Limits
    engine: Asks
    columns: Asks | ExitStack | None
    resolved: bool = False

    def pattern(self, without: str = "") -> str:
        """The credentials that fit the filters, but for the one on the facet `without`."""
        parts = ["?credential a mc:Credential ."]
        for facet in FACETS:
            value = self.wanted.get(facet.name)
            if not value or facet.name == without:
                continue
            if value == NOT_STATED:
                parts.append(f"MINUS {{ ?credential {facet.stated} ?any }}")
            else:
                parts.insert(0, f"VALUES ?{facet.name} {{ UNDEF }}")
                parts.append(facet.finds(facet.name))
        if self.wanted.get(TITLE.name):
            parts.insert(0, f"VALUES ?{TITLE.name} {{ UNDEF }}")
            parts.append(_TITLED)
        return "\n  ".join(parts)

    def coverage(self) -> CoverageRule:
        """Of all credentials, those that state what is filtered by."""
        asked = (facet for facet in FACETS if self.wanted.get(facet.name, NOT_STATED) != NOT_STATED)
        return CoverageRule(("mc:Credential",), {f"no {facet.spoken}": facet.stated for facet in asked})

    def ask(self, text: str, without: str = "", coverage: CoverageRule | None = None) -> Answer:
        """A text of ours with the filters bound."""
        given = {n: v for n, v in self.wanted.items() if v != NOT_STATED and n != without}
        if self.resolved:
            given = {name: value if name == TITLE.name else f"<{value}>" for name, value in given.items()}
        declared = [facet.parameter(given[facet.name]) for facet in FACETS if facet.name in given]
        question = NamedQuestion(
            name=NAME, summary="", question="", description="", group="inventory", number=None, tags=(),
            parameters=(*declared, *([TITLE] if TITLE.name in given else [])),
            coverage=coverage, examples=(), text=text,
        )  # fmt: skip
        return ask(
            self.source, question, given, limits=self.limits, engine=self.engine, columns=self.columns,
            date=datetime.date.min,
        )  # fmt: skip

    def count(self, pattern: str, without: str = "") -> int:
        """How many credentials fit a pattern with the filters."""
        return int(self.ask(_counting(pattern), without).rows[0][0] or 0)


def _counting(pattern: str) -> str:
    return f"SELECT (COUNT(DISTINCT ?credential) AS ?credentials) WHERE {{\n  {pattern}\n}}"


def _count(asked: _Asking, facet: Facet, total: int) -> Counted:
    most = asked.limits.facet_values
    chosen = asked.wanted.get(facet.name, "")
    base = asked.pattern(facet.name)
    text = f"""SELECT ?value (COUNT(DISTINCT ?credential) AS ?credentials) WHERE {{
  {base}
  {facet.finds("value")}
}} GROUP BY ?value ORDER BY DESC(?credentials) ?value LIMIT {most + 1}"""
    found = asked.ask(text, facet.name)
    listed = [
        (row[0] or "", kinds[0] == IRI_TYPE, int(row[1] or 0))
        for row, kinds in zip(found.rows[:most], found.types, strict=False)
    ]
    labels = _labels(asked, [value for value, is_iri, _ in listed if is_iri])
    stated = f"{base}\n  ?credential {facet.stated} ?any ."
    return Counted(
        facet,
        tuple(Value(v if is_iri else "", labels.get(v, "") if is_iri else v, n) for v, is_iri, n in listed),
        total=asked.count(base, facet.name) if chosen else total,
        known=asked.count(stated, facet.name) if found.rows else 0,
        chosen=chosen,
        more=len(found.rows) > most,
        query=found.query,
    )


def _labels(asked: _Asking, iris: Sequence[str]) -> dict[str, str]:
    """A name for each value: in English, else without a language, else the first."""
    from mcgraph.model.terms import is_safe_iri
    from mcgraph.queries.parameters import Term

    wanted = " ".join(Term(iri).inert() for iri in iris if is_safe_iri(iri))
    if not wanted:
        return {}
    rows = asked.engine.run(
        f"SELECT ?value ?label WHERE {{ VALUES ?value {{ {wanted} }} ?value <{SKOS}prefLabel>|mc:legalName ?label }}",
        rows=40 * len(iris),
    )
    best: dict[str, tuple[tuple[int, str, str], str]] = {}
    for (iri, label), (_, kind) in zip(rows.rows, rows.types, strict=True):
        rank = (0 if kind == "@en" else 2 if kind.startswith("@") else 1, kind, label or "")
        if iri and label and (iri not in best or rank < best[iri][0]):
            best[iri] = rank, label
    return {iri: label for iri, (_, label) in best.items()}
