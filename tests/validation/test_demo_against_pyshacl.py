"""The compiled engine and pySHACL say the same of the demo registry, result by result."""

from __future__ import annotations

import io
from collections import Counter

import pytest

from mcgraph.model import bundled
from mcgraph.model.namespaces import MC, SH
from mcgraph.submissions.reading import read_batch
from mcgraph.validation import catalogue
from tests.validation.checking import Result, compiled_results, expected_results

PROFILES = ("annex1-catalogue",)


def triples_of_batch() -> bytes:
    batch = read_batch([bundled.path("data", "demo", "registry.xlsx")], "template", "demo")
    out = io.BytesIO()
    batch.write_ntriples(out)
    return out.getvalue()


@pytest.mark.parametrize("name", PROFILES)
def test_both_engines_find_the_same(name: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Focus node, path, component, value and severity: the same multiset."""
    import pyshacl
    import rdflib

    from mcgraph.validation.parse import Statements, read_triples

    rdflib.NORMALIZE_LITERALS = False
    folder = tmp_path_factory.mktemp("shacl")
    (folder / "data.nt").write_bytes(b"\n".join(sorted(set(triples_of_batch().splitlines()))) + b"\n")
    chosen = catalogue.profile(name)
    data, shapes = rdflib.Graph(), rdflib.Graph()
    data.parse(folder / "data.nt", format="nt")
    # rdflib has no subclass of Credential in the data: both engines are told the same.
    data.add((rdflib.URIRef(f"{MC}Qualification"), rdflib.RDFS.subClassOf, rdflib.URIRef(f"{MC}Credential")))
    for part in (name, "submission", "record-core", "stacking-recognition"):
        shapes.parse(bundled.path("shapes", f"{part}.ttl"), format="turtle")
    _, found, _ = pyshacl.validate(data, shacl_graph=shapes, allow_infos=True, allow_warnings=True)
    found.serialize(folder / "report.nt", format="nt", encoding="utf-8")
    said = Statements(read_triples(folder / "report.nt"))
    (report,) = [s for s in said.subjects() if said.values(s, SH + "conforms")]
    expected: Counter[Result] = expected_results(said, report)
    data.serialize(folder / "all.nt", format="nt", encoding="utf-8")
    ours = compiled_results(read_triples(folder / "all.nt"), chosen.shapes)
    assert sum(expected.values()) > 300
    assert ours - expected == Counter()
    assert expected - ours == Counter()
