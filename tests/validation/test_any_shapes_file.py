"""Any SHACL file is a profile: what is not compiled goes to pySHACL and is named; what is broken is refused."""

from __future__ import annotations

import datetime
from pathlib import Path

import polars as pl
import pytest

from mcgraph.errors import RuleBroken
from mcgraph.model.batch import Batch, TripleColumn
from mcgraph.model.namespaces import MC, RDF_TYPE
from mcgraph.validation import Report, validate

HEAD = f"""@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix mc: <{MC}> . @prefix ex: <http://example.org/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
TARGET = "ex:S a sh:NodeShape ; sh:targetClass mc:Credential ; "


def batch(*titles: str) -> Batch:
    """Credentials with these titles."""
    subjects = [f"http://example.org/c{i}" for i in range(len(titles))]
    rows = pl.Series(range(2, len(titles) + 2), dtype=pl.UInt32)
    typed = pl.DataFrame({"s": subjects, "o": [MC + "Credential"] * len(titles), "row": rows})
    named = pl.DataFrame({"s": subjects, "o": list(titles), "row": rows})
    return Batch("t", "", (), (TripleColumn(RDF_TYPE, "iri", typed), TripleColumn(MC + "title", "literal", named)))


def check(folder: Path, shapes: str, *titles: str) -> Report:
    """The report of a shapes file of one's own."""
    file = folder / "own.ttl"
    file.write_text(HEAD + shapes, encoding="utf-8")
    return validate(batch(*titles), profile=str(file), date=datetime.date(2026, 11, 24))


def test_a_foreign_shape_without_code_still_speaks(tmp_path: Path) -> None:
    """Shapes of others have no code and no texts of ours."""
    target = "ex:S a sh:NodeShape ; sh:targetClass mc:Credential ; sh:property ex:P . "
    shapes = target + "ex:P sh:path mc:title ; sh:minLength 3 ."
    report = check(tmp_path, shapes, "ab", "abc")
    assert [(f.code, f.found) for f in report.findings] == [("http://example.org/P", "ab")]
    assert report.findings[0].message and report.findings[0].expected == "at least 3 characters"


def test_what_is_not_compiled_is_run_by_pyshacl_and_named(tmp_path: Path) -> None:
    """Nobody should have to guess which engine said what."""
    shapes = '''ex:S a sh:NodeShape ; sh:targetClass mc:Credential ; sh:sparql [ sh:message "Shouting" ;
        sh:select """SELECT $this ?value WHERE { $this <https://w3id.org/mcgraph/ontology#title> ?value .
        FILTER(STR(?value) = UCASE(STR(?value))) } LIMIT 9""" ] .'''
    report = check(tmp_path, shapes, "LOUD", "quiet")
    assert [f.found for f in report.findings] == ["LOUD"]
    assert report.to_json()["engine"]["fallback"] == ["http://example.org/S"]


def test_sparql_constraints_are_compiled(tmp_path: Path) -> None:
    """One query over all records; the value has its row."""
    shapes = '''ex:S a sh:NodeShape ; sh:targetClass mc:Credential ; sh:property [ sh:path mc:title ; sh:sparql [
        sh:select """SELECT $this ?value WHERE { $this $PATH ?value . FILTER(STR(?value) = UCASE(STR(?value))) }"""
        ] ] .'''
    report = check(tmp_path, shapes, "quiet", "LOUD")
    assert [f.found for f in report.findings] == ["LOUD"]
    assert report.to_json()["engine"]["fallback"] == []
    assert report.findings.frame.get_column("row").to_list() == [3]
    assert "_:" not in str(report.to_json())


def test_a_shapes_file_that_was_changed_is_read_again(tmp_path: Path) -> None:
    """In a notebook the same file is checked again and again while its shapes are written."""
    shapes = TARGET + "sh:property [ sh:path mc:title ; sh:minLength 3 ] ."
    assert len(check(tmp_path, shapes, "ab").findings) == 1
    assert len(check(tmp_path, shapes.replace("3", "2"), "ab").findings) == 0


