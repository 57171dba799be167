"""Large files of N-Triples and N-Quads: cut by compiled kernels, block beside block, into columns that share texts.

The same triples, lines and faults as `ntriples.read_lines` gives, in half the time and less memory:
a text that is repeated is mostly kept once, and every subject has a number, by which checks find their records without
comparing texts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock
from typing import IO, Any

import numpy as np
import polars as pl

from mcgraph.errors import InputRefused, LimitReached
from mcgraph.model import jit
from mcgraph.model.batch import Subjects
from mcgraph.model.namespaces import XSD
from mcgraph.model.viewed_text import sweep, viewed
from mcgraph.sources import ntkernels as kernels
from mcgraph.sources import ntviews
from mcgraph.sources.ntkernels import Array, in_words
from mcgraph.sources.ntriples import FAULTS_KEPT, Fault, Parts, broken_line, carefully, too_many

BLOCK_BYTES = 8_000_000
_BEYOND = 64  # bytes after a text, so that a word can begin at its last one
_ENDING = re.compile(rb'"(?:(@.+)|\^\^<(.+)>)?\Z', re.DOTALL)
_WRITTEN = re.compile(rb"<(.+)>\Z", re.DOTALL)
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a file says: columns (`s`, `o`, `row`) by predicate and kind, with their subjects by number, and faults.

    A column of which lines were read the careful way has no numbers.
    """

    parts: Parts
    subjects: dict[Key, Subjects]
    faults: list[Fault]


@dataclass(slots=True)
class _Block:
    """The lines of one block by part (predicate and kind), and those that were read the careful way."""

    keys: Array
    rows: Array
    views: Array
    parts: dict[Key, list[slice]]
    odd: Parts
    faults: tuple[Fault, ...]


def _interpreted(function: Callable[..., Any]) -> Callable[..., Any]:
    def run(*given: Any) -> Any:
        with np.errstate(over="ignore"):
            return function(*given)

    return run


@dataclass(slots=True)
class _Known:
    """The pool of texts and the subjects of all blocks so far."""

    pool: Array
    words: Array
    used: int = 0
    count: int = 0
    names: Array = field(default_factory=lambda: np.empty((1_024, 2), dtype=np.int64))
    hashes: Array = field(default_factory=lambda: np.empty(1_024, dtype=np.uint64))
    table: Array = field(default_factory=lambda: np.full(4_096, -1, dtype=np.int32))
    lock: Lock = field(default_factory=Lock)

    def room_for(self, more: int, refill: Callable[..., Any]) -> None:
        """Make room for so many more subjects."""
        wanted = self.count + more
        if wanted > len(self.names):
            size = max(wanted, 2 * len(self.names))
            names, hashes = np.empty((size, 2), dtype=np.int64), np.empty(size, dtype=np.uint64)
            names[: self.count], hashes[: self.count] = self.names[: self.count], self.hashes[: self.count]
            self.names, self.hashes = names, hashes
        if 2 * wanted > len(self.table):
            self.table = np.full(1 << (2 * wanted).bit_length(), -1, dtype=np.int32)
            refill(self.table, self.hashes, self.count)

    def buffers(self) -> list[Array]:
        """The pool as the buffers that views name."""
        piece, most = ntviews.POOL_PIECE, (1 << 31) - 1
        return [self.pool[at : min(self.used, at + most)] for at in range(0, max(self.used, 1), piece)]


