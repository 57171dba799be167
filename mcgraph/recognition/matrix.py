"""The matrix country by country, or body by body: what is asserted, what follows, what is answered, what lapsed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from mcgraph.model.answer import Coverage
from mcgraph.recognition.granted import CreditSum, sums_of
from mcgraph.recognition.network import Network
from mcgraph.recognition.places import Level, ends, unplaced
from mcgraph.recognition.register import Register, country_party
from mcgraph.recognition.statement import GRANTING, Party

COUNTS = ("asserted", "mutual", "one_sided", "inferred", "endorsed", "refused", "lapsed", "not_yet")


@dataclass(frozen=True, slots=True)
class Cell:
    """What is stated from `a` (whose credentials) to `b` (where it has effect), counted in statements.

    `asserted` are granting statements in force that somebody states; `mutual` and `one_sided` divide them by
    whether the body that awards also recognises the recogniser's credentials. `inferred` counts what nobody states
    of the pair: statements that are marked as inferred, and credentials that reach `b` only over other full
    recognitions. `refused` are refusals in force, `endorsed` endorsements; `lapsed` all that ended or was withdrawn,
    `not_yet` what is proposed or begins later. `credit` sums what asserted statements that grant a part state.
    """

    a: Party
    b: Party
    asserted: int = 0
    mutual: int = 0
    one_sided: int = 0
    inferred: int = 0
    endorsed: int = 0
    refused: int = 0
    lapsed: int = 0
    not_yet: int = 0
    evidence: tuple[str, ...] = ()
    credit: CreditSum = field(default_factory=CreditSum)

    @property
    def is_mutual(self) -> bool:
        """Whether some recognition of the cell is answered the other way, between the same two bodies."""
        return self.mutual > 0


@dataclass(frozen=True, slots=True)
class MatrixAnswer:
    """The cells that hold something, in the order of their parties, and what could not be placed."""

    register: Register
    level: Level
    cells: tuple[Cell, ...]
    coverage: Coverage
    truncated: str = ""

    def cell(self, a: str, b: str) -> Cell | None:
        """The cell of two parties by their codes or IRIs."""
        return next((one for one in self.cells if a in (one.a.iri, one.a.id) and b in (one.b.iri, one.b.id)), None)

    @property
    def parties(self) -> tuple[Party, ...]:
        """Every party of the matrix, in the order of the labels."""
        found = {party.iri: party for cell in self.cells for party in (cell.a, cell.b)}
        return tuple(
            sorted(found.values(), key=lambda one: (one.id if self.level == "country" else one.label, one.iri))
        )


def make_matrix(
    register: Register,
    level: Level = "country",
    *,
    most_cells: int = 10_000,
    longest: int = 4,
    most_followed: int = 20_000_000,
) -> MatrixAnswer:
    """Every pair of countries (or bodies) between which something is stated, or follows over `longest` recognitions."""
    placed = ends(register, level)
    said = placed.join(_classed(register, placed if level == "body" else ends(register, "body")), on="iri")
    # A statement has one class and stands once with each pair.
    cells = _wide(said.group_by("a", "b", "class").len("n"))
    inferred, is_cut = _inferred(register, level, said, longest, most_followed)
    cells = cells.join(inferred, on=["a", "b"], how="full", coalesce=True).with_columns(
        (pl.col("inferred").fill_null(0) + pl.col("followed").fill_null(0)).alias("inferred")
    )
    known = placed.get_column("iri").n_unique()
    coverage = Coverage(len(register), known, "statements", unplaced(register, level))
    ordered = cells.sort("a", "b")
    shown = ordered.head(most_cells)
    evidence = said.join(shown, on=["a", "b"], how="semi").group_by("a", "b").agg(pl.col("iri").sort().head(50))
    shown = shown.join(evidence, on=["a", "b"], how="left", maintain_order="left")
    asserted = said.filter(pl.col("class").is_in(["mutual", "one_sided"]))
    sums = sums_of(register, asserted.join(shown, on=["a", "b"], how="semi"))
    rows = shown.rename({"iri": "evidence"}).iter_rows(named=True)
    made = tuple(_cell(register, level, row, sums) for row in rows)
    limit = "recognition_cells" if ordered.height > most_cells else "recognition_followed" if is_cut else ""
    return MatrixAnswer(register, level, made, coverage, limit)


def _classed(register: Register, bodies: pl.DataFrame) -> pl.DataFrame:
    """`iri`, `class`: each statement's place among the counts; granting ones in force by being answered or not."""
    answered = _answered(register, bodies)
    frame = register.frame.select("iri", "effect", "state", "claim")
    is_granting = pl.col("effect").is_in(GRANTING)
    label = (
        pl.when(pl.col("state").is_in(["lapsed", "withdrawn"]))
        .then(pl.lit("lapsed"))
        .when(pl.col("state").is_in(["not-yet", "proposed"]))
        .then(pl.lit("not_yet"))
        .when(pl.col("effect") == "refused")
        .then(pl.lit("refused"))
        .when(is_granting & (pl.col("claim") == "inferred").fill_null(False))
        .then(pl.lit("inferred"))
        .when(is_granting & pl.col("iri").is_in(answered.implode()))
        .then(pl.lit("mutual"))
        .when(is_granting)
        .then(pl.lit("one_sided"))
        .otherwise(pl.lit("endorsed"))
    )
    return frame.select("iri", label.alias("class"))


