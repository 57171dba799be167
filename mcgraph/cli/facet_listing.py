"""Credentials by filters, and their counts by facet, as the terminal, a file or JSON show them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mcgraph.cli.console import Console

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcgraph.queries.facets import Browsed, Counted

# Values of each facet that a terminal shows; JSON has all that are listed.
_SHOWN = 8
_ROWS = 20


def give(
    console: Console, wanted: Mapping[str, str], facets: bool, limit: int | None, output: Path | None, as_json: bool
) -> bool:
    """Print or write the credentials that fit; says whether a limit of ours cut what was wanted whole."""
    from mcgraph.limits import Limits
    from mcgraph.queries.facets import browse
    from mcgraph.queries.writing import write_answer

    limits = Limits.from_environment()
    most = limit or (limits.rows_returned if output or as_json else _ROWS)
    with console.open() as graph, console.progress("counting"):
        found = browse(
            graph, wanted, limits=replace(limits, rows_returned=most), facets=None if facets or as_json else ()
        )
    if output:
        write_answer(found.records, output)
        console.say(f"{len(found.records):,} of {found.total:,} credentials → {output}")
    if as_json:
        console.document(found.to_json())
    elif not output:
        console.table(["credential", "name", "provider"], found.records.shown())
        for facet in found.facets:
            _print(console, facet)
    _tell(console, found)
    return found.records.truncated and not limit and bool(output or as_json)


def _print(console: Console, facet: Counted) -> None:
    from mcgraph.model.namespaces import shorten
    from mcgraph.queries.parameters import written

    console.data("")
    rows = [
        [value.label or shorten(value.iri), value.iri and written(value.iri), f"{value.records:,}"]
        for value in facet.values
    ]
    left = len(rows) - _SHOWN
    rows = rows[:_SHOWN]
    if facet.unknown:
        rows.append(["not stated", "", f"{facet.unknown:,}"])
    console.table([f"{facet.facet.label} ({facet.facet.name})", "value", "credentials"], rows)
    if left > 0:
        more = "and others" if facet.more else ""
        console.data(f"… {left:,} more values {more}".rstrip())


def _tell(console: Console, found: Browsed) -> None:
    shown = len(found.records)
    count = f"{found.total:,} credential{'' if found.total == 1 else 's'}"
    if shown < found.total:
        count += f" · the first {shown:,} are listed: raise --limit, or write a file with -o"
    notes = [note for note in found.records.notes() if not note.startswith("not complete")]
    console.say("\n".join([count, *notes]))
