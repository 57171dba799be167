"""The W3C SHACL test suite, core part: every case, on the compiled engine."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from mcgraph.errors import RuleBroken
from mcgraph.model.namespaces import RDF_TYPE
from mcgraph.validation.parse import Statements, Triple, parse_shapes, read_triples
from tests.validation.checking import Result, compiled_results, expected_results

MF = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
SHT = "http://www.w3.org/ns/shacl-test#"
EXPECTED_CASES = 98


def cases_of(file: Path) -> list[tuple[Path, str, list[Triple]]]:
    """The test cases of one file: file, IRI and triples."""
    triples = read_triples(file)
    names = [s.value for s, p, o in triples if p == RDF_TYPE and o.value == SHT + "Validate"]
    return [(file, name, triples) for name in names]


def path_in(said: Statements, iri: str, own: Path, triples: list[Triple]) -> list[Triple]:
    """The graph that a case names: its own file or another beside it."""
    from urllib.parse import unquote, urlparse

    file = Path(unquote(urlparse(iri).path))
    return triples if file.resolve() == own.resolve() else read_triples(file)


def run(file: Path, name: str, triples: list[Triple]) -> tuple[Counter[Result] | str, Counter[Result] | str]:
    """(what the engine says, what the suite expects); a refusal reads `Failure`."""
    said = Statements(triples)
    action = said.values(name, MF + "action")[0].value
    data = path_in(said, said.values(action, SHT + "dataGraph")[0].value, file, triples)
    shapes = path_in(said, said.values(action, SHT + "shapesGraph")[0].value, file, triples)
    wanted = said.values(name, MF + "result")[0].value
    expected = "Failure" if wanted == SHT + "Failure" else expected_results(said, wanted)
    try:
        return compiled_results(data, parse_shapes(shapes)), expected
    except RuleBroken as refused:
        return ("Failure" if expected == "Failure" else f"Failure: {refused}"), expected


def test_every_core_case_of_the_suite_passes(shacl_suite: Path) -> None:
    """What the W3C working group agreed on, to the last result."""
    files = sorted(p for p in (shacl_suite / "core").rglob("*.ttl") if p.name != "manifest.ttl")
    cases = [case for file in files for case in cases_of(file)]
    failed = []
    for file, name, triples in cases:
        found, expected = run(file, name, triples)
        if found != expected:
            failed.append((file.relative_to(shacl_suite).as_posix(), found, expected))
    assert len(cases) == EXPECTED_CASES
    assert not failed, f"{len(failed)} of {len(cases)}: " + "\n".join(map(str, failed))
