"""A finding stands where its owner can look: file, sheet, row, column."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

import jsonschema
import pytest

from mcgraph.limits import Limits
from mcgraph.model.batch import Batch
from mcgraph.sources import read_submission
from mcgraph.validation import Report, validate

DAY = datetime.date(2026, 11, 24)
ORGANISATIONS = "organisation_id,name,country\nORG-1,Example Academy,IE\nORG-2,École d'exemple,FR\n"
HEAD = "credential_id,title,awarding_body,credit_points,eqf_level,form,valid_from,stacks_into\n"


@pytest.fixture
def read(tmp_path: Path):  # type: ignore[no-untyped-def]
    """Write credentials as CSV and read them with the template's mapping."""

    def read(*rows: str) -> Batch:
        (tmp_path / "credentials.csv").write_text(HEAD + "".join(f"{row}\n" for row in rows), encoding="utf-8")
        (tmp_path / "organisations.csv").write_text(ORGANISATIONS, encoding="utf-8")
        files = [tmp_path / "credentials.csv", tmp_path / "organisations.csv"]
        return read_submission(files, "template", "test", limits=Limits())

    return read


def check(batch: Batch, profile: str = "submission", **options: object) -> Report:
    """The report of a batch on the day of these tests."""
    return validate(batch, profile=profile, date=DAY, **options)  # type: ignore[arg-type]


def places(report: Report) -> list[tuple[str, str]]:
    """Code and cell of each finding, in order."""
    return [(finding.code, finding.where.cell) for finding in report.findings]


GOOD = "MC-1,Data ethics,ORG-1,2.5,6,nanodegree,2026-01-31,"


def test_a_clean_table_has_nothing_to_fix(read) -> None:  # type: ignore[no-untyped-def]
    """Silence means that something was looked at and found right."""
    report = check(read(GOOD))
    assert places(report) == []
    assert report.conforms
    assert report.exit_code("error") == 0
    assert report.checked["Credential"] == 1


def test_what_is_missing_is_told_where_it_should_stand(read) -> None:  # type: ignore[no-untyped-def]
    """An empty cell has no value that could carry a place."""
    assert places(check(read(GOOD, "MC-2,,ORG-1,2.5,6,nanodegree,2026-01-31,"))) == [("CRD-TITLE-001", "B3")]


def test_an_empty_column_is_told_in_that_column(read) -> None:  # type: ignore[no-untyped-def]
    """Not one value in the whole column, and still the column is known."""
    assert places(check(read("MC-2,,ORG-1,2.5,6,nanodegree,2026-01-31,"))) == [("CRD-TITLE-001", "B2")]


def test_wrong_values_are_told_in_their_cells_in_order(read) -> None:  # type: ignore[no-untyped-def]
    """One finding per cell, by row and column."""
    report = check(read("MC-1,A,ORG-1,many,9,nanodegre,31/31/2026,", "MC-2,B,Exampel Academy,2,6,nanodegree,,"))
    assert places(report) == [
        ("CRD-WORKLOAD-002", "D2"),
        ("CRD-LEVEL-003", "E2"),
        ("CRD-FORM-001", "F2"),
        ("CRD-DATE-001", "G2"),
        ("CRD-BODY-001", "C3"),
    ]


def test_a_slip_of_the_pen_gets_a_suggestion(read) -> None:  # type: ignore[no-untyped-def]
    """«Did you mean» comes from the code list or from the names in the submission."""
    report = check(read("MC-1,A,Exampel Academy,2,6,nanodegre,,"))
    assert {f.code: f.suggestion for f in report.findings} == {
        "CRD-BODY-001": "Example Academy",
        "CRD-FORM-001": "nanodegree",
    }
    assert not any(finding.safe for finding in report.findings)


def test_a_circle_is_told_once_with_its_shortest_way(read) -> None:  # type: ignore[no-untyped-def]
    """Nobody can see a circle from one row."""
    rows = [f"MC-{i},T{i},ORG-1,2,6,nanodegree,,MC-{i % 3 + 1}" for i in (1, 2, 3)]
    found = [f for f in check(read(*rows)).findings if f.code == "RULE-CYCLE-001"]
    assert [f.found for f in found] == ["MC-1 → MC-2 → MC-3 → MC-1"]
    assert found[0].where.cell == "H2"


def test_two_rows_that_contradict_each_other_are_told(read) -> None:  # type: ignore[no-untyped-def]
    """RULE-DUP-001: one identifier, two titles."""
    report = check(read(GOOD, "MC-1,Data aesthetics,ORG-1,2.5,6,nanodegree,2026-01-31,"))
    assert [f.code for f in report.findings if f.code.startswith("RULE")] == ["RULE-DUP-001"]


def test_rejected_are_the_records_with_an_error(read) -> None:  # type: ignore[no-untyped-def]
    """A warning lets a record in."""
    report = check(read(GOOD, "MC-2,,ORG-1,2,6,nanodegree,,"))
    assert [iri.rpartition("/")[2] for iri in report.rejected] == ["MC-2"]
    assert (report.read, report.accepted) == (4, 3)
    assert (report.exit_code("error"), report.exit_code("never")) == (1, 0)