def mutual_statements(register: Register) -> pl.Series:
    """The asserted statements whose body pair is answered: the awarding body also grants to the recogniser's."""
    return _answered(register, ends(register, "body"))


def _answered(register: Register, bodies: pl.DataFrame) -> pl.Series:
    pairs = bodies.join(_asserted(register), on="iri", how="semi")
    back = pairs.select(pl.col("b").alias("a"), pl.col("a").alias("b")).unique()
    return pairs.filter(pl.col("a") != pl.col("b")).join(back, on=["a", "b"], how="semi").get_column("iri").unique()


def _asserted(register: Register) -> pl.DataFrame:
    """The granting statements in force that somebody states."""
    stated = (pl.col("claim") != "inferred").fill_null(True)
    return register.frame.filter((pl.col("state") == "in-force") & pl.col("effect").is_in(GRANTING) & stated).select(
        "iri"
    )


def _wide(counts: pl.DataFrame) -> pl.DataFrame:
    names = [name for name in COUNTS if name != "asserted"]
    cells = counts.group_by("a", "b").agg(
        pl.col("n").filter(pl.col("class") == name).sum().alias(name) for name in names
    )
    return cells.with_columns((pl.col("mutual") + pl.col("one_sided")).alias("asserted"))


def _inferred(
    register: Register, level: Level, said: pl.DataFrame, longest: int, most: int
) -> tuple[pl.DataFrame, bool]:
    """`a`, `b`, `followed`: how many credentials of `a` reach `b` only over further full recognitions."""
    pairs, is_cut = Network.of(register).followed(level, longest, most)
    stated = said.filter(pl.col("class").is_in(["mutual", "one_sided", "inferred"])).select("a", "b").unique()
    return pairs.join(stated, on=["a", "b"], how="anti"), is_cut


def _cell(
    register: Register, level: Level, row: dict[str, object], sums: dict[tuple[str, str], CreditSum]
) -> Cell:
    def party(text: object) -> Party:
        if level == "country":
            return country_party(str(text), register.lang)
        return register.party(str(text), "organisation")

    evidence = row["evidence"]
    listed: Sequence[str] = evidence if isinstance(evidence, list) else []
    counts = {name: int(str(row[name] or 0)) for name in COUNTS}
    credit = sums.get((str(row["a"]), str(row["b"])), CreditSum())
    return Cell(party(row["a"]), party(row["b"]), **counts, evidence=tuple(listed), credit=credit)
