"""How much credit a recognition grants: amounts with their system, beside what is held, in ECTS where a source says.

Amounts of different systems stand side by side. Where they are compared it is by a stated conversion, with both of its
ends; where none is known, nothing is compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from mcgraph.model.credits import ECTS, convert, name_of
from mcgraph.pathways.stated import amounts, systems
from mcgraph.recognition.indexed import Indexed
from mcgraph.recognition.register import CODE, Register

# Effects that grant a part, which is told in credit points.
IN_PART = ("credit", "partial", "exemption")
MILLION = 1_000_000
FROM = {"statement": "stated", "towards": "of the credential it counts towards", "": "not stated"}


@dataclass(frozen=True, slots=True)
class Points:
    """An amount of credit points; `system` is "" where nobody states one, `said_by` where it was read.

    `said_by`: "statement", or "towards" for that of the credential it counts towards, or "".
    """

    amount: Decimal
    system: str = ""
    said_by: str = "statement"

    def ects(self) -> tuple[Decimal, Decimal, str] | None:
        """What it is in ECTS, at least and at most, and by which sources; None where no source says."""
        found = convert(self.system, ECTS) if self.system else None
        return None if found is None else (*found.amounts(self.amount), found.sources)

    def __str__(self) -> str:
        """The amount with its system."""
        return f"{self.amount.normalize():f} {name_of(self.system)}"


@dataclass(frozen=True, slots=True)
class Granted:
    """What one recognition grants of what is held: `points` (None: no number is stated), and what the held one has."""

    points: Points | None
    held: Points | None

    def share(self) -> tuple[Decimal, Decimal] | None:
        """The part of the held credit that is granted, at least and at most; None where it cannot be compared."""
        if self.points is None or self.held is None or self.held.amount <= 0:
            return None
        if not self.points.system or not self.held.system:
            return None
        found = convert(self.points.system, self.held.system)
        if found is None:
            return None
        least, most = (one / self.held.amount for one in found.amounts(self.points.amount))
        return (least.quantize(Decimal("0.001")), most.quantize(Decimal("0.001")))

    def __str__(self) -> str:
        """One line: the credit granted, beside the credit held."""
        if self.points is None:
            return "how many credit points is not stated"
        of = f" of {self.held} held" if self.held else ""
        share = self.share()
        if share is None:
            return f"{self.points}{of}{' (not comparable)' if self.held else ''}"
        percent = " to ".join(dict.fromkeys(f"{one * 100:.0f} %" for one in share))
        return f"{self.points}{of} ({percent})"


@dataclass(frozen=True, slots=True)
class CreditSum:
    """The credit of some statements: per system the sum and how many statements; `unnumbered` state no number."""

    by_system: tuple[tuple[Points, int], ...] = ()
    unnumbered: int = 0

    def ects(self) -> tuple[Decimal, Decimal] | None:
        """The sum in ECTS, at least and at most; None where there is nothing or a part of it cannot be converted."""
        parts = [points.ects() for points, _ in self.by_system]
        if not parts or any(part is None for part in parts):
            return None
        known = [part for part in parts if part is not None]
        return (sum((one[0] for one in known), Decimal(0)), sum((one[1] for one in known), Decimal(0)))

    def __str__(self) -> str:
        """Amounts side by side, never added across systems."""
        return " + ".join(str(points) for points, _ in self.by_system)


def credit_of_statements(register: Register) -> pl.DataFrame:
    """`iri`, `credit` (millionths, null: no number), `system`, `said_by` of the statements that grant a part."""
    own = register.frame.filter(pl.col("effect").is_in(IN_PART)).select("iri", "credit", "credit_system")
    own = own.with_columns(amounts(own.get_column("credit").fill_null("")).alias("credit"))
    towards = register.linked("recognisedTowards").join(own.select("iri"), on="iri", how="semi")
    points = points_of_credentials(register).frame.select("s", "system", "country")
    told = towards.join(points, left_on="o", right_on="s", how="left")
    # A statement towards several credentials of different systems says nothing about its own.
    told = told.group_by("iri").agg(
        pl.when(pl.col("system").n_unique() == 1).then(pl.col("system").first()).fill_null("").alias("theirs"),
        pl.col("country").first().fill_null("").alias("country"),
    )
    frame = own.join(told, on="iri", how="left")
    frame = frame.with_columns(pl.col("credit_system", "theirs", "country").fill_null(""))
    stated = pl.col("credit_system") != ""
    system = pl.when(stated).then(systems("credit_system", pl.col("country"))).otherwise("theirs")
    said_by = pl.when(stated).then(pl.lit("statement")).when(pl.col("theirs") != "").then(pl.lit("towards"))
    return frame.select("iri", "credit", system.alias("system"), said_by.otherwise(pl.lit("")).alias("said_by"))


def points_of_credentials(register: Register) -> Indexed:
    """`s`, `credit` (millionths), `system`, `country` of every credential, to be looked up."""
    return register.points


def points_of(register: Register, iri: str) -> Points | None:
    """The credit points of a credential as its record states them."""
    row = register.points.of_names(pl.Series("s", [iri], dtype=CODE)).to_dicts()
    if not row or row[0]["credit"] is None:
        return None
    return Points(Decimal(row[0]["credit"]) / MILLION, row[0]["system"])


def granted_by(register: Register, statement: str, effect: str, held: str) -> Granted | None:
    """What a statement grants of a held credential; None where it grants no part but all, or access, or nothing."""
    if effect not in IN_PART:
        return None
    row = register.credits.of_names(pl.Series("iri", [statement], dtype=CODE)).to_dicts()
    known = row and row[0]["credit"] is not None
    points = Points(Decimal(row[0]["credit"]) / MILLION, row[0]["system"], row[0]["said_by"]) if known else None
    return Granted(points, points_of(register, held))


def sums_of(register: Register, placed: pl.DataFrame) -> dict[tuple[str, str], CreditSum]:
    """Per pair of places (`placed`: iri, a, b) the credit of its asserted statements that grant a part."""
    said = placed.select("iri", "a", "b").join(register.credits.frame, on="iri")
    number = pl.col("credit").is_not_null()
    summed = said.filter(number).group_by("a", "b", "system").agg(pl.col("credit").sum(), pl.len().alias("n"))
    found: dict[tuple[str, str], list[tuple[Points, int]]] = {}
    for a, b, system, credit, count in summed.cast({"a": pl.String, "b": pl.String}).sort("a", "b", "system").rows():
        found.setdefault((a, b), []).append((Points(Decimal(credit) / MILLION, system), count))
    lacking = said.filter(~number).group_by("a", "b").len().cast({"a": pl.String, "b": pl.String}).rows()
    without = {(a, b): count for a, b, count in lacking}
    return {
        pair: CreditSum(tuple(found.get(pair, ())), without.get(pair, 0)) for pair in {*found, *without}
    }
