"""docs/serve.md: its commands run, and it knows every limit."""

from __future__ import annotations

import re
import shlex
import subprocess
from dataclasses import fields
from pathlib import Path

import pytest

from mcgraph.limits import Limits
from mcgraph.web.app import ROUTES
from tests.web.conftest import make_store, running

PAGE = Path(__file__).resolve().parents[2] / "docs" / "serve.md"


def blocks(kind: str) -> list[str]:
    """The code of one language."""
    return re.findall(rf"```{kind}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def lines(program: str) -> list[str]:
    """The command lines of one program."""
    return [line for block in blocks("sh") for line in block.splitlines() if line.startswith(program)]


def test_every_request_is_answered_as_the_page_says(store: Path) -> None:
    """Each `curl` line runs against a server that an `mcgraph` line started."""
    served, asked = lines("mcgraph"), lines("curl")
    assert len(served) == 2
    assert len(asked) >= 5
    for line in served:
        words = shlex.split(line)
        options = words[words.index("serve") + 1 :]
        at = options.index("--port")
        del options[at : at + 2]
        with running(store, *options) as server:
            for request in asked:
                command = shlex.split(request.replace(":8000", f":{server.port}").replace("MC-100", "BADGE"))
                done = subprocess.run([*command, "-sS", "-f"], capture_output=True, text=True, timeout=60, check=False)
                assert done.returncode == 0, (request, done.stderr)
                assert done.stdout.strip()
            assert server.stop() == 0


def test_every_limit_and_address_is_told() -> None:
    """With its default."""
    text = PAGE.read_text(encoding="utf-8")
    for known in fields(Limits):
        if known.name.startswith("served_"):
            assert f"`{known.name}`" in text, known.name
            assert f"{known.default:,}" in text, known.name
    for route in ROUTES:
        stem = route.path.partition("{")[0].rstrip("/")
        assert stem in text or stem in ("/assets/mcgraph.css", "/assets/mcgraph.svg", "/robots.txt"), route.path


def test_the_python_lines_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As they stand, on a store where the page says it is."""
    from starlette.testclient import TestClient

    make_store(tmp_path / "demo-output" / "store")
    monkeypatch.chdir(tmp_path)
    made: dict[str, object] = {}
    exec(blocks("python")[0], made)
    with TestClient(made["app"], base_url="http://graph.example.org") as client:  # type: ignore[arg-type]
        assert client.get("/status").json()["status"] == "ok"
