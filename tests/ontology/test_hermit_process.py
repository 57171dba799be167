"""The reasoner runs apart, ends at its deadline, and loads nothing that a file names."""

from __future__ import annotations

import time

import pyoxigraph as ox
import pytest

from mcgraph.errors import LimitReached, RuleBroken
from mcgraph.reasoning import hermit

_OWLREADY = "http://www.lesfleursdunormal.fr/static/_downloads/owlready_ontology.owl#"


def _triple(predicate: str, value: str) -> ox.Triple:
    return ox.Triple(ox.NamedNode("https://example.org/o"), ox.NamedNode(predicate), ox.Literal(value))


def test_code_and_imports_never_reach_the_reasoner() -> None:
    """owlready2 would import the Python module, or fetch the ontology, that a triple names."""
    hostile = [
        _triple(_OWLREADY + "python_module", "evil"),
        _triple(_OWLREADY + "python_name", "evil"),
        _triple("http://www.w3.org/2002/07/owl#imports", "http://example.org/"),
    ]
    kept = _triple("http://www.w3.org/2000/01/rdf-schema#label", "python_module")
    assert list(hermit.cleaned([*hostile, kept])) == [f"{kept} .\n"]
    assert not any("owl#imports" in line for line in hermit.cleaned(hermit.ontology_triples()))


def test_the_deadline_is_kept() -> None:
    """A reasoner that does not end is stopped, with its Java, and the limit is named."""
    if hermit.why_unavailable():
        pytest.skip(f"HermiT cannot run here: {hermit.why_unavailable()}")
    start = time.monotonic()
    with pytest.raises(LimitReached, match="stopped after"):
        hermit.reason(deadline=0.05)
    assert time.monotonic() - start < 20


def test_without_java_nothing_is_claimed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not checked is said, never passed over."""
    monkeypatch.setattr(hermit.shutil, "which", lambda name: None)
    assert "Java" in hermit.why_unavailable() or "owlready2" in hermit.why_unavailable()
    with pytest.raises(RuleBroken, match="did not run"):
        hermit.reason()
