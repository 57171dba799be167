"""Checking a generated registry in partitions, from its tables or N-Triples to the report: time, memory and disk.

At sizes that fit in memory the same files are checked in one piece as well, and both must find the same.
"""

from __future__ import annotations

import datetime
import json
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from benchmarks.generate import generate

PROFILE = "submission"
COMPARED = 1_000_000  # records up to which the check in one piece is run beside it
_DATE = datetime.date(2026, 11, 24)


def measure(
    size: int, _shared: Path | None = None, *, triples: int = 22, ntriples: bool = False
) -> dict[str, Any]:
    """The figures of one run on `size` records, read from tables or from N-Triples."""
    with tempfile.TemporaryDirectory(prefix="mcgraph-synthetic-") as name:
        folder = Path(name) / "in"
        begun = time.perf_counter()
        generate(folder, size, 0.03, ntriples=ntriples, lean=triples == 18)
        data = folder / "registry.nt" if ntriples else folder
        written = round(time.perf_counter() - begun, 1)
        found = _child("partitions", data, Path(name))
        figures = {
            "profile": PROFILE, "generated_seconds": written,
            "input_mb": round(sum(file.stat().st_size for file in _files(data)) / 1e6), **found,
        }  # fmt: skip
        if size <= COMPARED:
            whole = _child("whole", data, Path(name))
            figures |= {"in_one_piece": whole, "same_result": whole["groups"] == found["groups"]}
        return figures | {"peers": {}}


def _files(data: Path) -> list[Path]:
    return list(data.iterdir()) if data.is_dir() else [data]


def _child(kind: str, data: Path, work: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.partitions", kind, str(data), str(work)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _run(kind: str, data: Path, work: Path) -> dict[str, Any]:
    from mcgraph.report.findings import write_report
    from mcgraph.submissions.partitioned import validate_large
    from mcgraph.submissions.reading import read_batch
    from mcgraph.validation import validate

    steps: list[tuple[float, str]] = []
    spill = work / "spill"
    spill.mkdir(exist_ok=True)
    tempfile.tempdir = str(spill)
    disk = _Disk(spill)
    begun, partitions = time.perf_counter(), 1

    def say(what: str) -> None:
        steps.append((time.perf_counter() - begun, what.partition(" ·")[0]))

    if kind == "whole":
        batch = read_batch([data], None, "bench")
        report = validate(batch, profile=PROFILE, date=_DATE)
    else:
        report, batch, partitions = validate_large([data], None, "bench", profile=PROFILE, date=_DATE, say=say)
    say("Writing the report")
    for ending in ("json", "html"):
        write_report(report, batch, work / f"{kind}.{ending}")
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "partitions": partitions, "records": report.read, "findings": len(report.findings),
        "seconds": round(time.perf_counter() - begun, 1), "cpu_seconds": round(used.ru_utime + used.ru_stime, 1),
        "steps": _spans(steps, time.perf_counter() - begun), "rss_mb": round(used.ru_maxrss / 1024),
        "disk_mb": disk.most(), "groups": {group.id: group.count for group in report.groups},
    }  # fmt: skip


def _spans(steps: list[tuple[float, str]], end: float) -> dict[str, float]:
    """How long each kind of step took."""
    spans: dict[str, float] = {}
    for (start, name), (stop, _) in zip(steps, [*steps[1:], (end, "")], strict=True):
        spans[name] = round(spans.get(name, 0.0) + stop - start, 1)
    return spans


class _Disk:
    """The most that a folder held, looked at every second."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._most, self._done = folder, 0, threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while not self._done.wait(1):
            self._look()

    def _look(self) -> None:
        sizes = []
        for file in list(self._folder.rglob("*")):
            try:
                sizes.append(file.stat().st_size)
            except FileNotFoundError:
                continue
        self._most = max(self._most, sum(sizes))

    def most(self) -> int:
        """Megabytes."""
        self._done.set()
        return round(self._most / 1e6)


def main() -> None:
    """Run one of our own measurements, as a child."""
    kind, data, work = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    print(json.dumps(_run(kind, data, work)))


if __name__ == "__main__":
    main()
