"""The notebook magic, in the smallest shell there can be."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mcgraph import notebook
from mcgraph.errors import WrongUse
from mcgraph.model.answer import Answer


class FakeShell:
    """What IPython offers an extension, as far as it is used."""

    def __init__(self) -> None:
        self.magics: dict[tuple[str, str | None], Callable[..., Any]] = {}

    def register_magic_function(self, func: Any, magic_kind: str = "line", magic_name: str | None = None) -> None:
        self.magics[magic_kind, magic_name] = func


@pytest.fixture
def magic() -> Callable[..., Answer]:
    shell = FakeShell()
    notebook.load_ipython_extension(shell)
    assert list(shell.magics) == [("line_cell", "mcgraph")]
    return shell.magics["line_cell", "mcgraph"]


def test_line_asks_a_named_question(magic: Callable[..., Answer], store: Path) -> None:
    """`%mcgraph NAME name=value`: an answer that draws itself and gives data frames."""
    answer = magic(f"--store {store} credentials-by-level country=Ireland")
    assert len(answer) == 3
    assert "<table>" in answer._repr_html_()
    assert answer.to_polars()["credentials"].sum() == 5


def test_cell_asks_sparql_with_bound_values(magic: Callable[..., Answer], store: Path, monkeypatch) -> None:
    """`%%mcgraph name=value` over SPARQL; the store from the environment; a value with spaces in quotes."""
    monkeypatch.setenv("MCGRAPH_STORE", str(store))
    answer = magic("wanted='Safety day'", "SELECT ?c WHERE { ?c mc:title ?t FILTER(STR(?t) = ?wanted) }")
    assert [row[0] for row in answer.rows] == ["https://w3id.org/mcgraph/id/example/credential/attendance"]


@pytest.mark.parametrize("line", ["", "country=IE", "--store", "credentials-by-level country", "'open"])
def test_line_that_asks_nothing_is_refused(magic: Callable[..., Answer], line: str, store: Path, monkeypatch) -> None:
    """A sentence instead of a traceback's riddle."""
    monkeypatch.setenv("MCGRAPH_STORE", str(store))
    with pytest.raises(WrongUse):
        magic(line)


def test_nothing_of_jupyter_is_imported() -> None:
    """The module loads where no Jupyter is installed, and brings no engine along."""
    code = (
        "import sys; sys.modules['IPython'] = None; import mcgraph.notebook; "
        "print(sorted({'pyoxigraph', 'polars', 'pandas', 'ipykernel'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
