"""A first mapping for a file nobody knows: what each column looks like, for a person to correct."""

from __future__ import annotations

import re
from collections.abc import Sequence

import polars as pl

from mcgraph.model.terms import fold
from mcgraph.sources.mapping import Column, load_mapping
from mcgraph.sources.matching import nearest_header
from mcgraph.sources.normalise import BOOLEAN, DATE_DMY, DECIMAL, INTEGER, URL, Normaliser, normalise
from mcgraph.sources.rawtable import RawTable, cell_name

_SAMPLE = 1_000
_LIKE: tuple[tuple[str, Normaliser], ...] = (
    ("integer", INTEGER),
    ("decimal", DECIMAL),
    ("date", DATE_DMY),
    ("boolean", BOOLEAN),
    ("url", URL),
)


def propose_mapping(tables: Sequence[RawTable], name: str) -> str:
    """YAML text of a mapping: the template's property for a column of a like name, else a text property."""
    lines = [
        f"mapping: {fold(name)}",
        "title: Proposed from the file; check every line",
        "profile: registry",
        "tables:",
    ]
    for table in tables:
        lines += _table(table)
    return "\n".join(lines) + "\n"


def _table(table: RawTable) -> list[str]:
    name = fold(table.sheet or table.file.rsplit(".", 1)[0])
    key = _key(table)
    match = f"sheets: [{_quoted(table.sheet)}]" if table.sheet else f"files: [{_quoted(table.file)}]"
    lines = [
        f"  {name}:",
        f"    match: {{{match}}}",
        "    records:",
        "      # Which column identifies a record is a guess: the first whose values are all there and all differ.",
        f"      record: {{class: mc:Credential, iri: {_quoted('credential/{' + key + '}')}, id: {_quoted(key)}}}",
        "    columns:",
    ]
    known = [column for column in load_mapping("template").tables[0].columns if column.targets]
    for index, header in enumerate(table.headers):
        if header:
            lines.append(f"      {_quoted(header)}: {_column(table, index, header, known)}")
    return lines


def _key(table: RawTable) -> str:
    for index, header in enumerate(table.headers):
        values = table.cells.get_column(cell_name(index))
        if header and values.null_count() == 0 and values.n_unique() == len(values):
            return header
    return next((header for header in table.headers if header), "id")


def _column(table: RawTable, index: int, header: str, known: list[Column]) -> str:
    from mcgraph.model.namespaces import shorten

    near = nearest_header(header, [column.header for column in known])
    kind = _kind(table.cells.get_column(cell_name(index)))
    for column in known:
        if column.header == near:
            target = column.targets[0]
            parts = [f"path: {shorten(target.path)}", f"as: {target.as_}"]
            parts += [f"scheme: {target.scheme}"] if target.scheme else []
            parts += [f"to: {target.to}"] if target.to else []
            return "{" + ", ".join(parts) + "}"
    return f"ignore  # looks like {kind}; give it a property: {{path: mc:…, as: {kind}}}"


def _kind(values: pl.Series) -> str:
    """The narrowest kind that at least nine in ten of the first values have."""
    sample = values.drop_nulls().head(_SAMPLE)
    if sample.is_empty():
        return "text"
    for name, how in _LIKE:
        understood = normalise(sample, how).values.str.contains(how.clean).sum()
        if understood >= 0.9 * len(sample):
            return name
    return "text"


def _quoted(text: str) -> str:
    """A YAML scalar that means exactly this text."""
    return text if re.fullmatch(r"[A-Za-z][\w-]*", text) else '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