def test_without_the_main_kind_of_record_it_never_conforms(tmp_path: Path) -> None:
    """Zero credentials are not zero mistakes."""
    (tmp_path / "organisations.csv").write_text(ORGANISATIONS, encoding="utf-8")
    report = check(read_submission([tmp_path / "organisations.csv"], "template", "test", limits=Limits()))
    assert [f.code for f in report.findings] == ["SYS-NOTARGET"]
    assert not report.conforms


def test_nothing_checked_is_exit_code_5() -> None:
    """An empty batch is not a pass."""
    report = check(Batch("test", "template", (), ()))
    assert report.exit_code("never") == 5
    assert not report.conforms


def test_the_json_keeps_its_schema_and_its_bytes(read, root: Path) -> None:  # type: ignore[no-untyped-def]
    """Scripts rely on the form; reviewers rely on the same bytes for the same input."""
    rows = ("MC-1,,ORG-9,many,9,x,,MC-7", GOOD.replace("MC-1", "MC-2"))
    first, again = check(read(*rows)).to_json(), check(read(*rows)).to_json()
    assert json.dumps(first) == json.dumps(again)
    contract = root / "docs" / "contract"
    finding = json.loads((contract / "finding.schema.json").read_text(encoding="utf-8"))
    schema = json.loads((contract / "validate.schema.json").read_text(encoding="utf-8"))
    schema["properties"]["findings"]["items"] = {k: v for k, v in finding.items() if k not in ("$id", "$schema")}
    jsonschema.validate(first, schema)
    assert first["total_findings"] == len(first["findings"]) > 3


def test_the_texts_follow_the_language(read) -> None:  # type: ignore[no-untyped-def]
    """French readers get French, from the first line to the last."""
    report = check(read("MC-1,,ORG-1,2,6,nanodegree,,"), lang="fr")
    assert report.findings[0].message == "Le titre manque"
    assert "1 erreur" in report.to_text()


def test_hostile_text_cannot_steer_the_terminal(read) -> None:  # type: ignore[no-untyped-def]
    """Escape sequences of a cell are shown as blanks."""
    text = check(read("MC-1,A,\x1b[31mred,2,6,nanodegree,,")).to_text()
    assert "\x1b" not in text


class Store:
    """A store that knows one record and one source."""

    snapshot = "s1"

    def __init__(self, *known: str, sources: tuple[str, ...] = ()) -> None:
        self.known, self.sources = known, sources

    def rows(self, sparql: str) -> list[tuple[str | None, ...]]:
        """Answer the few questions that validation asks."""
        if "VALUES" in sparql:
            return [(iri, "https://w3id.org/mcgraph/ontology#Credential") for iri in self.known if f"<{iri}>" in sparql]
        if "GRAPH" in sparql:
            return [("x",)] if any(f"source/{name}>" in sparql for name in self.sources) else []
        return []


def test_a_reference_is_judged_in_the_context_of_the_store(read) -> None:  # type: ignore[no-untyped-def]
    """Known there: right. Unknown source: cannot be decided. Known source without it: wrong."""
    elsewhere = "https://w3id.org/mcgraph/id/other/credential/X"
    batch = read(f"MC-1,A,ORG-1,2,6,nanodegree,,{elsewhere}")

    def codes(context: Store | None) -> list[tuple[str, str]]:
        return [(f.code, f.verdict) for f in check(batch, context=context).findings if f.code.startswith("REF")]

    assert codes(None) == [("REF-003", "unverifiable")]
    assert codes(Store(elsewhere)) == []
    assert codes(Store(sources=("other",))) == [("REF-001", "violation")]


@pytest.mark.parametrize("value", ["Atlantis", "XX", "ZZZ", "?", "-", "12"])
def test_no_suggestion_is_better_than_a_wrong_one(value: str) -> None:
    """Nothing in the list is like it; «XX» is like every code of two letters, and Kosovo was proposed for it."""
    from mcgraph.validation import catalogue
    from mcgraph.validation.suggest import suggest

    assert suggest(value, catalogue.rules()["CRD-COUNTRY-001"], None) == ("", False)


@pytest.mark.parametrize(("value", "meant"), [("Irland", "IRL"), ("ie", "IRL"), ("Germny", "DEU")])
def test_what_is_nearly_a_country_is_suggested(value: str, meant: str) -> None:
    """A slip of the pen still finds its country."""
    from mcgraph.validation import catalogue
    from mcgraph.validation.suggest import suggest

    assert suggest(value, catalogue.rules()["CRD-COUNTRY-001"], None)[0] == meant


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("open.ac.uk", "https://open.ac.uk"), ("www.open.ac.uk/x", "https://www.open.ac.uk/x"),
        ("wwww.example.org", "https://www.example.org"), ("ww.example.org", "https://www.example.org"),
        ("wwf.org", "https://wwf.org"), ("info@example.org", ""), ("somewhere", ""),
    ],
)  # fmt: skip
def test_a_host_without_its_protocol_is_suggested_as_an_address(value: str, expected: str) -> None:
    """Never safe: nobody has looked whether the page is there."""
    from mcgraph.validation import catalogue
    from mcgraph.validation.suggest import suggest

    shapes = catalogue.profile("registry").shapes.shapes.values()
    shape = next(one for one in shapes if one.code == "ORG-URL-001")
    assert suggest(value, catalogue.rules()["ORG-URL-001"], shape) == (expected, False)
