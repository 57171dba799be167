"""`mcgraph structure`: how a store hangs together, and what a credential cannot be attained without."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

import click

from mcgraph.cli.console import Console
from mcgraph.errors import WrongUse

if TYPE_CHECKING:
    from mcgraph.model.answer import Answer
    from mcgraph.pathways.arrays import Arrays
    from mcgraph.pathways.instance import Instance
    from mcgraph.store.graph import Graph

WHOLE = ("dead-ends", "circles", "bottlenecks", "reach")
ONE = ("mandatory", "cut", "ways")


@click.command()
@click.argument("what", type=click.Choice([*WHOLE, *ONE]))
@click.option("--to", "target", help="The credential in question (mandatory, cut, ways): IRI or identifier.")
@click.option("--from", "start", help="Where ways start.")
@click.option("--held", multiple=True, help="What is held: IRIs or identifiers, with commas between.")
@click.option(
    "--of",
    "kind",
    type=click.Choice(["credentials", "agreements", "rules"]),
    default="credentials",
    show_default=True,
    help="What may be lost (cut).",
)
@click.option("--date", type=click.DateTime(["%Y-%m-%d"]), help="Rules and recognitions valid on this day.")
@click.option("--limit", type=click.IntRange(1), help="Most rows that are shown; for ways, how many (10).")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_obj
def command(
    console: Console,
    what: str,
    target: str | None,
    start: str | None,
    held: tuple[str, ...],
    kind: str,
    date: datetime.datetime | None,
    limit: int | None,
    as_json: bool,
) -> None:
    """Dead ends, circles, bottlenecks, reach; what is mandatory, what cuts off, which ways there are.

    \b
    Examples:
      mcgraph structure dead-ends
      mcgraph structure reach
      mcgraph structure mandatory --to AUT-007
      mcgraph structure cut --to AUT-007 --of rules
    """
    _check_use(what, target, start, held)
    from mcgraph.pathways.cache import open_arrays
    from mcgraph.store import open_graph

    with open_graph(console.store) as graph, console.progress("Reading rules"):
        arrays = open_arrays(graph, date=(date or datetime.datetime.now()).date())
        if what in WHOLE:
            answer = _whole(what, arrays, graph, limit)
        else:
            answer = _one(what, arrays, graph, target or "", start or "", held, kind, limit)
    give(console, answer, as_json)


def _check_use(what: str, target: str | None, start: str | None, held: tuple[str, ...]) -> None:
    if what in ONE and not target:
        raise WrongUse(f"{what} is asked of one credential", fix="Name it with --to.")
    if what == "ways" and not start:
        raise WrongUse("Ways start somewhere", fix="Name a credential with --from.")
    if what == "ways" and held:
        raise WrongUse("Ways start at one credential", fix="Leave out --held.")
    if what in ("mandatory", "cut") and start:
        raise WrongUse(f"{what} starts from what is held", fix="Use --held in the place of --from.")
    if what in WHOLE and (target or start or held):
        raise WrongUse(f"{what} is asked of the whole store", fix="Leave out --to, --from and --held.")


def limit_of(limit: int | None) -> int:
    """The rows to show: as asked for, at most the limit in force."""
    from mcgraph.limits import Limits

    most = Limits.from_environment().rows_returned
    return min(limit or most, most)


def give(console: Console, answer: Answer, as_json: bool) -> None:
    """An answer as a document, or as a table with what must be said beside it."""
    if as_json:
        console.document(answer.to_json())
        return
    console.table(answer.columns, answer.shown())
    console.say("\n".join([f"{len(answer):,} row{'' if len(answer) == 1 else 's'}", *answer.notes()]))


def _whole(what: str, arrays: Arrays, graph: Graph, limit: int | None) -> Answer:
    from mcgraph.limits import Limits
    from mcgraph.pathways import structure, tables

    most = limit_of(limit)
    if what == "dead-ends":
        return tables.of_dead_ends(arrays, graph, structure.dead_ends(arrays), most)
    if what == "circles":
        return tables.of_circles(arrays, graph, structure.circles(arrays), most)
    if what == "reach":
        return tables.of_reach(arrays, structure.reach_by_country(arrays), most)
    found = structure.bottlenecks(arrays, top=min(most, limit or 20), limits=Limits.from_environment())
    return tables.of_bottlenecks(arrays, graph, found, most)


def _one(
    what: str, arrays: Arrays, graph: Graph, to: str, start: str, held: tuple[str, ...], kind: Any, limit: int | None
) -> Answer:
    from mcgraph.limits import Limits
    from mcgraph.pathways import tables
    from mcgraph.pathways.alternatives import ways
    from mcgraph.pathways.landmarks import cheapest_cut, mandatory, mandatory_claimants
    from mcgraph.pathways.lookup import find_positions

    bounds, most = Limits.from_environment(), limit_of(limit)
    target, *rest = find_positions(arrays, graph, [to, *([start] if start else []), *_listed(held)])
    if what == "ways":
        found = ways(arrays, _around(arrays, target), rest[0], k=min(limit or 10, most), labels=bounds.pathway_labels)
        return tables.of_ways(arrays, graph, found, most)
    instance = _around(arrays, target, rest)
    if what == "cut":
        cut = cheapest_cut(instance, of=kind, rounds=bounds.pathway_cut_rounds)
        return tables.of_cut(arrays, graph, target, cut, most)
    claimants = mandatory_claimants(arrays, instance)
    return tables.of_mandatory(arrays, graph, target, mandatory(instance), claimants, most)


def _around(arrays: Arrays, target: int, held: list[int] | None = None) -> Instance:
    """The part of the store around a target; with what is held only what can be attained, and nothing behind it."""
    from mcgraph.pathways.instance import around
    from mcgraph.pathways.reachability import Workspace, close, only_held

    gates, space = arrays.gates, Workspace(arrays.gates)
    if held is None:
        return around(arrays, target, space)
    return around(arrays, target, space, now=only_held(gates, held), reach=close(gates, held))


def _listed(held: tuple[str, ...]) -> list[str]:
    return [part.strip() for text in held for part in text.split(",") if part.strip()]
