"""Pathways over a whole store of any size: everything one imports for it, in one place.

open_arrays → close, unlocks, missing, what_if          what follows from what is held
            → around → first_plan, mandatory, cheapest_cut, ways      about one target
            → dead_ends, circles, bottlenecks, reach_by_country       about all of it
            → to_networkx                                             a part, for other tools

>>> from mcgraph.pathways import RuleBook
>>> arrays = arrays_from(RuleBook.of("a + b -> c", "c => d"))
>>> state = close(arrays.gates, arrays.positions(["a", "b"]), only(arrays, takes=()))
>>> arrays.named(state.order)
['a', 'b', 'c', 'd']
"""

from __future__ import annotations

from mcgraph.pathways.alternatives import Way, WayLimits, Ways, ways
from mcgraph.pathways.arrays import Arrays, Gates
from mcgraph.pathways.build import arrays_from, build
from mcgraph.pathways.cache import open_arrays
from mcgraph.pathways.columns import pairs_of
from mcgraph.pathways.curriculum import measure, read_curriculum, unsatisfiable
from mcgraph.pathways.hyperpath import FirstPlan, Tree, cheapest, first_plan
from mcgraph.pathways.instance import Instance, around
from mcgraph.pathways.landmarks import (
    Cut,
    Mandatory,
    cheapest_cut,
    mandatory,
    mandatory_claimants,
    mandatory_statements,
)
from mcgraph.pathways.networkx_view import to_networkx
from mcgraph.pathways.reachability import (
    AddedRule,
    Attained,
    Workspace,
    close,
    missing,
    only,
    only_held,
    spread,
    unlocks,
    what_if,
)
from mcgraph.pathways.stackability import Stackability, declared_against_supported
from mcgraph.pathways.structure import bottlenecks, circles, dead_ends, reach_by_country, reach_by_group

__all__ = [
    "AddedRule",
    "Arrays",
    "Attained",
    "Cut",
    "FirstPlan",
    "Gates",
    "Instance",
    "Mandatory",
    "Stackability",
    "Tree",
    "Way",
    "WayLimits",
    "Ways",
    "Workspace",
    "around",
    "arrays_from",
    "bottlenecks",
    "build",
    "cheapest",
    "cheapest_cut",
    "circles",
    "close",
    "dead_ends",
    "declared_against_supported",
    "first_plan",
    "mandatory",
    "mandatory_claimants",
    "mandatory_statements",
    "measure",
    "missing",
    "only",
    "only_held",
    "open_arrays",
    "pairs_of",
    "reach_by_country",
    "reach_by_group",
    "read_curriculum",
    "spread",
    "to_networkx",
    "unlocks",
    "unsatisfiable",
    "ways",
    "what_if",
]
