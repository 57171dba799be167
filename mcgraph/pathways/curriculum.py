"""Curricula: blocking, delay, centrality and structural complexity, and requisites that cannot be met.

The measures are those of CurricularAnalytics (Heileman, Abdallah, Slim and Hickman 2018, arXiv:1811.09676), computed in
linear time instead of by listing every path. Its CSV files are read as they are; prerequisites with alternatives
(groups of which one is enough) are read into arrays, where closure and first plans work on them.
"""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Literal

import numpy as np

from mcgraph.errors import InputRefused
from mcgraph.limits import Limits
from mcgraph.pathways.arrays import TAKE, Arrays, Gates
from mcgraph.pathways.plain_values import number as amount

Kind = Literal["pre", "co", "strict-co"]
_COLUMNS: dict[str, Kind] = {"Prerequisites": "pre", "Corequisites": "co", "Strict-Corequisites": "strict-co"}
_SECTIONS = ("Courses", "Additional Courses")
_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Requisite:
    """`before` is asked for by `course`: earlier (pre), at the latest together (co), or together (strict-co)."""

    before: str
    course: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Curriculum:
    """The courses of a programme (id → name) in the order of the file, and what each asks for.

    `unknown` are requisites that name a course which is not in the programme; they count for nothing. `credits` has the
    credit hours that are stated.
    """

    name: str
    courses: dict[str, str]
    requisites: tuple[Requisite, ...]
    quarters: bool = False
    unknown: tuple[Requisite, ...] = ()
    credits: dict[str, Decimal] = field(default_factory=dict)

    @property
    def edges(self) -> list[tuple[str, str]]:
        """Each pair of courses once, in order of statement."""
        return list(dict.fromkeys((one.before, one.course) for one in self.requisites))


@dataclass(frozen=True, slots=True)
class CourseMeasures:
    """One course: how many others it blocks, the courses on the longest path through it, centrality, complexity."""

    course: str
    blocking: int
    delay: int
    centrality: int
    complexity: float


@dataclass(frozen=True, slots=True)
class Measures:
    """A curriculum's measures: the sums over its courses. Where requisites go in a circle there are none."""

    courses: tuple[CourseMeasures, ...]

    @property
    def blocking(self) -> int:
        """The sum of blocking factors."""
        return sum(one.blocking for one in self.courses)

    @property
    def delay(self) -> int:
        """The sum of delay factors."""
        return sum(one.delay for one in self.courses)

    @property
    def centrality(self) -> int:
        """The sum of centralities."""
        return sum(one.centrality for one in self.courses)

    @property
    def complexity(self) -> float:
        """The structural complexity: the sum of delay and blocking over all courses."""
        return sum(one.complexity for one in self.courses)


def read_curriculum(path: Path) -> Curriculum:
    """A curriculum or degree plan in the CSV form of CurricularAnalytics.

    Raises `InputRefused` where the file has no table of courses, or a course twice.
    """
    try:
        if path.stat().st_size > Limits().workbook_bytes:
            raise InputRefused("this file is too large for a curriculum", where=str(path))
        rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline=""), strict=True))
    except OSError as fault:
        raise InputRefused(f"this file cannot be read: {fault.strerror}", where=str(path)) from fault
    except (UnicodeDecodeError, csv.Error) as fault:
        raise InputRefused(f"this is no CSV text: {fault}", where=str(path)) from fault
    about = {row[0].strip(): row[1].strip() for row in rows if len(row) > 1 and row[0].strip() not in _SECTIONS}
    courses: dict[str, str] = {}
    stated: list[Requisite] = []
    credits: dict[str, Decimal] = {}
    header: list[str] = []
    for number, row in enumerate(rows, start=1):
        cells = [cell.strip() for cell in row]
        if not any(cells) or cells[0] in _SECTIONS:
            header = [] if cells and cells[0] in _SECTIONS else header
        elif cells[0] == "Course ID":
            header = cells
        elif header:
            said = dict(zip(header, cells, strict=False))
            _course(said, courses, stated, f"{path}, line {number}")
            hours = amount(said.get("Credit Hours", ""))
            if hours is not None and hours >= 0:
                credits[said["Course ID"]] = hours
    if not courses:
        raise InputRefused("there is no table of courses here", where=str(path), fix="It starts with «Course ID».")
    known = [one for one in stated if one.before in courses]
    unknown = tuple(one for one in stated if one.before not in courses)
    quarters = about.get("System Type", "").casefold() == "quarter"
    return Curriculum(about.get("Curriculum", path.stem), courses, tuple(known), quarters, unknown, credits)


