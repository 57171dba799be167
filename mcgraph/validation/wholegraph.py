"""SPARQL constraints over all focus nodes at once, on an in-memory Oxigraph in a process that can be ended."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
import threading
import weakref
from pathlib import Path
from typing import Any

import polars as pl

from mcgraph.errors import LimitReached, RuleBroken
from mcgraph.limits import Limits
from mcgraph.model.batch import TripleColumn
from mcgraph.model.namespaces import RDF, shorten
from mcgraph.validation.data import DataGraph, Nodes
from mcgraph.validation.ir import Constraint
from mcgraph.validation.messages import Said, as_text, filled
from mcgraph.validation.sparql import FOCUS_GRAPH, FOCUS_HAS, FOCUS_SET

ANSWER_SCHEMA = {"n": pl.UInt32, "v": pl.String, "t": pl.Int32, "path": pl.String, "said": pl.Int32}


class WholeGraph:
    """The triples that queries read, loaded when first asked for; one child process per validation."""

    def __init__(self, data: DataGraph, limits: Limits | None = None) -> None:
        self._data = data
        self._limits = limits or Limits.from_environment()
        self.said = Said()
        self._loaded: set[str] = set()
        self._child: subprocess.Popen[str] | None = None
        self._ended_late = False

    def ask(self, constraint: Constraint, nodes: Nodes) -> pl.DataFrame:
        """The solutions for the nodes (`ANSWER_SCHEMA`); `v` is null where the query binds no `?value`.

        Raises `RuleBroken` for a query the engine refuses, `LimitReached` for one that takes too long.
        """
        reads = self._data.predicates if constraint.reads is None else sorted(constraint.reads)
        self._load([name for name in reads if name not in self._loaded])
        self._send({"clear": FOCUS_GRAPH})
        self._write([self._focus(nodes)])
        return self._answer(self._send({"query": constraint.text}), nodes, dict(constraint.messages))

    def _load(self, predicates: list[str]) -> None:
        numbers = [number for name in predicates for number in self._data.columns_of(name)]
        if numbers:
            self._write([self._data.columns[number].ntriples() for number in numbers])
        self._loaded.update(predicates)

    def _focus(self, nodes: Nodes) -> pl.Series:
        parts = []
        for (t,), frame in nodes.frame.partition_by("t", as_dict=True).items():
            datatype, language = self._data.types[int(str(t))]
            told = frame.select(pl.lit(FOCUS_SET).alias("s"), pl.col("v").alias("o"))
            column = TripleColumn(FOCUS_HAS, "literal" if t else "iri", told, datatype, language)
            parts.append(column.ntriples().str.strip_suffix(".") + f"<{FOCUS_GRAPH}> .")
        return pl.concat(parts)

    def _write(self, series: list[pl.Series]) -> None:
        with tempfile.TemporaryDirectory(prefix="mcgraph-") as folder:
            file = Path(folder) / "triples.nq"
            blank = False
            with file.open("wb") as out:
                for lines in series:
                    blank = blank or bool(lines.str.contains(r"^_:| _:[^ ]+ (?:<[^ ]*> )?\.$").any())
                    lines.to_frame().write_csv(out, include_header=False, quote_style="never", line_terminator="\n")
            self._send({"load": str(file), "blank": blank})

    def _send(self, request: dict[str, Any]) -> dict[str, Any]:
        child = self._started()
        if child.stdin is None or child.stdout is None:
            raise RuleBroken("the process for SPARQL constraints has no pipes")
        stop = threading.Timer(self._limits.rule_seconds, self._end_late)
        stop.start()
        try:
            with contextlib.suppress(BrokenPipeError):
                child.stdin.write(json.dumps(request) + "\n")
                child.stdin.flush()
            line = child.stdout.readline()
        finally:
            stop.cancel()
        return self._reply(line)

    def _reply(self, line: str) -> dict[str, Any]:
        if not line:
            self.close()
            if self._ended_late:
                raise LimitReached(
                    f"a SPARQL constraint ran longer than {self._limits.rule_seconds} seconds and was ended",
                    fix="Simplify its query, check fewer records, or raise the limit rule_seconds.",
                )
            raise RuleBroken("the process for SPARQL constraints ended by itself (memory or a too deep query)")
        reply: dict[str, Any] = json.loads(line)
        if "error" in reply:
            raise RuleBroken(f"a SPARQL constraint cannot be run: {reply['error']}")
        return reply

    def _started(self) -> subprocess.Popen[str]:
        if self._child is None:
            worker = Path(__file__).with_name("sparql_worker.py")
            self._child = subprocess.Popen(
                [sys.executable, "-I", str(worker)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
            )
            weakref.finalize(self, _end, self._child)
        return self._child

    def _end_late(self) -> None:
        self._ended_late = True
        if self._child is not None:
            self._child.kill()

    def close(self) -> None:
        """End the process."""
        if self._child is not None:
            _end(self._child)
            self._child = None
            self._loaded.clear()

    def _answer(self, reply: dict[str, Any], nodes: Nodes, messages: dict[str, str]) -> pl.DataFrame:
        names = reply["names"]
        if "failure" in names and any(row[names.index("failure")] for row in reply["rows"]):
            raise RuleBroken("a SPARQL constraint reported a failure")
        at = {name: names.index(name) for name in ("this", "value", "path") if name in names}
        rows = []
        for row in reply["rows"]:
            value, path = (row[at[name]] if name in at else None for name in ("value", "path"))
            this = self._term(row[at["this"]])
            told = (*(self._term(value) if value else (None, None)), shorten(path[1]) if path else None)
            rows.append((*this, *told, self._message(dict(zip(names, row, strict=True)), messages)))
        schema = {"fv": pl.String, "ft": pl.Int32, **{k: v for k, v in ANSWER_SCHEMA.items() if k != "n"}}
        found = pl.DataFrame(rows, schema=schema, orient="row")
        focus = nodes.frame.rename({"v": "fv", "t": "ft"})
        joined = found.join(focus, on=["fv", "ft"], how="inner", maintain_order="left").select(list(ANSWER_SCHEMA))
        # One result per node, path and value, as pySHACL counts solutions; the first message is told.
        return joined.unique(["n", "v", "t", "path"], keep="first", maintain_order=True)

    def _message(self, solution: dict[str, list[str] | None], messages: dict[str, str]) -> int | None:
        """The number of what is said of a solution: its own `?message`, or the constraint's with values filled in."""
        own = solution.get("message")
        if own and own[0] not in "<_":
            return self.said.number(filled({own[0][1:] if own[0].startswith("@") else "en": own[1]}, lambda _: None))
        if not messages:
            return None
        return self.said.number(filled(messages, lambda name: as_text(*term) if (term := solution.get(name)) else None))

    def _term(self, told: list[str]) -> tuple[str, int]:
        kind, text = told
        if kind in "<_":
            return text, 0
        if kind.startswith("@"):
            return text, self._data.type_number(RDF + "langString", kind[1:])
        return text, self._data.type_number(kind[1:])


def _end(child: subprocess.Popen[str]) -> None:
    child.kill()
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()
    child.wait()
