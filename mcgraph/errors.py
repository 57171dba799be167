"""Every refusal of mcgraph, with the exit code the command line gives for it.

    McgraphError                     base: a sentence, what to do, an exit code
    ├── WrongUse              2      the command was given something that cannot be meant
    ├── InputRefused          3      a file cannot be read, or is dangerous to read
    ├── LimitReached          4      a published limit was hit; a partial result says so
    ├── RuleBroken            5      a shape, rule, query or mapping of ours is broken, or nothing was checked
    ├── StoreUnavailable      6      the store is busy, damaged, full or of a newer version
    └── Interrupted         130      the user stopped it; nothing is half-written

What is wrong with somebody's *data* is never an exception: it is a `Finding`.
"""

from __future__ import annotations


class McgraphError(Exception):
    """A refusal said so that its reader can act: what, where, why, and what to do."""

    exit_code = 70
    code = "internal"

    def __init__(self, message: str, *, where: str = "", fix: str = "") -> None:
        """Keep `message` (one sentence), `where` (file, sheet, row, line) and `fix` (what to do)."""
        super().__init__(message)
        self.message = message
        self.where = where
        self.fix = fix

    def __str__(self) -> str:
        """The text the command line prints, on up to three lines."""
        head = f"{self.where}: {self.message}" if self.where else self.message
        return f"{head}\n  {self.fix}" if self.fix else head


class WrongUse(McgraphError):
    """The command or function was called with something that cannot be meant."""

    exit_code = 2
    code = "wrong-use"


class InputRefused(McgraphError):
    """A file or text cannot be read, or is dangerous to read."""

    exit_code = 3
    code = "input-refused"


class LimitReached(McgraphError):
    """A published limit or time-out was hit; `limit` is its name in `Limits`, where one is to blame."""

    exit_code = 4
    code = "limit-reached"

    def __init__(self, message: str, *, where: str = "", fix: str = "", limit: str = "") -> None:
        """Keep the name of the limit beside what every refusal says."""
        super().__init__(message, where=where, fix=fix)
        self.limit = limit


class RuleBroken(McgraphError):
    """A shape, rule, query or mapping is broken, or nothing at all was checked."""

    exit_code = 5
    code = "rule-broken"


class StoreUnavailable(McgraphError):
    """The store is busy, damaged, full, or written by a newer version."""

    exit_code = 6
    code = "store-unavailable"


class Interrupted(McgraphError):
    """The user stopped the command; what was stored before is as it was."""

    exit_code = 130
    code = "interrupted"
