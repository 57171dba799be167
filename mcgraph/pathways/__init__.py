"""Pathways: rules as a threshold AND-OR hypergraph, its closure, minimal plans, and why not.

rulebook ← recognition ← assemble ← notation, read      what the rules are
hypergraph ← closure ← bounds ← search                   the algorithms, on whole numbers
route ← trace, explain, check ← routes, reach            answers with reasons, checked
answer, names, draw                                      JSON, names of credentials, drawings
"""

from __future__ import annotations

from mcgraph.pathways.reach import find_reach
from mcgraph.pathways.route import ReachAnswer, Route, RouteAnswer
from mcgraph.pathways.routes import find_routes
from mcgraph.pathways.rulebook import Evidence, Group, Rule, RuleBook, SideCondition

__all__ = [
    "Evidence",
    "Group",
    "ReachAnswer",
    "Route",
    "RouteAnswer",
    "Rule",
    "RuleBook",
    "SideCondition",
    "find_reach",
    "find_routes",
]
