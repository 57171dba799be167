"""`mcgraph pathways`: routes to a credential with their reasons, what is missing, what unlocks next."""

from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mcgraph.cli.console import Console
from mcgraph.cli.plan_options import constraints_of, dated, plan_options, weights
from mcgraph.errors import InputRefused, LimitReached, WrongUse

if TYPE_CHECKING:
    from mcgraph.limits import Limits
    from mcgraph.pathways import RouteAnswer, RuleBook
    from mcgraph.pathways.route import ReachAnswer
    from mcgraph.store import Graph

WRITTEN_OUT = 5
FORMATS = (".svg", ".png", ".dot", ".json")
# Where one of these cut the search off, the answer may be worse than what there is: exit code 4 says so.
TIMED_OUT = ("pathway_seconds", "pathway_plans", "pathway_timetables")
# With more credentials than this, only what lies around the question is read, where the question says what that is.
LARGE = 20_000


@click.command()
@click.option(
    "--held",
    multiple=True,
    help="What is held: identifiers, IRIs or titles, with commas between; A@2025-06-30 says since when.",
)
@click.option("--to", "target", help="The credential to reach.")
@click.option("--from", "start", multiple=True, help="What is held; asks what can be reached from it.")
@click.option("--date", type=click.DateTime(["%Y-%m-%d"]), help="Rules and recognitions valid on this day.")
@click.option("--limit", type=click.IntRange(1), help="Most routes that are listed.")
@plan_options
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="Draw the first route: .svg, .png, .dot; or .json."
)
@click.option("--force", is_flag=True, help="Overwrite the output file.")
@click.pass_obj
def command(
    console: Console,
    /,
    held: tuple[str, ...],
    target: str | None,
    start: tuple[str, ...],
    date: datetime.datetime | None,
    limit: int | None,
    as_json: bool,
    output: Path | None,
    force: bool,
    **asked: Any,
) -> None:
    """Stackable routes and plans, and what is missing.

    \b
    Examples:
      mcgraph pathways --held MC-100,MC-101 --to CERT-9
      mcgraph pathways --held "Data literacy@2024-05-01" --to CERT-9 --date 2025-01-01 -o route.svg
      mcgraph pathways --held MC-100 --to CERT-9 --by cost --max-weeks 30 --language en -k 3
      mcgraph pathways --held MC-100 --to CERT-9 --per-term 15
      mcgraph pathways --from MC-100
    """
    _check_use(held, target, start, output, force)
    if start:
        _refuse_plan_options(click.get_current_context())
    day = (date or datetime.datetime.now()).date()
    with console.open() as graph:
        if start and is_large(graph) and (named := _named(graph, start)):
            _reach_at_size(console, graph, named, day, as_json, limit)
            return
        with console.progress("Reading rules"):
            everywhere = bool(start or asked["exclude"] or asked["provider"])
            book = read_book(graph, day, () if everywhere else (*held, target or ""))
    if start:
        _reach(console, book, credentials_of(book, start)[0], as_json, limit)
        return
    from mcgraph.limits import Limits
    from mcgraph.pathways.answer import document
    from mcgraph.pathways.names import find_credential
    from mcgraph.pathways.plans import plan_routes
    from mcgraph.pathways.tell import tell

    own, held_on = credentials_of(book, held)
    with console.progress("Seeking plans"):
        answer = plan_routes(
            book,
            own,
            find_credential(book, target or ""),
            wishes=constraints_of(book, asked, held_on),
            by=weights(asked["by"]),
            plans=asked["plans"] or limit,
            differ=asked["differ"],
            prove=asked["prove"],
            seconds=asked["time_limit"],
            limits=Limits.from_environment(),
        )
    if output is not None:
        _write(console, answer, output)
    if as_json:
        console.document(document(answer))
    else:
        console.prose(tell(answer, asked["plans"] or limit or WRITTEN_OUT))
    if answer.truncated in TIMED_OUT:
        raise click.exceptions.Exit(LimitReached.exit_code)


def _check_use(
    held: tuple[str, ...], target: str | None, start: tuple[str, ...], output: Path | None, force: bool
) -> None:
    if start and target:
        raise WrongUse(
            "--from asks what can be reached, --to asks for a route; they cannot stand together",
            fix="For a route: --held (what is held) with --to.",
        )
    if bool(start) == bool(target):
        raise WrongUse(
            "Ask for a route or for what can be reached", fix="Give --to (with --held), or --from."
        )
    if start and (held or output):
        raise WrongUse("--from stands alone", fix="Leave out --held and -o, or ask with --held and --to.")
    if output is not None and output.suffix not in FORMATS:
        raise WrongUse(f"«{output.name}» has no ending that is known", fix=f"Use {', '.join(FORMATS)}.")
    if output is not None and output.exists() and not force:
        raise WrongUse(f"{output} exists", fix="Give --force to overwrite it.")


