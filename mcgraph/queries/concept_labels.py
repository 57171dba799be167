"""The names of concepts in an answer, for people who read it as a table; files and JSON keep the IRIs alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mcgraph.errors import LimitReached
from mcgraph.model.answer import IRI_TYPE
from mcgraph.model.namespaces import ID, shorten

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcgraph.model.answer import Answer
    from mcgraph.queries.engine import Asks

# Most different concepts of one answer that are named; nobody reads a longer table.
NAMED = 1_000
_PLAIN = re.compile(r"[^<>\"{}|^`\\\x00-\x20]+")


def concept_labels(engine: Asks, answer: Answer) -> dict[str, str]:
    """The English label (else one without a language, else the first by language) of each concept in the rows.

    Records are not looked up: questions name those themselves. Nothing is named where looking it up takes too long.
    """
    found = {
        value
        for row, kinds in zip(answer.rows, answer.types, strict=False)
        for value, kind in zip(row, kinds, strict=True)
        if value and kind == IRI_TYPE and not value.startswith(ID) and _PLAIN.fullmatch(value)
    }
    if not found:
        return {}
    values = " ".join(f"<{iri}>" for iri in sorted(found)[:NAMED])
    text = f"SELECT DISTINCT ?concept ?label WHERE {{ VALUES ?concept {{ {values} }} ?concept skos:prefLabel ?label }}"
    best: dict[str, tuple[tuple[int, str, str], str]] = {}
    try:
        rows = engine.run(text, rows=NAMED * 40)
    except LimitReached:
        return {}
    for (iri, label), (_, kind) in zip(rows.rows, rows.types, strict=True):
        if iri is None or label is None:
            continue
        rank = (0 if kind == "@en" else 1 if not kind.startswith("@") else 2, kind, label)
        if iri not in best or rank < best[iri][0]:
            best[iri] = rank, label
    return {iri: label for iri, (_, label) in best.items()}


def named_rows(answer: Answer, labels: Mapping[str, str]) -> list[list[str]]:
    """`Answer.shown` with the label of each concept before its short IRI, unless another cell of the row has it."""
    rows = answer.shown()
    for shown, row in zip(rows, answer.rows, strict=True):
        for place, value in enumerate(row):
            label = labels.get(value or "")
            if label and label not in row:
                shown[place] = f"{label} ({shorten(value or '')})"
    return rows
