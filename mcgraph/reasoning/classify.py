"""What is a microcredential by definition, whatever it is called: every credential with its verdict and its reasons.

The verdict is `yes` (it follows from what is stated), `no` (it follows that it is none) or `undecided` (a fact is
missing, or the facts contradict each other). Each criterion has one of its own, and for the undecided ones the facts
that would decide.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import polars as pl

from mcgraph.errors import WrongUse
from mcgraph.reasoning.deciding import deciding_facts
from mcgraph.reasoning.definition import (
    ASSURED,
    CREDENTIAL,
    LABELLED,
    MICROCREDENTIAL,
    Criterion,
    Definition,
    read_definition,
)
from mcgraph.reasoning.evaluate import Domain, Evaluator, Mask, Reader, Truth
from mcgraph.reasoning.expressions import Named
from mcgraph.reasoning.facts import Facts, facts_of

if TYPE_CHECKING:
    from mcgraph.reasoning.facts import RowGraph
    from mcgraph.store.graph import Graph

Verdict = Literal["yes", "no", "undecided"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
Numbers = Mapping[str, str | int | float | Decimal]
_BY_CODE: tuple[Verdict, ...] = ("undecided", "yes", "no")
CONTRADICTION = "contradiction"


@dataclass(frozen=True, slots=True)
class Column:
    """One criterion for every credential: its truth, and for the undecided ones which fact would decide."""

    criterion: Criterion
    truth: Truth
    missing: np.ndarray[tuple[int], np.dtype[np.int64]]
    texts: tuple[str, ...]

    def verdicts(self) -> pl.Series:
        """`yes`, `no` or `undecided` per credential."""
        return _words(self.truth).alias(self.criterion.name)

    def missing_texts(self) -> pl.Series:
        """What would decide, per credential; null where it is decided."""
        return _looked_up(self.missing, self.texts)


@dataclass(frozen=True, slots=True, eq=False)
class Classification:
    """Every credential of a snapshot, in the order of its IRI.

    `columns` has one entry per criterion; those of `kind` (four for a microcredential, five for one that is assured)
    decide, the others are told beside. `labelled` says what is called a microcredential.
    """

    definition: Definition
    kind: str
    domain: Domain
    truth: Truth
    labelled: Mask
    columns: tuple[Column, ...]
    snapshot: str
    reader: Reader

    def __len__(self) -> int:
        return len(self.domain)

    @property
    def iris(self) -> pl.Series:
        """The credentials."""
        return self.domain.iris

    @property
    def deciding(self) -> tuple[Column, ...]:
        """The criteria the verdict rests on."""
        names = {one.iri for one in self.definition.criteria_of(self.kind)}
        return tuple(column for column in self.columns if column.criterion.iri in names)

    def verdicts(self) -> pl.Series:
        """`yes`, `no` or `undecided` per credential."""
        return _words(self.truth).alias("verdict")

    def verdict_mask(self, verdict: Verdict) -> Mask:
        """Which credentials have a verdict."""
        if verdict == "yes":
            return self.truth.yes
        return self.truth.no if verdict == "no" else ~(self.truth.yes | self.truth.no)

    def counts(self, among: Mask | None = None) -> list[tuple[str, Verdict, int]]:
        """(labelled yes or no, verdict, how many), in that order."""
        inside = np.ones(len(self), dtype=np.bool_) if among is None else among
        return [
            (word, verdict, int((inside & called & self.verdict_mask(verdict)).sum()))
            for word, called in (("yes", self.labelled), ("no", ~self.labelled))
            for verdict in VERDICTS
        ]

    def failing(self) -> pl.Series:
        """The criteria that are provably not met, per credential, joined by «; »; null where there is none."""
        return self._told([(column.criterion.label, column.truth.no) for column in self.deciding])

    def missing(self) -> pl.Series:
        """For each undecided credential the facts that would decide, criterion by criterion; else null."""
        undecided = self.verdict_mask("undecided")
        parts = [
            (pl.when(pl.Series(undecided)).then(column.missing_texts()).otherwise(None)).alias(column.criterion.name)
            for column in self.deciding
        ]
        frame = pl.select(parts)
        joined = frame.select(pl.concat_str(pl.all(), separator="; ", ignore_nulls=True)).to_series()
        return pl.select(pl.when(joined != "").then(joined).otherwise(None)).to_series().alias("would_decide")

    def _told(self, parts: list[tuple[str, Mask]]) -> pl.Series:
        said = [pl.when(pl.Series(mask)).then(pl.lit(label)).otherwise(None).alias(label) for label, mask in parts]
        joined = pl.select(said).select(pl.concat_str(pl.all(), separator="; ", ignore_nulls=True)).to_series()
        return pl.select(pl.when(joined != "").then(joined).otherwise(None)).to_series()

    def gaps(self, among: Mask | None = None) -> list[tuple[str, str, int, int]]:
        """Per criterion and missing fact: how many credentials lack it, and for how many it alone would decide.

        Sorted by the second number, then the first. Only credentials whose verdict is undecided count.
        """
        inside = self.verdict_mask("undecided") & (np.ones(len(self), dtype=np.bool_) if among is None else among)
        open_ones = sum(((column.missing >= 0).astype(np.int64) for column in self.deciding), np.zeros(len(self)))
        found = []
        for column in self.deciding:
            for number, text in enumerate(column.texts):
                here = inside & (column.missing == number)
                if here.any():
                    alone = int((here & (open_ones == 1)).sum())
                    found.append((column.criterion.label, text, int(here.sum()), alone))
        return sorted(found, key=lambda row: (-row[3], -row[2], row[0], row[1]))

    def frame(self) -> pl.DataFrame:
        """One row per credential: credential, labelled, verdict, one column per criterion, not_met, would_decide."""
        return pl.DataFrame(
            [
                self.iris.alias("credential"),
                pl.Series("labelled", self.labelled),
                self.verdicts(),
                *(column.verdicts() for column in self.columns),
                self.failing().alias("not_met"),
                self.missing(),
            ]
        )


def classify(
    graph: Graph | RowGraph | Facts,
    *,
    thresholds: Numbers | None = None,
    assured: bool = False,
    ontology: Path | None = None,
    lang: str = "en",
) -> Classification:
    """Classify every credential a graph states something of.

    `thresholds` changes numbers of the definition by name (`ects`, `hours`, `uk-credits`); with `assured` quality
    assurance must be shown as well. `ontology` is a folder with another definition. Raises `WrongUse` for an unknown
    threshold, `RuleBroken` where the ontology lacks the definition, `StoreUnavailable` for a damaged store.
    """
    definition = read_definition(thresholds, folder=ontology, lang=lang)
    return classify_by(definition, Reader(_facts(graph)), assured=assured)


def _facts(graph: Graph | RowGraph | Facts) -> Facts:
    return graph if isinstance(graph, Facts) else facts_of(graph)


def classify_by(
    definition: Definition, reader: Reader, *, assured: bool = False, domain: Domain | None = None
) -> Classification:
    """The same with a definition and columns at hand; `domain` are the credentials, where they are known already."""
    kind = ASSURED if assured else MICROCREDENTIAL
    if kind not in definition.axioms.equivalent:
        raise WrongUse("this ontology defines no quality-assured microcredential", fix="Leave out --assured.")
    if domain is None:
        members = reader.facts.typed(sorted(definition.axioms.stated_as(CREDENTIAL)))
        domain = reader.domain(members.get_column("s").unique().sort())
    evaluator = Evaluator(definition.axioms, definition.closed, reader)
    columns = []
    for criterion in definition.criteria:
        truth = evaluator.truth(Named(criterion.iri), domain)
        undecided = ~(truth.yes | truth.no)
        missing, texts = deciding_facts(evaluator, definition, criterion.iri, domain, undecided)
        columns.append(Column(criterion, truth, missing, texts))
    truth = evaluator.truth(Named(kind), domain)
    labelled = evaluator.truth(Named(LABELLED), domain).yes
    return Classification(definition, kind, domain, truth, labelled, tuple(columns), reader.facts.snapshot, reader)


@dataclass(frozen=True, slots=True)
class Trial:
    """What would change with another number: how many are a microcredential then, and how many of them unlabelled."""

    threshold: str
    number: Decimal
    in_force: bool
    yes: int
    no: int
    undecided: int
    unlabelled: int
    more: int
    beside: str = ""


def sensitivity(found: Classification, name: str, numbers: list[Decimal]) -> tuple[Trial, ...]:
    """The counts with other numbers for one threshold, the one in force included, smallest first.

    `more` counts the microcredentials gained against the number in force. Thresholds that follow this one move with
    it (`beside`), those that follow nothing stay. Columns are read once.
    """
    threshold = found.definition.thresholds.get(name)
    if threshold is None:
        known = ", ".join(sorted(found.definition.thresholds))
        raise WrongUse(f"there is no threshold «{name[:60]}»", fix=f"There is: {known}.")
    base = int(found.truth.yes.sum())
    trials = []
    for number in sorted({*numbers, threshold.number}):
        changed = found.definition
        truth = found.truth
        if number != threshold.number:
            changed = found.definition.with_numbers({name: number})
            evaluator = Evaluator(changed.axioms, changed.closed, found.reader)
            truth = evaluator.truth(Named(found.kind), found.domain)
        yes, no = int(truth.yes.sum()), int(truth.no.sum())
        trials.append(
            Trial(
                threshold=name,
                number=number,
                in_force=number == threshold.number,
                yes=yes,
                no=no,
                undecided=len(found) - yes - no,
                unlabelled=int((truth.yes & ~found.labelled).sum()),
                more=yes - base,
                beside=", ".join(
                    f"{one.name} {one.number:f}" for one in changed.thresholds.values() if one.name != name
                ),
            )
        )
    return tuple(trials)


def _words(truth: Truth) -> pl.Series:
    codes = truth.yes.astype(np.uint8) + 2 * truth.no.astype(np.uint8)
    return _looked_up(codes.astype(np.int64), _BY_CODE)


def _looked_up(codes: np.ndarray[tuple[int], np.dtype[np.int64]], texts: tuple[str, ...]) -> pl.Series:
    """The texts by their numbers; null for -1."""
    if not texts:
        return pl.Series([None] * len(codes), dtype=pl.String)
    numbers = pl.Series(codes)
    return pl.Series(texts, dtype=pl.String).gather(pl.select(pl.when(numbers >= 0).then(numbers)).to_series())
