"""Algorithms on a plain digraph in compressed form (`ptr` n+1 → `to`): edges, reach, dominators, betweenness, paths."""

from __future__ import annotations

from typing import Any

from mcgraph.model.jit import helper
from mcgraph.pathways.kernels.heap import drop_first, push

A = Any


@helper
def compress(sources: A, targets: A, ptr: A, to: A, edge: A) -> None:
    """A list of edges in compressed form, by counting; `edge[i]` is the place of `to[i]` in the list."""
    for source in sources:
        ptr[source + 1] += 1
    for node in range(len(ptr) - 1):
        ptr[node + 1] += ptr[node]
    # ptr[v] is used up as the place of the next edge of v, then moved back.
    for at in range(len(sources)):
        place = ptr[sources[at]]
        to[place] = targets[at]
        edge[place] = at
        ptr[sources[at]] = place + 1
    for node in range(len(ptr) - 1, 0, -1):
        ptr[node] = ptr[node - 1]
    ptr[0] = 0


def reach(ptr: A, to: A, sources: A, seen: A, queue: A) -> int:
    """Mark (`seen`) and list (`queue`) what can be reached from the sources, themselves included; returns how many."""
    count = 0
    for one in sources:
        if seen[one] == 0:
            seen[one] = 1
            queue[count] = one
            count += 1
    at = 0
    while at < count:
        one = queue[at]
        at += 1
        for slot in range(ptr[one], ptr[one + 1]):
            other = to[slot]
            if seen[other] == 0:
                seen[other] = 1
                queue[count] = other
                count += 1
    return count


@helper
def number_depth_first(
    ptr: A, to: A, root: int, number: A, node: A, parent: A, next_slot: A, stack: A, tails: A, heads: A, back_ptr: A
) -> int:
    """Preorder numbers of what the root reaches, and every edge in these numbers; returns how many are reached.

    `parent` is in preorder numbers, `back_ptr[v + 1]` counts the edges that lead to v.
    """
    number[root] = 0
    node[0] = root
    stack[0] = root
    depth, count, edges = 1, 1, 0
    while depth > 0:
        one = stack[depth - 1]
        slot = next_slot[one]
        if slot >= ptr[one + 1]:
            depth -= 1
            continue
        next_slot[one] = slot + 1
        other = to[slot]
        if number[other] < 0:
            number[other] = count
            node[count] = other
            parent[count] = number[one]
            stack[depth] = other
            depth += 1
            count += 1
        tails[edges] = number[one]
        heads[edges] = number[other]
        back_ptr[number[other] + 1] += 1
        edges += 1
    return count


@helper
def least_above(ancestor: A, low: A, one: int, trail: A) -> int:
    """The least semidominator on the way from `one` up to below its root in the forest; the way is shortened."""
    if ancestor[ancestor[one]] < 0:
        return low[one]  # type: ignore[no-any-return]
    size, at = 0, one
    while ancestor[ancestor[at]] >= 0:
        trail[size] = at
        size += 1
        at = ancestor[at]
    for place in range(size - 1, -1, -1):
        at = trail[place]
        above = ancestor[at]
        low[at] = min(low[at], low[above])
        ancestor[at] = ancestor[above]
    return low[one]  # type: ignore[no-any-return]


def dominators(
    ptr: A, to: A, root: int, number: A, node: A, parent: A, next_slot: A, stack: A, tails: A, heads: A,
    back_ptr: A, back: A, semi: A, low: A, ancestor: A, idom: A,
) -> int:  # fmt: skip
    """Immediate dominators in preorder numbers (semi-NCA: Georgiadis and Tarjan); returns how many are reached."""
    count = number_depth_first(ptr, to, root, number, node, parent, next_slot, stack, tails, heads, back_ptr)
    for at in range(count):
        back_ptr[at + 1] += back_ptr[at]
    for edge in range(back_ptr[count]):
        place = back_ptr[heads[edge]]
        back[place] = tails[edge]
        back_ptr[heads[edge]] = place + 1
    for at in range(count):
        ancestor[at] = -1
        idom[at] = parent[at]
    # back_ptr[v] now ends the predecessors of v; those of v begin where those of v-1 end.
    for at in range(count - 1, 0, -1):
        best = parent[at]
        for slot in range(back_ptr[at] - 1, back_ptr[at - 1] - 1, -1):
            if best == 0:
                break
            before = back[slot]
            if before > at:
                before = least_above(ancestor, low, before, stack)
            best = min(best, before)
        semi[at] = best
        low[at] = best
        ancestor[at] = parent[at]
    for at in range(1, count):
        above = idom[at]
        while above > semi[at]:
            above = idom[above]
        idom[at] = above
    return count