class _Room:
    """What a thread needs for one block, kept from block to block."""

    def __init__(self) -> None:
        self.text = self.words = np.empty(0, dtype=np.uint8)
        self.number = self.table = np.empty(0, dtype=np.int32)
        self.predicates = np.zeros((kernels.MOST_PREDICATES, 2), dtype=np.int64)
        self.endings = np.zeros((kernels.MOST_ENDINGS, 2), dtype=np.int64)
        self.pairs = np.empty(kernels.MOST_PREDICATES * kernels.MOST_ENDINGS, dtype=np.int32)
        self.parts = np.zeros((kernels.MOST_PREDICATES * kernels.MOST_ENDINGS, 2), dtype=np.int64)

    def bytes_for(self, size: int) -> None:
        """Room for so many bytes, and some beyond; what is there stays."""
        if len(self.text) < size + _BEYOND:
            text = np.zeros(size + _BEYOND, dtype=np.uint8)
            text[: len(self.text)] = self.text
            self.text, self.words = text, in_words(text)

    def lines_for(self, lines: int) -> None:
        """Room for so many lines, and the tables empty."""
        if len(self.number) < lines:
            self.number, self.part, self.line = (np.empty(lines, dtype=np.int32) for _ in range(3))
            self.begin, self.length = (np.empty(lines, dtype=np.int64) for _ in range(2))
            self.odd, self.names = np.empty((lines, 3), dtype=np.int64), np.empty((lines, 2), dtype=np.int64)
            self.hashes = np.empty(lines, dtype=np.uint64)
        size = 1 << (2 * lines).bit_length()
        if len(self.table) == size:
            self.table.fill(-1)
        else:
            self.table = np.full(size, -1, dtype=np.int32)
        self.pairs.fill(-1)


class _Reader:
    """A stream as blocks of whole lines, for several threads; `left` bounds how many bytes are still handed out."""

    def __init__(self, stream: IO[bytes], left: int, where: str) -> None:
        self.left, self.line = left, 1
        self._stream, self._where, self._rest, self._number = stream, where, b"", 0
        self._lock = Lock()

    def _filled(self, room: Array) -> int:
        """Bytes of the stream into `room`, and how many."""
        into: Any = room.data
        return int(self._stream.readinto(into))  # type: ignore[attr-defined]

    def next(self, room: _Room) -> tuple[int, int, int, int] | None:
        """The next whole lines into `room`: number of the block, bytes, number of its first line, most lines.

        None at the end, and where another block might be more than is left.
        """
        with self._lock:
            wanted = BLOCK_BYTES + len(self._rest)
            if wanted > self.left:
                return None
            room.bytes_for(wanted)
            room.text[: len(self._rest)] = np.frombuffer(self._rest, dtype=np.uint8)
            filled, end = len(self._rest), 0
            while True:
                space = len(room.text) - _BEYOND
                more = self._filled(room.text[filled:space])
                filled += more
                if not more:
                    end = filled
                    break
                if filled == space:
                    end = _last_line(room.text, filled)
                    if end:
                        break
                    if 2 * space > self.left:
                        raise LimitReached(
                            f"a line has more than {space / 1e6:,.0f} MB", where=f"{self._where}, line {self.line}",
                            fix="Leave out what is that long, or check the file in one piece (limit rdf_whole_bytes).",
                        )  # fmt: skip
                    room.bytes_for(2 * space)
            self._rest = room.text[end:filled].tobytes()
            if not end:
                return None
            lines = int(np.count_nonzero(room.text[:end] == 10)) + 1
            given = self._number, end, self.line, lines
            self.line += lines - (1 if room.text[end - 1] == 10 else 0)
            self._number += 1
            self.left -= end
            return given


