"""JSON documents read as tables: each node a mapping asks for is a row, and every cell keeps its JSON Pointer.

Nothing is lost silently: nodes of other types, keys nobody asked for, texts in further languages and files that
are no JSON each give a finding that counts them. No JSON-LD context is ever fetched.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import polars as pl

from mcgraph.errors import InputRefused, LimitReached
from mcgraph.limits import Limits
from mcgraph.model.batch import ROW
from mcgraph.model.finding import Finding
from mcgraph.sources import documentfindings as told
from mcgraph.sources.choices import alternatives
from mcgraph.sources.documentspec import CONDITION_COLUMNS, FIXED_COLUMNS, SEPARATOR, DocumentSpec
from mcgraph.sources.jsontree import Document, Node, parse
from mcgraph.sources.jsonvalues import Values, renamed
from mcgraph.sources.leftovers import Leftovers
from mcgraph.sources.mapping import Mapping, TableSpec
from mcgraph.sources.rawtable import RawTable, cell_name


def looks_like_json(path: Path) -> bool:
    """Whether the first character that says anything is an opening brace or bracket."""
    with path.open("rb") as stream:
        head = stream.read(1024)
    return head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[")


def readable_json(path: Path, limits: Limits) -> InputRefused | None:
    """Why the file cannot be read as JSON, or None where it can.

    Raises `LimitReached` where it is too large.
    """
    _check_size(path, limits)
    try:
        parse(path.name, path.read_bytes(), limits, is_linked=False)
    except InputRefused as fault:
        return fault
    return None


def read_documents(files: Sequence[Path], mapping: Mapping, limits: Limits) -> list[RawTable]:
    """One table for each of the mapping's tables that the documents have rows of.

    A file among several that is no JSON is a finding. Raises `InputRefused` where none can be read, and
    `LimitReached` where one is too large.
    """
    findings: list[Finding] = []
    documents = list(_documents(files, mapping, limits, findings))
    ids: dict[tuple[str, str], str] = {}
    for spec in mapping.tables:
        if spec.document is not None and spec.document.apart:
            ids |= renamed(documents, spec.document, findings)
    reader = _Reader(mapping, limits, Values(ids, limits), findings)
    for document in documents:
        reader.read(document)
    return reader.tables(len(documents))


def _documents(files: Sequence[Path], mapping: Mapping, limits: Limits, findings: list[Finding]) -> Iterator[Document]:
    read, faults = 0, []
    others = [path for path in files if not looks_like_json(path)]
    for path in files:
        if path in others:
            continue
        try:
            document = _parsed(path, mapping, limits)
        except InputRefused as fault:
            faults.append(fault)
            findings.append(told.not_json(path, fault))
            continue
        read += 1
        if document.repeated:
            findings.append(told.repeated_keys(document))
        yield document
    if others:
        findings.append(told.others(others))
    if not read:
        raise faults[0] if faults else InputRefused(
            "none of the files is JSON", where=", ".join(path.name for path in others[:3]),
            fix=f"The mapping «{mapping.name}» reads JSON documents; name those files or their folder.",
        )  # fmt: skip


def _parsed(path: Path, mapping: Mapping, limits: Limits) -> Document:
    _check_size(path, limits)
    return parse(path.name, path.read_bytes(), limits, is_linked=mapping.documents.form == "json-ld")


def _check_size(path: Path, limits: Limits) -> None:
    size = path.stat().st_size
    if size > limits.document_bytes:
        raise LimitReached(
            f"the document has {size / 1e6:,.0f} MB; at most {limits.document_bytes / 1e6:,.0f} MB are read",
            where=str(path),
            fix="Split it, or raise the limit (mcgraph config lists them).",
        )


@dataclass(slots=True)
class _Rows:
    """The rows of one table while they are collected: per column the cells and their pointers."""

    headers: tuple[str, ...]
    files: list[str] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    cells: list[list[str | None]] = field(default_factory=list)
    pointers: list[list[str]] = field(default_factory=list)

    def add(self, document: Document, at: Node, row: list[tuple[str | None, str]]) -> None:
        self.files.append(document.file)
        self.places.append(at.pointer)
        self.cells.append([cell for cell, _ in row])
        self.pointers.append([pointer for _, pointer in row])


class _Reader:
    """Collects the rows of every table over all documents."""

    def __init__(self, mapping: Mapping, limits: Limits, values: Values, findings: list[Finding]) -> None:
        self.mapping = mapping
        self.limits = limits
        self.values = values
        self.findings = findings
        self.rows = {spec.name: _Rows(headers(spec)) for spec in mapping.tables if spec.document}
        self.lacking: dict[tuple[str, str, str], list[str]] = {}
        self._specs_of = cache(self._matching)

    def _matching(self, types: tuple[str, ...]) -> tuple[TableSpec, ...]:
        return tuple(
            spec
            for spec in self.mapping.tables
            if spec.document is not None and any(_is_one_of(name, spec.document.types) for name in types)
        )

    def read(self, document: Document) -> None:
        """Take the rows of one document."""
        leftovers = Leftovers(document, self.mapping)
        for node in document.walk():
            specs = self._specs_of(document.types(node))
            leftovers.see(node, [spec.document for spec in specs if spec.document])
            for spec in specs:
                self._take(document, spec, node)
        for spec in self.mapping.tables:
            if spec.document is not None and spec.document.path:
                for node in document.find(document.root, spec.document.path):
                    leftovers.see_path(node, spec.document)
                    self._take(document, spec, node)
        self.findings += leftovers.findings()
        self.findings += self.values.findings(document)

    def _take(self, document: Document, spec: TableSpec, node: Node) -> None:
        wanted = spec.document
        if wanted is None:
            return
        for row in document.find(node, wanted.each) if wanted.each else [node]:
            lacking = [path for path in wanted.requires if self.values.cell(document, row, (path,))[0] is None]
            if lacking:
                self.lacking.setdefault((document.file, spec.name, lacking[0]), []).append(row.pointer)
            else:
                self._row(document, spec.name, wanted, row)

    def _row(self, document: Document, name: str, wanted: DocumentSpec, node: Node) -> None:
        said = [self.values.cell(document, node, paths) for paths in wanted.fields.values()]
        self._check_forms(document, node, wanted)
        fixed: list[tuple[str | None, str]] = [(document.file, node.pointer), (node.pointer or "/", node.pointer)]
        if wanted.conditions is None:
            self.rows[name].add(document, node, [*fixed, *said])
            return
        try:
            ways = alternatives(document, node, wanted.conditions, self.limits.document_alternatives)
        except LimitReached as fault:
            self.findings.append(told.too_many(document, node, fault))
            return
        whole = self.values.identity(document, node)
        for at, way in enumerate(ways, start=1):
            for number, choice in enumerate(way, start=1):
                needed = str(choice.needed) if choice.requirement == "count" else None
                members = [self.values.identity(document, one) for one in choice.members]
                place = choice.at.pointer
                made = (whole, f"{whole}/{at}", str(number), choice.requirement, needed, SEPARATOR.join(members))
                self.rows[name].add(document, choice.at, [*fixed, *((one, place) for one in made), *said])

    def _check_forms(self, document: Document, node: Node, wanted: DocumentSpec) -> None:
        for name, form in wanted.forms.items():
            text, pointer = self.values.cell(document, node, wanted.fields[name])
            if text is not None and not re.fullmatch(form, text[:200]):
                self.findings.append(told.malformed(document, Node(text, pointer), text, form))

    def tables(self, files: int) -> list[RawTable]:
        """The tables that have rows; the findings of the files stand with the first."""
        made = [
            _table(name, rows, f"{files} documents" if len(set(rows.files)) > 1 else rows.files[0])
            for name, rows in self.rows.items()
            if rows.files
        ]
        if not made:
            raise InputRefused(
                f"the documents hold nothing that the mapping «{self.mapping.name}» reads",
                fix="Check that it is the right mapping; docs/mapping.md says how documents are described.",
            )
        self.findings += [
            told.lacking(file, pointers[0], name, path, len(pointers))
            for (file, name, path), pointers in self.lacking.items()
        ]
        return [replace(made[0], findings=tuple(self.findings)), *made[1:]]


def headers(spec: TableSpec) -> tuple[str, ...]:
    """The columns of a table of documents, in order."""
    wanted = spec.document
    if wanted is None:
        return ()
    conditions = CONDITION_COLUMNS if wanted.conditions is not None else ()
    return (*FIXED_COLUMNS, *conditions, *wanted.fields)


def _table(name: str, rows: _Rows, file: str) -> RawTable:
    width = range(len(rows.headers))
    cells = pl.DataFrame({cell_name(i): pl.Series([row[i] for row in rows.cells], dtype=pl.String) for i in width})
    pointers = pl.DataFrame(
        {cell_name(i): pl.Series([row[i] for row in rows.pointers], dtype=pl.String) for i in width}
    )
    places = pointers.insert_column(0, pl.Series("at", rows.places, dtype=pl.String))
    return RawTable(
        file=file,
        sheet="",
        headers=rows.headers,
        cells=cells,
        rows=pl.int_range(1, len(rows.files) + 1, eager=True, dtype=ROW).alias("row"),
        decoded="JSON",
        spec=name,
        places=places.insert_column(0, pl.Series("file", rows.files, dtype=pl.String)),
    )


@cache
def _is_one_of(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)
