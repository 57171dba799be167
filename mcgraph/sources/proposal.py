"""A first mapping for a file nobody knows: what each column looks like, for a person to correct."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from functools import cache

import polars as pl

from mcgraph.model import bundled
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
    """YAML text of a mapping: what the template has for a column of that name in one of several languages.

    Each column of the template is proposed once; where a header means nothing known, the line says what it looks like.
    """
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
    known = {column.header: column for column in load_mapping("template").tables[0].columns if column.targets}
    meant: dict[int, str] = {}
    for index, header in enumerate(table.headers):
        word = _meaning(header, list(known))
        if word and word not in meant.values():
            meant[index] = word
    key = next((table.headers[i] for i, word in meant.items() if word == "credential_id" and _is_key(table, i)), "")
    guess = "" if key else "      # Which column identifies a record is a guess: the first whose values all differ.\n"
    key = key or _key(table)
    match = f"sheets: [{_quoted(table.sheet)}]" if table.sheet else f"files: [{_quoted(table.file)}]"
    title = next((f", label: {_quoted(table.headers[i])}" for i, word in meant.items() if word == "title"), "")
    lines = [
        f"  {name}:",
        f"    match: {{{match}}}",
        "    records:",
        f"{guess}      record: {{class: mc:Credential, iri: {_quoted('credential/{' + key + '}')}, "
        f"id: {_quoted(key)}{title}}}",
    ]
    for index, word in meant.items():
        if known[word].targets[0].to == "organisation":
            header = table.headers[index]
            lines.append(
                f"      {word}: {{class: mc:Organisation, iri: {_quoted(_organisation(header))}, "
                f"label: {_quoted(header)}, repeats: true}}"
            )
    lines.append("    columns:")
    for index, header in enumerate(table.headers):
        if header:
            values = table.cells.get_column(cell_name(index))
            said = _column(known[meant[index]], header, values) if index in meant else _ignored(values)
            lines.append(f"      {_quoted(header)}: {said}")
    return lines


def _meaning(header: str, known: list[str]) -> str:
    """The column of the template that a header means, or "": by the bundled names, else by its likeness."""
    plain = fold(re.sub(r"\([^)]*\)", " ", header)) if header else ""
    # What stands in brackets decides where it names a framework: «Niveau (EQR)» is no national level.
    for text in (fold(header), plain) if header else ():
        if text in _headings():
            return _headings()[text]
    return nearest_header(header, known) or "" if header else ""


@cache
def _headings() -> dict[str, str]:
    """Folded column name → column of the template (`data/headings.toml`)."""
    given = tomllib.loads(bundled.path("data", "headings.toml").read_text(encoding="utf-8"))
    return {fold(name): column for column, names in given.items() for name in names}


def _organisation(header: str) -> str:
    return f"organisation/{{{header}|fold}}"


def _is_key(table: RawTable, index: int) -> bool:
    values = table.cells.get_column(cell_name(index))
    return values.null_count() == 0 and values.n_unique() == len(values)


def _key(table: RawTable) -> str:
    keys = (header for index, header in enumerate(table.headers) if header and _is_key(table, index))
    return next(keys, next((header for header in table.headers if header), "id"))


def _separator(values: pl.Series) -> str:
    """What stands between several values of a cell: the template's own mark, else the one that spreadsheets use."""
    sample = values.drop_nulls().head(_SAMPLE)
    found = [mark for mark in ("|", ";", "\n") if sample.str.contains(mark, literal=True).any()]
    return found[0] if found else "|"


def _column(column: Column, header: str, values: pl.Series) -> str:
    """What the template says of its column, for the column of the file."""
    from mcgraph.model.namespaces import shorten

    target = column.targets[0]
    if target.to == "organisation":
        template = _quoted(_organisation(header))
        return (
            f"{{says: [{{path: mc:legalName, on: {column.header}}}, "
            f"{{path: {shorten(target.path)}, as: iri, template: {template}}}]}}"
        )
    parts = [f"path: {shorten(target.path)}"]
    parts += [f"as: {target.as_}"] if target.node is None else []
    parts += [f"scheme: {target.scheme}"] if target.scheme else []
    parts += [f"to: {target.to}"] if target.to else []
    parts += [f"repair: [{', '.join(target.repair)}]"] if target.repair else []
    parts += [f"split: {_quoted(_separator(values))}"] if target.split else []
    if target.node is not None:
        parts.append(f"node: {{class: {shorten(target.node[0])}, path: {shorten(target.node[1])}}}")
    return "{" + ", ".join(parts) + "}"


def _ignored(values: pl.Series) -> str:
    kind = _kind(values)
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
    if re.fullmatch(r"[A-Za-z][\w-]*", text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
