"""From paths to tables: which files a submission has, how each is read, and which mapping fits them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mcgraph.errors import InputRefused, WrongUse
from mcgraph.limits import Limits
from mcgraph.sources.delimited import read_delimited
from mcgraph.sources.guards import file_kind
from mcgraph.sources.mapping import Mapping, bundled_mappings, read_mapping
from mcgraph.sources.matching import likeness
from mcgraph.sources.rawtable import RawTable

TABLE_ENDINGS = (".csv", ".tsv", ".txt", ".xlsx", ".ods")


def expand_paths(paths: Sequence[Path], *, documents: bool = False) -> list[Path]:
    """The files named, and those with a table's ending in the folders named (in order of their names).

    With `documents`, every file below the folders: what a JSON document is, its first character says.
    """
    files: list[Path] = []
    for path in paths:
        if path.is_dir() and documents:
            files += sorted(p for p in path.rglob("*") if p.is_file())
        elif path.is_dir():
            inside = sorted(p for p in path.iterdir() if p.is_file() and p.suffix.lower() in TABLE_ENDINGS)
            if not inside:
                raise InputRefused(
                    "the folder holds no table",
                    where=str(path),
                    fix=f"Files must end in {', '.join(TABLE_ENDINGS)}. For a folder of JSON documents, and all "
                    "below it, name the mapping, such as --mapping ctdl.",
                )
            files += inside
        else:
            files.append(path)
    if not files:
        raise WrongUse("no file was given", fix="Name at least one file or folder.")
    return files


def read_tables(files: Sequence[Path], limits: Limits, mapping: Mapping | None = None) -> list[RawTable]:
    """Every table of the files. The mapping's encoding and delimiter are used as hints."""
    from mcgraph.sources.workbook import read_workbook

    if mapping is not None and mapping.reads_documents:
        from mcgraph.sources.documents import looks_like_json, read_documents

        for path in files:
            # Other files of a folder are passed by with a finding; one that is missing is refused.
            if not path.is_file() or looks_like_json(path):
                file_kind(path, limits)
        return read_documents(files, mapping, limits)
    tables: list[RawTable] = []
    for path in files:
        if file_kind(path, limits) == "workbook":
            tables += read_workbook(path, limits)
        else:
            tables.append(
                read_delimited(
                    path,
                    limits,
                    encoding=mapping.encoding if mapping else "",
                    delimiter=mapping.delimiter if mapping else "",
                )
            )
    return tables


def choose_mapping(tables: Sequence[RawTable]) -> Mapping:
    """The bundled mapping that knows most of the tables' columns.

    Raises `WrongUse` when none knows at least a third of them.
    """
    scored = [(score, name, mapping) for name, mapping, score in rank_mappings(tables)]
    best_score, best_name, best = max(scored, key=lambda one: (one[0], one[1]))
    if best_score < 1 / 3:
        headers = ", ".join(header for table in tables for header in table.headers[:6])
        raise WrongUse(
            f"no bundled mapping fits these columns (nearest: {best_name}, {best_score:.0%}): {headers[:200]}",
            fix="Name one with --mapping, or write one: mcgraph inspect FILE --write-map my.yaml",
        )
    return best


def document_mapping(files: Sequence[Path], limits: Limits) -> Mapping | None:
    """The bundled mapping that reads most rows from JSON documents, or None where the files are no such thing.

    Raises `WrongUse` when they are JSON and no bundled mapping reads anything in them.
    """
    from mcgraph.sources.documents import looks_like_json, read_documents

    named = [path for path in files if path.is_file() and path.stat().st_size and looks_like_json(path)]
    if not named or len(named) < len(files):
        return None
    _check_json(named, limits)
    best: tuple[int, Mapping] | None = None
    for path in bundled_mappings().values():
        mapping = read_mapping(path)
        if not mapping.reads_documents or mapping.extends:
            continue
        try:
            rows = sum(table.height for table in read_documents(named, mapping, limits))
        except InputRefused:
            continue
        if best is None or rows > best[0]:
            best = (rows, mapping)
    if best is None:
        raise WrongUse(
            "no bundled mapping reads anything in these JSON documents",
            fix="Name one with --mapping; docs/mapping.md says how to describe documents. JSON-LD that is RDF already "
            "can be checked as RDF: mcgraph validate FILE.jsonld --shapes SHAPES.ttl",
        )
    return best[1]


def _check_json(files: Sequence[Path], limits: Limits) -> None:
    """Raises `InputRefused`, with line and column, where not one of the files is JSON that can be read."""
    from mcgraph.sources.documents import readable_json

    faults = []
    for path in files:
        fault = readable_json(path, limits)
        if fault is None:
            return
        faults.append(fault)
    raise faults[0]


def rank_mappings(tables: Sequence[RawTable]) -> list[tuple[str, Mapping, float]]:
    """Each bundled mapping with the share of all named columns that its best-fitting tables know."""
    ranked = []
    for name, path in bundled_mappings().items():
        mapping = read_mapping(path)
        if mapping.reads_documents:
            continue
        known = [max((likeness(table, spec) for spec in mapping.tables), default=0.0) for table in tables]
        weights = [sum(bool(h) for h in table.headers) for table in tables]
        total = sum(weights) or 1
        ranked.append((name, mapping, sum(k * w for k, w in zip(known, weights, strict=True)) / total))
    return ranked
