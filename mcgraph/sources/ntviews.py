"""Kernels that put the terms of a block in order: subject numbers, lines, and texts as views into one pool.

A text that is repeated is mostly written once. A view is the layout `vu` of Arrow: length, four first bytes, buffer and
place, or the whole text where it has at most twelve bytes.
"""

from __future__ import annotations

import numpy as np

from mcgraph.model.jit import helper
from mcgraph.sources.ntkernels import Array, hex_value, same

POOL_PIECE = 1 << 30  # bytes of the pool that one buffer of views reaches
INLINE = 12
REPEATS = 4_096  # places of a block's memory of objects


@helper
def inline_view(text: Array, at: int, length: int, views: Array, row: int) -> None:
    """The view of a text of at most twelve bytes."""
    low, high = np.uint64(length), np.uint64(0)
    for k in range(min(length, 4)):
        low |= np.uint64(text[at + k]) << np.uint64(32 + 8 * k)
    for k in range(4, length):
        high |= np.uint64(text[at + k]) << np.uint64(8 * (k - 4))
    views[row, 0], views[row, 1] = low, high


@helper
def pool_view(pool: Array, at: int, length: int, views: Array, row: int) -> None:
    """The view of a text in the pool."""
    low = np.uint64(length)
    for k in range(4):
        low |= np.uint64(pool[at + k]) << np.uint64(32 + 8 * k)
    views[row, 0] = low
    views[row, 1] = np.uint64(at // POOL_PIECE) | np.uint64(at % POOL_PIECE) << np.uint64(32)


@helper
def unescaped(text: Array, at: int, length: int, pool: Array, to: int) -> int:
    """Write a text without its escapes into the pool, and say how long it is."""
    i, end, begun = at, at + length, to
    while i < end:
        byte = text[i]
        if byte != 92:
            pool[to] = byte
            i, to = i + 1, to + 1
            continue
        mark = int(text[i + 1])
        if mark != 117:
            pool[to] = 9 if mark == 116 else 8 if mark == 98 else 10 if mark == 110 else 13 if mark == 114 else (
                12 if mark == 102 else mark
            )  # fmt: skip
            i, to = i + 2, to + 1
            continue
        code = 0
        for k in range(2, 6):
            code = code * 16 + hex_value(text[i + k])
        if code < 0x80:
            pool[to] = code
            to += 1
        elif code < 0x800:
            pool[to], pool[to + 1] = 0xC0 | code >> 6, 0x80 | code & 63
            to += 2
        else:
            pool[to], pool[to + 1], pool[to + 2] = 0xE0 | code >> 12, 0x80 | code >> 6 & 63, 0x80 | code & 63
            to += 3
        i += 6
    return to - begun


def sort_out(
    text: Array, words: Array, count: int, first: int, subject: Array, numbers: Array, part: Array, begin: Array,
    length: Array, line: Array, starts: Array, pool: Array, pool_words: Array, used: int, keys: Array, rows: Array,
    views: Array,
) -> int:  # fmt: skip
    """Put the lines of a block in the order of their parts: subject, line number in the file, view of the object.

    `starts` says where each part begins. Objects of more than twelve bytes go into the pool from `used` on, which
    has room for all; one that is remembered is not written again. Returns the end of what was written.
    """
    seen_at = np.full(REPEATS, -1, dtype=np.int64)
    seen_length = np.zeros(REPEATS, dtype=np.int64)
    for i in range(count):
        row = starts[part[i] >> 1]
        starts[part[i] >> 1] = row + 1
        keys[row], rows[row] = numbers[subject[i]], first + line[i]
        at, size = begin[i], length[i]
        if part[i] & 1:
            size = unescaped(text, at, size, pool, used)
            if size <= INLINE:
                inline_view(pool, used, size, views, row)
            else:
                pool_view(pool, used, size, views, row)
                used += size
        elif size <= INLINE:
            inline_view(text, at, size, views, row)
        else:
            mixed = (words[at + size - 8] ^ np.uint64(size)) * np.uint64(0x9E3779B97F4A7C15)
            spot = np.int64((mixed ^ (mixed >> np.uint64(32))) & np.uint64(REPEATS - 1))
            if seen_at[spot] >= 0 and seen_length[spot] == size and same(words, at, pool_words, seen_at[spot], size):
                pool_view(pool, seen_at[spot], size, views, row)
            else:
                for k in range(size):
                    pool[used + k] = text[at + k]
                pool_view(pool, used, size, views, row)
                seen_at[spot], seen_length[spot] = used, size
                used += size
    return used


def name_views(pool: Array, known: Array, count: int, views: Array) -> None:
    """The views of all subjects; the length of an IRI counts its brackets, which the pool has not."""
    for i in range(count):
        length = known[i, 1] - (0 if pool[known[i, 0]] == 95 else 2)
        if length <= INLINE:
            inline_view(pool, known[i, 0], length, views, i)
        else:
            pool_view(pool, known[i, 0], length, views, i)
