"""Source mappings: declarative YAML that says which column becomes which property of which record.

The format is documented in docs/mapping.md; every key that is not known is refused with its place, so that a
misspelt key never silently drops a column.
"""

from __future__ import annotations

from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeGuard

from mcgraph.errors import RuleBroken, WrongUse
from mcgraph.model import bundled
from mcgraph.model.namespaces import expand
from mcgraph.model.yaml_text import NotYaml, read_yaml
from mcgraph.sources.documentspec import (
    CONDITION_COLUMNS,
    FIXED_COLUMNS,
    SEPARATOR,
    DocumentSpec,
    DocumentsSpec,
    SpecReader,
    strings,
)

As = Literal[
    "text", "decimal", "integer", "boolean", "date", "date-mdy", "url", "concept", "reference", "level",
    "national-level", "iri", "known",
]  # fmt: skip
AS: tuple[As, ...] = (
    "text", "decimal", "integer", "boolean", "date", "date-mdy", "url", "concept", "reference", "level",
    "national-level", "iri", "known",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Target:
    """What one column says: the property `path` of the record `on`, its values read `as_`.

    `scheme` names the vocabulary of a concept; `to` the kind of record a reference points to; `mint` keeps a
    reference to a record that is not in the data; `split` parts multiple values; `values` maps stated values
    to terms; `node` makes an own node (class, property) for each value; `language` is a tag, `{column}` or `file`;
    `when` (`column=value`) limits it to some rows; `drop` leaves out what cannot be resolved, and `within` keeps only
    values that begin so; `by` is the column with the country whose frameworks a national level is looked up in.
    """

    path: str
    on: str
    as_: As = "text"
    scheme: str = ""
    to: str = ""
    mint: bool = False
    split: str = ""
    language: str = ""
    repair: tuple[str, ...] = ()
    values: MappingOf[str, str] = field(default_factory=dict)
    node: tuple[str, str] | None = None
    template: str = ""
    inverse: bool = False
    when: str = ""
    drop: bool = False
    by: str = ""
    within: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """One source column: its header, other headers it is known under, and what it says."""

    header: str
    also: tuple[str, ...] = ()
    required: bool = False
    ignore: bool = False
    targets: tuple[Target, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordSpec:
    """One kind of record a row describes.

    `iri` is a template such as `credential/{credential_id}`, `otherwise` the one for rows where it gives none, and
    `kind` what references call it, where the IRI does not say; `when` (`column=value`) limits it to some rows;
    `repeats` says that several rows describe one
    record (child tables); `part_of` names the record spec that owns it, with the property that links them.
    """

    name: str
    class_: str
    iri: str
    id: str = ""
    label: str = ""
    repeats: bool = False
    part_of: str = ""
    link: str = ""
    constants: tuple[tuple[str, str], ...] = ()
    otherwise: str = ""
    kind: str = ""
    when: str = ""

    @property
    def known_as(self) -> str:
        """The kind of record by which references find it: stated, or the first word of its IRI."""
        return self.kind or self.iri.split("/", 1)[0]


@dataclass(frozen=True, slots=True)
class TableSpec:
    """One table of a source: how it is recognised, its records and its columns."""

    name: str
    files: tuple[str, ...]
    sheets: tuple[str, ...]
    requires: tuple[str, ...]
    records: tuple[RecordSpec, ...]
    columns: tuple[Column, ...]
    derive: MappingOf[str, tuple[str, ...]] = field(default_factory=dict)
    document: DocumentSpec | None = None
    _by_name: dict[str, Column] = field(default_factory=dict, compare=False, repr=False)

    def column(self, header: str) -> Column | None:
        """The column known by exactly this header, whatever its case or surrounding spaces."""
        if not self._by_name:
            # Of two columns that answer to a name, the first does.
            names = [(name, column) for column in self.columns for name in (column.header, *column.also)]
            self._by_name.update({name.casefold(): column for name, column in reversed(names)})
        return self._by_name.get(header.strip().casefold())


@dataclass(frozen=True, slots=True)
class Mapping:
    """A whole source mapping."""

    name: str
    title: str
    profile: str
    tables: tuple[TableSpec, ...]
    encoding: str = ""
    delimiter: str = ""
    synthetic: bool = False
    origin: str = ""
    documents: DocumentsSpec = field(default_factory=DocumentsSpec)
    extends: str = ""

    @property
    def reads_documents(self) -> bool:
        """Whether its tables are taken from JSON documents."""
        return any(table.document is not None for table in self.tables)


def bundled_mappings() -> dict[str, Path]:
    """The mappings that travel with mcgraph, by name."""
    return {path.stem: path for path in sorted(bundled.path("data", "mappings").glob("*.yaml"))}


def load_mapping(name: str | Path) -> Mapping:
    """The mapping called `name`, or in the file `name`.

    Raises `WrongUse` when there is none (with the nearest name), `RuleBroken` when it is not well made.
    """
    known = bundled_mappings()
    path = known.get(str(name), Path(name))
    if not path.is_file():
        import difflib

        near = difflib.get_close_matches(str(name), known, n=1)
        hint = f"Did you mean «{near[0]}»? " if near else ""
        raise WrongUse(f"there is no mapping «{name}»", fix=f"{hint}Bundled: {', '.join(known)}; or give a YAML file.")
    return read_mapping(path)


def read_mapping(path: Path) -> Mapping:
    """The mapping in a YAML file. Raises `RuleBroken` with the place of what is wrong."""
    try:
        document = read_yaml(path.read_text(encoding="utf-8"))
    except (NotYaml, UnicodeDecodeError) as fault:
        raise RuleBroken(f"the mapping is not YAML ({fault})", where=str(path)) from fault
    return _Reader(path).mapping(document)


class _Reader(SpecReader):
    """Turns the YAML document into types, saying where anything unknown or missing stands."""

    def iri(self, where: str, curie: str) -> str:
        try:
            return expand(str(curie))
        except KeyError as fault:
            raise self.broken(where, f"«{curie}» has no known prefix") from fault

    def mapping(self, document: Any) -> Mapping:
        known = {
            "mapping", "title", "profile", "tables", "encoding", "delimiter", "synthetic", "origin", "documents",
            "extends",
        }  # fmt: skip
        given = self.take("top", document, known)
        base = load_mapping(str(given["extends"])) if given.get("extends") else None
        for needed in ("mapping", "tables"):
            if needed not in given:
                raise self.broken("top", f"the key «{needed}» is missing")
        self.documents = self.documents_spec(given.get("documents", {}))
        own = tuple(self.table(name, table) for name, table in dict(given["tables"]).items())
        tables = (*(table for table in (base.tables if base else ()) if table.name not in given["tables"]), *own)
        return Mapping(
            name=str(given["mapping"]),
            title=str(given.get("title", "")),
            profile=str(given.get("profile", "registry")),
            tables=tables,
            encoding=str(given.get("encoding", "")),
            delimiter=str(given.get("delimiter", "")),
            synthetic=_is_true(given.get("synthetic")),
            origin=str(given.get("origin", "")),
            documents=self.documents if given.get("documents") or base is None else base.documents,
            extends=str(given.get("extends", "")),
        )

    def table(self, name: str, given: Any) -> TableSpec:
        given = self.take(name, given, {"match", "records", "columns", "derive", "document"})
        document = self.document(f"{name}.document", given["document"]) if "document" in given else None
        match = self.take(f"{name}.match", given.get("match", {}), {"files", "sheets", "requires"})
        records = tuple(
            self.record(f"{name}.records.{key}", key, spec) for key, spec in dict(given.get("records", {})).items()
        )
        default = records[0].name if records else ""
        columns = tuple(
            self.column(f"{name}.columns.{header}", str(header), spec, default)
            for header, spec in dict(given.get("columns", {})).items()
        )
        if document is not None:
            columns = _with_fields(columns, document)
        names = {record.name for record in records}
        for column in columns:
            for target in column.targets:
                if target.on not in names:
                    raise self.broken(f"{name}.columns.{column.header}", f"there is no record «{target.on}»")
        return TableSpec(
            name=name,
            files=strings(match.get("files")),
            sheets=strings(match.get("sheets")),
            requires=strings(match.get("requires")),
            records=records,
            columns=columns,
            derive={key: strings(value) for key, value in dict(given.get("derive", {})).items()},
            document=document,
        )

    def record(self, where: str, name: str, given: Any) -> RecordSpec:
        known = {"class", "iri", "id", "label", "repeats", "part_of", "link", "constants", "otherwise", "kind", "when"}
        given = self.take(where, given, known)
        if "iri" not in given:
            raise self.broken(where, "the key «iri» is missing")
        constants = tuple(
            (self.iri(where, path), self.iri(where, str(value)) if _is_term(value) else str(value))
            for path, value in dict(given.get("constants", {})).items()
        )
        return RecordSpec(
            name=name,
            class_=self.iri(where, given["class"]) if given.get("class") else "",
            iri=str(given["iri"]),
            id=str(given.get("id", "")),
            label=str(given.get("label", "")),
            repeats=_is_true(given.get("repeats")),
            part_of=str(given.get("part_of", "")),
            link=self.iri(where, given["link"]) if given.get("link") else "",
            constants=constants,
            otherwise=str(given.get("otherwise", "")),
            kind=str(given.get("kind", "")),
            when=str(given.get("when", "")),
        )

    def column(self, where: str, header: str, given: Any, default: str) -> Column:
        if given in ("", "ignore"):
            return Column(header=header, ignore=True)
        own = {"also", "required", "says", "missing"}
        target = {
            "path", "on", "as", "scheme", "to", "mint", "split", "language", "repair", "values", "node",
            "template", "inverse", "when", "drop", "within", "by",
        }  # fmt: skip
        given = self.take(where, given, own | target)
        says = given.get("says", [given] if "path" in given else [])
        return Column(
            header=header,
            also=strings(given.get("also")),
            required=_is_true(given.get("required")),
            targets=tuple(
                self.target(where, {k: v for k, v in one.items() if k not in own}, target, default) for one in says
            ),
            missing=strings(given.get("missing")),
        )

    def target(self, where: str, given: Any, known: set[str], default: str) -> Target:
        given = self.take(where, given, known)
        as_ = given.get("as", "text")
        if not _is_as(as_):
            raise self.broken(where, f"«as: {as_}» is not known; known are {', '.join(AS)}")
        node = given.get("node")
        return Target(
            path=self.iri(where, given["path"]),
            on=str(given.get("on", default)),
            as_=as_,
            scheme=str(given.get("scheme", "")),
            to=str(given.get("to", "")),
            mint=_is_true(given.get("mint")),
            split=str(given.get("split", "")),
            language=str(given.get("language", "")),
            repair=strings(given.get("repair")),
            values={
                str(stated): self.iri(where, str(value)) if _is_term(value) else str(value)
                for stated, value in dict(given.get("values", {})).items()
            },
            node=(self.iri(where, node["class"]), self.iri(where, node["path"])) if node else None,
            template=str(given.get("template", "")),
            inverse=_is_true(given.get("inverse")),
            when=str(given.get("when", "")),
            drop=_is_true(given.get("drop")),
            by=str(given.get("by", "")),
            within=str(given.get("within", "")),
        )


def _with_fields(columns: tuple[Column, ...], document: DocumentSpec) -> tuple[Column, ...]:
    """The columns with those fields that only templates use; several values of a field stand in one cell."""
    from dataclasses import replace

    known = {column.header for column in columns}
    conditions = CONDITION_COLUMNS if document.conditions is not None else ()
    unused = [name for name in (*FIXED_COLUMNS, *conditions, *document.fields) if name not in known]
    parted = tuple(
        replace(column, targets=tuple(replace(t, split=t.split or SEPARATOR) for t in column.targets))
        for column in columns
    )
    return (*parted, *(Column(header=name, ignore=True) for name in unused))


def _is_as(given: Any) -> TypeGuard[As]:
    return given in AS


def _is_true(given: object) -> bool:
    return str(given).casefold() in ("true", "yes")


def _is_term(value: Any) -> bool:
    """Whether a value in the mapping is a prefixed name or IRI rather than text."""
    text = str(value)
    return ":" in text and " " not in text
