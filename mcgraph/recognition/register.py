"""The register: every recognition statement of a store as columns, and the facts needed to place them."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

import polars as pl

from mcgraph.errors import WrongUse
from mcgraph.model.answer import Coverage
from mcgraph.model.namespaces import MC, RDF_TYPE, VOCAB
from mcgraph.model.synthetic import SYNTHETIC_SUBMISSIONS, synthetic_sources
from mcgraph.recognition.columns import Rows, read_columns
from mcgraph.recognition.indexed import Indexed
from mcgraph.recognition.statement import GRANTING, Party, PartyKind, State, Statement
from mcgraph.recognition.states import state_expression

_COUNTRY = "http://publications.europa.eu/resource/authority/country/"
_ONE = {
    "recognitionEffect": "effect",
    "recognitionCredit": "credit",
    "recognitionCreditSystem": "credit_system",
    "recognitionBasis": "basis",
    "claimedBy": "claimant",
    "claimKind": "claim",
    "statementStatus": "status",
    "statementDate": "stated_on",
    "validFrom": "valid_from",
    "validUntil": "valid_until",
    "evidence": "url",
    "description": "note",
}
_MANY = ("recogniser", "recognisedCredential", "recognisedOrganisation", "recognisedTowards", "recognitionPurpose",
         "jurisdiction")  # fmt: skip
_FACTS = ("identifier", "title", "legalName", "country", "awardedBy", "providedBy", "creditPoints", "creditSystem")
_CREDENTIALS = ("Credential", "Qualification", "Microcredential")
_NUMBER = re.compile(r"^[+-]?\d{1,15}(\.\d*)?$")
# IRIs as numbers behind their text: joins and comparisons of a million statements are of whole numbers.
CODE = pl.Categorical
CLAIMS = ("by-recogniser", "by-register", "by-provider", "by-survey", "inferred", "not-stated")


@dataclass(frozen=True)
class Register:
    """The statements of one snapshot, on one day.

    `frame` has a row per statement (`iri`, the columns of `_ONE`, `state`, `source`); `links` a row per value of
    the properties of `_MANY` (`iri`, `p`, `o`). `facts` are the property columns of credentials and organisations;
    `kinds` gives each described record its kind. `as_of` is the day on which force is judged, `completed` the day on
    which the learning was finished, where that was asked for. `effects` keeps what `places.effects` found.
    """

    frame: pl.DataFrame
    links: pl.DataFrame
    facts: pl.DataFrame
    kinds: pl.DataFrame
    as_of: datetime.date
    completed: datetime.date | None = None
    snapshot: str = ""
    lang: str = "en"
    graph: Rows | None = field(default=None, compare=False)
    effects: dict[str, pl.DataFrame] = field(default_factory=dict, compare=False, repr=False)

    def __len__(self) -> int:
        return self.frame.height

    @cached_property
    def synthetic(self) -> tuple[str, ...]:
        """The sources of the graph that are declared invented."""
        return synthetic_sources(self.graph.rows(SYNTHETIC_SUBMISSIONS)) if self.graph else ()

    def linked(self, name: str) -> pl.DataFrame:
        """`iri`, `o`: the values of one property of the statements, each pair once."""
        return self._linked.get(name, self.links.select("iri", "o").clear())

    @cached_property
    def _linked(self) -> dict[str, pl.DataFrame]:
        parts = self.links.partition_by("p", as_dict=True)
        return {str(key).removeprefix(MC): part.select("iri", "o") for (key,), part in parts.items()}

    @cached_property
    def by_iri(self) -> Indexed:
        """The statements, to be looked up."""
        return Indexed.of(self.frame, "iri")

    @cached_property
    def links_by_iri(self) -> Indexed:
        """The values of their properties, to be looked up."""
        return Indexed.of(self.links, "iri")

    @cached_property
    def about(self) -> Indexed:
        """Which statements speak of a credential or organisation (`iri`, `o`), to be looked up by `o`."""
        names = ("recognisedCredential", "recognisedOrganisation")
        return Indexed.of(pl.concat([self.linked(name) for name in names]), "o")

    @cached_property
    def points(self) -> Indexed:
        """`s`, `credit` (millionths, null: not stated), `system`, `country` of credentials, to be looked up by `s`."""
        from mcgraph.pathways.stated import amounts, systems

        said = self.facts.filter(pl.col("p").is_in([MC + "creditPoints", MC + "creditSystem"]))
        known = said.group_by("s").agg(
            pl.col("o").filter(pl.col("p") == MC + name).min().alias(name) for name in ("creditPoints", "creditSystem")
        )
        own = self.of_facts("country").group_by("s").agg(pl.col("o").cast(pl.String).min().alias("country"))
        frame = known.join(own, on="s", how="full", coalesce=True)
        country = country_code(pl.col("country")).fill_null("")
        frame = frame.select(
            "s",
            amounts(frame.get_column("creditPoints").fill_null("")).alias("credit"),
            systems("creditSystem", country).fill_null("").alias("system"),
            country.alias("country"),
        )
        return Indexed.of(frame, "s")

    @cached_property
    def credits(self) -> Indexed:
        """What statements that grant a part grant (`granted.credit_of_statements`), to be looked up by `iri`."""
        from mcgraph.recognition.granted import credit_of_statements

        return Indexed.of(credit_of_statements(self), "iri")

    @cached_property
    def grants_by_credential(self) -> Indexed:
        """The granting statements in force by credential."""
        return Indexed.of(self.granting, "s")

    @cached_property
    def steps_by_credential(self) -> Indexed:
        """The full recognitions by the credential they start from."""
        return Indexed.of(self.full_steps, "s")

    def of_facts(self, *names: str) -> pl.DataFrame:
        """`s`, `o`: the values of properties of credentials and organisations, each pair once."""
        own = self.facts.filter(pl.col("p").is_in([MC + name for name in names])).select("s", "o")
        return own.cast(CODE).unique()

    @cached_property
    def credentials(self) -> frozenset[str]:
        """The IRIs of the credentials that some source describes."""
        return frozenset(self.kinds.filter(pl.col("kind") == "credential").get_column("iri").to_list())

    @cached_property
    def organisations(self) -> frozenset[str]:
        """The IRIs of the organisations that some source describes."""
        return frozenset(self.kinds.filter(pl.col("kind") == "organisation").get_column("iri").to_list())

    @cached_property
    def names(self) -> dict[str, str]:
        """The name of every described record: in the language asked for, else English, else any."""
        named = self.facts.filter(pl.col("p").is_in([MC + "title", MC + "legalName"]))
        rank = pl.when(pl.col("lang") == self.lang).then(0).when(pl.col("lang") == "en").then(1).otherwise(2)
        best = named.with_columns(rank.alias("rank")).sort("rank", "lang", "o").unique("s", keep="first")
        return dict(best.select("s", "o").rows())

    @cached_property
    def ids(self) -> dict[str, str]:
        """The identifier of every described record in its source."""
        found = self.facts.filter(pl.col("p") == MC + "identifier").sort("s", "o").unique("s", keep="first")
        return dict(found.select("s", "o").rows())

    @cached_property
    def owners(self) -> pl.DataFrame:
        """`s`, `body`: the bodies that award a credential; where none is stated, those that provide it."""
        awarded = self.of_facts("awardedBy").rename({"o": "body"})
        provided = self.of_facts("providedBy").rename({"o": "body"})
        return pl.concat([awarded, provided.join(awarded.select("s").unique(), on="s", how="anti")])

    @cached_property
    def countries(self) -> pl.DataFrame:
        """`s`, `country` (a code) of organisations and credentials; a credential's bodies speak for it if need be."""
        stated = self.of_facts("country").select("s", country_code(pl.col("o")).cast(CODE).alias("country"))
        bodies = self.owners.join(stated, left_on="body", right_on="s").select("s", "country")
        return pl.concat([stated, bodies.join(stated.select("s").unique(), on="s", how="anti")]).unique()

    @cached_property
    def granting(self) -> pl.DataFrame:
        """`iri`, `s`: the granting statements in force and each credential they speak of, bodies taken apart."""
        force = self.frame.filter((pl.col("state") == "in-force") & pl.col("effect").is_in(GRANTING)).select("iri")
        direct = self.linked("recognisedCredential").rename({"o": "s"})
        whole = self.linked("recognisedOrganisation").join(self.owners, left_on="o", right_on="body")
        spoken = pl.concat([direct, whole.select("iri", "s")]).unique()
        return spoken.join(force, on="iri", how="semi")

    @cached_property
    def full_steps(self) -> pl.DataFrame:
        """`iri`, `s`, `o`: credential to credential by a full recognition in force."""
        full = self.frame.filter(pl.col("effect") == "full").select("iri")
        steps = self.granting.join(full, on="iri", how="semi").join(self.linked("recognisedTowards"), on="iri")
        return steps.filter(pl.col("s") != pl.col("o"))

    def party(self, iri: str, kind: PartyKind | None = None) -> Party:
        """A record by its IRI, with the words people know it by."""
        if kind == "country" or iri.startswith(_COUNTRY):
            return country_party(iri, self.lang)
        found: PartyKind = kind or ("organisation" if iri in self.organisations else "credential")
        return Party(found, iri, self.ids.get(iri, iri.rsplit("/", 1)[-1]), self.names.get(iri, ""))

    def statements(self, iris: Iterable[str]) -> tuple[Statement, ...]:
        """The statements of these IRIs as values, in the order of their IRIs."""
        wanted = pl.Series("iri", sorted(set(iris)), dtype=CODE)
        rows = self.by_iri.of_names(wanted)
        values: dict[tuple[str, str], list[str]] = {}
        links = self.links_by_iri.of_names(wanted).cast(pl.String).sort("iri", "p", "o")
        for iri, predicate, value in links.select("iri", "p", "o").iter_rows():
            values.setdefault((iri, predicate.removeprefix(MC)), []).append(value)
        origins = self._origins(wanted.to_list())
        return tuple(self._statement(row, values, origins) for row in rows.iter_rows(named=True))

    def _statement(
        self, row: dict[str, str], values: dict[tuple[str, str], list[str]], origins: dict[str, str]
    ) -> Statement:
        def parties(name: str, kind: PartyKind) -> tuple[Party, ...]:
            return tuple(self.party(value, kind) for value in values.get((row["iri"], name), ()))

        recognisers = parties("recogniser", "organisation")
        state: State = row["state"]  # type: ignore[assignment]
        return Statement(
            iri=row["iri"],
            recogniser=recognisers[0] if recognisers else Party("organisation", "", "", "a body that is not named"),
            effect=row["effect"] or "not-stated",
            state=state,
            credentials=parties("recognisedCredential", "credential"),
            organisations=parties("recognisedOrganisation", "organisation"),
            towards=parties("recognisedTowards", "credential"),
            purposes=tuple(notation(one) for one in values.get((row["iri"], "recognitionPurpose"), ())),
            jurisdictions=tuple(one.rsplit("/", 1)[-1] for one in values.get((row["iri"], "jurisdiction"), ())),
            credit=Decimal(row["credit"]) if _NUMBER.match(row["credit"] or "") else None,
            credit_system=row["credit_system"] or "",
            basis=row["basis"] or "",
            claimant=self.names.get(row["claimant"] or "", row["claimant"] or ""),
            claim=row["claim"] if row["claim"] in CLAIMS else "not-stated",
            status=row["status"] or "",
            stated_on=row["stated_on"] or "",
            valid_from=row["valid_from"] or "",
            valid_until=row["valid_until"] or "",
            url=row["url"] or "",
            note=row["note"] or "",
            sources=tuple(sorted((row["source"] or "").split("\n"))),
            origin=origins.get(row["iri"], ""),
        )

    def _origins(self, iris: list[str]) -> dict[str, str]:
        """Where the statements were read: file and row, cell or JSON Pointer."""
        places = getattr(self.graph, "cells_of", None)
        found = places(iris) if places is not None else {}
        return {iri: str(cells[0]) for iri, cells in found.items() if cells}

    def coverage(self) -> Coverage:
        """How many credentials some statement speaks of, itself or through its organisation."""
        spoken = pl.concat(
            [
                self.linked("recognisedCredential").select(pl.col("o").alias("s")),
                self.linked("recognisedOrganisation").join(self.owners, left_on="o", right_on="body").select("s"),
            ]
        ).unique()
        described = (
            self.kinds.filter(pl.col("kind") == "credential").select(pl.col("iri").cast(CODE).alias("s")).unique()
        )
        known = described.join(spoken, on="s", how="semi").height
        total = described.height
        why = {"no statement speaks of them": total - known} if total > known else {}
        return Coverage(total, known, "credentials", why)


