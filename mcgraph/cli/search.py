"""`mcgraph search`: things by their labels, in all languages."""

from __future__ import annotations

from pathlib import Path

import click

from mcgraph.cli.console import Console


@click.command(short_help="Things by their labels, in all languages.")
@click.argument("text")
@click.option("--lang", "language", default="", help="Only labels in this language (a tag such as de).")
@click.option("--kind", default="", help="Only things of this class, such as Credential or Organisation.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="Most things given.")
@click.option("-o", "output", type=click.Path(path_type=Path), help="Write a file; its ending says how.")
@click.option("--force", is_flag=True, help="Overwrite the file.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_obj
def command(
    console: Console,
    text: str,
    language: str,
    kind: str,
    limit: int,
    output: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Find credentials, organisations, concepts and terms by a label, an acronym or an identifier.

    Case and accents do not count, a word may be a beginning or a part, and a typing error is forgiven.

    \b
    Example:
      mcgraph search "data literacy"
      mcgraph search Pflege --lang de --kind Credential
      mcgraph search "digitl skils" --json
    """
    from mcgraph.queries.writing import check_output, write_answer
    from mcgraph.search import search
    from mcgraph.store import open_graph

    check_output(output, force)
    with open_graph(console.store) as graph, console.progress("searching"):
        answer = search(graph, text, language=language, kind=kind, limit=limit)
    if output:
        write_answer(answer, output)
        console.say(f"{len(answer):,} things → {output}")
    if as_json:
        console.document(answer.to_json())
        return
    if not output:
        shown = answer.shown()
        console.table(
            ["label", "lang", "kind", "iri", "match"], [[row[0], row[1], row[3], row[4], row[5]] for row in shown]
        )
    more = " · more match: raise --limit" if answer.truncated else ""
    notes = [note for note in answer.notes() if not note.startswith("not complete")]
    count = f"{len(answer):,} thing{'' if len(answer) == 1 else 's'}"
    console.say("\n".join([f"{count} · {answer.seconds:.3f} s{more}", *notes]))
