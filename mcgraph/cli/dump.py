"""`mcgraph dump`: the snapshot as one file."""

from __future__ import annotations

from pathlib import Path

import click

from mcgraph.cli.console import Console


@click.command(short_help="The snapshot as one file: N-Quads, Turtle, Parquet, or a backup.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--with-index", is_flag=True, help="Put the index into a .tar: larger, quicker to restore.")
@click.option("--force", is_flag=True, help="Overwrite the file.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_obj
def command(console: Console, file: Path, with_index: bool, force: bool, as_json: bool) -> None:
    """Write what the store holds to one file; its ending says how.

    A .tar is a backup: the same snapshot comes back from it, with cells, ledger and quarantine. It can be written while
    another process loads. .nq has every named graph, .ttl the statements of the sources, .parquet them with their
    cells as numbers.

    \b
    Example:
      mcgraph dump backup.tar
      mcgraph dump everything.nq --force
    """
    from mcgraph.errors import WrongUse
    from mcgraph.store import open_graph
    from mcgraph.store.dump import check_ending, dump

    check_ending(file)
    if file.exists() and not force:
        raise WrongUse(f"«{file}» is there already", fix="Name another file, or add --force.")
    if not file.absolute().parent.is_dir():
        raise WrongUse(f"there is no folder «{file.absolute().parent}»", fix="Make it first, or name another place.")
    with open_graph(console.store) as graph, console.progress(f"writing {file.name}"):
        done, stored = dump(graph, file.absolute(), with_index=with_index), graph.triples
    if as_json:
        console.document(
            {"file": str(file), "snapshot": done.snapshot, "triples": done.triples, "bytes": done.bytes,
             "seconds": round(done.seconds, 3)}
        )  # fmt: skip
        return
    speed = f"{done.triples / done.seconds:,.0f}/s" if done.seconds else ""
    console.data(f"{file}: {done.triples:,} triples, {done.bytes / 1e6:,.1f} MB · snapshot {done.snapshot}")
    twice = done.triples - stored
    if twice > 0 and file.suffix.lower() == ".nq":
        console.say(f"{twice:,} of them are said by two cells of a source: a reader takes each as one triple")
    console.say(f"{done.seconds:.1f} s · {speed}")
