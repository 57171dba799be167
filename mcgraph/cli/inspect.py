"""`mcgraph inspect`: what a file is, how each column would be read, its first rows; proposes a mapping."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mcgraph.cli.console import Console
from mcgraph.errors import WrongUse

if TYPE_CHECKING:
    from mcgraph.sources.mapping import Column, Mapping
    from mcgraph.sources.rawtable import RawTable


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--mapping", "-m", help="Show how this mapping reads the file (default: the one that fits best)."
)
@click.option(
    "--write-map", type=click.Path(path_type=Path), help="Write a proposed mapping to this YAML file."
)
@click.option("--force", is_flag=True, help="Overwrite the mapping file.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_obj
def command(
    console: Console,
    files: tuple[Path, ...],
    mapping: str | None,
    write_map: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """What a file is, how its columns map, its first rows.

    \b
    Examples:
      mcgraph inspect registry.xlsx
      mcgraph inspect unknown.csv --write-map my.yaml
    """
    from mcgraph.limits import Limits
    from mcgraph.sources.mapping import bundled_mappings, load_mapping
    from mcgraph.sources.reading import document_mapping, expand_paths, rank_mappings, read_tables

    if write_map is not None and write_map.exists() and not force:
        raise WrongUse(f"{write_map} is already there", fix="Use --force to overwrite it, or another name.")
    limits = Limits.from_environment()
    chosen = load_mapping(mapping) if mapping else None
    paths = expand_paths(files, documents=chosen is not None and chosen.reads_documents)
    chosen = chosen or document_mapping(paths, limits)
    tables = read_tables(paths, limits, chosen)
    if write_map is not None and any(table.spec for table in tables):
        raise WrongUse(
            "a mapping of JSON documents cannot be proposed from the file",
            fix=f"Start from the one that fits, {bundled_mappings().get(chosen.name, mapping) if chosen else 'ctdl'}; "
            "docs/mapping.md explains it («Documents»).",
        )
    if chosen is None:
        _, best, score = max(rank_mappings(tables), key=lambda one: one[2])
        chosen = best if score >= 1 / 3 else None
    if as_json:
        console.document([_document(table, chosen) for table in tables])
    else:
        for table in tables:
            _show(console, table, chosen)
    if chosen is None and write_map is None:
        console.say("no bundled mapping fits; --write-map my.yaml proposes one from the column names")
    if write_map is not None:
        from mcgraph.sources.proposal import propose_mapping

        write_map.write_text(propose_mapping(tables, write_map.stem), encoding="utf-8")
        console.say(f"wrote {write_map}; edit it, then: mcgraph load FILE --mapping {write_map}")


def _spec_column(table: RawTable, mapping: Mapping | None, header: str) -> Column | None:
    from mcgraph.sources.matching import match_tables

    if mapping is None:
        return None
    for matched in match_tables([table], mapping).tables:
        return matched.spec.column(header)
    return None


def _document(table: RawTable, mapping: Mapping | None) -> dict[str, Any]:
    return {
        "file": table.file,
        "sheet": table.sheet,
        "rows": table.height,
        "read_as": table.decoded,
        "mapping": mapping.name if mapping else None,
        "columns": [
            {
                "column": header,
                "property": _says(_spec_column(table, mapping, header)),
                "filled": _filled(table, i),
                "example": _example(table, i),
            }
            for i, header in enumerate(table.headers)
        ],
        "findings": [finding.to_json() for finding in table.findings],
    }


def _show(console: Console, table: RawTable, mapping: Mapping | None) -> None:
    name = " · ".join(part for part in (table.file, table.sheet) if part)
    known = f"looks like: {mapping.name}" if mapping else "no bundled mapping fits"
    console.data(f"{name} · {table.height:,} rows · {len(table.headers)} columns · {table.decoded} · {known}")
    rows = []
    for i, header in enumerate(table.headers):
        column = _spec_column(table, mapping, header)
        rows.append([header, _says(column) or "✘ not mapped", f"{_filled(table, i):.0%}", _example(table, i)])
    console.table(["COLUMN", "→ PROPERTY", "FILLED", "EXAMPLE"], rows)
    for finding in table.findings:
        console.data(f"  {finding.severity}: {finding.where} {finding.message} ({finding.found})")
    console.data("")


def _says(column: Column | None) -> str:
    from mcgraph.model.namespaces import shorten

    if column is None:
        return ""
    if column.ignore or not column.targets:
        return "(read, not kept)"
    return ", ".join(dict.fromkeys(shorten(target.path) for target in column.targets))


def _filled(table: RawTable, index: int) -> float:
    if not table.height:
        return 0.0
    return 1 - table.cells.get_column(table.cells.columns[index]).null_count() / table.height


def _example(table: RawTable, index: int) -> str:
    values = table.cells.get_column(table.cells.columns[index]).drop_nulls()
    return str(values[0])[:60] if len(values) else ""
