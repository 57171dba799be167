"""`mcgraph structure`: how a store hangs together, and what a credential cannot be attained without."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

import click

from mcgraph.cli.console import Console
from mcgraph.errors import WrongUse

if TYPE_CHECKING:
    from mcgraph.model.answer import Answer
    from mcgraph.pathways.alternatives import WayLimits
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
@click.option("--group", multiple=True, metavar="NAME=A,B", help="Reach: a group and what it holds, by country.")
@click.option("--by", "order", type=click.Choice(["hours", "credits", "steps"]), help="Ways: what ranks them (hours).")
@click.option("--max-hours", type=float, help="Ways: most hours after the start.")
@click.option("--max-ects", type=float, help="Ways: most credit points after the start.")
@click.option("--max-steps", type=click.IntRange(1), help="Ways: most steps.")
@click.option("--max-level-jump", type=click.IntRange(0), help="Ways: most EQF levels one step may rise.")
@click.option("--country", multiple=True, help="Ways: only over credentials of this country (code).")
@click.option("--date", type=click.DateTime(["%Y-%m-%d"]), help="Rules and recognitions valid on this day.")
@click.option("--limit", type=click.IntRange(1), help="Most rows that are shown; for ways, how many (10).")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_obj
def command(
    console: Console,
    /,
    what: str,
    target: str | None,
    start: str | None,
    held: tuple[str, ...],
    kind: str,
    date: datetime.datetime | None,
    limit: int | None,
    as_json: bool,
    group: tuple[str, ...],
    **asked: Any,
) -> None:
    """Dead ends, circles, bottlenecks, reach; what is mandatory, what cuts off, which ways there are.

    \b
    Examples:
      mcgraph structure dead-ends
      mcgraph structure reach
      mcgraph structure reach --group nurses=IRL-001,IRL-002 --group newcomers=
      mcgraph structure ways --from AUT-001 --to AUT-007 --by credits --max-level-jump 1
      mcgraph structure mandatory --to AUT-007
      mcgraph structure cut --to AUT-007 --of rules
    """
    _check_use(what, target, start, held)
    _check_options(what, group, asked)
    from mcgraph.pathways.cache import open_arrays
    from mcgraph.store import open_graph

    with open_graph(console.store) as graph, console.progress("Reading rules"):
        arrays = open_arrays(graph, date=(date or datetime.datetime.now()).date())
        if what in WHOLE:
            answer = _whole(what, arrays, graph, limit, group)
        else:
            answer = _one(what, arrays, graph, target or "", start or "", held, kind, limit, asked)
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


def _check_options(what: str, group: tuple[str, ...], asked: dict[str, Any]) -> None:
    if group and what != "reach":
        raise WrongUse("--group is asked of reach", fix="Leave it out, or ask for reach.")
    given = [f"--{name.replace('_', '-').replace('order', 'by')}" for name, value in asked.items() if value]
    if given and what != "ways":
        raise WrongUse(f"{', '.join(given)} is asked of ways", fix="Leave it out, or ask for ways.")
    for name in ("max_hours", "max_ects"):
        if asked[name] is not None and not 0 <= asked[name] <= 1_000_000:
            raise WrongUse(f"--{name.replace('_', '-')} of {asked[name]} cannot be meant", fix="Give 0 or more.")


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


def _whole(what: str, arrays: Arrays, graph: Graph, limit: int | None, group: tuple[str, ...] = ()) -> Answer:
    from mcgraph.limits import Limits
    from mcgraph.pathways import structure, tables

    most = limit_of(limit)
    if what == "dead-ends":
        return tables.of_dead_ends(arrays, graph, structure.dead_ends(arrays), most)
    if what == "circles":
        return tables.of_circles(arrays, graph, structure.circles(arrays), most)
    if what == "reach" and group:
        found_by = structure.reach_by_group_and_country(arrays, _groups(arrays, graph, group))
        return tables.of_group_reach(arrays, found_by, most)
    if what == "reach":
        return tables.of_reach(arrays, structure.reach_by_country(arrays), most)
    found = structure.bottlenecks(arrays, top=min(most, limit or 20), limits=Limits.from_environment())
    return tables.of_bottlenecks(arrays, graph, found, most)


def _groups(arrays: Arrays, graph: Graph, texts: tuple[str, ...]) -> dict[str, list[int]]:
    """Groups as they were given: NAME=A,B; a group may hold nothing."""
    from mcgraph.pathways.lookup import find_positions

    found: dict[str, list[int]] = {}
    for text in texts:
        name, equals, held = text.partition("=")
        if not equals or not name.strip() or name.strip() in found:
            raise WrongUse(f"«{text[:60]}» names no group of its own", fix="Write --group NAME=A,B, each name once.")
        found[name.strip()] = find_positions(arrays, graph, _listed((held,)))
    return found


def _one(
    what: str, arrays: Arrays, graph: Graph, to: str, start: str, held: tuple[str, ...], kind: Any, limit: int | None,
    asked: dict[str, Any],
) -> Answer:  # fmt: skip
    from mcgraph.limits import Limits
    from mcgraph.pathways import tables
    from mcgraph.pathways.alternatives import ways
    from mcgraph.pathways.landmarks import cheapest_cut, mandatory, mandatory_claimants
    from mcgraph.pathways.lookup import find_positions

    bounds, most = Limits.from_environment(), limit_of(limit)
    target, *rest = find_positions(arrays, graph, [to, *([start] if start else []), *_listed(held)])
    if what == "ways":
        order = {"steps": "new"}.get(asked["order"], asked["order"] or "hours")
        found = ways(
            arrays, _around(arrays, target), rest[0], k=min(limit or 10, most), order=order, limits=_way_limits(asked),
            labels=bounds.pathway_labels,
        )  # fmt: skip
        return tables.of_ways(arrays, graph, found, most)
    instance = _around(arrays, target, rest)
    if what == "cut":
        cut = cheapest_cut(instance, of=kind, rounds=bounds.pathway_cut_rounds)
        return tables.of_cut(arrays, graph, target, cut, most)
    claimants = mandatory_claimants(arrays, instance)
    return tables.of_mandatory(arrays, graph, target, mandatory(instance), claimants, most)


def _way_limits(asked: dict[str, Any]) -> WayLimits:
    from mcgraph.pathways.alternatives import WayLimits

    def millionths(value: float | None) -> int | None:
        return None if value is None else round(value * 1_000_000)

    return WayLimits(
        hours=millionths(asked["max_hours"]), credits=millionths(asked["max_ects"]), steps=asked["max_steps"],
        level_jump=asked["max_level_jump"], countries=frozenset(one.upper() for one in asked["country"]) or None,
    )  # fmt: skip


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
