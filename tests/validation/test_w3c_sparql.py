"""The W3C SHACL test suite, SPARQL part: constraints on the whole graph at once, components by pySHACL."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from mcgraph.errors import RuleBroken
from mcgraph.model.batch import Batch
from mcgraph.model.namespaces import SH
from mcgraph.validation import fallback
from mcgraph.validation.catalogue import Profile, Words
from mcgraph.validation.data import DataGraph, columns_from
from mcgraph.validation.engine import Engine
from mcgraph.validation.ir import Term
from mcgraph.validation.parse import Statements, Triple, parse_shapes
from tests.validation.checking import Result, expected_results, text_of
from tests.validation.test_w3c_core import MF, SHT, cases_of, path_in

# What fails, by name, and why.
DEVIATIONS = {"shapesGraph-001": "the query reads the shapes graph, which neither engine offers"}


def found_results(data: list[Triple], triples: list[Triple]) -> tuple[Counter[Result], int]:
    """What the engine finds, and how many shapes went to pySHACL."""
    shapes = parse_shapes(triples)
    chosen = Profile("w3c", Words(), "", "", "", (), frozenset(), (), {}, shapes, tuple(triples))
    columns = columns_from(data)
    graph = DataGraph(columns)
    engine = Engine(graph, shapes)
    found: Counter[Result] = Counter()
    outside = 0
    for shape in shapes.targeted:
        if shape.deactivated:
            continue
        if fallback.needed(shape, shapes):
            outside += 1
            frame = fallback.Peer(Batch("t", "", (), columns), chosen).results(engine, shape)
        else:
            frame = engine.results(shape, engine.focus_nodes(shape))
        for row in frame.iter_rows(named=True):
            found[_result(row, graph)] += 1
    return found, outside


def _result(row: dict[str, Any], graph: DataGraph) -> Result:
    focus = text_of(Term(row["focus"], *graph.types[row["focus_t"]]))
    value = "" if row["v"] is None else text_of(Term(row["v"], *graph.types[row["t"]]))
    component = row["component"] if ":" in row["component"] else f"{SH}{row['component']}ConstraintComponent"
    return (focus, row["path"], component, value, row["severity"])


def run(file: Path, name: str, triples: list[Triple]) -> tuple[Any, Any, int]:
    """(what the engine says, what the suite expects, shapes run by pySHACL)."""
    said = Statements(triples)
    action = said.values(name, MF + "action")[0].value
    data = path_in(said, said.values(action, SHT + "dataGraph")[0].value, file, triples)
    shapes = path_in(said, said.values(action, SHT + "shapesGraph")[0].value, file, triples)
    wanted = said.values(name, MF + "result")[0].value
    expected: Any = "Failure" if wanted == SHT + "Failure" else expected_results(said, wanted)
    try:
        found, outside = found_results(data, shapes)
    except RuleBroken as refused:
        return ("Failure" if expected == "Failure" else f"Failure: {refused}"), expected, 0
    return found, expected, outside


def test_the_sparql_cases_of_the_suite_pass(shacl_suite: Path) -> None:
    """All but the deviations named above."""
    files = sorted(p for p in (shacl_suite / "sparql").rglob("*.ttl") if p.name != "manifest.ttl")
    cases = [case for file in files for case in cases_of(file)]
    failed = {}
    for file, name, triples in cases:
        found, expected, _ = run(file, name, triples)
        if found != expected:
            failed[file.stem] = (found, expected)
    assert len(cases) == 23
    assert set(failed) == set(DEVIATIONS), failed
