"""Kernels that cut lines of N-Triples out of bytes: what numba compiles for large files.

They know the plain form that programs write, as `ntriples.py` does; every other line is told by its place and judged
there. `words` are the same bytes, eight at a time from every place (`in_words`), so that they are compared and judged
by the word. What is done with the terms stands in `ntviews.py`. Numba keeps machine code by the file of a kernel: who
changes a helper here changes kernels there as well, and touches that file.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mcgraph.model.jit import helper

Array = np.ndarray[Any, Any]

MOST_PREDICATES = 1_024  # of one block; lines beyond are read by the careful way
MOST_ENDINGS = 64

ALPHA, DIGIT, SCHEME, IRI, NODE = 1, 2, 4, 8, 16


def in_words(text: Array) -> Array:
    """The word of eight bytes that begins at each place of `text`, as a view; the last seven places have none."""
    first = text[: len(text) // 8 * 8].view(np.uint64)
    return np.lib.stride_tricks.as_strided(first, shape=(len(text) - 7,), strides=(1,))


def classes() -> Array:
    """What each byte may be part of: a letter, a digit, a scheme, an IRI after its scheme, a blank node's name."""
    table = np.zeros(256, dtype=np.uint8)
    for byte in range(256):
        mark = chr(byte) if byte < 128 else ""
        table[byte] = (
            (ALPHA if mark.isalpha() else 0)
            | (DIGIT if mark.isdigit() else 0)
            | (SCHEME if mark and (mark.isalnum() or mark in "+.-") else 0)
            | (IRI if byte > 0x20 and (not mark or mark not in '<>"{}|^`\\') else 0)
            | (NODE if mark and (mark.isalnum() or mark in "_.-") else 0)
        )
    return table


# --- called by kernels ---------------------------------------------------------------------------------------------


@helper
def same(a: Array, i: int, b: Array, j: int, length: int) -> bool:
    """Whether two pieces are equal, by their words; names differ at their ends, so these are looked at first."""
    k = length - 8
    while k >= 0:
        if a[i + k] != b[j + k]:
            return False
        k -= 8
    # What is left before the first whole word; of a short piece, the bytes that count of one word.
    rest = k + 8
    if not rest:
        return True
    shift = np.uint64(64 - 8 * rest)
    return bool((a[i] ^ b[j]) << shift == 0)


@helper
def zeros(word: np.uint64) -> np.uint64:
    """A number that is zero where none of the eight bytes is."""
    return (word - np.uint64(0x0101010101010101)) & ~word & np.uint64(0x8080808080808080)


@helper
def is_inside(word: np.uint64) -> bool:
    """Whether all eight bytes may stand inside an IRI: the table of `classes`, on a word."""
    small = (word - np.uint64(0x2121212121212121)) & ~word & np.uint64(0x8080808080808080)
    folded = word & np.uint64(0xFDFDFDFDFDFDFDFD)  # < with >, and the backslash with ^
    marks = zeros(folded ^ np.uint64(0x3C3C3C3C3C3C3C3C)) | zeros(folded ^ np.uint64(0x5C5C5C5C5C5C5C5C))
    marks |= zeros(word ^ np.uint64(0x2222222222222222)) | zeros(word ^ np.uint64(0x6060606060606060))
    marks |= zeros(word ^ np.uint64(0x7B7B7B7B7B7B7B7B))
    marks |= zeros((word | np.uint64(0x0101010101010101)) ^ np.uint64(0x7D7D7D7D7D7D7D7D))
    return bool((small | marks) == 0)


@helper
def iri_end(text: Array, words: Array, at: int, size: int, kinds: Array) -> int:
    """The place after an IRI with its brackets that begins at `at`, or -1."""
    i = at + 1
    if i >= size or not kinds[text[i]] & ALPHA:
        return -1
    while i < size and kinds[text[i]] & SCHEME:
        i += 1
    if i >= size or text[i] != 58:
        return -1
    i += 1
    while i + 8 <= size and is_inside(words[i]):
        i += 8
    while i < size and kinds[text[i]] & IRI:
        i += 1
    return i + 1 if i < size and text[i] == 62 else -1