def _course(cells: dict[str, str], courses: dict[str, str], stated: list[Requisite], where: str) -> None:
    one = cells["Course ID"]
    if one in courses:
        raise InputRefused(f"the course {one[:40]} stands here twice", where=where)
    courses[one] = cells.get("Course Name", "")
    for column, kind in _COLUMNS.items():
        before = [text.strip() for text in cells.get(column, "").split(";")]
        stated.extend(Requisite(text, one, kind) for text in before if text)


def measure(curriculum: Curriculum) -> Measures | None:
    """The measures of each course; None where requisites go in a circle, since no path is then the longest.

    Blocking: courses that follow, however far. Delay: courses on the longest path through it. Centrality: the lengths
    of all paths from a course that asks for nothing to one that nothing asks for, through it, not ending at it.
    Complexity: delay and blocking together; in quarter systems two thirds of it, rounded to one digit.
    """
    names = list(curriculum.courses)
    edges = curriculum.edges
    order = topological(names, edges)
    if order is None:
        return None
    after: dict[str, list[str]] = {name: [] for name in names}
    before: dict[str, list[str]] = {name: [] for name in names}
    for one, other in edges:
        after[one].append(other)
        before[other].append(one)
    down = _paths(reversed(order), after)
    up = _paths(order, before)
    below: dict[str, set[str]] = {}
    for name in reversed(order):
        below[name] = set(after[name]).union(*(below[other] for other in after[name]))
    found = []
    for name in names:
        delay, blocking = up[name][0] + down[name][0] - 1, len(below[name])
        whole = float(delay + blocking)
        inner = bool(before[name] and after[name])
        found.append(
            CourseMeasures(
                name,
                blocking,
                delay,
                _through(up[name], down[name]) if inner else 0,
                round(whole * 2 / 3, 1) if curriculum.quarters else whole,
            )
        )
    return Measures(tuple(found))


def _paths(order: Iterable[str], towards: dict[str, list[str]]) -> dict[str, tuple[int, int, int]]:
    """Per course, of the paths that start at it and go `towards` an end: longest length, number, sum of lengths."""
    found: dict[str, tuple[int, int, int]] = {}
    for name in order:
        rest = [found[other] for other in towards[name]]
        if not rest:
            found[name] = (1, 1, 1)
            continue
        count = sum(number for _, number, _ in rest)
        total = sum(length for _, _, length in rest)
        found[name] = (1 + max(longest for longest, _, _ in rest), count, total + count)
    return found


def _through(up: tuple[int, int, int], down: tuple[int, int, int]) -> int:
    """The sum of lengths of all paths through a course: each way up with each way down, the course counted once."""
    _, ups, up_total = up
    _, downs, down_total = down
    return up_total * downs + down_total * ups - ups * downs


def topological(names: Sequence[str], edges: Iterable[tuple[str, str]]) -> list[str] | None:
    """An order in which every edge goes forward, or None where there is a circle."""
    after: dict[str, list[str]] = {name: [] for name in names}
    waiting = dict.fromkeys(names, 0)
    for one, other in edges:
        after[one].append(other)
        waiting[other] += 1
    order = [name for name in names if waiting[name] == 0]
    for name in order:
        for other in after[name]:
            waiting[other] -= 1
            if waiting[other] == 0:
                order.append(other)
    return order if len(order) == len(names) else None


def unsatisfiable(curriculum: Curriculum) -> list[tuple[str, ...]]:
    """Circles of requisites that make the curriculum impossible to complete; empty where it can be.

    A circle of any length counts in which one course must come before another: that one would have to be later than
    itself. Courses that must be taken together count as asking for each other. Circles of corequisites alone are none,
    since they are taken together (`isvalid_curriculum` of the package refuses these as well). A course that asks for
    itself is one. One shortest circle is given per prerequisite it goes through, each circle once.
    """
    after: dict[str, dict[str, None]] = {name: {} for name in curriculum.courses}
    for asked in curriculum.requisites:
        after[asked.before][asked.course] = None
        if asked.kind == "strict-co":
            after[asked.course][asked.before] = None
    found: dict[frozenset[str], tuple[str, ...]] = {}
    for asked in curriculum.requisites:
        one, other = asked.before, asked.course
        if one == other:
            path = [one]
        elif asked.kind == "pre":
            path = _short_way(after, other, one)
        else:
            continue
        if path:
            found.setdefault(frozenset(path), tuple(path))
    return sorted(found.values(), key=lambda circle: (len(circle), circle))


