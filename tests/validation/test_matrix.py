"""Several profiles in one run: who passes what, and the smallest change, against a naive reading of the reports."""

from __future__ import annotations

import datetime
import itertools
import json
import random
from pathlib import Path

import jsonschema
import polars as pl
import pytest

from mcgraph.limits import Limits
from mcgraph.model import bundled
from mcgraph.model.batch import Batch
from mcgraph.report.matrix import to_csv, to_html, write_matrix
from mcgraph.sources import read_submission
from mcgraph.validation import validate
from mcgraph.validation.matrix import NEED_SCHEMA, Matrix, smallest_change, validate_profiles
from tests.validation.clean_submission import A, B, C, clean, new_zealand, write

DAY = datetime.date(2026, 11, 24)
PROFILES = ("annex1-catalogue", "deqar", "nzqa", "australia-nmf", "ctdl-minimum", "annex1-award", "registry-core")


def read(tables, folder: Path) -> Batch:  # type: ignore[no-untyped-def]
    """The submission by the template's mapping."""
    return read_submission(write(tables, folder), "template", "seeded", limits=Limits())


@pytest.fixture(scope="module")
def demo() -> tuple[Batch, Matrix]:
    batch = read_submission([bundled.path("data", "demo", "registry.xlsx")], "template", "demo", limits=Limits())
    return batch, validate_profiles(batch, PROFILES, date=DAY)


def test_the_clean_submission_passes_all_but_the_profile_of_another_credit_system(tmp_path: Path) -> None:
    """European credits are no New Zealand credits, and the smallest change says so."""
    matrix = validate_profiles(read(clean(), tmp_path), PROFILES, date=DAY)
    assert {one.name: (one.read, one.passed) for one in matrix.profiles} == {
        "annex1-catalogue": (3, 3), "deqar": (3, 3), "nzqa": (3, 0), "australia-nmf": (3, 3), "ctdl-minimum": (3, 3),
        "annex1-award": (1, 1), "registry": (3, 3),
    }  # fmt: skip
    (step,) = matrix.result("nzqa").steps
    assert (step.field, step.codes, step.passing) == ("Credentials.credit_system", ("NZQA-CREDIT-003",), 3)
    assert matrix.exit_code() == 1


def test_the_new_zealand_variant_passes_there_and_not_in_europe(tmp_path: Path) -> None:
    """The matrix tells the two apart the other way round."""
    matrix = validate_profiles(read(new_zealand(clean()), tmp_path), ("nzqa", "deqar"), date=DAY)
    assert [(one.name, one.passed) for one in matrix.profiles] == [("nzqa", 3), ("deqar", 0)]


def test_each_record_is_told_what_it_lacks_for_each_profile(tmp_path: Path) -> None:
    """One record without level and assessment; the others are untouched."""
    tables = clean()
    tables["credentials"][1] |= {"eqf_level": "", "assessment_type": ""}
    matrix = validate_profiles(read(tables, tmp_path), ("annex1-catalogue", "deqar", "ctdl-minimum"), date=DAY)
    verdicts = {row["id"]: [row[n] for n in ("annex1-catalogue", "deqar", "ctdl-minimum")] for row in
                matrix.records.iter_rows(named=True)}  # fmt: skip
    assert verdicts == {A: [True, True, True], B: [False, False, True], C: [True, True, True]}
    iris = matrix.records.get_column("iri")
    (missing,) = matrix.missing("deqar", iris).values()
    assert missing == [
        ("DEQAR-ASSESS-001", "Credentials.assessment_type"), ("DEQAR-LEVEL-001", "Credentials.eqf_level"),
    ]  # fmt: skip


def test_pass_and_fail_are_those_of_the_single_runs(demo: tuple[Batch, Matrix]) -> None:
    """A record passes when its own report has no error: read one finding at a time."""
    batch, matrix = demo
    credentials = set(batch.records.filter(pl.col("class").str.ends_with("#Credential")).get_column("iri"))
    for name in ("annex1-catalogue", "deqar", "nzqa"):
        report = validate(batch, profile=name, date=DAY)
        failing = {f.record.iri for f in report.findings if f.severity == "error"} & credentials
        marks = dict(matrix.records.select("iri", name).iter_rows())
        assert {iri for iri, passes in marks.items() if passes is False} == failing
        assert matrix.result(name).failed == len(failing)


def test_a_profile_about_other_records_says_nothing_of_these(demo: tuple[Batch, Matrix]) -> None:
    """No award is in the demo: the column is empty, never a pass, and does not hide the others' exit code."""
    _, matrix = demo
    award = matrix.result("annex1-award")
    assert (award.read, award.passed, award.exit_code, award.conforms) == (0, 0, 5, False)
    assert matrix.records.get_column("annex1-award").null_count() == matrix.records.height
    assert matrix.exit_code() == 1


