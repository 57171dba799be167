"""`mcgraph search`: things by their labels, in all languages."""

from __future__ import annotations

from pathlib import Path

import click

from mcgraph.cli import facet_listing
from mcgraph.cli.console import Console
from mcgraph.cli.query import read_pairs
from mcgraph.errors import WrongUse

MOST = 1_000


@click.command(short_help="Things by their labels, in all languages.")
@click.argument("text", required=False)
@click.option("--lang", "language", default="", help="Only labels in this language (a tag such as de).")
@click.option("--kind", default="", help="Only things of this class, such as Credential or Organisation.")
@click.option("-p", "filters", multiple=True, metavar="NAME=VALUE", help="A filter on credentials (repeat as needed).")
@click.option("--facets", is_flag=True, help="Count the credentials by country, level, form and so on.")
@click.option("--limit", type=click.IntRange(1), help="Most things given (20, and at most 1,000, by labels).")
@click.option("-o", "output", type=click.Path(path_type=Path), help="Write a file; its ending says how.")
@click.option("--force", is_flag=True, help="Overwrite the file.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_context
def command(
    ctx: click.Context,
    text: str | None,
    language: str,
    kind: str,
    filters: tuple[str, ...],
    facets: bool,
    limit: int | None,
    output: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Find credentials, organisations, concepts and terms by a label, an acronym or an identifier.

    Case and accents do not count, a word may be a beginning or a part, and a typing error is forgiven.

    With -p or --facets it gives credentials instead: those that fit every filter (country, level, form, function,
    field, language, mode, target_group, provider_type, provider, awarding_body, title; a TEXT is one for the title, as
    it stands), and how many have which value. `-p level="not stated"` finds those that do not state it.

    \b
    Example:
      mcgraph search "data literacy"
      mcgraph search Pflege --lang de --kind Credential
      mcgraph search "digitl skils" --json
      mcgraph search --facets
      mcgraph search care -p country=IE -p level=5 -o care.csv
    """
    console: Console = ctx.obj
    from mcgraph.queries.writing import check_output, write_answer
    from mcgraph.search import search
    from mcgraph.store import open_graph

    check_output(output, force)
    if filters or facets:
        if language or kind:
            raise WrongUse("--lang and --kind go with a search by labels", fix="Use -p language=… for credentials.")
        wanted = read_pairs(filters)
        if text and wanted.setdefault("title", text) != text:
            raise WrongUse("the title is asked for twice", fix="Give it as TEXT or as -p title=….")
        if facet_listing.give(console, wanted, facets, limit, output, as_json):
            ctx.exit(4)
        return
    if not text:
        raise WrongUse("there is nothing to search for", fix="Give a TEXT, or --facets for all credentials.")
    if limit and limit > MOST:
        raise WrongUse(f"a search by labels gives at most {MOST:,} things", fix="Give a smaller --limit.")
    with open_graph(console.store) as graph, console.progress("searching"):
        answer = search(graph, text, language=language, kind=kind, limit=limit or 20)
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
