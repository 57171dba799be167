"""`mcgraph query`: named questions and SPARQL, as a table, JSON or a file."""

from __future__ import annotations

import datetime
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mcgraph.cli.console import Console
from mcgraph.errors import WrongUse

if TYPE_CHECKING:
    from mcgraph.model.answer import Answer
    from mcgraph.queries import NamedQuestion

_SUFFIXES = (".csv", ".tsv", ".json", ".md", ".html", ".ttl", ".nt")


@click.command(short_help="Named questions and SPARQL.")
@click.argument("what", metavar="NAME|FILE|-", required=False)
@click.option("--list", "listed", is_flag=True, help="List the named questions.")
@click.option("--tag", help="With --list: only questions with this tag.")
@click.option("--show", metavar="NAME", help="Show a question: what it means, its parameters and its SPARQL.")
@click.option("-p", "parameters", multiple=True, metavar="NAME=VALUE", help="A parameter (repeat as needed).")
@click.option("-o", "output", type=click.Path(path_type=Path), help=f"Write a file: {' '.join(_SUFFIXES)}.")
@click.option("--force", is_flag=True, help="Overwrite the file.")
@click.option("--limit", type=click.IntRange(min=1), help="Most rows (default: the limit rows_returned).")
@click.option("--date", type=click.DateTime(["%Y-%m-%d"]), help="What «today» means in parameters.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_context
def command(
    ctx: click.Context,
    what: str | None,
    listed: bool,
    tag: str | None,
    show: str | None,
    parameters: tuple[str, ...],
    output: Path | None,
    force: bool,
    limit: int | None,
    date: datetime.datetime | None,
    as_json: bool,
) -> None:
    """Ask a named question, a file with SPARQL, or SPARQL from standard input.

    \b
    Example:
      mcgraph query --list
      mcgraph query credentials-by-level -p country=IE
      mcgraph query recognition-of -p credential=MC-100 -o recognition.csv
      echo 'SELECT * { ?x a mc:Offer } LIMIT 5' | mcgraph query -
    """
    console: Console = ctx.obj
    if listed or tag:
        _list(console, tag, as_json)
        return
    if show:
        _show(console, show, as_json)
        return
    if not what:
        raise WrongUse("no question was given", fix="Give a name, a file or -; see `mcgraph query --list`.")
    check_output(output, force)
    answer = _ask(console, what, read_pairs(parameters), limit, date)
    _give(console, answer, output, as_json)
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


def check_output(output: Path | None, force: bool) -> None:
    """Refuse a file that exists, or a format nobody writes, before any work is done."""
    if output is None:
        return
    if output.suffix.lower() not in _SUFFIXES:
        raise WrongUse(f"no format is known for «{output.name}»", fix=f"Use one of {' '.join(_SUFFIXES)}.")
    if output.exists() and not force:
        raise WrongUse(f"{output} exists already", fix="Give another name, or --force to overwrite it.")
    if not output.parent.is_dir():
        raise WrongUse(f"the folder {output.parent} does not exist")


def _ask(
    console: Console, what: str, parameters: dict[str, str], limit: int | None, date: datetime.datetime | None
) -> Answer:
    from mcgraph.limits import Limits
    from mcgraph.queries import ask
    from mcgraph.store import open_graph

    limits = Limits.from_environment()
    if limit:
        limits = replace(limits, rows_returned=limit)
    question = _text(what)
    with open_graph(console.store) as graph, console.progress("asking"):
        return ask(graph, question, parameters, limits=limits, date=date.date() if date else None)


def _text(what: str) -> str | NamedQuestion:
    from mcgraph.queries import named
    from mcgraph.queries.execute import read_query

    if what == "-":
        return as_text(_stdin())
    if "{" in what:
        return as_text(what)
    path = Path(what)
    if path.suffix.lower() in (".rq", ".sparql") or (len(what) < 1_000 and path.is_file()):
        return as_text(read_query(path))
    return named(what)


def _stdin() -> str:
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise WrongUse(f"standard input is not UTF-8 text: {fault}") from None


def as_text(text: str) -> str:
    """A query text that `ask` cannot take for the name of a question."""
    if not text.strip():
        raise WrongUse("the query is empty", fix="See `mcgraph query --list` for ready questions.")
    return text if text.endswith("\n") else text + "\n"


def _give(console: Console, answer: Answer, output: Path | None, as_json: bool) -> None:
    if output:
        _write(answer, output)
        console.say(f"{len(answer):,} rows → {output}")
    if as_json:
        console.document(answer.to_json())
        return
    if answer.kind == "boolean" and not output:
        console.data("yes" if answer.boolean else "no")
    elif not output:
        console.table(answer.columns, answer.shown())
    _tell(console, answer)


def _write(answer: Answer, output: Path) -> None:
    import json

    suffix = output.suffix.lower()
    if suffix == ".json":
        text = json.dumps(answer.to_json(), ensure_ascii=False, indent=2) + "\n"
    elif suffix == ".csv":
        # The mark at the start lets a spreadsheet know the text is UTF-8.
        text = "\ufeff" + answer.to_csv()
    elif suffix == ".tsv":
        text = answer.to_tsv()
    elif suffix == ".md":
        text = answer.to_markdown()
    elif suffix == ".html":
        text = answer.to_html()
    else:
        text = answer.to_ntriples()
    try:
        output.write_text(text, encoding="utf-8", newline="")
    except OSError as fault:
        raise WrongUse(f"{output} cannot be written: {fault.strerror}") from None


def _tell(console: Console, answer: Answer) -> None:
    rows = f"{len(answer):,} row{'' if len(answer) == 1 else 's'} · {answer.seconds:.2f} s"
    console.say("\n".join([rows, *answer.notes()]))
    if answer.name and sys.stderr.isatty():
        console.say(f"next     mcgraph query --show {answer.name} · -o answer.csv · mcgraph describe IRI")


def _list(console: Console, tag: str | None, as_json: bool) -> None:
    from mcgraph.queries import library

    questions = [q for q in library().values() if not tag or tag in q.tags]
    if tag and not questions:
        tags = sorted({each for q in library().values() for each in q.tags})
        raise WrongUse(f"no question has the tag «{tag[:60]}»", fix=f"Tags: {', '.join(tags)}.")
    if as_json:
        console.document({"questions": [_facts(q) for q in questions]})
        return
    rows = [[str(q.number), q.name, q.summary, ", ".join(q.tags)] for q in questions]
    console.table(["", "name", "what it tells", "tags"], rows)
    console.say("next     mcgraph query --show NAME · mcgraph query NAME -p name=value")


def _facts(question: NamedQuestion) -> dict[str, object]:
    return {
        "name": question.name,
        "number": question.number,
        "summary": question.summary,
        "question": question.question,
        "description": question.description,
        "tags": list(question.tags),
        "parameters": [
            {
                "name": p.name,
                "type": p.type,
                "label": p.label,
                "default": p.default,
                "required": p.required,
                "scheme": p.scheme,
            }
            for p in question.parameters
        ],
    }


def _show(console: Console, name: str, as_json: bool) -> None:
    import textwrap

    from mcgraph.queries import named

    question = named(name)
    if as_json:
        console.document({**_facts(question), "query": question.text})
        return
    console.data(f"{question.question}\n")
    console.data(textwrap.fill(question.description, 100) + "\n")
    for p in question.parameters:
        default = "needed" if p.required else f"default {p.default}" if p.default else "optional"
        console.data(f"  -p {p.name}=…  {p.label or p.type} ({p.type}, {default})")
    body = "\n".join(line for line in question.text.splitlines() if not line.startswith("#+"))
    console.data("\n" + body.strip())