def test_nothing_to_check_under_any_profile_is_exit_code_5(tmp_path: Path) -> None:
    """An empty matrix is no pass."""
    matrix = validate_profiles(Batch("s", "template", (), ()), ("deqar", "nzqa"), date=DAY)
    assert matrix.exit_code() == 5
    assert "no record of this kind" in matrix.to_text()


def lacking(*records: str) -> pl.DataFrame:
    """Records by the letters of the fields they lack: `"ab"` lacks a and b."""
    rows = [(str(n), f"CODE-{field}", field) for n, fields in enumerate(records) for field in fields]
    return pl.DataFrame(rows, schema=NEED_SCHEMA, orient="row")


def test_the_smallest_change_goes_by_what_makes_most_records_pass() -> None:
    """Field a alone frees three records, though b is lacking in more."""
    steps = smallest_change(lacking("a", "a", "a", "bc", "bc", "bc", "bc"), 10)
    assert [(s.field, s.concerned, s.gained, s.passing) for s in steps] == [
        ("a", 3, 3, 13), ("b", 4, 0, 13), ("c", 4, 4, 17),
    ]  # fmt: skip


def test_the_first_step_is_the_best_single_field_on_random_submissions() -> None:
    """Against brute force: no other field makes more records pass, and the steps add up to everybody."""
    chance = random.Random(7)
    for _ in range(200):
        records = ["".join(sorted(chance.sample("abcdef", chance.randint(1, 4)))) for _ in range(chance.randint(1, 30))]
        steps = smallest_change(lacking(*records), 0)
        best = max(sum(set(fields) <= {field} for fields in records) for field in "abcdef")
        assert steps[0].gained == best
        assert steps[-1].passing == len(records)
        for step, after in itertools.pairwise(steps):
            assert after.passing >= step.passing


def test_all_forms_tell_the_same_counts(demo: tuple[Batch, Matrix], tmp_path: Path) -> None:
    """Terminal, JSON, CSV and page are one result."""
    _, matrix = demo
    annex = matrix.result("annex1-catalogue")
    document = matrix.to_json()
    told = next(one for one in document["profiles"] if one["name"] == "annex1-catalogue")
    assert told["records"] == {"read": annex.read, "passed": annex.passed, "failed": annex.failed}
    assert f"{annex.passed}" in matrix.to_text()
    rows = to_csv(matrix).splitlines()
    assert len(rows) == matrix.records.height + 1
    assert sum(row.split(",")[2] == "fail" for row in rows[1:] if row.count('"') == 0) <= annex.failed
    page = to_html(matrix)
    assert "<script" not in page and annex.title in page
    for ending in (".html", ".json", ".csv", ".txt"):
        write_matrix(matrix, tmp_path / f"matrix{ending}")
        assert (tmp_path / f"matrix{ending}").stat().st_size > 100


def test_the_json_keeps_its_schema_and_its_bytes(demo: tuple[Batch, Matrix], root: Path) -> None:
    """Scripts rely on the form; the same input, rules and date give the same bytes."""
    batch, matrix = demo
    schema = json.loads((root / "docs" / "contract" / "matrix.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(matrix.to_json(), schema)
    again = validate_profiles(batch, PROFILES, date=DAY)
    assert json.dumps(again.to_json()) == json.dumps(matrix.to_json())
    few = matrix.to_json(limits=Limits(matrix_records=5))
    assert (len(few["records"]), few["truncated"], few["total_records"]) == (5, True, matrix.records.height)


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    """A title or identifier cannot steer the terminal, the page or the spreadsheet."""
    tables = clean()
    tables["credentials"][1] |= {"credential_id": "=1+1", "title": "<script>\x1b[31m", "eqf_level": ""}
    matrix = validate_profiles(read(tables, tmp_path), ("annex1-catalogue", "deqar"), date=DAY)
    assert "\x1b" not in matrix.to_text()
    assert "<script>" not in to_html(matrix)
    assert "\n=1+1" not in to_csv(matrix)


def test_several_profiles_on_the_command_line(mcgraph, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """One command, one matrix; a name that is none is wrong use before anything is read."""
    files = write(clean(), tmp_path)
    done = mcgraph("validate", *files, "-p", "annex1-catalogue", "-p", "nzqa", "--json", "--date", "2026-11-24")
    assert done.returncode == 1
    assert [one["records"]["passed"] for one in json.loads(done.stdout)["profiles"]] == [3, 0]
    french = mcgraph("validate", *files, "-p", "annex1-catalogue", "-p", "nzqa", "--lang", "fr", "--fail-on", "never")
    assert french.returncode == 0 and "la plus petite correction" in french.stdout
    wrong = mcgraph("validate", *files, "-p", "annex1-catalogue", "-p", "annex9")
    assert wrong.returncode == 2 and "annex9" in wrong.stderr
    refused = mcgraph("validate", *files, "-p", "deqar", "-p", "nzqa", "--report", tmp_path / "m.pdf")
    assert refused.returncode == 2 and ".html" in refused.stderr