@helper
def node_end(text: Array, at: int, size: int, kinds: Array) -> int:
    """The place after a blank node that begins at `at`, or -1."""
    i = at + 2
    if i >= size or text[at + 1] != 58 or not kinds[text[i]] & NODE or text[i] == 45 or text[i] == 46:
        return -1
    while i < size and kinds[text[i]] & NODE:
        i += 1
    while text[i - 1] == 46:
        i -= 1
    return i


@helper
def text_end(text: Array, at: int, size: int) -> int:
    """The place of the quotation mark that ends a text whose inside begins at `at`; negative with escapes, 0 if none.

    An escape of a surrogate, or one of eight digits, is left to the careful way.
    """
    i, escaped = at, False
    while i < size:
        byte = text[i]
        if byte == 34:
            return -i if escaped else i
        if byte == 10 or byte == 13:
            return 0
        if byte != 92:
            i += 1
            continue
        escaped = True
        i += 1
        if i >= size:
            return 0
        byte = text[i]
        if byte == 117:
            if i + 4 >= size:
                return 0
            for k in range(1, 5):
                if hex_value(text[i + k]) < 0:
                    return 0
            if (text[i + 1] == 68 or text[i + 1] == 100) and text[i + 2] > 55:
                return 0
            i += 5
        elif byte in (116, 98, 110, 114, 102, 34, 39, 92):
            i += 1
        else:
            return 0
    return 0


@helper
def hex_value(byte: int) -> int:
    """The value of a hexadecimal digit, or -1."""
    value = int(byte)
    if 48 <= value <= 57:
        return value - 48
    if 65 <= value <= 70:
        return value - 55
    return value - 87 if 97 <= value <= 102 else -1


@helper
def tag_end(text: Array, at: int, size: int, kinds: Array) -> int:
    """The place after a language tag that begins (with its @) at `at`, or -1."""
    i, first = at + 1, True
    while True:
        begun = i
        while i < size and (kinds[text[i]] & ALPHA or (not first and kinds[text[i]] & DIGIT)):
            i += 1
        if not 1 <= i - begun <= 8:
            return -1
        if i >= size or text[i] != 45:
            return i
        first = False
        i += 1


@helper
def text_hash(words: Array, at: int, length: int) -> np.uint64:
    """A number for some bytes, at least two (multiplied and stirred word by word)."""
    found = np.uint64(14695981039346656037) ^ np.uint64(length)
    k = 0
    while k + 8 <= length:
        found = (found ^ words[at + k]) * np.uint64(0x9E3779B97F4A7C15)
        found ^= found >> np.uint64(32)
        k += 8
    if k < length:
        found = (found ^ words[at + k] << np.uint64(64 - 8 * (length - k))) * np.uint64(0x9E3779B97F4A7C15)
        found ^= found >> np.uint64(32)
    return found


# --- kernels -------------------------------------------------------------------------------------------------------