def read_book(graph: Graph, date: datetime.date, around: tuple[str, ...] = ()) -> RuleBook:
    """The rules of the store as of a day; of a large store only those around the credentials that are named."""
    from mcgraph.pathways import RuleBook

    if around and is_large(graph):
        named = _named(graph, around)
        if named:
            return RuleBook.read(graph, date=date, around=named)
    return RuleBook.read(graph, date=date)


def is_large(graph: Graph) -> bool:
    """Whether a store has more credentials than are read where a question is about some of them."""
    from mcgraph.model.namespaces import MC

    return bool(graph.rows(f"SELECT ?s WHERE {{ ?s a <{MC}Credential> }} OFFSET {LARGE} LIMIT 1"))


def _named(graph: Graph, texts: tuple[str, ...]) -> list[str] | None:
    """The credentials that the texts name; None where a text is not plain: the whole book then tells what is near."""
    from mcgraph.pathways.known_names import KnownNames, around_names

    return around_names(KnownNames(graph), texts, dated)


def credentials_of(book: RuleBook, texts: tuple[str, ...]) -> tuple[list[str], dict[str, str]]:
    """The credentials meant, and since when they are held where it is said.

    A text with commas is one title where that is known, else several.
    """
    from mcgraph.pathways.names import find_credential

    found: dict[str, str] = {}
    for text in texts:
        name, day = dated(text)
        try:
            found[find_credential(book, name)] = day
        except WrongUse:
            if "," not in text:
                raise
            parts = [part for part in text.split(",") if part.strip()]
            if not parts:
                raise
            for part in parts:
                name, day = dated(part)
                found[find_credential(book, name)] = day
    return list(found), {iri: day for iri, day in found.items() if day}


def _refuse_plan_options(context: click.Context) -> None:
    """What is reached is not ranked, priced or timed: an option that would be ignored is refused."""
    own = {"start", "date", "limit", "as_json", "force"}
    given = [
        parameter.opts[-1]
        for parameter in context.command.params
        if parameter.name not in own
        and context.get_parameter_source(parameter.name or "") is click.core.ParameterSource.COMMANDLINE
    ]
    if given:
        raise WrongUse(f"--from does not go with {', '.join(given)}", fix="Ask for plans with --held and --to.")


def _reach(console: Console, book: RuleBook, held: list[str], as_json: bool, limit: int | None) -> None:
    from mcgraph.pathways.reach import find_reach

    _tell_reach(console, find_reach(book, held, limits=_limits(limit)), as_json)


def _reach_at_size(
    console: Console, graph: Graph, held: list[str], date: datetime.date, as_json: bool, limit: int | None
) -> None:
    from mcgraph.pathways.reach_at_size import find_reach_at_size

    with console.progress("Closing over the rules"):
        answer = find_reach_at_size(graph, held, date=date, limits=_limits(limit))
    _tell_reach(console, answer, as_json)


def _limits(limit: int | None) -> Limits:
    from mcgraph.limits import Limits

    limits = Limits.from_environment()
    return limits if limit is None else replace(limits, pathway_routes=min(limit, limits.pathway_routes))


def _tell_reach(console: Console, answer: ReachAnswer, as_json: bool) -> None:
    from mcgraph.pathways.answer import reach_document
    from mcgraph.pathways.tell import tell_reach

    if as_json:
        console.document(reach_document(answer))
    else:
        console.prose(tell_reach(answer))


def _write(console: Console, answer: RouteAnswer, output: Path) -> None:
    import json

    from mcgraph.pathways.answer import document
    from mcgraph.pathways.draw import dot, svg

    if output.suffix == ".png":
        console.say(_write_png(answer, output) if answer.plans else "There is no route to draw.")
        return
    if output.suffix == ".json":
        text = json.dumps(document(answer), ensure_ascii=False, indent=2) + "\n"
    elif not answer.plans:
        console.say("There is no route to draw.")
        return
    else:
        text = (svg if output.suffix == ".svg" else dot)(answer, answer.plans[0])
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as fault:
        raise InputRefused(f"{output} cannot be written: {fault.strerror}") from fault
    console.say(f"wrote {output}")


def _write_png(answer: RouteAnswer, output: Path) -> str:
    from mcgraph.pathways.draw import png

    picture = png(answer, answer.plans[0])
    try:
        output.write_bytes(picture)
    except OSError as fault:
        raise InputRefused(f"{output} cannot be written: {fault.strerror}") from fault
    return f"wrote {output}"
