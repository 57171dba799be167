"""`mcgraph curriculum FILE…`: what each course of a programme blocks and delays, and requisites that cannot be met."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mcgraph.cli.console import Console

if TYPE_CHECKING:
    from mcgraph.pathways.curriculum import Curriculum, Measures

COLUMNS = ("course", "name", "blocking", "delay", "centrality", "complexity")


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--limit", type=click.IntRange(1), help="Most courses that are shown of each file, most complex first.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_obj
def command(console: Console, files: tuple[Path, ...], limit: int | None, as_json: bool) -> None:
    """Blocking, delay, centrality and complexity of the courses of a programme.

    FILES are curricula or degree plans in the CSV form of CurricularAnalytics. Circles of requisites, which make a
    programme impossible to complete, are named.

    \b
    Examples:
      mcgraph curriculum UBW_curric.csv
      mcgraph curriculum plan-a.csv plan-b.csv --json
    """
    from mcgraph import __version__
    from mcgraph.pathways.curriculum import measure, read_curriculum, unsatisfiable

    found = []
    for path in files:
        curriculum = read_curriculum(path)
        found.append((path, curriculum, measure(curriculum), unsatisfiable(curriculum)))
    if as_json:
        documents = [_document(*one) for one in found]
        console.document({"curricula": documents, "versions": {"mcgraph": __version__}})
        return
    for path, curriculum, measures, circles in found:
        _tell(console, path, curriculum, measures, circles, limit)


def _tell(
    console: Console, path: Path, curriculum: Curriculum, measures: Measures | None,
    circles: list[tuple[str, ...]], limit: int | None,
) -> None:  # fmt: skip
    console.data(f"{_plain(curriculum.name)} ({path.name}): {len(curriculum.courses)} courses")
    if circles:
        console.data("✘ cannot be completed: these ask for one another")
        for circle in circles:
            console.data("    " + " → ".join(_plain(_label(curriculum, one)) for one in (*circle, circle[0])))
    else:
        console.data("✔ can be completed")
    for one in curriculum.unknown:
        console.data(f"  {_plain(one.course)} asks for «{_plain(one.before)}», which is no course of the programme")
    if measures is None:
        console.data("  Where requisites go in a circle there is no longest path, so nothing is measured.\n")
        return
    rows = sorted(measures.courses, key=lambda one: -one.complexity)
    shown = [
        (one.course, curriculum.courses[one.course], str(one.blocking), str(one.delay), str(one.centrality),
         f"{one.complexity:g}")
        for one in rows[:limit]
    ]  # fmt: skip
    console.table(COLUMNS, shown)
    if limit is not None and len(rows) > limit:
        console.data(f"… and {len(rows) - limit} more (--limit)")
    sums = f"blocking {measures.blocking}, delay {measures.delay}, centrality {measures.centrality}"
    console.data(f"in all: {sums}, structural complexity {measures.complexity:g}\n")


def _label(curriculum: Curriculum, course: str) -> str:
    name = curriculum.courses[course]
    return f"{name} ({course})" if name else course


def _plain(text: str) -> str:
    """No control characters: a course's name must not steer a terminal."""
    return "".join(mark if mark.isprintable() else " " for mark in text)


def _document(
    path: Path, curriculum: Curriculum, measures: Measures | None, circles: list[tuple[str, ...]]
) -> dict[str, Any]:
    courses = [
        {name: getattr(one, name) for name in COLUMNS if name != "name"} | {"name": curriculum.courses[one.course]}
        for one in (measures.courses if measures else ())
    ]
    totals = {name: getattr(measures, name) for name in COLUMNS[2:]} if measures else None
    return {
        "file": path.name,
        "name": curriculum.name,
        "courses": courses,
        "totals": totals,
        "satisfiable": not circles,
        "circles": [list(circle) for circle in circles],
        "unknown": [{"course": one.course, "asks_for": one.before, "kind": one.kind} for one in curriculum.unknown],
    }
