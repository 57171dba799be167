"""RDF in our own vocabulary: a concept that its code list does not have is found, under the code that tables have."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from mcgraph.sources.rdf import read_rdf
from mcgraph.submissions.reading import read_batch
from mcgraph.validation import Report, validate

DAY = datetime.date(2026, 11, 24)
HEAD = """@prefix mc: <https://w3id.org/mcgraph/ontology#> . @prefix form: <https://w3id.org/mcgraph/vocab/form#> .
@prefix country: <http://publications.europa.eu/resource/authority/country/> . @prefix ex: <http://e/> .
"""


def check(folder: Path, said: str, profile: str = "submission") -> Report:
    """The report of one credential of which `said` is said."""
    (folder / "d.ttl").write_text(f"{HEAD}ex:c a mc:Credential ; mc:title 'T' ; {said} .")
    return validate(read_rdf([folder / "d.ttl"], "t"), profile=profile, date=DAY)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("mc:form form:parchment", "CRD-FORM-001"),
        ("mc:form ex:own", "CRD-FORM-001"),
        ("mc:country country:ATLANTIS", "CRD-COUNTRY-001"),
        ("mc:isced <http://data.europa.eu/snb/isced-f/9999>", None),
    ],
)
def test_a_concept_outside_its_list(tmp_path: Path, said: str, code: str | None) -> None:
    """Whatever its namespace; a property that no shape of ours looks at stays free."""
    told = [finding for finding in check(tmp_path, said).findings if finding.code == code]
    assert [(f.path, bool(f.expected)) for f in told] == ([(said.split()[0], True)] if code else [])


def test_a_concept_of_the_list_passes(tmp_path: Path) -> None:
    """The check is no refusal of concepts as such."""
    report = check(tmp_path, "mc:form form:digital-badge ; mc:country country:IRL")
    assert not {"CRD-FORM-001", "CRD-COUNTRY-001"} & {finding.code for finding in report.findings}


def test_a_word_in_rdf_and_in_a_table_have_the_same_code(tmp_path: Path) -> None:
    """One rule, whichever way a record comes."""
    (tmp_path / "credentials.csv").write_text("credential_id,title,form\nMC-1,T,parchment\n")
    table = validate(read_batch([tmp_path / "credentials.csv"], "template", "t"), profile="submission", date=DAY)
    for said in ("mc:form 'parchment'", "mc:form form:parchment"):
        rdf = check(tmp_path, said)
        assert "CRD-FORM-001" in {f.code for f in table.findings} & {f.code for f in rdf.findings}
        assert len(rdf.findings.only("CRD-FORM-001")) == 1


def test_shapes_of_somebody_else_are_taken_at_their_word(tmp_path: Path) -> None:
    """They know nothing of our lists."""
    (tmp_path / "any.ttl").write_text(
        "@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix mc: <https://w3id.org/mcgraph/ontology#> . "
        "<http://e/S> a sh:NodeShape ; sh:targetClass mc:Credential ; "
        "sh:property [ sh:path mc:form ; sh:nodeKind sh:IRI ] ."
    )
    assert check(tmp_path, "mc:form form:parchment", str(tmp_path / "any.ttl")).conforms