class _Scan:
    """One reading of a file, or of the next part of one."""

    def __init__(self, reader: _Reader, texts: int, *, quads: bool, where: str, compiled: bool) -> None:
        """`texts` are the most bytes that will be read."""
        self._reader, self._quads, self._where = reader, quads, where
        self._form = jit.compiled if compiled else _interpreted
        for kernel in (kernels.cut, kernels.intern, kernels.refill, ntviews.sort_out, ntviews.name_views):
            self._form(kernel)  # made here: two threads would each make their own
        # Only what is written is taken from the machine.
        pool = np.empty(texts + _BEYOND, dtype=np.uint8)
        self._known = _Known(pool, in_words(pool))
        self._kinds = kernels.classes()
        self._faults = 0

    def run(self, threads: int) -> Scanned:
        """All blocks, in as many threads."""
        with ThreadPoolExecutor(threads) as pool:
            found = [task.result() for task in [pool.submit(self._work) for _ in range(threads)]]
        blocks = [block for _, block in sorted((one for done in found for one in done), key=lambda one: one[0])]
        faults = [fault for block in blocks for fault in block.faults]
        if len(faults) > FAULTS_KEPT:
            raise too_many(faults, self._where)
        return self._joined(blocks, faults)

    def _work(self) -> list[tuple[int, _Block]]:
        found, room = [], _Room()
        while (given := self._reader.next(room)) is not None and self._faults <= FAULTS_KEPT:
            number, size, first, lines = given
            block = self._block(room, size, first, lines)
            self._faults += len(block.faults)
            found.append((number, block))
        return found

    def _block(self, room: _Room, size: int, first: int, lines: int) -> _Block:
        text, words = room.text, room.words
        if (text[:size] >= 128).any():
            self._check_encoding(text, size, first)
        room.lines_for(lines)
        n, n_odd, n_names, n_parts, _ = self._form(kernels.cut)(
            text, words, size, self._quads, self._kinds, room.number, room.part, room.begin, room.length, room.line,
            room.odd, room.names, room.hashes, room.table, room.predicates, room.endings, room.pairs, room.parts,
        )  # fmt: skip
        numbers, at = self._interned(room, n_names, int(room.length[:n].sum()))
        counts = np.bincount(room.part[:n] >> 1, minlength=n_parts).astype(np.int64)
        ends = np.cumsum(counts)
        starts = ends - counts
        keys, rows = np.empty(n, dtype=np.uint32), np.empty(n, dtype=np.uint32)
        views = np.empty((n, 2), dtype=np.uint64)
        self._form(ntviews.sort_out)(
            text, words, n, first, room.number, numbers, room.part, room.begin, room.length, room.line, starts.copy(),
            self._known.pool, self._known.words, at, keys, rows, views,
        )  # fmt: skip
        found: dict[Key, list[slice]] = {}
        for at_part in range(n_parts):
            predicate, ending = (int(one) for one in room.parts[at_part])
            key = _key(_bytes(text, room.predicates[predicate]), _bytes(text, room.endings[ending]))
            found.setdefault(key, []).append(slice(int(starts[at_part]), int(ends[at_part])))
        odd_parts, faults = self._odd(text, room.odd[:n_odd], first)
        return _Block(keys, rows, views, found, odd_parts, faults)

    def _interned(self, room: _Room, count: int, objects: int) -> tuple[Array, int]:
        """The numbers of a block's subjects in the file, and where the pool has room for its objects."""
        numbers, known = np.empty(count, dtype=np.uint32), self._known
        with known.lock:
            known.room_for(count, self._form(kernels.refill))
            known.used, known.count = self._form(kernels.intern)(
                room.text, room.words, room.names, room.hashes, count, numbers, known.pool, known.words, known.used,
                known.names, known.hashes, known.count, known.table,
            )  # fmt: skip
            at = known.used
            known.used += objects
        return numbers, at

    def _check_encoding(self, text: Array, size: int, first: int) -> None:
        block = text[:size].tobytes()
        try:
            block.decode("utf-8")
        except UnicodeDecodeError as fault:
            raise InputRefused(
                "the file is not UTF-8 text", where=f"{self._where}, line {broken_line(block, first)}",
                fix="Write it as UTF-8.",
            ) from fault  # fmt: skip

    def _odd(
        self, text: Array, odd: Array, first: int
    ) -> tuple[Parts, tuple[Fault, ...]]:
        if not len(odd):
            return {}, ()
        told = [text[begin:end].tobytes().decode("utf-8") for begin, end, _ in odd]
        row = pl.Series("row", (odd[:, 2] + first).astype(np.uint32))
        lines = pl.DataFrame([pl.Series("l", told, dtype=pl.String).str.strip_suffix("\r"), row])
        careful = carefully(lines, [], quads=self._quads)
        return careful.parts, careful.faults

    def _joined(self, blocks: list[_Block], faults: list[Fault]) -> Scanned:
        buffers, names = self._known.buffers(), self._names()
        texts = viewed("s", names, buffers)
        parts: Parts = {}
        subjects: dict[Key, Subjects] = {}
        for key in sorted({key for block in blocks for key in (*block.parts, *block.odd)}):
            spots = [(block, spot) for block in blocks for spot in block.parts.get(key, ())]
            odd = [block.odd[key] for block in blocks if key in block.odd]
            if not spots:
                parts[key] = pl.concat(odd)
                continue
            keys, rows, views = (
                np.concatenate([getattr(block, name)[spot] for block, spot in spots])
                for name in ("keys", "rows", "views")
            )
            if not (rows[1:] > rows[:-1]).all():
                order = np.argsort(rows, kind="stable")
                keys, rows, views = keys[order], rows[order], views[order]
            told = [viewed("s", names[keys], buffers), viewed("o", views, buffers), pl.Series("row", rows)]
            frame = pl.DataFrame(told)
            if odd:
                parts[key] = pl.concat([frame, *odd]).sort("row", maintain_order=True)
            else:
                parts[key], subjects[key] = frame, Subjects(keys, texts)
        return Scanned(parts, subjects, faults)

    def _names(self) -> Array:
        known = self._known
        views = np.empty((known.count, 2), dtype=np.uint64)
        self._form(ntviews.name_views)(known.pool, known.names, known.count, views)
        return views