def test_anonymous_shapes_have_the_same_code_each_time(tmp_path: Path) -> None:
    """Blank nodes have no names that could be cited or compared with the last report."""
    shapes = "ex:S a sh:NodeShape ; sh:targetClass mc:Credential ; sh:property [ sh:path mc:title ; sh:minLength 3 ] ."
    first, second = (check(folder, shapes, "a").to_json() for folder in (tmp_path, _other(tmp_path)))
    assert first["findings"][0]["code"] == "http://example.org/S · mc:title"
    assert str(first) == str(second)


def _other(folder: Path) -> Path:
    (folder / "other").mkdir()
    return folder / "other"


@pytest.mark.parametrize(
    "shapes",
    [
        "ex:S a sh:NodeShape ; sh:targetClass mc:Credential ; sh:property [ sh:path mc:title ; sh:pattern '(?=a)' ] .",
        "ex:S a sh:NodeShape ; sh:targetClass mc:Credential ; sh:sparql [ sh:select 'SELECT $this { $this' ] .",
        "ex:S a sh:NodeShape ; sh:targetClass mc:Credential ; sh:sparql [ sh:select 'SELECT $this WHERE "
        "{ $this ?p ?o SERV\\u0049CE <http://127.0.0.1:9/> { ?s ?q $this } }' ] .",
        "ex:S a sh:NodeShape ; sh:targetClass mc:Credential ; sh:node ex:S .",
        "ex:S a sh:NodeShape ; sh:targetClass mc:Credential ; sh:property ex:T . ex:T a sh:NodeShape .",
        "this is not Turtle",
    ],
)
def test_a_broken_shape_is_refused_never_passed(tmp_path: Path, shapes: str) -> None:
    """A pattern no linear engine can run, a shape within itself, a property without path, no RDF at all."""
    with pytest.raises(RuleBroken) as refused:
        check(tmp_path, shapes, "a")
    assert refused.value.exit_code == 5


def test_a_catastrophic_pattern_ends(tmp_path: Path) -> None:
    """Backtracking would take 2^40 steps here."""
    shapes = (
        "ex:S a sh:NodeShape ; sh:targetClass mc:Credential ; sh:property [ sh:path mc:title ; sh:pattern '^(a+)+$' ] ."
    )
    assert len(check(tmp_path, shapes, "a" * 40 + "!").findings) == 1


def test_a_file_that_targets_nothing_is_exit_code_5(tmp_path: Path) -> None:
    """A wrong class IRI must not look like a clean bill of health."""
    report = check(tmp_path, "ex:S a sh:NodeShape ; sh:targetClass ex:Nothing ; sh:closed true .", "a")
    assert (report.exit_code("error"), report.conforms) == (5, False)


def test_the_data_is_written_once_for_all_that_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three shapes that are not compiled: pySHACL gets one graph, and says of each what it says of it alone."""
    query = "SELECT $this ?value WHERE {{ $this mc:title ?value . FILTER(STRLEN(STR(?value)) < {}) }} LIMIT 9"
    prefixes = f'ex:P sh:declare [ sh:prefix "mc" ; sh:namespace "{MC}"^^xsd:anyURI ] . '
    shapes = [
        f"ex:S{n} a sh:NodeShape ; sh:targetClass mc:Credential ; "
        f'sh:sparql [ sh:prefixes ex:P ; sh:select "{query.format(n)}" ] . '
        for n in (3, 5, 7)
    ]
    titles = ("ab", "abcd", "abcdef", "abcdefgh")
    alone = [check(tmp_path, prefixes + shape, *titles) for shape in shapes]
    assert [len(report.findings) for report in alone] == [1, 2, 3]
    written, write = [], Batch.write_ntriples
    monkeypatch.setattr(Batch, "write_ntriples", lambda self, out: written.append(out) or write(self, out))
    together = check(tmp_path, prefixes + "".join(shapes), *titles)
    assert len(written) == 1 and len(together.run.fallback) == 3
    key = ["focus", "path", "v", "shape"]
    expected = pl.concat([report.results.select(key) for report in alone])
    assert sorted(together.results.select(key).rows()) == sorted(expected.rows())
