"""Strongly connected components over arrays, by Tarjan's algorithm without recursion."""

from __future__ import annotations

from typing import Any

A = Any


def order_of_attainment(uses_ptr: A, uses: A, order: A, block: A, low: A, number: A, stack: A, path: A, at: A) -> int:
    """Tarjan's components without recursion: parts before wholes; returns how many blocks there are."""
    count, listed, blocks, held = 0, 0, 0, 0
    number[:] = -1
    block[0] = 0
    for start in range(len(number)):
        if number[start] >= 0:
            continue
        depth = 0
        path[0] = start
        number[start] = low[start] = count
        count += 1
        at[start] = uses_ptr[start]
        stack[held] = start
        held += 1
        while depth >= 0:
            one = path[depth]
            if at[one] < uses_ptr[one + 1]:
                other = uses[at[one]]
                at[one] += 1
                if number[other] < 0:
                    number[other] = low[other] = count
                    count += 1
                    at[other] = uses_ptr[other]
                    stack[held] = other
                    held += 1
                    depth += 1
                    path[depth] = other
                elif number[other] < len(number):
                    low[one] = min(low[one], number[other])
                continue
            depth -= 1
            if depth >= 0:
                low[path[depth]] = min(low[path[depth]], low[one])
            if low[one] == number[one]:
                other = -1
                while other != one:
                    held -= 1
                    other = stack[held]
                    order[listed] = other
                    listed += 1
                    # Done: a number no component reaches.
                    number[other] += len(number)
                blocks += 1
                block[blocks] = listed
    return blocks
