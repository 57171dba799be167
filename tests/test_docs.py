"""The documents stay true: their commands run, their links lead somewhere, their lists are complete."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]
DOCS = (
    "README.md",
    "docs/answers.md",
    "docs/at_size.md",
    "docs/classification.md",
    "docs/landscape.md",
    "docs/operations.md",
    "docs/pathways.md",
    "docs/recognition.md",
    "docs/skills.md",
    "docs/survey.md",
    "docs/validation.md",
)


@pytest.fixture(scope="module")
def demo(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("docs")
    subprocess.run(
        [sys.executable, "-m", "mcgraph", "demo", "demo-output"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(root)},
        check=True,
        capture_output=True,
    )
    return folder


def commands(text: str) -> list[str]:
    """The `mcgraph` lines of the shell blocks; those on files only a reader has are left out."""
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    lines = [line.split("#")[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line.startswith("mcgraph") and "path/to" not in line]


@pytest.mark.parametrize("name", DOCS)
def test_every_command_of_the_documents_runs(name: str, root: Path, demo: Path, mcgraph: Run) -> None:
    """A reader who copies a line gets what the text says."""
    lines = commands((root / name).read_text(encoding="utf-8"))
    assert lines
    for line in lines:
        done = mcgraph(*shlex.split(line)[1:], cwd=demo, MCGRAPH_STORE=str(demo / "demo-output" / "store"))
        assert done.returncode == 0, f"{line}\n{done.stderr}"
        assert done.stdout.strip() or done.stderr.strip(), line


def test_every_link_leads_to_a_file(root: Path) -> None:
    """No page points to one that is not there."""
    for page in (root / "README.md", *sorted((root / "docs").glob("*.md"))):
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name} → {target}"


def test_the_rule_catalogue_is_generated(root: Path, mcgraph: Run) -> None:
    """Two hand-kept lists drift; this one is made from the shapes."""
    assert mcgraph("rules", "--format", "md").stdout == (root / "docs" / "rules.md").read_text(encoding="utf-8")


def test_every_exit_code_is_documented(root: Path) -> None:
    """The README has the table that scripts rely on."""
    text = (root / "README.md").read_text(encoding="utf-8")
    for code in (0, 1, 2, 3, 4, 5, 6, 70, 130):
        assert re.search(rf"[^\d]{code} [a-z]", text), code


def test_every_library_is_accounted_for(root: Path) -> None:
    """Each dependency says what it does, its licence and its size."""
    import tomllib

    wanted = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    text = (root / "docs" / "dependencies.md").read_text(encoding="utf-8")
    for requirement in wanted:
        assert f"| {re.split(r'[<>=]', requirement)[0]} " in text, requirement