def read_register(
    graph: Rows, *, as_of: datetime.date, completed: datetime.date | None = None, lang: str = "en"
) -> Register:
    """The register of a stored graph, force judged on `as_of`.

    With `completed`, a statement is in force when the learning was finished inside its dates, even if it has
    lapsed since: an agreement that ends does not take back what it granted.
    Raises `WrongUse` when `completed` is after `as_of`.
    """
    if completed is not None and completed > as_of:
        raise WrongUse(
            f"the learning was completed on {completed}, after the day asked about ({as_of})",
            fix="Give --completed a day up to --as-of, or leave it out.",
        )
    names = (*_ONE, *_MANY, *_FACTS)
    triples = read_columns(graph, [RDF_TYPE, *(MC + name for name in names)]).with_columns(
        pl.col("s", "p", "source").cast(CODE)
    )
    typed = triples.filter(pl.col("p") == RDF_TYPE)
    statements = typed.filter(pl.col("o") == MC + "RecognitionStatement")
    statements = statements.select(pl.col("s").alias("iri"), "source").unique()
    about = triples.join(statements.select(pl.col("iri").alias("s")).unique(), on="s", how="semi")
    frame = _rows(statements, about)
    many = about.filter(pl.col("p").is_in([MC + name for name in _MANY]))
    rest = triples.filter(pl.col("p") != RDF_TYPE).join(statements, left_on="s", right_on="iri", how="anti")
    return Register(
        frame=frame.with_columns(state_expression(as_of, completed).alias("state")),
        links=many.select(pl.col("s").alias("iri"), "p", pl.col("o").cast(CODE)).unique(),
        facts=rest,
        kinds=_kinds(typed),
        as_of=as_of,
        completed=completed,
        snapshot=str(graph.snapshot),
        lang=lang,
        graph=graph,
    )


