"""How ready a credential is to be recognised: seven published criteria, each met, not met or unknown, with evidence.

The criteria are those by which Nuffic and its partners of the e-Valuate project evaluate stand-alone e-learning and
microcredentials in line with the Lisbon Recognition Convention: quality assurance, verification, level, learning
outcomes, workload, testing, identification. Their names and the remark that verification and identification are not
asked of on-site courses were read on the pages in `SOURCES`; how a record meets each one is mcgraph's reading of what
a register can hold, and is said below. There is no score: a recogniser weighs the criteria by purpose.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from typing import Literal

import polars as pl

from mcgraph.errors import WrongUse
from mcgraph.model.answer import Coverage
from mcgraph.model.namespaces import MC, VOCAB
from mcgraph.recognition.columns import read_columns
from mcgraph.recognition.register import Register
from mcgraph.recognition.statement import Party

Verdict = Literal["met", "not met", "unknown", "not asked"]
SOURCES = (
    "https://fd8.formdesk.com/nuffic/micro-credentials/",
    "https://openspace.etf.europa.eu/content/recognition-micro-credentials-education-and-training",
)
# In the order of the source, with how a record meets each.
CRITERIA = {
    "quality": "a quality assurance statement in force on it or on its awarding body, not negative",
    "verification": "a digital format that can be verified (European Digital Credential, Open Badge)",
    "level": "a level of the EQF or of a national framework",
    "learning-outcomes": "learning outcomes are listed",
    "workload": "hours or credit points are stated",
    "assessment": "a kind of assessment other than attendance is stated",
    "identification": "the learner's identity is checked at the assessment",
}
_EU = "http://data.europa.eu/snb/"
_VERIFIABLE = [VOCAB + "format#" + name for name in ("edc", "open-badge-2", "open-badge-3")]
_ATTENDANCE = _EU + "assessment/7331eb4762"
_WITH_IDENTITY = [_EU + "supervision-verification/" + code for code in ("df2880c5cb", "70be69aaf9")]
_ON_SITE = _EU + "learning-assessment/9191af2ed9"
_STATED: dict[str, tuple[str, ...]] = {
    "level": ("eqfLevel", "nationalLevel", "nationalLevelStated"),
    "learning-outcomes": ("learningOutcome", "learningOutcomeSummary"),
    "workload": ("creditPoints", "workloadHours"),
}
_OTHER = ("format", "assessmentType", "supervision", "participationMode")
_QA = ("assuredCredential", "assuredOrganisation", "qaType", "qaDecision", "validFrom", "validUntil")


@dataclass(frozen=True, slots=True)
class Judged:
    """One criterion of one credential: the verdict, and what it rests on in words."""

    criterion: str
    verdict: Verdict
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Readiness:
    """A credential by each criterion."""

    credential: Party
    judged: tuple[Judged, ...]
    as_of: str
    snapshot: str

    def of(self, criterion: str) -> Judged:
        """The verdict on one criterion."""
        return next(one for one in self.judged if one.criterion == criterion)

    @property
    def met(self) -> int:
        """How many criteria are met."""
        return sum(one.verdict == "met" for one in self.judged)


@dataclass(frozen=True, slots=True)
class ReadinessTable:
    """Many credentials by each criterion: `frame` has `iri` and a column of verdicts for each criterion."""

    register: Register
    source: str
    frame: pl.DataFrame

    def counts(self) -> tuple[tuple[str, dict[str, int]], ...]:
        """Per criterion how many credentials have each verdict."""
        verdicts = ("met", "not met", "unknown", "not asked")
        return tuple(
            (name, {one: self.frame.filter(pl.col(name) == one).height for one in verdicts}) for name in CRITERIA
        )

    def coverage(self, criterion: str) -> Coverage:
        """How many credentials the criterion can be judged of."""
        unknown = self.frame.filter(pl.col(criterion) == "unknown").height
        why = {"nothing is stated": unknown} if unknown else {}
        return Coverage(self.frame.height, self.frame.height - unknown, "credentials", why)


def assess(register: Register, credential: Party) -> Readiness:
    """One credential by each criterion, with the evidence. Raises `WrongUse` for what is not described."""
    if credential.iri not in register.credentials:
        raise WrongUse(f"no source describes the credential «{credential.label[:80]}»")
    facts = _facts(register)
    frame = verdicts(register, [credential.iri], facts)
    row = frame.row(0, named=True)
    return Readiness(
        credential,
        tuple(Judged(name, row[name], _evidence(register, facts, credential.iri, name)) for name in CRITERIA),
        register.as_of.isoformat(),
        register.snapshot,
    )


def assess_source(register: Register, source: str = "") -> ReadinessTable:
    """Every credential of a source (or of all) by each criterion. Raises `WrongUse` where there is no such source."""
    graph = register.graph
    if graph is None:
        raise WrongUse("this register was not read from a graph")
    typed = read_columns(graph, ["http://www.w3.org/1999/02/22-rdf-syntax-ns#type"])
    if source:
        known = sorted(set(typed.get_column("source").to_list()))
        if source not in known:
            raise WrongUse(f"there is no source «{source[:80]}»", fix=f"Sources: {', '.join(known) or 'none'}.")
        typed = typed.filter(pl.col("source") == source)
    iris = sorted(set(typed.get_column("s").to_list()) & register.credentials)
    return ReadinessTable(register, source, verdicts(register, iris, _facts(register)))


def _facts(register: Register) -> pl.DataFrame:
    """The property columns that the criteria look at: `p`, `s`, `o`."""
    if register.graph is None:
        raise WrongUse("this register was not read from a graph")
    names = {name for group in _STATED.values() for name in group} | set(_OTHER) | set(_QA)
    found = read_columns(register.graph, [MC + name for name in names]).unique(maintain_order=True)
    return found.select(pl.col("p").str.strip_prefix(MC), "s", "o").unique()


def verdicts(register: Register, iris: Iterable[str], facts: pl.DataFrame) -> pl.DataFrame:
    """`iri` and the verdict on each criterion, in the order of `iris`."""
    frame = pl.DataFrame({"iri": list(iris)}, schema={"iri": pl.String})
    quality = _quality(register, facts)
    parts = [
        frame.join(quality, on="iri", how="left", maintain_order="left").with_columns(
            pl.col("quality").fill_null("unknown")
        )
    ]
    on_site = _all_are(facts, "participationMode", [_ON_SITE])
    parts.append(
        _judged(frame, "verification", _any_is(facts, "format", _VERIFIABLE), _has(facts, ("format",)), on_site)
    )
    for name, properties in _STATED.items():
        parts.append(_judged(frame, name, _has(facts, properties), None, None))
    tested = _any_is(facts, "assessmentType", [_ATTENDANCE], negated=True)
    parts.append(_judged(frame, "assessment", tested, _has(facts, ("assessmentType",)), None))
    identified = _any_is(facts, "supervision", _WITH_IDENTITY)
    parts.append(_judged(frame, "identification", identified, _has(facts, ("supervision",)), on_site))
    joined = reduce(lambda left, right: left.join(right, on="iri", how="left", maintain_order="left"), parts)
    return joined.select("iri", *CRITERIA)


def _judged(
    frame: pl.DataFrame, name: str, met: pl.Series, stated: pl.Series | None, not_asked: pl.Series | None
) -> pl.DataFrame:
    """Met; else not asked of on-site courses; else not met where something else is stated; else unknown."""
    none = pl.Series([], dtype=pl.String)
    verdict = (
        pl.when(pl.col("iri").is_in(met.implode()))
        .then(pl.lit("met"))
        .when(pl.col("iri").is_in((none if not_asked is None else not_asked).implode()))
        .then(pl.lit("not asked"))
        .when(pl.col("iri").is_in((none if stated is None else stated).implode()))
        .then(pl.lit("not met"))
        .otherwise(pl.lit("unknown"))
    )
    return frame.select("iri", verdict.alias(name))


def _has(facts: pl.DataFrame, properties: tuple[str, ...]) -> pl.Series:
    return facts.filter(pl.col("p").is_in(properties)).get_column("s").unique()


def _any_is(facts: pl.DataFrame, name: str, values: list[str], *, negated: bool = False) -> pl.Series:
    found = pl.col("o").is_in(values)
    return facts.filter((pl.col("p") == name) & (~found if negated else found)).get_column("s").unique()


def _all_are(facts: pl.DataFrame, name: str, values: list[str]) -> pl.Series:
    own = facts.filter(pl.col("p") == name)
    others = own.filter(~pl.col("o").is_in(values)).select("s")
    return own.join(others, on="s", how="anti").get_column("s").unique()


def _assurances(register: Register, facts: pl.DataFrame) -> pl.DataFrame:
    """`iri`, `statement`, `type`, `decision`, `on`: quality assurance in force, through the awarding body too."""
    day = register.as_of.isoformat()

    def value(name: str) -> pl.DataFrame:
        return facts.filter(pl.col("p") == name).group_by("s").agg(pl.col("o").min().alias(name))

    own = facts.filter(pl.col("p") == "assuredCredential").select(
        pl.col("o").alias("iri"), "s", on=pl.lit("credential")
    )
    bodies = facts.filter(pl.col("p") == "assuredOrganisation").select("s", body="o")
    theirs = bodies.join(register.owners.cast(pl.String), on="body").select(
        iri="s_right", s="s", on=pl.lit("awarding body")
    )
    found = pl.concat([own, theirs]).unique()
    for name in ("qaType", "qaDecision", "validFrom", "validUntil"):
        found = found.join(value(name), on="s", how="left")
    in_force = (pl.col("validFrom") <= day).fill_null(True) & (pl.col("validUntil") >= day).fill_null(True)
    local = pl.col("qaType", "qaDecision").str.replace(r"^.*#", "").fill_null("")
    return found.with_columns(local, in_force.alias("in_force"))


def _quality(register: Register, facts: pl.DataFrame) -> pl.DataFrame:
    """Met by one good statement in force; not met where all there is says no, or says that there is none."""
    found = _assurances(register, facts)
    good = pl.col("in_force") & (pl.col("qaDecision") != "negative") & (pl.col("qaType") != "none-stated")
    said_no = (pl.col("qaDecision") == "negative") | (pl.col("qaType") == "none-stated")
    return found.group_by("iri").agg(
        pl.when(good.any())
        .then(pl.lit("met"))
        .when((pl.col("in_force") & said_no).any())
        .then(pl.lit("not met"))
        .otherwise(pl.lit("unknown"))
        .first()
        .alias("quality")
    )


def _evidence(register: Register, facts: pl.DataFrame, iri: str, criterion: str) -> tuple[str, ...]:
    """What is stated on the matter, in words, the source's own terms kept."""
    if criterion == "quality":
        rows = _assurances(register, facts).filter(pl.col("iri") == iri).sort("s", "on")
        return tuple(
            f"{row['qaType'] or 'type not stated'} of the {row['on']}, {row['qaDecision'] or 'decision not stated'}"
            + ("" if row["in_force"] else f", ended {row['validUntil'] or 'or not begun'}")
            + f" ({row['s']})"
            for row in rows.iter_rows(named=True)
        )
    names: dict[str, tuple[str, ...]] = {
        **_STATED,
        "verification": ("format", "participationMode"),
        "assessment": ("assessmentType",),
        "identification": ("supervision", "participationMode"),
    }
    own = facts.filter((pl.col("s") == iri) & pl.col("p").is_in(names[criterion])).sort("p", "o")
    return tuple(f"{name}: {register.names.get(value) or _words(value)}" for name, value in own.select("p", "o").rows())


def _words(value: str) -> str:
    """A concept of a bundled scheme by its label, else the value."""
    from mcgraph.model.vocabularies import vocabulary

    for part, scheme in (
        ("/snb/eqf/", "eqf"),
        ("/snb/assessment/", "assessment"),
        ("/snb/supervision-verification/", "supervision-verification"),
        ("/snb/learning-assessment/", "learning-assessment"),
        ("/vocab/format#", "format"),
    ):
        if part in value:
            return vocabulary(scheme).label(value)
    return value if len(value) <= 200 else value[:199] + "…"
