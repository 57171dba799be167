"""The Python face of the contract: open, validate, load, ask, pathways, what-if, in one session."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import mcgraph as mg
from mcgraph.errors import WrongUse
from mcgraph.model import bundled

DAY = "2026-11-01"


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[mg.Store]:
    """A store with the frameworks and the demo registry, loaded through the face itself."""
    with mg.open(tmp_path_factory.mktemp("api") / "store", create=True) as store:
        store.load(bundled.path("data", "frameworks"), mapping="frameworks", source="frameworks", date=DAY)
        done = store.load(registry(), mapping="template", source="demo-registry", date=DAY)
        assert done.rejected > 0
        yield store


def registry() -> Path:
    return bundled.path("data", "demo", "registry.xlsx")


def test_importing_is_light() -> None:
    """The names are there before any engine is."""
    code = "import sys, mcgraph; print(sorted({'polars', 'pyoxigraph', 'numba', 'scipy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_report_knows_its_cells(graph: mg.Store, tmp_path: Path) -> None:
    """Findings as objects, as a data frame and as a file say the same."""
    report = mg.validate(registry(), context=graph, date=DAY)
    assert not report.conforms
    frame = report.to_dataframe()
    found = list(report.findings)
    assert len(frame) == len(found)
    assert ("CRD-TITLE-001", "B238") in set(zip(frame["code"], frame["cell"], strict=True))
    report.write(tmp_path / "r.json")
    assert json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))["total_findings"] == len(found)


def test_a_load_is_seen_at_once(graph: mg.Store) -> None:
    """The store answers from the snapshot that the load made; the same again changes nothing."""
    before = graph.snapshot
    again = graph.load(registry(), mapping="template", source="demo-registry", date=DAY)
    assert again.result is not None
    assert again.result.unchanged
    assert graph.snapshot == before == again.result.snapshot
    assert [event.source for event in graph.history()] == ["frameworks", "demo-registry"]


def test_questions_give_answers_with_coverage(graph: mg.Store) -> None:
    """By name with parameters, and as SPARQL."""
    answer = graph.ask("credentials-by-level", country="IE")
    assert answer.coverage is not None
    assert answer.snapshot == graph.snapshot
    assert answer.to_dataframe()["credentials"].sum() == answer.coverage.total
    counted = graph.ask("SELECT (COUNT(*) AS ?n) WHERE { ?s a <https://w3id.org/mcgraph/ontology#StackingRule> }")
    assert int(counted.rows[0][0] or 0) > 0


def test_routes_are_proven_and_drawn(graph: mg.Store, tmp_path: Path) -> None:
    """The route of the demo, within a budget and without one that could hold it."""
    routes = graph.pathways(["IRL-001", "IRL-002"], "FIN-007", date=DAY)
    best = routes.cheapest(prove=True)
    assert best.proven
    assert best.cost.new == routes.plans[0].cost.new == 2
    for name in ("route.svg", "route.dot"):
        routes.draw(tmp_path / name)
        assert (tmp_path / name).stat().st_size > 500
    assert str(routes).startswith(f"{len(routes.plans)} routes from Data literacy")
    tight = graph.pathways(["IRL-001", "IRL-002"], "FIN-007", budget=mg.Budget(credits=1), date=DAY)
    with pytest.raises(WrongUse, match="no plan"):
        tight.cheapest()


def test_a_what_if_touches_nothing(graph: mg.Store) -> None:
    """Without the agreement with Finland only the way that takes its credential itself is left; nothing is stored."""
    before = graph.snapshot
    with graph.whatif(DAY) as change:
        change.expire("REC-001")
        difference = change.compare(held=["IRL-001", "IRL-002"], to="FIN-007")
    assert difference.learner is not None
    now, then = difference.learner
    steps = [{step.credential.rsplit("/", 1)[-1] for step in answer.plans[0].steps} for answer in (now, then)]
    assert "IRL-007" in steps[0] - steps[1]
    assert {effect.what for effect in difference.effects} <= {"opens", "closes", "shorter", "longer"}
    assert graph.snapshot == before


def test_recognition_is_asked_as_of_a_day(graph: mg.Store) -> None:
    """The register has every statement whatever the day; what is granted depends on it."""
    now, long_ago = graph.recognition(DAY), graph.recognition("1999-01-01")
    assert len(now) == len(long_ago) > 50
    assert now.granting.height > long_ago.granting.height == 0


@pytest.mark.parametrize("day", ["2026-13-01", "tomorrow"])
def test_a_wrong_day_is_refused(graph: mg.Store, day: str) -> None:
    """With a sentence, before anything is read."""
    with pytest.raises(WrongUse, match="not a date"):
        graph.pathways(["IRL-001"], "FIN-007", date=day)
