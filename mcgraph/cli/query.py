"""`mcgraph query`: named questions and SPARQL, as a table, JSON or a file."""

from __future__ import annotations

import datetime
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mcgraph.cli.console import Console
from mcgraph.errors import WrongUse

if TYPE_CHECKING:
    from mcgraph.limits import Limits
    from mcgraph.model.answer import Answer
    from mcgraph.queries import NamedQuestion
    from mcgraph.queries.engine import Source
    from mcgraph.store.remote import RemoteGraph

# The one form of a question that needs no braces.
_DESCRIBES = re.compile(r"\s*DESCRIBE\s+\S", re.IGNORECASE)


@click.command(short_help="Named questions and SPARQL.")
@click.argument("what", metavar="NAME|FILE|-", required=False)
@click.option("--list", "listed", is_flag=True, help="List the named questions.")
@click.option("--tag", help="With --list: only questions with this tag.")
@click.option("--format", "list_format", type=click.Choice(["ttl"]), help="With --list: the library as RDF.")
@click.option("--choices", is_flag=True, help="What the parameters of NAME can be in this store.")
@click.option("--show", metavar="NAME", help="Show a question: what it means, its parameters and its SPARQL.")
@click.option("-p", "parameters", multiple=True, metavar="NAME=VALUE", help="A parameter (repeat as needed).")
@click.option("-o", "output", type=click.Path(path_type=Path), help="Write a file; its ending says how.")
@click.option("--bundle", type=click.Path(path_type=Path), help="Write a .zip with the answer and all it rests on.")
@click.option("--force", is_flag=True, help="Overwrite the file.")
@click.option("--explain", is_flag=True, help="Say what is sent to the engine and what of it is slow; ask nothing.")
@click.option("--limit", type=click.IntRange(min=1), help="Most rows (default: the limit rows_returned).")
@click.option("--date", type=click.DateTime(["%Y-%m-%d"]), help="What «today» means in parameters.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_context
def command(
    ctx: click.Context,
    what: str | None,
    listed: bool,
    tag: str | None,
    list_format: str | None,
    choices: bool,
    show: str | None,
    parameters: tuple[str, ...],
    output: Path | None,
    bundle: Path | None,
    force: bool,
    explain: bool,
    limit: int | None,
    date: datetime.datetime | None,
    as_json: bool,
) -> None:
    """Ask a named question, a file with SPARQL, or SPARQL from standard input.

    Files end in .csv .tsv .json .parquet .md .html, those of CONSTRUCT and DESCRIBE in .ttl or .nt.

    \b
    Example:
      mcgraph query --list
      mcgraph query credentials-by-level -p country=IE
      mcgraph query recognition-of -p credential=MC-100 -o recognition.csv
      echo 'SELECT * { ?x a mc:Offer } LIMIT 5' | mcgraph query -
    """
    console: Console = ctx.obj
    from mcgraph.cli import library_listing
    from mcgraph.queries.writing import check_output

    if list_format and as_json:
        raise WrongUse("the list is asked for as RDF and as JSON at once", fix="Give --format ttl or --json.")
    if listed or tag or list_format or show:
        library_listing.give(console, show, tag, list_format, as_json)
        return
    if not what:
        raise WrongUse("no question was given", fix="Give a name, a file or -; see `mcgraph query --list`.")
    if choices:
        library_listing.give_choices(console, what, as_json)
        return
    if explain:
        library_listing.give_plan(console, _text(what), read_pairs(parameters), date, as_json)
        return
    check_output(output, force)
    check_output(bundle, force, (".zip",))
    answer, labels = _ask(console, what, read_pairs(parameters), limit, date, bundle, is_read=not (output or as_json))
    _give(console, answer, labels, output, as_json)
    if answer.truncated and not (limit and answer.limit == "rows_returned"):
        ctx.exit(4)


def read_pairs(given: tuple[str, ...]) -> dict[str, str]:
    """`name=value` options as a dictionary.

    Raises `WrongUse` for one without an equals sign, or a name given twice.
    """
    pairs: dict[str, str] = {}
    for text in given:
        name, sign, value = text.partition("=")
        if not sign or not name.strip():
            raise WrongUse(f"«{text[:80]}» is not a parameter", fix="Write -p name=value.")
        if name.strip() in pairs:
            raise WrongUse(f"the parameter «{name.strip()[:60]}» was given twice")
        pairs[name.strip()] = value
    return pairs


def _ask(
    console: Console,
    what: str,
    parameters: dict[str, str],
    limit: int | None,
    date: datetime.datetime | None,
    bundle: Path | None,
    *,
    is_read: bool,
) -> tuple[Answer, dict[str, str]]:
    """The answer, and the names of its concepts where it is going to be read as a table."""
    from mcgraph.limits import Limits
    from mcgraph.queries import ask
    from mcgraph.queries.bundle import pack

    limits = Limits.from_environment()
    if limit:
        limits = replace(limits, rows_returned=limit)
    question = _text(what)
    with console.open() as graph, console.progress("asking"):
        answer = ask(graph, question, parameters, limits=limits, date=date.date() if date else None)
        if bundle:
            text = question if isinstance(question, str) else question.text
            _bundle(console, bundle, pack(answer, text, limits.rows_returned, graph.manifest.submissions))
        labels = _labels(graph, answer, limits) if is_read else {}
    return answer, labels


def _labels(graph: Source | RemoteGraph, answer: Answer, limits: Limits) -> dict[str, str]:
    from mcgraph.queries.concept_labels import concept_labels
    from mcgraph.queries.execute import engine_for

    if answer.kind != "table":
        return {}
    with engine_for(graph, limits) as engine:
        return concept_labels(engine, answer)


def _bundle(console: Console, path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as fault:
        raise WrongUse(f"{path} cannot be written: {fault.strerror}") from None
    console.say(f"bundle → {path} · check it with `mcgraph rerun {path}`")


def _text(what: str) -> str | NamedQuestion:
    from mcgraph.queries import named
    from mcgraph.queries.execute import read_query

    if what == "-":
        return as_text(_stdin())
    if "{" in what or _DESCRIBES.match(what):
        return as_text(what)
    path = Path(what)
    if path.suffix.lower() in (".rq", ".sparql") or (len(what) < 1_000 and path.is_file()):
        return as_text(read_query(path))
    return named(what)


def _stdin() -> str:
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise WrongUse(f"standard input is not UTF-8 text (byte {fault.start + 1})") from None


def as_text(text: str) -> str:
    """A query text that `ask` cannot take for the name of a question."""
    if not text.strip():
        raise WrongUse("the query is empty", fix="See `mcgraph query --list` for ready questions.")
    return text if text.endswith("\n") else text + "\n"


def _give(console: Console, answer: Answer, labels: dict[str, str], output: Path | None, as_json: bool) -> None:
    if output:
        from mcgraph.queries.writing import write_answer

        write_answer(answer, output)
        console.say(f"{len(answer):,} rows → {output}")
    if as_json:
        console.document(answer.to_json())
        return
    if answer.kind == "boolean" and not output:
        console.data("yes" if answer.boolean else "no")
    elif not output:
        from mcgraph.queries.concept_labels import named_rows

        console.table(answer.columns, named_rows(answer, labels))
    _tell(console, answer)


def _tell(console: Console, answer: Answer) -> None:
    rows = f"{len(answer):,} row{'' if len(answer) == 1 else 's'} · {answer.seconds:.2f} s"
    console.say("\n".join([rows, *answer.notes()]))
    if answer.name and sys.stderr.isatty():
        console.say(f"next     mcgraph query --show {answer.name} · -o answer.csv · mcgraph describe IRI")
