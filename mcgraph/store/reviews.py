"""The log of what people decided about suggested links: one file per review, only ever longer.

`<store>/reviews/<name>.csv` has the columns of the sheet (`mcgraph.model.review`), then when and from which file a
decision came, and a `check` made of the row and the check before it: a line that was changed, lost or cut is seen.
The file is replaced whole and in one step, so a crash leaves the log as it was. It is the truth about decisions; the
graphs of accepted links are made from it again at any time.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mcgraph.errors import StoreUnavailable, WrongUse
from mcgraph.model.review import COLUMNS, VERDICTS, Decision, Link
from mcgraph.store import files

FOLDER = "reviews"
_LOGGED = (*COLUMNS, "logged_at", "logged_from", "check")
_NAME = re.compile(r"[a-z][a-z0-9-]{0,59}")
_CHECK_LENGTH = 16


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a log: a decision, when it was logged (ISO, UTC) and the name of the file it came in."""

    decision: Decision
    logged_at: str
    logged_from: str


@dataclass(frozen=True, slots=True)
class ReviewLog:
    """The log of one review in the store at `root`. `name` says what is reviewed, such as `skills`."""

    root: Path
    name: str

    def __post_init__(self) -> None:
        """Refuse a name that is no plain file name."""
        if not _NAME.fullmatch(self.name):
            raise WrongUse(f"«{self.name[:60]}» cannot name a review", fix="Use small letters, digits and hyphens.")

    @property
    def path(self) -> Path:
        """The file."""
        return self.root / FOLDER / f"{self.name}.csv"

    def entries(self) -> tuple[Entry, ...]:
        """Every line, oldest first; none where nothing was decided yet.

        Raises `StoreUnavailable` naming the line where the log was damaged.
        """
        return tuple(entry for entry, _ in self._read(self._content()))

    def decisions(self) -> tuple[Decision, ...]:
        """Every decision, oldest first; `in_force` and `last_words` read them."""
        return tuple(entry.decision for entry in self.entries())

    def append(self, decisions: Iterable[Decision], *, at: str, source: str = "") -> int:
        """Add decisions at the end, durably and all together, and return how many there were.

        `at` is the time (ISO 8601, UTC), `source` the name of the file they came in. The caller holds the writer's
        lock of the store. Raises `StoreUnavailable` where the log is damaged or the disk fails: it is then as it was.
        """
        content = self._content()
        lines = self._read(content)
        check = lines[-1][1] if lines else ""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
        if not content:
            writer.writerow(_LOGGED)
        count = 0
        for decision in decisions:
            cells = [*decision.row().values(), at, source]
            check = _check(check, cells)
            writer.writerow([*cells, check])
            count += 1
        if count:
            with files.guarded(self.root):
                files.make_folder(self.path.parent)
                files.write(self.path, content + out.getvalue().encode())
        return count

    def _content(self) -> bytes:
        try:
            return self.path.read_bytes()
        except FileNotFoundError:
            return b""
        except OSError as fault:
            raise StoreUnavailable(f"the log of decisions cannot be read: {fault}", where=str(self.path)) from fault

    def _read(self, content: bytes) -> list[tuple[Entry, str]]:
        found: list[tuple[Entry, str]] = []
        check = ""
        line = 1
        try:
            reader = csv.reader(io.StringIO(content.decode(), newline=""), strict=True)
            if content and tuple(next(reader)) != _LOGGED:
                raise ValueError("the header")
            for cells in reader:
                line += 1
                *said, written = cells
                check = _check(check, said)
                if written != check or len(cells) != len(_LOGGED):
                    raise ValueError("the check")
                found.append((_entry(dict(zip(_LOGGED, cells, strict=True))), check))
            if content and not content.endswith(b"\n"):
                raise ValueError("the end")
        except (ValueError, csv.Error, StopIteration) as fault:
            raise StoreUnavailable(
                f"the log of decisions is damaged at line {line} ({fault})",
                where=str(self.path),
                fix="Put back a copy of the file; lines are only ever added to it.",
            ) from fault
        return found


def _check(before: str, cells: list[str]) -> str:
    text = json.dumps([before, *cells], ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:_CHECK_LENGTH]


def _entry(row: dict[str, str]) -> Entry:
    link = Link(
        row["subject"],
        row["candidate"],
        float(row["confidence"]),
        row["method"],
        row["subject_label"],
        row["candidate_label"],
    )
    word = next(verdict for verdict in VERDICTS if verdict == row["decision"])
    decision = Decision(link, word, row["decided_by"], row["decided_on"], row["note"])
    return Entry(decision, row["logged_at"], row["logged_from"])


def logs(root: Path) -> tuple[ReviewLog, ...]:
    """The logs a store has, by name."""
    return tuple(ReviewLog(root, path.stem) for path in sorted((root / FOLDER).glob("*.csv")))
