"""`mcgraph doctor`: checks the installation and the store, and says what to do."""

from __future__ import annotations

import re
import shutil
import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mcgraph.cli.console import Console

if TYPE_CHECKING:
    from mcgraph.store.health import Check

_MARKS = {"ok": "✔", "note": "·", "broken": "✘"}


@click.command(short_help="Checks the installation and the store.")
@click.option("--rebuild", is_flag=True, help="Build the index again from the stored batches first.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_context
def command(ctx: click.Context, rebuild: bool, as_json: bool) -> None:
    """Check the installation, and every checksum and count of the store.

    Exit code 6 where the store is damaged, 5 where the installation is.

    \b
    Example:
      mcgraph doctor
      mcgraph doctor --rebuild
    """
    from mcgraph.store import health

    console: Console = ctx.obj
    if rebuild:
        with console.progress("rebuilding the index"):
            seconds = health.rebuild_index(console.store)
        console.say(f"index rebuilt in {seconds:.1f} s")
    installed = _installation()
    with console.progress("checking the store"):
        stored = health.examine(console.store)
    if as_json:
        console.document(
            {
                "ok": not any(check.state == "broken" for check in installed + stored),
                "installation": [check.to_json() for check in installed],
                "store": [check.to_json() for check in stored],
            }
        )
    else:
        _print(console, "installation", installed)
        console.data("")
        _print(console, f"store {console.store}", stored)
    if any(check.state == "broken" for check in stored):
        ctx.exit(6)
    if any(check.state == "broken" for check in installed):
        ctx.exit(5)


def _print(console: Console, title: str, checks: list[Check]) -> None:
    console.data(title)
    for check in checks:
        console.data(f"  {_MARKS[check.state]} {check.what}: {check.found}")
        if check.fix:
            console.data(f"      {check.fix}")


def _installation() -> list[Check]:
    from mcgraph.store.health import Check

    version = ".".join(map(str, sys.version_info[:3]))
    checks = [Check("python", "ok", version), *_packages()]
    try:
        owlready = metadata.version("owlready2")
        checks.append(Check("owlready2", "ok", owlready))
    except metadata.PackageNotFoundError:
        fix = "pip install 'mcgraph[reason]' to check the model with a reasoner; nothing else needs it."
        checks.append(Check("owlready2", "note", "not installed", fix))
    java = shutil.which("java")
    fix = "" if java else "Install a Java runtime to run the reasoner HermiT; nothing else needs it."
    checks.append(Check("java", "ok" if java else "note", java or "not found", fix))
    return [*checks, *_bundled()]


def _packages() -> list[Check]:
    from mcgraph.store.health import Check

    checks = []
    for wanted in _requirements():
        name = re.split(r"[^A-Za-z0-9._-]", wanted, maxsplit=1)[0]
        try:
            checks.append(Check(name, "ok", metadata.version(name)))
        except metadata.PackageNotFoundError:
            checks.append(Check(name, "broken", "not installed", f"pip install '{wanted}'"))
    return checks


def _requirements() -> list[str]:
    """What mcgraph needs, extras aside: from its own metadata, or from the checkout it runs in."""
    try:
        return [wanted for wanted in metadata.requires("mcgraph") or [] if "extra ==" not in wanted]
    except metadata.PackageNotFoundError:
        import tomllib

        project = Path(__file__).resolve().parents[2] / "pyproject.toml"
        if not project.is_file():
            return []
        with project.open("rb") as source:
            return [str(wanted) for wanted in tomllib.load(source)["project"]["dependencies"]]


def _bundled() -> list[Check]:
    from mcgraph.errors import RuleBroken
    from mcgraph.model import bundled
    from mcgraph.store.health import Check

    parts: tuple[bundled.Part, ...] = ("ontology", "shapes", "queries", "data")
    checks = []
    for part in parts:
        try:
            count = sum(1 for path in bundled.path(part).rglob("*") if path.is_file())
            checks.append(Check(part, "ok", f"{count} files"))
        except RuleBroken as fault:
            checks.append(Check(part, "broken", fault.message, fault.fix))
    return checks