def cut(
    text: Array, words: Array, size: int, quads: bool, kinds: Array, subject: Array, part: Array, begin: Array,
    length: Array, line: Array, odd: Array, names: Array, hashes: Array, table: Array, predicates: Array,
    endings: Array, pairs: Array, parts: Array,
) -> tuple[int, int, int, int, int]:  # fmt: skip
    """Cut a block of lines (the first `size` bytes of `text`) at its terms.

    For each plain line: `subject` (its number in the block), `part` (predicate and ending; twice that, and one more
    where the object has escapes), `begin` and `length` of the object, `line` from 0. `odd` has begin, end and line
    of every other. `names` (begin, length) and `hashes` tell the subjects, `parts` predicate and ending of a part,
    `predicates` and `endings` where these stand. `table` and `pairs` are all -1. Returns how many plain lines, odd
    lines, subjects, parts and lines there are.
    """
    n = n_odd = n_names = n_predicates = n_endings = n_parts = n_lines = at = 0
    mask = len(table) - 1
    last_subject = last_predicate = -1
    follows = np.full(MOST_PREDICATES, -1, dtype=np.int64)
    usual = np.zeros(MOST_PREDICATES, dtype=np.int64)
    while at < size:
        begun = at
        ok = False
        # The subject: mostly that of the line before, or the one that followed it earlier.
        number = -1
        i = at
        for candidate in (last_subject, last_subject + 1):
            if number < 0 and 0 <= candidate < n_names:
                end = at + names[candidate, 1]
                if end < size and text[end] == 32 and same(words, at, words, names[candidate, 0], names[candidate, 1]):
                    number, i = candidate, end
        fresh = False
        if number < 0:
            i = -1
            if text[at] == 60:
                i = iri_end(text, words, at, size, kinds)
            elif text[at] == 95 and at + 1 < size:
                i = node_end(text, at, size, kinds)
            fresh = True
        if i > 0 and i + 1 < size and text[i] == 32 and text[i + 1] == 60:
            s_end = i
            p = i + 1
            # The predicate: mostly that which followed the one before.
            predicate = -1
            for candidate in (last_predicate, follows[last_predicate] if last_predicate >= 0 else -1):
                if predicate < 0 and candidate >= 0:
                    end = p + predicates[candidate, 1]
                    if end < size and text[end] == 32 and same(
                        words, p, words, predicates[candidate, 0], predicates[candidate, 1]
                    ):
                        predicate, i = candidate, end
            if predicate < 0:
                i = iri_end(text, words, p, size, kinds)
                if i > 0 and i < size and text[i] == 32:
                    for candidate in range(n_predicates):
                        if predicates[candidate, 1] == i - p and same(words, p, words, predicates[candidate, 0], i - p):
                            predicate = candidate
                            break
                    if predicate < 0 and n_predicates < MOST_PREDICATES:
                        predicate = n_predicates
                        predicates[predicate, 0], predicates[predicate, 1] = p, i - p
                        n_predicates += 1
            o = i + 1
            if predicate >= 0 and o < size:
                o_end, e, e_end, escapes = -1, o, -1, 0
                if text[o] == 60:
                    e = e_end = iri_end(text, words, o, size, kinds)
                    o, o_end = o + 1, e - 1
                elif text[o] == 95 and o + 1 < size:
                    e = e_end = o_end = node_end(text, o, size, kinds)
                elif text[o] == 34:
                    e = text_end(text, o + 1, size)
                    if e < 0:
                        e, escapes = -e, 1
                    o, o_end = o + 1, e
                    e_end = e + 1 if e else -1
                    if e and e + 1 < size:
                        if text[e + 1] == 64:
                            e_end = tag_end(text, e + 1, size, kinds)
                        elif text[e + 1] == 94:
                            ready = e + 3 < size and text[e + 2] == 94 and text[e + 3] == 60
                            e_end = iri_end(text, words, e + 3, size, kinds) if ready else -1
                i = e_end
                if quads and i > 0 and i + 2 < size and text[i] == 32 and (text[i + 1] == 60 or text[i + 1] == 95):
                    i += 1
                    i = iri_end(text, words, i, size, kinds) if text[i] == 60 else node_end(text, i, size, kinds)
                if i > 0 and i < size:
                    if text[i] == 32:
                        i += 1
                    if i < size and text[i] == 46:
                        i += 1
                        if i < size and text[i] == 13:
                            i += 1
                        ok = (i == size) or text[i] == 10
                if ok:
                    # The ending: nothing for a resource, a quotation mark with language or datatype for a text.
                    ending = usual[predicate]
                    if not (
                        ending < n_endings
                        and endings[ending, 1] == e_end - e
                        and same(words, e, words, endings[ending, 0], e_end - e)
                    ):
                        ending = -1
                        for candidate in range(n_endings):
                            if endings[candidate, 1] == e_end - e and same(
                                words, e, words, endings[candidate, 0], e_end - e
                            ):
                                ending = candidate
                                break
                        if ending < 0 and n_endings < MOST_ENDINGS:
                            ending = n_endings
                            endings[ending, 0], endings[ending, 1] = e, e_end - e
                            n_endings += 1
                        if ending >= 0:
                            usual[predicate] = ending
                    if ending < 0:
                        ok = False
                if ok:
                    if fresh:
                        found = text_hash(words, at, s_end - at)
                        spot = np.int64(found & np.uint64(mask))
                        while table[spot] >= 0:
                            candidate = table[spot]
                            if (
                                hashes[candidate] == found
                                and names[candidate, 1] == s_end - at
                                and same(words, at, words, names[candidate, 0], s_end - at)
                            ):
                                number = candidate
                                break
                            spot = (spot + 1) & mask
                        if number < 0:
                            number = n_names
                            table[spot] = number
                            names[number, 0], names[number, 1], hashes[number] = at, s_end - at, found
                            n_names += 1
                    place = predicate * MOST_ENDINGS + ending
                    if pairs[place] < 0:
                        pairs[place] = n_parts
                        parts[n_parts, 0], parts[n_parts, 1] = predicate, ending
                        n_parts += 1
                    subject[n], part[n] = number, 2 * pairs[place] + escapes
                    begin[n], length[n], line[n] = o, o_end - o, n_lines
                    n += 1
                    if last_predicate >= 0:
                        follows[last_predicate] = predicate
                    last_subject, last_predicate = number, predicate
                    at = i + 1
        if not ok:
            while at < size and text[at] != 10:
                at += 1
            odd[n_odd, 0], odd[n_odd, 1], odd[n_odd, 2] = begun, at, n_lines
            n_odd += 1
            at += 1
        n_lines += 1
    return n, n_odd, n_names, n_parts, n_lines


