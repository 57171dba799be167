"""A nested failure is told at its leaf, once, with the number of records it affects."""

from __future__ import annotations

import datetime
from pathlib import Path

from mcgraph.limits import Limits
from mcgraph.sources import read_submission
from mcgraph.validation import Report, validate

SHAPES = """
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix mc: <https://w3id.org/mcgraph/ontology#> .
@prefix mcsh: <https://w3id.org/mcgraph/shapes#> .
@prefix ex: <http://example.org/> .
ex:Credential a sh:NodeShape ; sh:targetClass mc:Credential ; sh:property ex:body .
ex:body sh:path mc:awardedBy ; sh:node ex:Body .
ex:Body a sh:NodeShape ; sh:property ex:name , ex:country .
ex:name sh:path mc:legalName ; sh:minLength 3 ; sh:severity sh:Warning .
ex:country sh:path mc:country ; sh:node ex:Country .
ex:Country a sh:NodeShape ; sh:nodeKind sh:IRI .
"""


def report(folder: Path, shapes: str = SHAPES) -> Report:
    (folder / "s.ttl").write_text(shapes, encoding="utf-8")
    rows = "".join(f"MC-{i},T,ORG-{1 if i < 90 else 2}\n" for i in range(100))
    (folder / "credentials.csv").write_text("credential_id,title,awarding_body\n" + rows, encoding="utf-8")
    (folder / "organisations.csv").write_text(
        "organisation_id,name,country\nORG-1,ab,Nowhere\nORG-2,Good Body,IRL\n", encoding="utf-8"
    )
    files = [folder / "credentials.csv", folder / "organisations.csv"]
    batch = read_submission(files, "template", "t", limits=Limits())
    return validate(batch, profile=str(folder / "s.ttl"), date=datetime.date(2026, 11, 24))


def test_one_bad_body_is_one_thing_to_fix(tmp_path: Path) -> None:
    """90 credentials point to it: two findings at its cells, not 90 at theirs."""
    found = report(tmp_path)
    told = [(f.where.file, f.where.cell, f.affects) for f in found.findings if f.where.file == "organisations.csv"]
    assert told == [("organisations.csv", "B2", 90), ("organisations.csv", "C2", 90)]
    assert not [f for f in found.findings if f.component.endswith("#NodeConstraintComponent")]


def test_the_records_that_point_to_it_are_refused(tmp_path: Path) -> None:
    """What SHACL says of them still holds; the raw results have all of them."""
    found = report(tmp_path)
    assert {iri.rpartition("/")[2] for iri in found.rejected} >= {f"MC-{i}" for i in range(90)}
    assert "MC-95" not in {iri.rpartition("/")[2] for iri in found.rejected}
    assert found.results.filter(found.results["component"] == "Node").height >= 90


def test_what_the_shape_itself_found_is_not_told_twice(tmp_path: Path) -> None:
    """The inner shape has its own target: still one finding for one cell."""
    own = SHAPES.replace("ex:Body a sh:NodeShape ;", "ex:Body a sh:NodeShape ; sh:targetClass mc:Organisation ;")
    cells = [f.where.cell for f in report(tmp_path, own).findings if f.where.file == "organisations.csv"]
    assert cells == ["B2", "C2"]
