"""Findings of a mapping about rows and references that lead to no record of the submission."""

from __future__ import annotations

import polars as pl

from mcgraph.model.finding import Finding
from mcgraph.sources.matching import MatchedTable

_MOST_LOST = 1_000


def lost_rows(matched: MatchedTable, lost: pl.DataFrame) -> list[Finding]:
    """A finding per row, up to a bound; the last one says how many more there are."""
    table = matched.table.source_table(matched.spec.name)
    more = lost.height - _MOST_LOST
    return [
        Finding(
            code="REF-SUBJECT-001",
            severity="warning",
            verdict="unverifiable",
            message="The row speaks of a record that is not in the submission",
            where=table.place(row),
            expected="a record that one of the tables describes",
            found=iri.rsplit("/", 1)[-1],
            fix="Add the record, or correct its code.",
            affects=1 + max(0, more) if at == _MOST_LOST - 1 else 1,
        )
        for at, (iri, row) in enumerate(lost.select("iri", "row").head(_MOST_LOST).rows())
    ]


def unresolved_references(matched: MatchedTable, index: int, lost: pl.DataFrame) -> Finding:
    """One finding for the references of a column (`o`, `row`) that no record of the submission answers."""
    table = matched.table.source_table(matched.spec.name)
    return Finding(
        code="DOC-REFERENCE-001",
        severity="info",
        verdict="unverifiable",
        message="References lead to records that are not in the submission; the links are kept",
        where=table.place(lost.item(0, "row"), index),
        expected="a record of the submission, or of another source",
        found=f"{lost.item(0, 'o')}"[:200] + (f" … (+{lost.height - 1})" if lost.height > 1 else ""),
        fix="Load the source that describes them, or correct the identifier.",
        affects=lost.height,
    )