def _last_line(text: Array, filled: int) -> int:
    """The place after the last line end, 0 where there is none."""
    at = filled
    while at > 0:
        start = max(0, at - 65_536)
        ends = np.flatnonzero(text[start:at] == 10)
        if len(ends):
            return start + int(ends[-1]) + 1
        at = start
    return 0


def _bytes(text: Array, spot: Array) -> bytes:
    return text[int(spot[0]) : int(spot[0] + spot[1])].tobytes()


def _key(predicate: bytes, ending: bytes) -> Key:
    """Predicate and kind of object as `ntriples` names them."""
    written = _WRITTEN.match(predicate)
    name = (written[1] if written else predicate).decode("utf-8")
    if not ending:
        return name, "<"
    told = _ENDING.match(ending)
    tag, datatype = (told[1], told[2]) if told else (None, None)
    if tag:
        return name, tag.decode("utf-8")
    return name, "^" + (datatype.decode("utf-8") if datatype else XSD + "string")


def scan(
    stream: IO[bytes], size: int, *, quads: bool, where: str, threads: int = 2, compiled: bool = True
) -> Scanned:
    """The triples of a stream of at most `size` bytes; graph names of N-Quads are read over.

    Raises `InputRefused` where the bytes are not UTF-8 or more than `FAULTS_KEPT` lines are malformed.
    """
    # Whatever the lines are, there is no more than `size`.
    reader = _Reader(stream, 2 * (size + BLOCK_BYTES), where)
    return _Scan(reader, size, quads=quads, where=where, compiled=compiled).run(threads)


def scan_parts(
    stream: IO[bytes], most: int, *, quads: bool, where: str, threads: int = 2, compiled: bool = True
) -> Iterator[Scanned]:
    """As `scan`, in parts of about `most` bytes, one after the other; lines are numbered through the whole stream.

    Raises what `scan` raises, and `LimitReached` for a line as long as a part.
    """
    reader, faults = _Reader(stream, most, where), list[Fault]()
    while True:
        reader.left = most + BLOCK_BYTES
        begun = reader.line
        part = _Scan(reader, reader.left, quads=quads, where=where, compiled=compiled).run(threads)
        if reader.line == begun and not part.parts:
            return
        faults += part.faults
        if len(faults) > FAULTS_KEPT:
            raise too_many(faults, where)
        yield part
        del part
        sweep()
