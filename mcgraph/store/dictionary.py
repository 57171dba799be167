"""Every term of a snapshot as a number, so that joins and counts need no texts.

Terms lie in sections, each sorted: IRIs, texts, texts of each language, numbers, dates, times, truth values, other
datatypes. The number of a term is 16 times its place, so that ids compare as the terms of their section do (IRIs and
texts by code point, numbers and dates by value), and a term of a query that the data lacks fits in between.

    terms-<section>-<block>.ipc   the texts, in blocks that are checked when they are first read
    values-<section>.npy          numbers as float64, dates as days; aligned with the section
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcgraph.errors import StoreUnavailable
from mcgraph.model.namespaces import XSD

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

STRIDE = 16
BLOCK = 1 << 17
IRI = "iri"
STRING = XSD + "string"
# Sections by what their terms compare with.
KINDS = ("iri", "string", "language", "number", "date", "boolean", "other")
NUMBERS = (XSD + "integer", XSD + "decimal", XSD + "double", XSD + "float")


@dataclass(frozen=True, slots=True)
class Section:
    """A run of places: its kind, its datatype or language ("" for numbers, whose datatypes differ), first and end."""

    kind: str
    name: str
    start: int
    end: int

    def to_json(self) -> list[Any]:
        """What the stamp holds."""
        return [self.kind, self.name, self.start, self.end]


@dataclass(slots=True)
class Dictionary:
    """The terms of an opened snapshot; texts and values are read when they are needed."""

    folder: Path
    sections: tuple[Section, ...]
    sums: Mapping[str, int]
    _texts: dict[tuple[int, int], pl.Series] = field(default_factory=dict)
    _values: dict[str, Any] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """How many terms there are."""
        return self.sections[-1].end if self.sections else 0

    def section_at(self, place: int) -> Section:
        """The section a place lies in."""
        return next(section for section in self.sections if section.start <= place < section.end)

    def of_kind(self, kind: str) -> list[Section]:
        """All sections of a kind."""
        return [section for section in self.sections if section.kind == kind]

    def texts(self, section: Section, lowest: int, highest: int) -> tuple[pl.Series, int]:
        """The texts of a section from place `lowest` to `highest` or a little more, and the place of the first."""
        import polars as pl

        first = (lowest - section.start) // BLOCK
        last = (highest - section.start) // BLOCK
        number = self.sections.index(section)
        parts = [self._block(number, block) for block in range(first, last + 1)]
        joined = pl.concat(parts, rechunk=True) if len(parts) > 1 else parts[0]
        return joined, section.start + first * BLOCK

    def _block(self, number: int, block: int) -> pl.Series:
        key = (number, block)
        if key not in self._texts:
            frame = read_checked(self.folder, f"terms-{number}-{block}.ipc", self.sums)
            self._texts[key] = frame.get_column("text")
        return self._texts[key]

    def values(self, section: Section) -> np.ndarray[Any, Any]:
        """The numbers or days of a section of numbers or dates."""
        return self._array(f"values-{self.sections.index(section)}.npy")

    def datatypes(self, section: Section) -> np.ndarray[Any, Any]:
        """For a section of numbers, the place of each datatype in `NUMBERS`."""
        return self._array(f"datatypes-{self.sections.index(section)}.npy")

    def _array(self, name: str) -> np.ndarray[Any, Any]:
        import numpy as np

        if name not in self._values:
            self._values[name] = np.load(io.BytesIO(read_bytes(self.folder, name, self.sums)), allow_pickle=False)
        found: np.ndarray[Any, Any] = self._values[name]
        return found

    def find(self, text: str, kind: str, name: str) -> tuple[int, bool]:
        """The id of a term, or the id it would have between two others, and whether the data has it."""
        wanted = NUMBERS if kind == "number" else (name,)
        for section in self.sections:
            if section.kind != kind or (kind != "number" and section.name != name):
                continue
            place, found = self._search(section, text)
            if (
                kind == "number"
                and found
                and NUMBERS[int(self.datatypes(section)[place - section.start])] not in wanted
            ):
                continue
            return (place * STRIDE, True) if found else (place * STRIDE - STRIDE // 2, False)
        return self.size * STRIDE, False

    def _search(self, section: Section, text: str) -> tuple[int, bool]:
        low, high = section.start, section.end
        while low < high:
            middle = (low + high) // 2
            if self._text_at(section, middle) < text:
                low = middle + 1
            else:
                high = middle
        return low, low < section.end and self._text_at(section, low) == text

    def _text_at(self, section: Section, place: int) -> str:
        offset = place - section.start
        return str(self._block(self.sections.index(section), offset // BLOCK)[offset % BLOCK])


def sum_of(path: Path) -> int:
    """A CRC-32 of a file: it guards against damage, not against an enemy who can write in the store."""
    return zlib.crc32(path.read_bytes())


def read_bytes(folder: Path, name: str, sums: Mapping[str, int]) -> bytes:
    """A file of the cache, once its checksum is right.

    Raises `StoreUnavailable` naming a file that is not what was written.
    """
    try:
        found = (folder / name).read_bytes()
        whole = zlib.crc32(found) == sums[name]
    except (OSError, KeyError):
        whole = False
    if not whole:
        raise StoreUnavailable("this file of the column cache is missing or damaged", where=str(folder / name))
    return found


def read_checked(folder: Path, name: str, sums: Mapping[str, int]) -> pl.DataFrame:
    """A table of the cache, once its checksum is right."""
    import polars as pl

    return pl.read_ipc(read_bytes(folder, name, sums))


def write_section(folder: Path, number: int, texts: pl.Series) -> None:
    """Write the sorted texts of a section in blocks."""
    for block, start in enumerate(range(0, max(len(texts), 1), BLOCK)):
        part = texts.slice(start, BLOCK).alias("text").to_frame().rechunk()
        part.write_ipc(folder / f"terms-{number}-{block}.ipc", compression="uncompressed")


def kind_of(datatype: str, language: str) -> tuple[str, str]:
    """The kind of section and its name for a literal."""
    if language:
        return "language", language
    if datatype == STRING:
        return "string", STRING
    if datatype in NUMBERS:
        return "number", ""
    if datatype == XSD + "date":
        return "date", datatype
    if datatype == XSD + "boolean":
        return "boolean", datatype
    return "other", datatype


def order(found: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The sections in their fixed order."""
    return sorted(found, key=lambda one: (KINDS.index(one[0]), one[1]))