def _rows(statements: pl.DataFrame, about: pl.DataFrame) -> pl.DataFrame:
    """One row per statement; of several values of a property that should have one, the first in order counts."""
    frame = _with_sources(statements)
    for name, column in _ONE.items():
        own = about.filter(pl.col("p") == MC + name).select(pl.col("s").alias("iri"), pl.col("o").alias(column))
        if own.get_column("iri").n_unique() < own.height:
            own = own.group_by("iri").agg(pl.col(column).min())
        if column in _WORDS:
            own = own.with_columns(_reworded(own.get_column(column), _WORDS[column]))
        frame = frame.join(own, on="iri", how="left", maintain_order="left")
    return frame


def _local(texts: pl.Series) -> pl.Series:
    return texts.str.strip_prefix(VOCAB).str.replace(r"^[a-z-]+#", "")


def _day(texts: pl.Series) -> pl.Series:
    return texts.str.extract(r"^(\d{4}-\d{2}-\d{2})")


# How the values of a property are put in our words.
_WORDS = {
    **dict.fromkeys(("effect", "basis", "claim", "status"), _local),
    **dict.fromkeys(("stated_on", "valid_from", "valid_until"), _day),
}


def _reworded(texts: pl.Series, words: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """The texts in other words; each different text is looked at once."""
    known = texts.unique()
    return texts.replace_strict(known, words(known), default=None, return_dtype=pl.String)


def _with_sources(statements: pl.DataFrame) -> pl.DataFrame:
    """`iri`, `source`: each statement with its sources, one per line."""
    if statements.get_column("iri").n_unique() == statements.height:
        return statements.select("iri", pl.col("source").cast(pl.String))
    told = statements.with_columns(pl.col("source").cast(pl.String)).group_by("iri")
    return told.agg(pl.col("source").sort().str.join("\n"))


def _kinds(typed: pl.DataFrame) -> pl.DataFrame:
    """`iri`, `kind` of every described credential and organisation."""
    classes = {MC + name: "credential" for name in _CREDENTIALS} | {MC + "Organisation": "organisation"}
    known = typed.filter(pl.col("o").is_in(list(classes)))
    kind = pl.col("o").replace_strict(classes, return_dtype=pl.String)
    return known.select(pl.col("s").alias("iri"), kind.alias("kind")).unique().sort("iri", "kind")


def country_code(column: pl.Expr) -> pl.Expr:
    """The code at the end of a country's IRI, as the EU's authority table spells it."""
    return column.cast(pl.String).str.strip_prefix(_COUNTRY)


def country_party(text: str, lang: str = "en") -> Party:
    """A country by its code or IRI."""
    from mcgraph.model.vocabularies import vocabulary

    iri = text if text.startswith(_COUNTRY) else _COUNTRY + text
    return Party("country", iri, iri.rsplit("/", 1)[-1], vocabulary("country").label(iri, lang).removeprefix(_COUNTRY))


def notation(iri: str) -> str:
    """The local name of a concept of mcgraph's vocabularies."""
    return iri.rsplit("#", 1)[-1] if iri.startswith(VOCAB) else iri


def one_line(parties: Sequence[Party]) -> str:
    """Labels of parties with commas between."""
    return ", ".join(party.label for party in parties)
