"""Strongly connected components of a small digraph, by Tarjan's algorithm without recursion."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping


def components(edges: Mapping[int, Iterable[int]]) -> list[list[int]]:
    """The components, each sorted; successors that are no key are ignored.

    >>> components({1: [2], 2: [1, 3], 3: []})
    [[3], [1, 2]]
    """
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    stack: list[int] = []
    on_stack: set[int] = set()
    found: list[list[int]] = []

    def open_node(one: int) -> tuple[int, Iterator[int]]:
        index[one] = low[one] = len(index)
        stack.append(one)
        on_stack.add(one)
        return one, iter(sorted(edges[one]))

    for root in edges:
        path = [open_node(root)] if root not in index else []
        while path:
            one, following = path[-1]
            for other in following:
                if other not in edges:
                    continue
                if other not in index:
                    path.append(open_node(other))
                    break
                if other in on_stack:
                    low[one] = min(low[one], index[other])
            else:
                path.pop()
                if path:
                    low[path[-1][0]] = min(low[path[-1][0]], low[one])
                if low[one] == index[one]:
                    part = [stack.pop()]
                    while part[-1] != one:
                        part.append(stack.pop())
                    on_stack.difference_update(part)
                    found.append(sorted(part))
    return found
