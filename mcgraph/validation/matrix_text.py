"""The profile matrix for a terminal, in the reader's language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgraph.model.language import language

if TYPE_CHECKING:
    from mcgraph.validation.matrix import Matrix, ProfileResult

_SHOWN = 20  # records listed; the totals are above them
_STEPS = 6  # fields listed of a smallest change

def said(name: str, lang: str, **values: object) -> str:
    """One text of the matrix in the reader's language."""
    return language(lang).said(f"matrix.{name}", **values)


def render(matrix: Matrix, width: int = 100) -> str:
    """The whole matrix as lines of at most `width` characters."""
    files = ", ".join(matrix.files) or "-"
    count = f"{matrix.records.height:,}"
    head = said("head", matrix.lang, files=files, records=count, profiles=len(matrix.profiles))
    lines = [head, "", *_profiles(matrix), *_changes(matrix), *_records(matrix)]
    return "\n".join(_clean(line)[:width].rstrip() for line in lines)


def _profiles(matrix: Matrix) -> list[str]:
    heads = said("columns", matrix.lang).split("|")
    rows = [
        [one.name, f"{one.read:,}", f"{one.passed:,}", f"{one.failed:,}", _most(one, matrix.lang)]
        for one in matrix.profiles
    ]
    sizes = [max(len(row[i]) for row in [heads, *rows]) for i in range(4)]
    return [
        " ".join([" ", row[0].ljust(sizes[0]), *(row[i].rjust(sizes[i]) for i in (1, 2, 3)), "", row[4]])
        for row in [heads, *rows]
    ]


def _most(one: ProfileResult, lang: str) -> str:
    if not one.read:
        return said("none", lang)
    return ", ".join(f"{need.code} {need.records:,}" for need in one.needs[:3])


def _changes(matrix: Matrix) -> list[str]:
    lines: list[str] = []
    for one in matrix.profiles:
        if one.steps:
            lines += ["", f" {said('change', matrix.lang)} · {one.name}"]
            lines += [
                "  "
                + said(
                    "step", matrix.lang, field=step.field, codes=", ".join(step.codes), concerned=f"{step.concerned:,}",
                    passing=f"{step.passing:,}", read=f"{one.read:,}",
                )
                for step in one.steps[:_STEPS]
            ]  # fmt: skip
            left = len(one.steps) - _STEPS
            lines += [f"  {said('more', matrix.lang, n=left)}"] if left > 0 else []
    return lines


def _records(matrix: Matrix) -> list[str]:
    shown = matrix.shown(_SHOWN)
    if shown.is_empty():
        return []
    title = said("records", matrix.lang, shown=shown.height, total=f"{matrix.records.height:,}")
    size = min(40, max(len(str(row["id"] or row["iri"])) for row in shown.iter_rows(named=True)))
    names = [one.name for one in matrix.profiles]
    lines = ["", f" {title}", "  " + " ".join(["".ljust(size), *names])]
    for row in shown.iter_rows(named=True):
        marks = [_mark(row[name]).ljust(len(name)) for name in names]
        lines.append("  " + " ".join([str(row["id"] or row["iri"])[:size].ljust(size), *marks]))
    return lines


def _mark(passes: bool | None) -> str:
    return "–" if passes is None else "✔" if passes else "✘"


def _clean(line: str) -> str:
    """A hostile identifier must not steer the terminal."""
    return "".join(mark if mark.isprintable() else " " for mark in line)