def intern(
    text: Array, words: Array, names: Array, hashes: Array, count: int, numbers: Array, pool: Array,
    pool_words: Array, used: int, known: Array,
    known_hashes: Array, n_known: int, table: Array,
) -> tuple[int, int]:  # fmt: skip
    """Give the subjects of a block (without brackets) their numbers in the file; new ones go into the pool.

    `known` (begin in the pool, length with brackets) and `known_hashes` tell those of earlier blocks, `table` finds
    them. Returns how much of the pool is used, and how many subjects there are now.
    """
    mask = len(table) - 1
    last = -1
    for i in range(count):
        at, length = names[i, 0], names[i, 1]
        inner = 1 if text[at] == 60 else 0
        number = -1
        if 0 <= last + 1 < n_known and known_hashes[last + 1] == hashes[i]:
            ahead = last + 1
            if known[ahead, 1] == length and same(words, at + inner, pool_words, known[ahead, 0], length - 2 * inner):
                number = ahead
        if number < 0:
            spot = np.int64(hashes[i] & np.uint64(mask))
            while table[spot] >= 0:
                candidate = table[spot]
                if (
                    known_hashes[candidate] == hashes[i]
                    and known[candidate, 1] == length
                    and same(words, at + inner, pool_words, known[candidate, 0], length - 2 * inner)
                ):
                    number = candidate
                    break
                spot = (spot + 1) & mask
            if number < 0:
                number = n_known
                table[spot] = number
                known[number, 0], known[number, 1], known_hashes[number] = used, length, hashes[i]
                for k in range(length - 2 * inner):
                    pool[used + k] = text[at + inner + k]
                used += length - 2 * inner
                n_known += 1
        numbers[i] = last = number
    return used, n_known


def refill(table: Array, hashes: Array, count: int) -> None:
    """Enter known subjects into a larger table, which is all -1."""
    mask = len(table) - 1
    for number in range(count):
        spot = np.int64(hashes[number] & np.uint64(mask))
        while table[spot] >= 0:
            spot = (spot + 1) & mask
        table[spot] = number
