"""The question "what can I reach?" in a store of any size: answered by the arrays, explained by the part it rests on.

`reach.find_reach` puts every credential of a book into objects, which takes minutes for a million. Here the arrays say
what is attained, unlocked and within reach; only what the answer names is then read with its evidence.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence

import numpy as np

from mcgraph.limits import Limits
from mcgraph.pathways.arrays import TAKE, Arrays, Ints, Longs
from mcgraph.pathways.cache import open_arrays
from mcgraph.pathways.closure import HELD
from mcgraph.pathways.closure import close as close_objects
from mcgraph.pathways.hypergraph import whole_book
from mcgraph.pathways.reachability import Attained, Workspace, close, only, unlocks
from mcgraph.pathways.route import ReachAnswer, Unlock
from mcgraph.pathways.rule import RowSource
from mcgraph.pathways.rulebook import RuleBook
from mcgraph.pathways.trace import trace


def find_reach_at_size(
    graph: RowSource, held: Sequence[str], *, date: datetime.date, limits: Limits | None = None
) -> ReachAnswer:
    """What `find_reach` answers on the whole book, as of `date`; `held` are IRIs of credentials.

    Raises `WrongUse` where one is no credential of the store, `LimitReached` where more than
    `pathway_part_records` records lie around what the answer names.
    """
    bounds = limits or Limits.from_environment()
    arrays = open_arrays(graph, date=date)
    own = arrays.positions(held).tolist()
    nothing_taken = only(arrays, ())
    now = close(arrays.gates, own, nothing_taken)
    most = bounds.pathway_routes
    unlocked = unlocks(arrays, Workspace(arrays.gates), now, top=most + 1)
    reachable = _resting_on(arrays, own, close(arrays.gates, own))
    names = sorted(arrays.named(reachable))
    found = tuple(
        Unlock(arrays.named([one.take])[0], tuple(sorted(arrays.named(one.opens)))) for one in unlocked[:most]
    )
    listed = {*arrays.named(now.order), *names[:most], *(iri for one in found for iri in (one.take, *one.opens))}
    book = RuleBook.read(graph, date=date, around=listed, limits=bounds)
    part = whole_book(book)
    # What is held but led to or described by nothing that was read bears no step.
    mine = [part.position[iri] for iri in arrays.named(own) if iri in part.position]
    awarded = [one for one, rule in close_objects(part, mine).by.items() if rule != HELD]
    return ReachAnswer(
        book=book,
        held=tuple(arrays.named(own)),
        attained=trace(book, part, mine, (), awarded),
        unlocks=tuple(sorted(found, key=lambda unlock: (-len(unlock.opens), unlock.take))),
        reachable=tuple(names[:most]),
        truncated="pathway_routes" if max(len(unlocked), len(names)) > most else "",
        coverage=_coverage(arrays),
    )


def _resting_on(arrays: Arrays, own: list[int], reach: Attained) -> Ints:
    """What is attained of that which is connected, rule by rule, to what is held; without it."""
    gates = arrays.gates
    touched = np.zeros(gates.n, dtype=bool)
    touched[own] = True
    edge: Longs = np.array(own, dtype=np.int64)
    while len(edge):
        spans = [gates.c_group[gates.c_ptr[one] : gates.c_ptr[one + 1]] for one in edge]
        heads = np.unique(gates.r_head[gates.g_rule[np.concatenate(spans)]])
        edge = heads[~touched[heads] & (reach.by[heads] >= HELD)].astype(np.int64)
        touched[edge] = True
    touched[own] = False
    return np.flatnonzero(touched).astype(np.int32)


def _coverage(arrays: Arrays) -> dict[str, object]:
    """Of all credentials of the store: how many a rule or full recognition in force leads to."""
    described = arrays.credentials.get_column("described").to_numpy()
    led_to = np.zeros(arrays.gates.n, dtype=bool)
    awarding = arrays.gates.r_kind != TAKE
    led_to[arrays.gates.r_head[awarding]] = True
    total, known = int(described.sum()), int((described & led_to).sum())
    return {
        "total": total,
        "known": known,
        "unknown": total - known,
        "why": "no stacking rule or full recognition in force leads to these credentials",
        "rules_in_force": int(awarding.sum()),
    }
