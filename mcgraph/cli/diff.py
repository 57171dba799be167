"""`mcgraph diff`: what changed between two snapshots, stores or RDF files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mcgraph.cli.console import Console

if TYPE_CHECKING:
    from mcgraph.submissions.comparing import Comparison

SHOWN = 40


@click.command(short_help="What changed between two snapshots, stores or RDF files.")
@click.argument("before", default="previous")
@click.argument("after", default="current")
@click.option("-o", "output", type=click.Path(path_type=Path), help="Write a file: a table by its ending, or .rdfp.")
@click.option("--force", is_flag=True, help="Overwrite the file.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_obj
def command(
    console: Console, before: str, after: str, output: Path | None, force: bool, as_json: bool
) -> None:
    """Show what the second state says that the first does not, and the other way round, record by record.

    Each is `current`, `previous`, the id of a kept snapshot, the folder of a store, or an RDF file. A file ending in
    .rdfp is an RDF Patch; other endings are those of `mcgraph query`.

    \b
    Example:
      mcgraph diff
      mcgraph diff previous current -o changes.csv
      mcgraph diff old.ttl new.ttl --json
    """
    from mcgraph.errors import WrongUse
    from mcgraph.queries.writing import check_output, write_answer
    from mcgraph.submissions.comparing import compare, side_of

    is_patch = output is not None and output.suffix.lower() == ".rdfp"
    if is_patch and output is not None:
        if output.exists() and not force:
            raise WrongUse(f"«{output}» is there already", fix="Name another file, or add --force.")
    else:
        check_output(output, force)
    with console.progress("comparing"):
        found = compare(side_of(before, console.store), side_of(after, console.store))
    if output is not None:
        if is_patch:
            try:
                output.write_text(found.to_patch(), encoding="utf-8", newline="\n")
            except OSError as fault:
                raise WrongUse(f"{output} cannot be written: {fault.strerror}") from None
        else:
            write_answer(found.to_answer(), output)
        console.say(f"{found.changes.height:,} changes → {output}")
    if as_json:
        console.document(_document(found))
    elif output is None:
        _print(console, found)


def _document(found: Comparison) -> dict[str, object]:
    return {
        "before": {"name": found.before.name, "snapshot": found.before.snapshot},
        "after": {"name": found.after.name, "snapshot": found.after.snapshot},
        "same": found.is_same,
        "triples": {"added": found.added.height, "removed": found.removed.height},
        "records": dict(found.records),
        "sources": dict(found.sources),
        "changes": [dict(row) for row in found.changes.iter_rows(named=True)],
        "warnings": list(found.notes()),
    }


def _print(console: Console, found: Comparison) -> None:
    from mcgraph.model.namespaces import shorten

    told = [side.snapshot or side.name for side in (found.before, found.after)]
    if found.is_same:
        console.data(f"{told[0]} and {told[1]} say the same")
        return
    count = found.records
    console.data(
        f"{told[0]} → {told[1]}: {count['added']:,} {'record' if count['added'] == 1 else 'records'} added, "
        f"{count['changed']:,} changed, "
        f"{count['removed']:,} removed · {found.added.height:,} statements came, {found.removed.height:,} went"
    )
    for what, names in found.sources.items():
        if names:
            console.data(f"sources {what}: {', '.join(names)}")
    console.data("")
    console.table(
        ["change", "record", "label", "property", "before", "after"],
        [
            [row["change"], shorten(row["record"]), row["label"] or "", shorten(row["property"] or ""),
             row["before"] or "", row["after"] or ""]
            for row in found.changes.head(SHOWN).iter_rows(named=True)
        ],
    )  # fmt: skip
    if found.changes.height > SHOWN:
        console.say(f"… and {found.changes.height - SHOWN:,} more: -o changes.csv has them all")
    for note in found.notes():
        console.say(note)
