"""What every command shares: the store's place, data on stdout, everything else on stderr."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from mcgraph.errors import WrongUse


class Console:
    """The settings of one run of the command line; `ctx.obj` of every command."""

    def __init__(self, store: Path, quiet: bool = False, address: str = "") -> None:
        """`store` is a folder; `address` names a SPARQL 1.1 store instead."""
        self._store = store
        self.quiet = quiet
        self.address = address

    @property
    def store(self) -> Path:
        """The folder of the store.

        Raises `WrongUse` where --store is an address: what asks for the folder works on files.
        """
        if self.address:
            raise WrongUse(
                "this command works on the files of a store on this machine, and --store is an address",
                fix="At an address there are load, forget, query, describe, stats, history, pathways and recognition.",
            )
        return self._store

    def open(self) -> Any:
        """The store that --store names, for reading: a folder's graph, or the one at an address."""
        from mcgraph.store import open_graph
        from mcgraph.store.remote import open_remote

        return open_remote(self.address) if self.address else open_graph(self._store)

    def data(self, text: str) -> None:
        """Write a result to stdout."""
        click.echo(text)

    def prose(self, text: str) -> None:
        """Write a result in sentences to stdout; on a terminal no line is longer than it is wide."""
        self.data(fit_prose(text, terminal_width()) if sys.stdout.isatty() else text)

    def document(self, value: Any) -> None:
        """Write one JSON document to stdout, with stable key order as given."""
        click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))

    def say(self, text: str) -> None:
        """Tell the user something on stderr."""
        if not self.quiet:
            click.echo(text, err=True)

    @contextmanager
    def progress(self, doing: str) -> Iterator[None]:
        """Show `doing` on a terminal while the block runs, with the seconds it took when over one.

        What a library writes to stdout by itself meanwhile, as the solver does, goes to stderr.
        """
        shown = sys.stderr.isatty() and not self.quiet
        start = time.perf_counter()
        if shown:
            click.echo(f"{doing} …\r", err=True, nl=False)
        with _stdout_is_ours():
            yield
        if shown:
            took = time.perf_counter() - start
            click.echo("\x1b[2K\r" + (f"{doing} · {took:.1f} s\n" if took > 1 else ""), err=True, nl=False)

    def doing(self, what: str) -> None:
        """Show what is being done on a terminal, in place of what was shown before."""
        if sys.stderr.isatty() and not self.quiet:
            click.echo(f"\x1b[2K\r{what} …\r", err=True, nl=False)

    def table(self, headers: Sequence[str], rows: Sequence[Sequence[str]], *, limit: int = 0) -> None:
        """A table on stdout that fits the terminal; long cells are cut with …."""
        click.echo(fit_table(headers, rows[:limit] if limit else rows, terminal_width()))
        if limit and len(rows) > limit:
            self.say(f"… and {len(rows) - limit:,} more rows")


def terminal_width() -> int:
    """Columns of the terminal, or 100 where there is none."""
    if not sys.stdout.isatty() and "COLUMNS" not in os.environ:
        return 160
    import shutil

    return max(40, shutil.get_terminal_size((100, 24)).columns)


def fit_prose(text: str, width: int) -> str:
    """Lines broken between words, what is carried over set in a little more than its line.

    >>> print(fit_prose("  1. Take this course", 16))
      1. Take this
        course
    """
    import textwrap

    lines = []
    for line in text.split("\n"):
        lead = line[: len(line) - len(line.lstrip())]
        rest = lead + "  "
        lines += textwrap.wrap(
            line.strip(), width, initial_indent=lead, subsequent_indent=rest, break_long_words=False,
            break_on_hyphens=False,
        ) or [""]  # fmt: skip
    return "\n".join(lines)


def fit_table(headers: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> str:
    """Plain text columns, two spaces apart, the widest ones cut so that a line has at most `width` characters."""
    cells = [[_plain(cell) for cell in row] for row in rows]
    sizes = [
        max([len(head), *(len(row[i]) for row in cells)]) for i, head in enumerate(headers)
    ]
    while sum(sizes) + 2 * (len(sizes) - 1) > width and max(sizes) > 7:
        sizes[sizes.index(max(sizes))] -= 1
    lines = ["  ".join(_cut(head, size) for head, size in zip(headers, sizes, strict=True)).rstrip()]
    lines.append("  ".join("─" * size for size in sizes))
    for row in cells:
        lines.append("  ".join(_cut(cell, size) for cell, size in zip(row, sizes, strict=True)).rstrip())
    return "\n".join(lines)


def _plain(text: str) -> str:
    """One line without control characters: a hostile label must not steer the terminal."""
    return "".join(mark if mark.isprintable() else " " for mark in text)


def _cut(text: str, size: int) -> str:
    if len(text) <= size:
        return text.ljust(size)
    # The end of an IRI tells it from others, not its beginning.
    if " " not in text and text.startswith(("id:", "http://", "https://", "urn:")):
        return "…" + text[len(text) - max(1, size - 1) :]
    return (text[: max(1, size - 1)] + "…").ljust(size)


@contextmanager
def _stdout_is_ours() -> Iterator[None]:
    """Only data belongs on stdout: lines that C code prints past Python go to stderr while the block runs."""
    try:
        shared = os.name == "posix" and sys.stdout.fileno() == 1
    except (OSError, ValueError):
        shared = False  # a captured stdout: C code does not write there
    if not shared:
        yield
        return
    import ctypes

    sys.stdout.flush()
    kept = os.dup(1)
    try:
        os.dup2(2, 1)
        yield
    finally:
        # C keeps lines back for a pipe; they must leave before stdout is given back.
        ctypes.CDLL(None).fflush(None)
        os.dup2(kept, 1)
        os.close(kept)
