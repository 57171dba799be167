"""Which places credentials come to count in over further recognitions: sets of places as bits, carried along steps.

A round for each recognition; a set of a thousand places is sixteen numbers, so a round over a hundred thousand steps
reads some megabytes, whatever the sets hold.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]
Numbers = NDArray[np.int64]
# So many places are followed at once: a row of 64 words for each credential.
AT_ONCE = 4_096


@dataclass(frozen=True, slots=True, eq=False)
class Followed:
    """Pairs of home and place, and how many credentials of the home reach it; `is_cut` where the rest is left out."""

    home: Numbers
    place: Numbers
    count: Numbers
    is_cut: bool


def follow(
    n: int, steps: tuple[Numbers, Numbers], direct: tuple[Numbers, Numbers], homes: tuple[Numbers, Numbers],
    longest: int, most: int,
) -> Followed:  # fmt: skip
    """How many credentials of each home reach each place over 2 to `longest` recognitions, and not over one.

    `steps` lead from a credential to another (numbers below `n`), `direct` are credentials with a place they count in,
    `homes` credentials with where they come from; all pairs are distinct. When a round would carry more than `most`
    pairs of credential and place, the rest is left out.
    """
    by_start = np.argsort(steps[0], kind="stable")
    start, end = steps[0][by_start], steps[1][by_start]
    by_home = np.argsort(homes[1], kind="stable")
    one, where = homes[0][by_home], homes[1][by_home]
    found, is_cut = [], False
    places = np.unique(direct[1])
    for first in range(0, len(places), AT_ONCE):
        some = places[first : first + AT_ONCE]
        mine = np.isin(direct[1], some)
        bits, cut = _carried(n, start, end, direct[0][mine], np.searchsorted(some, direct[1][mine]), longest, most)
        is_cut |= cut
        found.append(_counted(bits, one, where, some))
    if not found:
        none = np.zeros(0, dtype=np.int64)
        return Followed(none, none, none, False)
    home, place, number = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return Followed(home, place, number, is_cut)


def _carried(
    n: int, start: Numbers, end: Numbers, one: Numbers, place: Numbers, longest: int, most: int
) -> tuple[Words, bool]:
    """Per credential the places it reaches over further recognitions only, as bits."""
    width = int(place.max(initial=0)) // 64 + 1
    seen = np.zeros((n, width), dtype=np.uint64)
    np.bitwise_or.at(seen, (one, place // 64), np.left_shift(np.uint64(1), (place % 64).astype(np.uint64)))
    new, found = seen.copy(), np.zeros_like(seen)
    heads = np.flatnonzero(np.append(True, start[1:] != start[:-1])) if len(start) else start
    for _ in range(longest - 1 if len(start) else 0):
        carried = new[end]
        if int(np.bitwise_count(carried).sum(dtype=np.int64)) > most:
            return found, True
        onwards = np.bitwise_or.reduceat(carried, heads, axis=0)
        onwards &= ~seen[start[heads]]
        if not onwards.any():
            break
        new = np.zeros_like(seen)
        new[start[heads]] = onwards
        seen |= new
        found |= new
    return found, False


def _counted(bits: Words, one: Numbers, home: Numbers, places: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Home, place and number of credentials, for each pair that has some."""
    # Where nobody says where a credential comes from, there is no home to begin with.
    first = np.flatnonzero(np.append(True, home[1:] != home[:-1])) if len(home) else home
    rows = []
    for low, high in zip(first, [*first[1:], len(home)] if len(home) else [], strict=True):
        mine = bits[one[low:high]]
        if mine.any():
            spread = np.unpackbits(mine.view(np.uint8), axis=1, bitorder="little")[:, : len(places)]
            count = spread.sum(axis=0, dtype=np.int64)
            there = np.flatnonzero(count)
            rows.append((np.full(len(there), home[low]), places[there], count[there]))
    if not rows:
        none = np.zeros(0, dtype=np.int64)
        return none, none, none
    homes, found, counts = (np.concatenate(parts) for parts in zip(*rows, strict=True))
    return homes.astype(np.int64), found, counts
