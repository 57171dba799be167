"""Where a node of the search is parted in two: by the use or credential whose having and not having both cost most.

Each part is judged by one evaluation at the prices of its parent, which takes a fraction of what improving it takes.
"""

from __future__ import annotations

from collections.abc import Iterator

from mcgraph.pathways.kernels.split_value import NONE
from mcgraph.pathways.split_form import Node
from mcgraph.pathways.split_node import CIRCLE, DOUBLE, SHARED, Workbench

# At most so many ways of parting a node are tried.
USES_TRIED, CREDENTIALS_TRIED = 24, 8


def part(bench: Workbench, node: Node, low: float) -> list[Node]:
    """The parts of a node with the bound `low`, the most promising last; no plan is in two of them."""
    what, which = bench.branch(node)
    if what == CIRCLE:
        return _without_each(bench, node, which)
    if what == SHARED:
        return _best(bench, low, (_by_credential(bench, node, one) for one in which[:CREDENTIALS_TRIED]))
    uses = [use for use in which if not node.locked[use]]
    if what == DOUBLE and not uses:
        return []
    return _best(bench, low, (_by_use(bench, node, use) for use in uses[:USES_TRIED]))


def _best(bench: Workbench, low: float, pairs: Iterator[tuple[Node, Node]]) -> list[Node]:
    """Of some ways to part a node in two the one by which both bounds rise most."""
    least = min(bench.best - low, 0.2 * abs(low) + 1.0) if bench.best < NONE else 0.2 * abs(low) + 1.0
    found, most = [], -1.0
    for left, right in pairs:
        rises = [min(least, max(0.0, bench.value(part) - low)) for part in (left, right)]
        score = (rises[0] + 0.01 * least) * (rises[1] + 0.01 * least)
        if score > most:
            most = score
            found = [left, right] if rises[1] <= rises[0] else [right, left]
    return found


def _by_credential(bench: Workbench, node: Node, one: int) -> tuple[Node, Node]:
    """Without a credential, and with it, paid in full."""
    form = bench.form
    without, paid = node.copy(), node.copy()
    without.ok[form.c_slot[form.c_ptr[one] : form.c_ptr[one + 1]]] = 0
    paid.forced[one] = 1
    return without, paid


def _by_use(bench: Workbench, node: Node, use: int) -> tuple[Node, Node]:
    """Without a use, and with it."""
    without = node.copy()
    without.ok[use] = 0
    return without, _with(bench, node, use)


def _with(bench: Workbench, node: Node, use: int) -> Node:
    """The plans of a node that have a use: its whole by its rule, its member, and nothing that clashes with it."""
    form, one, head = bench.form, int(bench.form.m_cred[use]), int(bench.form.slot_head[use])
    kept = node.copy()
    kept.locked[use] = 1
    for needed in (one, head):
        kept.forced[needed] = not form.held[needed] and needed != bench.target
    for rule in form.h_rule[form.h_ptr[head] : form.h_ptr[head + 1]].tolist():
        if rule != form.slot_rule[use]:
            kept.usable[rule] = 0
            kept.ok[form.m_ptr[form.r_ptr[rule]] : form.m_ptr[form.r_ptr[rule + 1]]] = 0
    kept.ok[bench.clashing(node, use)] = 0
    return kept


def _without_each(bench: Workbench, node: Node, uses: tuple[int, ...]) -> list[Node]:
    """For uses that cannot all stand: without the first; with the first and without the second; and so on."""
    found, rest = [], node
    for use in uses:
        if not rest.locked[use]:
            without = rest.copy()
            without.ok[use] = 0
            found.append(without)
            rest = _with(bench, rest, use)
    return found[::-1]
