"""The house has floors: imports go down, never up."""

from __future__ import annotations

import ast
from pathlib import Path

# Each room with the rooms it may import from; errors, limits and the version are for everybody.
ALLOWED: dict[str, set[str]] = {
    "model": set(),
    "sources": {"model"},
    "store": {"model"},
    "validation": {"model", "sources", "store"},
    "reasoning": {"model", "sources", "store"},
    # A question that counts respondents is held against the tables of the survey before anybody sees its rows.
    "queries": {"model", "sources", "store", "survey"},
    "skills": {"model", "sources", "store", "reasoning"},
    "pathways": {"model", "sources", "store"},
    "recognition": {"model", "sources", "store", "pathways"},
    "search": {"model", "sources", "store"},
    "survey": {"model", "sources", "store"},
    # The figures of a briefing come from every room that answers; the page of them is made in report.
    "briefing": {"model", "store", "queries", "pathways", "recognition", "reasoning", "survey"},
    "report": {"model", "sources", "validation", "queries", "pathways", "reasoning", "survey", "briefing"},
    "submissions": {"model", "sources", "store", "survey", "validation"},
    "demo": {"model", "store", "submissions", "validation", "queries", "pathways", "report", "cli"},
    "web": {"model", "store", "queries", "pathways", "recognition", "report", "search"},
    "cli": {
        "model", "sources", "store", "validation", "reasoning", "queries", "pathways", "recognition", "search",
        "skills", "survey", "briefing", "report", "submissions", "demo", "web",
    },
}  # fmt: skip


def imports(file: Path) -> set[str]:
    """The modules of mcgraph that a file imports, wherever in the file."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("mcgraph."):
            found.add(node.module)
        elif isinstance(node, ast.ImportFrom) and node.module == "mcgraph":
            found |= {f"mcgraph.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name.startswith("mcgraph.")}
    return found


def test_imports_only_go_down(root: Path) -> None:
    """A room that reaches up makes two rooms one."""
    wrong = []
    for file in sorted((root / "mcgraph").rglob("*.py")):
        parts = file.relative_to(root / "mcgraph").parts
        if len(parts) < 2 or parts[0] == "_bundled":
            continue
        for module in imports(file):
            room = module.split(".")[1]
            if room in ALLOWED and room != parts[0] and room not in ALLOWED[parts[0]]:
                wrong.append(f"{'/'.join(parts)} imports {module}")
    assert not wrong


def test_every_room_is_known(root: Path) -> None:
    """A new room is put on its floor on purpose."""
    rooms = {path.parent.name for path in (root / "mcgraph").glob("*/__init__.py")}
    assert rooms == set(ALLOWED)


def test_no_file_is_called_utils(root: Path) -> None:
    """A file is named for what it holds."""
    names = {path.stem for path in (root / "mcgraph").rglob("*.py")}
    assert not names & {"utils", "util", "helpers", "misc", "common"}
