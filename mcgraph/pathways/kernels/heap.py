"""A binary heap in two arrays, smallest key first, then smallest item."""

from __future__ import annotations

from typing import Any

from mcgraph.model.jit import helper


@helper
def push(keys: Any, items: Any, size: int, key: int, item: int) -> int:
    """Put a pair into the heap of `size` entries; returns the new size."""
    at = size
    while at > 0:
        above = (at - 1) // 2
        if keys[above] < key or (keys[above] == key and items[above] <= item):
            break
        keys[at] = keys[above]
        items[at] = items[above]
        at = above
    keys[at] = key
    items[at] = item
    return size + 1


@helper
def drop_first(keys: Any, items: Any, size: int) -> int:
    """Remove the smallest pair, which stands at 0; returns the new size."""
    size -= 1
    key, item = keys[size], items[size]
    at = 0
    while True:
        below = 2 * at + 1
        if below >= size:
            break
        right = below + 1
        if right < size and (
            keys[right] < keys[below] or (keys[right] == keys[below] and items[right] < items[below])
        ):
            below = right
        if keys[below] > key or (keys[below] == key and items[below] >= item):
            break
        keys[at] = keys[below]
        items[at] = items[below]
        at = below
    keys[at] = key
    items[at] = item
    return size
