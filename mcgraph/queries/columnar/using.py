"""When a question is answered from columns, and the process that does it.

Named questions about the whole graph are: no record is given to start from, and the store is large enough that the
index would take seconds (`columns_from_triples`). The columns are made by the first such question of a snapshot.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mcgraph.errors import McgraphError
from mcgraph.limits import Limits
from mcgraph.queries.conversation import PROCESS_GROUP
from mcgraph.queries.engine import Asks, Engine
from mcgraph.queries.library import NamedQuestion

if TYPE_CHECKING:
    from mcgraph.queries.parameters import Term

_WORKER = (sys.executable, "-P", "-c")
_HOUSE = Path(__file__).resolve().parents[3]
# The allocator of polars keeps memory for seconds before it gives it back: a question makes many short-lived columns,
# and a quarter of its time would go into fetching the same pages again.
_MEMORY = "background_thread:true,dirty_decay_ms:5000,muzzy_decay_ms:5000"
_START = (
    f"import os, sys; os.environ.setdefault('_RJEM_MALLOC_CONF', '{_MEMORY}'); "
    "sys.path.insert(0, {!r}); import runpy; runpy.run_module({!r}, run_name='__main__')"
)


@dataclass(frozen=True, slots=True)
class Prepared:
    """The columns of a snapshot: their folder, and the seconds it took to make them (0 where they stood there)."""

    folder: Path
    seconds: float


def module_command(module: str) -> tuple[str, ...]:
    """The command that runs a module of ours in a process of its own, whatever folder we are in."""
    return (*_WORKER, _START.format(str(_HOUSE), module))


def is_for_columns(question: NamedQuestion | None, terms: Mapping[str, Term | None]) -> bool:
    """Whether a question is about the whole graph: one of the library, with no record to start from."""
    if question is None:
        return False
    started = {p.name for p in question.parameters if p.type == "iri" and p.default is None}
    return not any(terms.get(name) for name in started)


def is_counted_whole(question: NamedQuestion, terms: Mapping[str, Term | None]) -> bool:
    """Whether the coverage of a question counts over the whole graph, though it starts from a record itself."""
    rule = question.coverage
    return rule is not None and not rule.record and is_for_columns(question, rule.used(terms))


def prepare(source: object, limits: Limits, *, make: bool = True) -> Prepared | None:
    """The columns of what is asked, made where they are missing; None where the index alone is asked.

    A store on a disk that cannot be written is asked of the index. Without `make` nothing is made: a request to the
    endpoint has no time for that.
    """
    from mcgraph.store.graph import Graph

    if not isinstance(source, Graph) or source.triples < limits.columns_from_triples:
        return None
    from mcgraph.store import columns

    folder = columns.folder_of(source.path, source.snapshot)
    if columns.open_columns(folder) is not None:
        return Prepared(folder, 0.0)
    if not make:
        return None
    begun = time.perf_counter()
    try:
        return Prepared(columns.build(source), round(time.perf_counter() - begun, 1))
    except (OSError, McgraphError):
        # The columns are only a copy: without them the answer is the same, later.
        return None


def begin_making(source: object, limits: Limits) -> subprocess.Popen[bytes] | None:
    """A process that makes the columns of what is served, where they are missing and wanted; else None.

    It has to be waited for; `prepare` finds the columns when it has ended well.
    """
    from mcgraph.store.graph import Graph

    if not isinstance(source, Graph) or source.triples < limits.columns_from_triples:
        return None
    if prepare(source, limits, make=False) is not None:
        return None
    program = (*module_command("mcgraph.queries.columnar.make"), str(source.path))
    quiet = subprocess.DEVNULL
    return subprocess.Popen(
        program, stdin=quiet, stdout=quiet, stderr=subprocess.PIPE, process_group=PROCESS_GROUP
    )


class Opening:
    """What answers from the columns of a source: given, or opened on a stack when it is first asked for.

    `seconds` is how long it took to make them, 0 where they stood there.
    """

    def __init__(self, source: object, limits: Limits, given: Asks | ExitStack | None, *, make: bool) -> None:
        """With `make`, columns that are missing are made."""
        self._source = source
        self._limits = limits
        self._given = given
        self._make = make
        self.seconds = 0.0

    def columns(self) -> Asks | None:
        """What answers, None where the index alone is asked."""
        if not isinstance(self._given, ExitStack):
            return self._given
        prepared = prepare(self._source, self._limits, make=self._make)
        stack, self._given = self._given, None
        if prepared is not None:
            self.seconds = prepared.seconds
            self._given = stack.enter_context(start(prepared, self._limits))
        return self._given


def start(prepared: Prepared, limits: Limits) -> Engine:
    """The process that answers from columns; use it in a `with` block."""
    bounds = replace(limits, query_megabytes=limits.columns_megabytes)
    return Engine(prepared.folder, bounds, module_command("mcgraph.queries.columnar.worker"))
