"""The profile matrix as a file: HTML, JSON, CSV or plain text, by the file's ending."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING

from mcgraph.errors import WrongUse
from mcgraph.model.language import language
from mcgraph.report.pages import render, write_text

if TYPE_CHECKING:
    from mcgraph.validation.matrix import Matrix

FORMATS = (".html", ".json", ".csv", ".txt")
SHOWN = 200


def write_matrix(matrix: Matrix, path: Path) -> None:
    """Write `matrix` to `path`; counts are true whatever is shown. Raises `WrongUse` for another ending."""
    ending = path.suffix.lower()
    if ending == ".html":
        write_text(path, to_html(matrix))
    elif ending == ".json":
        write_text(path, json.dumps(matrix.to_json(), ensure_ascii=False, indent=1) + "\n")
    elif ending == ".csv":
        # The mark at the beginning lets spreadsheet programs see UTF-8.
        write_text(path, to_csv(matrix), encoding="utf-8-sig")
    elif ending == ".txt":
        write_text(path, matrix.to_text(120) + "\n")
    else:
        raise WrongUse(f"«{ending}» is not a format of a profile matrix", fix=f"Use one of {', '.join(FORMATS)}.")


def to_html(matrix: Matrix) -> str:
    """One page without scripts: the profiles, the smallest change for each, and the records."""
    say = language(matrix.lang)
    shown = matrix.shown(SHOWN)
    lacking = {one.name: matrix.missing(one.name, shown.get_column("iri")) for one in matrix.profiles}
    rows = [
        {"row": row, "missing": {name: of.get(row["iri"], []) for name, of in lacking.items()}}
        for row in shown.iter_rows(named=True)
    ]
    return render(
        "matrix.html.j2",
        {
            "title": say.said("matrix.title", files=", ".join(matrix.files)),
            "lang": say.tag,
            "say": say,
            "matrix": matrix,
            "rows": rows,
            "synthetic": False,
        },
    )


def to_csv(matrix: Matrix) -> str:
    """A row per record: pass, fail or nothing per profile, and what is missing; harmless in a spreadsheet."""
    from mcgraph.model.answer import harmless

    names = [one.name for one in matrix.profiles]
    iris = matrix.records.get_column("iri")
    lacking = {name: matrix.missing(name, iris) for name in names}
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["record", "label", *names, *(f"missing for {name}" for name in names)])
    for row in matrix.records.iter_rows(named=True):
        marks = ["" if row[name] is None else "pass" if row[name] else "fail" for name in names]
        missing = ["; ".join(f"{f} ({c})" for c, f in lacking[name].get(row["iri"], [])) for name in names]
        cells = [row["id"] or row["iri"], row["label"] or "", *marks, *missing]
        writer.writerow([harmless(str(cell)) for cell in cells])
    return out.getvalue()
