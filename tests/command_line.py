"""The command line run as a user runs it: in a process of its own, or, four times as fast, inside this one."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO
from unittest import mock

ROOT = Path(__file__).resolve().parent.parent


def in_a_process(*arguments: object, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """`python -m mcgraph …`, started and waited for."""
    return subprocess.run(
        [sys.executable, "-m", "mcgraph", *(str(a) for a in arguments)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def here(*arguments: object, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """The same entry point with streams, folder and environment of its own, in this process.

    Starting Python and importing the libraries is most of what a short command costs. What this leaves out, starting
    and ending a process, has tests of its own (`tests/cli`).
    """
    from mcgraph.cli.main import main

    words = ["mcgraph", *(str(a) for a in arguments)]
    with (
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
        _in_place(cwd, environment),
        _streams(out, err),
        mock.patch.object(sys, "argv", words),
    ):
        code = 0
        try:
            main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 0
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
        texts = [_text(file) for file in (out, err)]
    return subprocess.CompletedProcess(words, code, *texts)


@contextlib.contextmanager
def _in_place(cwd: Path | None, environment: Mapping[str, str]) -> Iterator[None]:
    before = Path.cwd()
    with mock.patch.dict(os.environ, {"PYTHONPATH": str(ROOT), **environment}):
        os.chdir(cwd or before)
        try:
            yield
        finally:
            os.chdir(before)


@contextlib.contextmanager
def _streams(out: BinaryIO, err: BinaryIO) -> Iterator[None]:
    """Streams 1 and 2, also for what writes to them by number, as libraries in C do."""
    kept = {number: os.dup(number) for number in (1, 2)}
    try:
        os.dup2(out.fileno(), 1)
        os.dup2(err.fileno(), 2)
        with (
            open(1, "w", encoding="utf-8", closefd=False) as stdout,
            open(2, "w", encoding="utf-8", closefd=False) as stderr,
            io.TextIOWrapper(io.BytesIO(), encoding="utf-8") as stdin,
            mock.patch.multiple(sys, stdout=stdout, stderr=stderr, stdin=stdin),
        ):
            yield
    finally:
        for number, copy in kept.items():
            os.dup2(copy, number)
            os.close(copy)


def _text(file: BinaryIO) -> str:
    file.seek(0)
    return file.read().decode("utf-8").replace("\r\n", "\n")