def betweenness(ptr: A, to: A, sources: A, distance: A, paths: A, share: A, queue: A, score: A) -> None:
    """Add to `score` what each source gives (Brandes 2001); scratch arrays are -1 and 0 before and after.

    A source costs what it reaches, not the whole graph.
    """
    for source in sources:
        queue[0] = source
        distance[source] = 0
        paths[source] = 1.0
        count, at = 1, 0
        while at < count:
            one = queue[at]
            at += 1
            for slot in range(ptr[one], ptr[one + 1]):
                other = to[slot]
                if distance[other] < 0:
                    distance[other] = distance[one] + 1
                    queue[count] = other
                    count += 1
                if distance[other] == distance[one] + 1:
                    paths[other] += paths[one]
        for place in range(count - 1, -1, -1):
            one = queue[place]
            total = 0.0
            for slot in range(ptr[one], ptr[one + 1]):
                other = to[slot]
                if distance[other] == distance[one] + 1:
                    total += (1.0 + share[other]) / paths[other]
            share[one] = total * paths[one]
            if place > 0:
                score[one] += share[one]
        for place in range(count):
            one = queue[place]
            distance[one] = -1
            paths[one] = 0.0
            share[one] = 0.0


def least_to_go(back_ptr: A, back: A, target: int, weight: A, value: A, keys: A, items: A) -> None:
    """Per node the least weight still to pay to the target, when entering a node costs `weight[node]` (Dijkstra)."""
    value[target] = 0
    size = push(keys, items, 0, 0, target)
    while size > 0:
        key, one = keys[0], items[0]
        size = drop_first(keys, items, size)
        if key > value[one]:
            continue
        for slot in range(back_ptr[one], back_ptr[one + 1]):
            before = back[slot]
            through = key + weight[one]
            if through < value[before]:
                value[before] = through
                size = push(keys, items, size, through, before)


@helper
def is_on_way(node: A, above: A, label: int, one: int) -> bool:
    """Whether a label's way has been at a node."""
    while label >= 0:
        if node[label] == one:
            return True
        label = above[label]
    return False


def best_ways(
    ptr: A, to: A, start: int, target: int, weights: A, to_go: A, limits: A, most: int,
    node: A, above: A, spent: A, keys: A, items: A, found: A,
) -> int:  # fmt: skip
    """The best simple ways in the order of `weights[0]`, none above a limit; label setting with completion bounds.

    `weights[r, v]` is what entering v takes of resource r, `to_go[r, v]` the least still to come. `found` gets the
    labels of the ways. Returns how many labels were made; as many as there is room for means the search was cut.
    """
    room = len(node)
    node[0] = start
    above[0] = -1
    labels, size, ways = 1, 0, 0
    size = push(keys, items, size, to_go[0, start], 0)
    while size > 0 and ways < most:
        label = items[0]
        size = drop_first(keys, items, size)
        one = node[label]
        if one == target:
            found[ways] = label
            ways += 1
            continue
        for slot in range(ptr[one], ptr[one + 1]):
            other = to[slot]
            fits = to_go[0, other] < (1 << 60)
            for resource in range(len(limits)):
                total = spent[resource, label] + weights[resource, other] + to_go[resource, other]
                fits = fits and total <= limits[resource]
            if not fits or is_on_way(node, above, label, other):
                continue
            if labels == room:
                return labels
            node[labels] = other
            above[labels] = label
            for resource in range(len(limits)):
                spent[resource, labels] = spent[resource, label] + weights[resource, other]
            size = push(keys, items, size, spent[0, labels] + to_go[0, other], labels)
            labels += 1
    return labels
