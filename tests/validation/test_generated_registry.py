"""The generated registry of the measurements: what is planted is found in its cell, and pySHACL says the same."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.generate import DEFECTS, generate
from mcgraph.model.batch import Batch
from mcgraph.submissions.reading import read_batch
from mcgraph.validation import catalogue, validate
from mcgraph.validation.ir import Term
from mcgraph.validation.parse import Triple, term_of
from mcgraph.validation.run import superclasses
from tests.benchmarks.test_generate import CODES
from tests.validation.checking import compiled_results
from tests.validation.test_against_pyshacl import reference_results

RECORDS, SHARE = 300, 0.1
PROFILE = "annex1-catalogue"
SUBCLASS = "http://www.w3.org/2000/01/rdf-schema#subClassOf"


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Batch]:
    """300 credentials, every tenth with a defect: each of the 18 kinds at least once."""
    folder = tmp_path_factory.mktemp("generated") / "in"
    generate(folder, RECORDS, SHARE, ntriples=True)
    return folder, read_batch(
        [folder / name for name in sorted(p.name for p in folder.glob("*.csv"))], "template", "bench"
    )


def planted_cells() -> Iterator[tuple[int, str, str]]:
    """(row as the spreadsheet shows it, column, code) of every planted defect."""
    every = round(1 / SHARE)
    for at in range(every - 1, RECORDS, every):
        name, column, _ = DEFECTS[at // every % len(DEFECTS)]
        yield at + 2, column, CODES[name]


def test_each_planted_defect_is_found_in_its_cell(registry: tuple[Path, Batch]) -> None:
    """Row and column, not only the record; and none of their codes anywhere else."""
    report = validate(registry[1], profile=PROFILE, date=datetime.date(2026, 11, 1))
    of_credentials = [f for f in report.findings if f.where.file == "credentials.csv"]
    found = {(f.where.row, f.where.column, f.code) for f in of_credentials}
    wanted = set(planted_cells())
    assert {code for _, _, code in wanted} == set(CODES.values())
    assert {spot for spot in found if spot[2] in CODES.values()} == wanted


def test_pyshacl_finds_the_same_in_the_registry(registry: tuple[Path, Batch]) -> None:
    """The multiset of (focus node, path, component, value, severity), on the N-Triples that a peer would get."""
    import pyoxigraph as ox

    quads = ox.parse(path=str(registry[0] / "registry.nt"), format=ox.RdfFormat.N_TRIPLES)
    data: list[Triple] = [(term_of(q.subject), q.predicate.value, term_of(q.object)) for q in quads]
    data += [(Term(low), SUBCLASS, Term(up)) for low, ups in superclasses().items() for up in sorted(ups)]
    chosen = catalogue.profile(PROFILE)
    found = compiled_results(data, chosen.shapes)
    assert sum(found.values()) > 20
    assert found == reference_results(data, list(chosen.triples))


def test_two_threads_find_what_one_finds(registry: tuple[Path, Batch], monkeypatch: pytest.MonkeyPatch) -> None:
    """The rules across records run beside the shapes of large registries: same findings, same order, same bytes."""
    day = datetime.date(2026, 11, 1)
    alone = validate(registry[1], profile="submission", date=day)
    monkeypatch.setattr("mcgraph.validation.run._MANY_TRIPLES", 1)
    together = validate(registry[1], profile="submission", date=day)
    assert len(alone.findings) > 20 and any(f.code.startswith("RULE-") for f in alone.findings)
    assert together.to_json() == alone.to_json()
    assert together.findings.frame.equals(alone.findings.frame)


def test_tables_and_triples_have_the_same_findings(registry: tuple[Path, Batch]) -> None:
    """But for the file that is no table: of that only the reader of tables has something to say."""
    day = datetime.date(2026, 11, 1)
    told = []
    for given in (registry[0], registry[0] / "registry.nt"):
        report = validate(read_batch([given], None, "bench"), profile="submission", date=day)
        told.append(sorted((f.code, f.record.iri, f.found) for f in report.findings))
    of_tables = [one for one in told[0] if one[0] != "FILE-TABLE-001"]
    assert len(told[0]) == len(of_tables) + 1
    assert of_tables == told[1]
