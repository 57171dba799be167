"""Notebook magic: `%load_ext mcgraph.notebook`, then `%mcgraph NAME name=value` or `%%mcgraph` over SPARQL.

Nothing of Jupyter is imported: the shell that loads this module registers the magic itself.
"""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from mcgraph.errors import WrongUse

if TYPE_CHECKING:
    from mcgraph.model.answer import Answer


class Shell(Protocol):
    """The part of an IPython shell that is used."""

    def register_magic_function(self, func: Any, magic_kind: str = "line", magic_name: str | None = None) -> None:
        """Make a function callable as `%name` and `%%name`."""


def load_ipython_extension(shell: Shell) -> None:
    """What `%load_ext mcgraph.notebook` calls."""
    shell.register_magic_function(mcgraph, "line_cell", "mcgraph")


def mcgraph(line: str, cell: str | None = None) -> Answer:
    """Ask a named question (`%mcgraph NAME name=value …`) or the SPARQL of a cell (`%%mcgraph name=value …`).

    `--store FOLDER` anywhere in the line says which store; else the environment variable MCGRAPH_STORE, else
    ./mcgraph-store. The answer draws itself as a table and has `to_polars()` and `to_dataframe()`.

    Raises `WrongUse` for a line that names no question, and whatever `ask` raises.
    """
    from mcgraph.queries import ask
    from mcgraph.store import open_graph

    store, words = _store(_words(line))
    what = cell + "\n" if cell and cell.strip() else words.pop(0) if words and "=" not in words[0] else ""
    if not what:
        raise WrongUse("no question was given", fix="Write %mcgraph NAME, or %%mcgraph with SPARQL below.")
    with open_graph(store) as graph:
        return ask(graph, what, _pairs(words))


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError as fault:
        raise WrongUse(f"this line cannot be read: {fault}") from None


def _store(words: list[str]) -> tuple[Path, list[str]]:
    if "--store" not in words:
        return Path(os.environ.get("MCGRAPH_STORE", "mcgraph-store")), words
    at = words.index("--store")
    if at + 1 == len(words):
        raise WrongUse("--store needs a folder")
    return Path(words[at + 1]), words[:at] + words[at + 2 :]


def _pairs(words: list[str]) -> dict[str, str]:
    pairs = {}
    for word in words:
        name, sign, value = word.partition("=")
        if not sign:
            raise WrongUse(f"«{word[:80]}» is not a parameter", fix="Write name=value.")
        pairs[name] = value
    return pairs
