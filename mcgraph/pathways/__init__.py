"""Pathways: rules as a threshold AND-OR hypergraph, its closure, minimal plans, and why not.

rule ← rulebook ← recognition ← assemble ← notation, read      what the rules are
hypergraph ← closure ← bounds ← search                   the algorithms, on whole numbers
route ← trace, explain, check ← routes, reach            answers with reasons, checked
conditions, constraints ← admit, pricing, milp_model     what rules and learners ask besides
linear ← milp_model ← exact ← solve ← conflicts ← plans  proven plans, checked by check_plan; schedule, timing
overlay ← compare ← whatif                               changes laid over a book
answer, names, draw                                      JSON, names of credentials, drawings
"""

from __future__ import annotations

from mcgraph.pathways.constraints import Budget, Constraints
from mcgraph.pathways.plans import plan_routes
from mcgraph.pathways.reach import find_reach
from mcgraph.pathways.route import ReachAnswer, Route, RouteAnswer
from mcgraph.pathways.routes import find_routes
from mcgraph.pathways.rule import Evidence, Group, Rule, SideCondition
from mcgraph.pathways.rulebook import RuleBook
from mcgraph.pathways.whatif import WhatIf

__all__ = [
    "Budget",
    "Constraints",
    "Evidence",
    "Group",
    "ReachAnswer",
    "Route",
    "RouteAnswer",
    "Rule",
    "RuleBook",
    "SideCondition",
    "WhatIf",
    "find_reach",
    "find_routes",
    "plan_routes",
]
