"""What can be reached in a large store is what can be reached in a small one, computed on arrays."""

from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path
from typing import Any

import click.testing
import pytest

from mcgraph.cli import pathways as command_file
from mcgraph.cli.console import Console
from mcgraph.errors import WrongUse
from mcgraph.limits import Limits
from mcgraph.pathways import RuleBook
from mcgraph.pathways.answer import reach_document
from mcgraph.pathways.reach import find_reach
from mcgraph.pathways.reach_at_size import find_reach_at_size
from mcgraph.store import open_graph
from tests.pathways.test_arrays import messy_turtle

DAY = datetime.date(2026, 11, 1)


def without_coverage(answer: Any) -> dict[str, Any]:
    return {key: value for key, value in reach_document(answer).items() if key != "coverage"}


def test_every_credential_of_the_demo_reaches_the_same(demo_store: Path) -> None:
    """From one alone, and from pairs: steps with their evidence, what unlocks next, what is within reach."""
    seen = {"attained": 0, "unlocks": 0, "reachable": 0}
    with open_graph(demo_store) as graph:
        book = RuleBook.read(graph, date=DAY)
        every = sorted(book.credentials)
        for held in [[one] for one in every[::4]] + [[a, b] for a, b in zip(every[::9], every[3::9], strict=False)]:
            whole, large = find_reach(book, held), find_reach_at_size(graph, held, date=DAY)
            assert without_coverage(large) == without_coverage(whole), held
            for name in seen:
                seen[name] += bool(getattr(large, name))
    # The demo awards nothing on one credential; the messy graphs below do.
    assert seen["unlocks"] and seen["reachable"], seen


def test_messy_graphs_reach_the_same(graph_of: Any) -> None:
    """Gaps, contradictions and circles."""
    reached = awarded = 0
    for seed in range(25):
        graph = graph_of(messy_turtle(seed))
        book = RuleBook.read(graph, date=DAY)
        for held in sorted(book.credentials)[:6]:
            whole, large = find_reach(book, [held]), find_reach_at_size(graph, [held], date=DAY)
            assert without_coverage(large) == without_coverage(whole), (seed, held)
            reached, awarded = reached + len(whole.reachable), awarded + len(whole.attained)
    assert reached > 20 and awarded > 5


def test_a_list_that_is_cut_says_so(demo_store: Path) -> None:
    """And coverage is of the store, not of the part that was read."""
    with open_graph(demo_store) as graph:
        book = RuleBook.read(graph, date=DAY)
        held = max(book.credentials, key=lambda one: len(find_reach(book, [one]).reachable))
        limits = replace(Limits(), pathway_routes=1)
        whole, large = (
            find_reach(book, [held], limits=limits),
            find_reach_at_size(graph, [held], date=DAY, limits=limits),
        )
    assert whole.truncated == large.truncated == "pathway_routes" and large.reachable == whole.reachable
    told = reach_document(large)["coverage"]
    assert told["total"] == sum(one.known for one in book.credentials.values()) and 0 < told["known"] < told["total"]


def test_the_command_takes_the_arrays_where_the_store_is_large(
    demo_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Same text and document on both ways; a name that is not there is a sentence."""
    runner, console = click.testing.CliRunner(), Console(store=demo_store, quiet=True)
    asked = ["--from", "IRL-001", "--date", "2026-11-01"]
    small = runner.invoke(command_file.command, asked, obj=console)
    monkeypatch.setattr(command_file, "LARGE", 10)
    large = runner.invoke(command_file.command, asked, obj=console)
    assert large.output == small.output and "within reach" in large.output
    fault = runner.invoke(command_file.command, ["--from", "IRL-9999"], obj=console).exception
    assert isinstance(fault, WrongUse) and "IRL-9999" in str(fault)