def _short_way(after: dict[str, dict[str, None]], start: str, goal: str) -> list[str]:
    """The shortest way from start to goal, the goal first; or nothing."""
    above: dict[str, str] = {start: ""}
    layer = [start]
    while layer:
        following = []
        for one in layer:
            for other in after[one]:
                if other == goal:
                    path = [one]
                    while (one := above[one]) != "":
                        path.append(one)
                    return [goal, *path[::-1]]
                if other not in above:
                    above[other] = one
                    following.append(other)
        layer = following
    return []


@dataclass(frozen=True, slots=True)
class Alternative:
    """`course` asks for one of its group; `together`: it may be taken at the same time."""

    course: str
    before: str
    group: str
    together: bool = False


def arrays_of_courses(
    courses: Iterable[str], asked: Iterable[Alternative], *, together_is_enough: bool = True
) -> Arrays:
    """Courses as arrays: each can be taken once, of every group it asks for, one other is held.

    What may be taken at the same time need not come before; with `together_is_enough=False` it is treated like any
    other.
    """
    import polars as pl

    groups: dict[tuple[str, str], list[Alternative]] = {}
    names = set(courses)
    for one in asked:
        groups.setdefault((one.course, one.group), []).append(one)
        names |= {one.course, one.before}
    ordered = sorted(names)
    at = {name: place for place, name in enumerate(ordered)}
    kept = sorted(
        (at[course], tuple(sorted({at[one.before]: one.together for one in sorted(those, key=_is_with)}.items())))
        for (course, _), those in groups.items()
    )
    members = [(place, member) for place, (_, those) in enumerate(kept) for member, _ in those]
    beside = [together and together_is_enough for _, those in kept for _, together in those]
    table = np.array(members, dtype=np.int32).reshape(-1, 2)
    n = len(ordered)
    gates = Gates.of(
        n,
        np.arange(n, dtype=np.int32),
        np.full(n, TAKE, dtype=np.int8),
        np.array([rule for rule, _ in kept], dtype=np.int32),
        np.full(len(kept), _MILLION, dtype=np.int64),
        table[:, 0].copy(),
        table[:, 1].copy(),
        np.full(len(members), _MILLION, dtype=np.int64),
        np.flatnonzero(beside).astype(np.int64),
    )
    text = pl.Series("", [""] * n, dtype=pl.String)
    credentials = pl.DataFrame({"iri": ordered}, schema={"iri": pl.String}).with_columns(
        pl.lit(None, pl.Int8).alias("level"),
        pl.lit(-1, pl.Int64).alias("credits"),
        pl.lit(-1, pl.Int64).alias("hours"),
        text.alias("country"),
        text.alias("provider"),
        pl.lit(False).alias("full"),
        pl.lit(True).alias("described"),
    )
    blank = [text.alias(name) for name in ("claimant", "claim", "valid_from", "valid_until")]
    return Arrays(gates, credentials, credentials.select("iri").with_columns(*blank), datetime.date.min)


def _is_with(one: Alternative) -> bool:
    return one.together


def read_alternatives(path: Path) -> list[Alternative]:
    """Prerequisites in four columns: course, prerequisite, may it be concurrent (True, False), number of the group.

    Raises `InputRefused` for another header or a short line.
    """
    with path.open(encoding="utf-8-sig", newline="") as lines:
        rows = csv.reader(lines)
        header = next(rows, [])
        if header != ["CourseName", "PrereqName", "ConcurrentAllowed", "PrereqGroupNum"]:
            raise InputRefused("these are not the columns of prerequisites", where=str(path))
        found = []
        for number, row in enumerate(rows, start=2):
            if len(row) != 4:
                raise InputRefused(f"{len(row)} cells stand here, not 4", where=f"{path}, line {number}")
            found.append(Alternative(row[0], row[1], row[3], row[2] == "True"))
    return found
