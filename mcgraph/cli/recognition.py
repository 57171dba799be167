"""`mcgraph recognition`: who recognises what, the matrix, chains, gaps and readiness."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from mcgraph.cli.console import Console, fit_table, terminal_width
from mcgraph.errors import InputRefused, WrongUse

if TYPE_CHECKING:
    from mcgraph.limits import Limits
    from mcgraph.pathways import RuleBook
    from mcgraph.recognition import MatrixAnswer, Register
    from mcgraph.recognition.sheet import RecognitionAnswer, Table

FORMATS = (".svg", ".csv", ".json")
GRID = 14


@click.command()
@click.argument("a", required=False)
@click.argument("b", required=False)
@click.option("--matrix", type=click.Choice(["country", "body"]), help="Who recognises whose credentials.")
@click.option("--gaps", is_flag=True, help="Complete records nobody recognises, and agreements that would open most.")
@click.option("--readiness", metavar="CREDENTIAL", help="One credential by the published criteria.")
@click.option("--readiness-of", metavar="SOURCE", help="Every credential of a source by the criteria; or «all».")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="What is in force on this day (default: today).")
@click.option("--completed", type=click.DateTime(["%Y-%m-%d"]), help="The day on which the learning was completed.")
@click.option("--links", type=click.IntRange(1, 12), help="Most recognitions in one chain.")
@click.option("--limit", type=click.IntRange(1), help="Most statements, chains, gaps or agreements that are listed.")
@click.option("--lang", default="en", help="Language of names (en, fr).")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write .svg (heat map), .csv or .json.")
@click.option("--force", is_flag=True, help="Overwrite the output file.")
@click.pass_obj
def command(
    console: Console,
    a: str | None,
    b: str | None,
    matrix: Literal["country", "body"] | None,
    gaps: bool,
    readiness: str | None,
    readiness_of: str | None,
    as_of: datetime.datetime | None,
    completed: datetime.datetime | None,
    links: int | None,
    limit: int | None,
    lang: str,
    as_json: bool,
    output: Path | None,
    force: bool,
) -> None:
    """Who recognises what: register, matrix, chains, gaps.

    \b
    Examples:
      mcgraph recognition                                   all statements
      mcgraph recognition IRL-007                           who recognises a credential, or what a body recognises
      mcgraph recognition IRL FIN --as-of 2026-01-01        chains from one to the other, with the weakest link
      mcgraph recognition --matrix country -o matrix.svg    the matrix, and as a heat map
      mcgraph recognition --gaps                            who is recognised nowhere
      mcgraph recognition --readiness IRL-007               how ready a credential is
    """
    _check_use(a, matrix, gaps, readiness, readiness_of, output, force)
    with console.progress("Reading recognition statements"):
        register = _register(console, as_of, completed, lang)
    answer = _ask(console, register, a, b, matrix, gaps, readiness, readiness_of, links, limit)
    if output is not None:
        _write(console, answer, output)
    if as_json:
        from mcgraph.recognition.answer import document

        console.document(document(answer))
    else:
        _show(console, answer, limit)


def _check_use(
    a: str | None,
    matrix: str | None,
    gaps: bool,
    readiness: str | None,
    readiness_of: str | None,
    output: Path | None,
    force: bool,
) -> None:
    asked = [bool(a), bool(matrix), gaps, readiness is not None, readiness_of is not None]
    if sum(asked) > 1:
        raise WrongUse(
            "only one thing can be asked at a time",
            fix="Give A [B], or --matrix, or --gaps, or --readiness, or --readiness-of.",
        )
    if output is None:
        return
    if output.suffix not in FORMATS:
        raise WrongUse(f"«{output.name}» has no ending that is known", fix=f"Use {', '.join(FORMATS)}.")
    if output.suffix == ".svg" and not matrix:
        raise WrongUse("only the matrix is drawn", fix="Give --matrix country or --matrix body with an .svg file.")
    if output.exists() and not force:
        raise WrongUse(f"{output} exists", fix="Give --force to overwrite it.")


def _register(
    console: Console, as_of: datetime.datetime | None, completed: datetime.datetime | None, lang: str
) -> Register:
    from mcgraph.recognition import read_register

    day = (as_of or datetime.datetime.now()).date()
    return read_register(
        console.open(), as_of=day, completed=completed.date() if completed else None, lang=lang
    )


def _book(register: Register) -> RuleBook:
    from mcgraph.pathways import RuleBook

    if register.graph is None:
        raise WrongUse("this register was not read from a graph")
    return RuleBook.read(register.graph, date=register.as_of, lang=register.lang)


def _ask(
    console: Console,
    register: Register,
    a: str | None,
    b: str | None,
    matrix: Literal["country", "body"] | None,
    gaps: bool,
    readiness: str | None,
    readiness_of: str | None,
    links: int | None,
    limit: int | None,
) -> RecognitionAnswer:
    from mcgraph import recognition
    from mcgraph.limits import Limits
    from mcgraph.recognition.names import find_party

    bounds = Limits.from_environment()
    if matrix:
        return recognition.make_matrix(
            register,
            matrix,
            most_cells=bounds.recognition_cells,
            longest=links or bounds.recognition_links,
            most_followed=bounds.recognition_followed,
        )
    if readiness is not None:
        return recognition.assess(register, find_party(register, readiness, ("credential",)))
    if readiness_of is not None:
        return recognition.assess_source(register, "" if readiness_of == "all" else readiness_of)
    if gaps:
        with console.progress("Trying agreements"):
            most = limit or bounds.recognition_gaps
            return recognition.find_gaps(register, _book(register), most=most, most_pairs=bounds.recognition_pairs)
    if a and b:
        return _chains(register, a, b, links, limit, bounds)
    from mcgraph.recognition.listing import list_statements

    party = find_party(register, a) if a else None
    return list_statements(register, party, most=limit or bounds.recognition_statements)


def _chains(
    register: Register, a: str, b: str, links: int | None, limit: int | None, bounds: Limits
) -> RecognitionAnswer:
    from mcgraph.recognition import find_chains
    from mcgraph.recognition.names import find_party
    from mcgraph.recognition.single import single_steps

    return find_chains(
        register,
        find_party(register, a),
        find_party(register, b),
        most=limit or bounds.recognition_chains,
        longest=links or bounds.recognition_links,
        steps=bounds.recognition_chain_steps,
        stacked=single_steps(_book(register)),
    )


def _show(console: Console, answer: RecognitionAnswer, limit: int | None) -> None:
    from mcgraph.recognition import ChainAnswer, MatrixAnswer, ReadinessTable
    from mcgraph.recognition.sheet import tables
    from mcgraph.recognition.tell import chain_lines, footing, heading

    _say(console, heading(answer))
    console.data("")
    if isinstance(answer, ChainAnswer):
        shown = "\n".join(chain_lines(answer))
        console.prose(shown) if shown else None
    else:
        if isinstance(answer, MatrixAnswer) and answer.level == "country" and 0 < len(answer.parties) <= GRID:
            console.data(_grid(answer))
        first = tables(answer)[:1] if isinstance(answer, ReadinessTable) else tables(answer)
        for table in first:
            _table(console, table, limit)
    _say(console, footing(answer))


def _say(console: Console, lines: list[str]) -> None:
    """Sentences that fit the terminal."""
    import textwrap

    for line in lines:
        wrapped = textwrap.wrap(
            line, terminal_width(), subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
        )
        console.data("\n".join(wrapped))


# Columns that are of use in a file and too wide for a terminal.
_HIDDEN = {
    "statement": ("purpose", "basis", "claimed_by", "stated_on", "evidence", "read_at", "statement"),
    "cell": ("without_number", "evidence"),
}
# Columns that are told once where every row says the same.
_ONCE = ("state", "claim", "source")
ROWS = 40
KEPT_FIRST = 3


def _table(console: Console, table: Table, limit: int | None) -> None:
    if not table.rows:
        return
    hidden = _HIDDEN.get(table.name, ())
    said = [any(row[i] not in (None, "", 0) for row in table.rows) for i in range(len(table.headers))]
    # A column in which nothing is said takes its room from those that say something.
    kept = [i for i, name in enumerate(table.headers) if name not in hidden and (said[i] or i < KEPT_FIRST)]
    same = [i for i in kept if table.headers[i] in _ONCE and len({row[i] for row in table.rows}) == 1 < len(table.rows)]
    kept = [i for i in kept if i not in same]
    rows = [[row[i] for i in kept] for row in table.text()]
    most = limit or ROWS
    console.data(fit_table([table.headers[i].replace("_", " ") for i in kept], rows[:most], terminal_width()))
    if same:
        console.data("in all rows: " + " · ".join(f"{table.headers[i]} {table.rows[0][i]}" for i in same))
    if len(rows) > most:
        console.data(f"… and {len(rows) - most:,} more; --limit shows more, -o FILE.csv writes all")
    console.data("")


def _grid(answer: MatrixAnswer) -> str:
    """The matrix as people draw it: rows are whose credentials, columns where they are recognised."""
    parties = answer.parties
    cells = {(one.a.iri, one.b.iri): one for one in answer.cells}
    rows = []
    for a in parties:
        row = [a.id]
        for b in parties:
            one = cells.get((a.iri, b.iri))
            parts = [] if one is None else [str(one.asserted or "") + ("⇄" if one.is_mutual else "")]
            if one is not None:
                parts += [f"({one.inferred})"] * bool(one.inferred) + [f"✘{one.refused}"] * bool(one.refused)
                parts += [f"†{one.lapsed}"] * bool(one.lapsed)
            row.append(" ".join(part for part in parts if part) or "·")
        rows.append(row)
    legend = "n asserted · ⇄ answered the other way · (n) inferred · ✘ refused · † lapsed · rows: whose credentials"
    return fit_table(["", *(one.id for one in parties)], rows, terminal_width()) + f"\n{legend}\n"


def _write(console: Console, answer: RecognitionAnswer, output: Path) -> None:
    import json

    from mcgraph.limits import Limits
    from mcgraph.recognition import MatrixAnswer, ReadinessTable
    from mcgraph.recognition.answer import document
    from mcgraph.recognition.heatmap import svg
    from mcgraph.recognition.sheet import tables

    if output.suffix == ".json":
        text = json.dumps(document(answer), ensure_ascii=False, indent=2) + "\n"
    elif output.suffix == ".svg" and isinstance(answer, MatrixAnswer):
        text = svg(answer, Limits.from_environment().recognition_parties)
    else:
        made = tables(answer)
        text = (made[-1] if isinstance(answer, ReadinessTable) else made[0]).to_csv()
    try:
        output.write_text(text, encoding="utf-8", newline="")
    except OSError as fault:
        raise InputRefused(f"{output} cannot be written: {fault.strerror}") from fault
    console.say(f"wrote {output}")
