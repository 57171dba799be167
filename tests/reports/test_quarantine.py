"""Refused rows go out ready to correct, and come back without losing anything that is stored."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import openpyxl
import pytest

from mcgraph.store import open_graph
from mcgraph.submissions import quarantine
from mcgraph.submissions.quality import WEIGHTS, score
from mcgraph.submissions.stored import stored_batch

ROWS = "credential_id,title,awarding_body,credit_points\nMC-1,A,ORG-1,2\nMC-2,,ORG-1,3\nMC-3,=C,Example Academy,many\n"
BODIES = "organisation_id,name,country\nORG-1,Example Academy,IE\n"
DAY = ("--date", "2026-11-24")


@pytest.fixture
def loaded(mcgraph, tmp_path: Path) -> Path:  # type: ignore[no-untyped-def]
    """A store with MC-1 and its body; MC-2 (no title) and MC-3 (no number) refused."""
    (tmp_path / "credentials.csv").write_text(ROWS, encoding="utf-8")
    (tmp_path / "organisations.csv").write_text(BODIES, encoding="utf-8")
    store = tmp_path / "store"
    done = mcgraph("--store", store, "load", tmp_path / "credentials.csv", tmp_path / "organisations.csv",
                   "--mapping", "template", "--source", "p17", *DAY)  # fmt: skip
    assert done.returncode == 1, done.stderr
    return store


def titles(store: Path) -> dict[str, str]:
    """What the graph says, asked of the graph."""
    ask = "SELECT ?id ?t { ?c a mc:Credential ; mc:identifier ?id ; mc:title ?t } ORDER BY ?id"
    with open_graph(store) as graph:
        rows = graph.rows("PREFIX mc: <https://w3id.org/mcgraph/ontology#> " + ask)
        return {str(identifier): str(title) for identifier, title in rows}


def test_the_export_has_the_rows_and_what_is_wrong(mcgraph, loaded: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """Every column as submitted, one more that says what to do, and no formula."""
    done = mcgraph("--store", loaded, "quarantine", "export", "p17", "-o", tmp_path / "q.csv", "--json")
    assert json.loads(done.stdout)["rows"] == 2
    rows = list(csv.DictReader(io.StringIO((tmp_path / "q.csv").read_text(encoding="utf-8-sig"))))
    assert [row["credential_id"] for row in rows] == ["MC-2", "MC-3"]
    assert rows[1]["title"] == "'=C" and rows[1]["credit_points"] == "many"
    assert "CRD-TITLE-001" in rows[0]["Findings (mcgraph)"]


def test_the_workbook_marks_the_cells(mcgraph, loaded: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """The sheet is called as the mapping knows it; faulty cells are coloured and commented."""
    mcgraph("--store", loaded, "quarantine", "export", "p17", "-o", tmp_path / "q.xlsx", "--lang", "fr")
    book = openpyxl.load_workbook(tmp_path / "q.xlsx")
    assert book.sheetnames == ["Credentials", "Constats (mcgraph)"]
    sheet = book["Credentials"]
    assert {c.coordinate for row in sheet.iter_rows() for c in row if c.comment} == {"B2", "D3"}
    assert sheet["B3"].value == "=C" and sheet["B3"].data_type == "s"


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_corrected_rows_join_what_is_stored(mcgraph, loaded: Path, tmp_path: Path, ending: str) -> None:  # type: ignore[no-untyped-def]
    """MC-2 comes in, MC-1 stays to the letter, MC-3 stays refused; a name of a stored body is understood."""
    before = {**titles(loaded)}
    out = tmp_path / f"q.{ending}"
    mcgraph("--store", loaded, "quarantine", "export", "p17", "-o", out)
    if ending == "csv":
        out.write_text(out.read_text(encoding="utf-8-sig").replace("MC-2,,", "MC-2,B,"), encoding="utf-8")
    else:
        book = openpyxl.load_workbook(out)
        book["Credentials"]["B2"] = "B"
        book["Credentials"]["C2"] = "Example Academy"
        book.save(out)
    done = mcgraph("--store", loaded, "quarantine", "retry", "p17", out, *DAY, "--json")
    document = json.loads(done.stdout)
    assert done.returncode == 1, done.stderr
    assert (document["refused_before"], document["refused_now"]) == (2, 1)
    assert document["changes"] == {"added": 1, "changed": 0, "removed": 0}
    assert titles(loaded) == {**before, "MC-2": "B"}
    (left,) = quarantine.read(loaded)
    assert [record["id"] for record in left.records] == ["MC-3"]
    assert {finding["code"] for finding in left.findings} == {"CRD-WORKLOAD-002"}


def test_all_faces_count_a_doubled_record_once(mcgraph, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """Two rows with one identifier are one record in the list, in the export and when they are tried again."""
    rows = "credential_id,title,awarding_body\nX,A,ORG-1\nX,B,ORG-1\n"
    (tmp_path / "credentials.csv").write_text(rows, encoding="utf-8")
    (tmp_path / "organisations.csv").write_text(BODIES, encoding="utf-8")
    at = ("--store", tmp_path / "store")
    mcgraph(*at, "load", tmp_path / "credentials.csv", tmp_path / "organisations.csv", "-m", "template", "-s", "p",
            *DAY)  # fmt: skip
    assert "p: 1 record refused in 2 rows" in mcgraph(*at, "quarantine", "list").stdout
    out = tmp_path / "refused.csv"
    assert json.loads(mcgraph(*at, "quarantine", "export", "p", "-o", out, "--json").stdout)["records"] == 1
    again = mcgraph(*at, "quarantine", "retry", "p", out, *DAY)
    assert "refused before: 1 · refused now: 1" in again.stdout, again.stderr


def test_rows_the_file_does_not_speak_of_stay_refused(mcgraph, loaded: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """Half of the work can be sent first."""
    (tmp_path / "half.csv").write_text(
        "credential_id,title,awarding_body,credit_points\nMC-3,C,ORG-1,4\n", encoding="utf-8"
    )
    done = mcgraph("--store", loaded, "quarantine", "retry", "p17", tmp_path / "half.csv", *DAY)
    assert done.returncode == 0, done.stdout + done.stderr
    (left,) = quarantine.read(loaded)
    assert [(r["id"], len(left.tables[0].rows)) for r in left.records] == [("MC-2", 1)]
    assert set(titles(loaded)) == {"MC-1", "MC-3"}
    mcgraph("--store", loaded, "quarantine", "export", "p17", "-o", tmp_path / "rest.csv")
    assert "MC-2" in (tmp_path / "rest.csv").read_text(encoding="utf-8-sig")


def test_when_all_is_good_the_quarantine_is_empty(mcgraph, loaded: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """And the store is what a load of the right file would have made."""
    good = ROWS.replace("MC-2,,", "MC-2,B,").replace(",many", ",4").replace("=C", "C")
    head, _, *rest = good.splitlines()
    (tmp_path / "fixed.csv").write_text("\n".join([head, *rest]) + "\n", encoding="utf-8")
    assert mcgraph("--store", loaded, "quarantine", "retry", "p17", tmp_path / "fixed.csv", *DAY).returncode == 0
    assert quarantine.read(loaded) == []
    (tmp_path / "credentials.csv").write_text(good, encoding="utf-8")
    other = tmp_path / "other"
    mcgraph("--store", other, "load", tmp_path / "credentials.csv", tmp_path / "organisations.csv", "--mapping",
            "template", "--source", "p17", *DAY)  # fmt: skip
    source = "<https://w3id.org/mcgraph/graph/source/p17>"
    ask = f"SELECT ?s ?p ?o {{ GRAPH {source} {{ ?s ?p ?o }} }}"
    with open_graph(loaded) as one, open_graph(other) as two:
        assert sorted(map(str, one.rows(ask))) == sorted(map(str, two.rows(ask)))


def test_a_file_without_records_changes_nothing(mcgraph, loaded: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """The store and the quarantine stay as they were."""
    before = titles(loaded), quarantine.read(loaded)
    (tmp_path / "none.csv").write_text("credential_id,title,awarding_body\n", encoding="utf-8")
    done = mcgraph("--store", loaded, "quarantine", "retry", "p17", tmp_path / "none.csv")
    assert done.returncode == 3 and "Traceback" not in done.stderr
    assert (titles(loaded), quarantine.read(loaded)) == before


def test_what_was_stored_can_be_read_back(mcgraph, tmp_path: Path, root: Path) -> None:  # type: ignore[no-untyped-def]
    """The batch out of the store says the same triples, with the same cells, as the batch that went in."""
    from mcgraph.limits import Limits
    from mcgraph.sources import read_submission

    demo = root / "data" / "demo" / "registry.xlsx"
    mcgraph("--store", tmp_path / "s", "load", demo, "--source", "demo", "--accept", "all", *DAY)
    with open_graph(tmp_path / "s") as graph:
        known = graph.manifest.of("demo")
        assert known is not None
        back = stored_batch(tmp_path / "s", known)
    given = read_submission([demo], None, "demo", limits=Limits())

    def said(batch) -> list[tuple[object, ...]]:  # type: ignore[no-untyped-def]
        return sorted(
            (
                c.predicate,
                c.kind,
                c.datatype if c.kind == "literal" else "",
                c.language,
                c.table,
                c.column,
                *map(str, row),
            )
            for c in batch.columns
            for row in c.frame.select("s", "o", "row").iter_rows()
        )

    assert said(back) == said(given)
    assert back.records.sort("iri", "row").equals(given.records.sort("iri", "row"))


def test_the_score_is_what_the_formula_says(mcgraph, loaded: Path) -> None:  # type: ignore[no-untyped-def]
    """Recomputed by hand from the shares that are printed; the trend has one entry per load."""
    document = json.loads(mcgraph("--store", loaded, "quality", "p17", "--json").stdout)
    (entry,) = document["sources"]["p17"]
    assert document["weights"] == WEIGHTS and sum(WEIGHTS.values()) == 1
    assert entry["valid"] == 0.5  # 2 of 4 records have no error
    by_hand = 100 * sum(document["weights"][part] * entry[part] for part in document["weights"])
    assert entry["score"] == pytest.approx(by_hand, abs=0.06)
    assert "quality" in mcgraph("--store", loaded, "history").stdout
    assert "0.5 × valid" in mcgraph("--store", loaded, "quality").stdout


def test_what_cannot_be_measured_is_left_out() -> None:
    """A source of organisations only has no elements of Annex I; the other weights carry the score."""
    assert score({"valid": 1.0, "clean": 0.0}) == pytest.approx(100 * 0.5 / 0.7, abs=0.05)
    assert score({"valid": 1.0, "complete": 1.0, "clean": 1.0}) == 100


def test_a_second_load_shows_a_trend(mcgraph, loaded: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """Corrected data scores better."""
    (tmp_path / "fixed.csv").write_text(
        "credential_id,title,awarding_body,credit_points\nMC-2,B,ORG-1,4\n", encoding="utf-8"
    )
    mcgraph("--store", loaded, "quarantine", "retry", "p17", tmp_path / "fixed.csv", *DAY)
    scores = [e["score"] for e in json.loads(mcgraph("--store", loaded, "quality", "--json").stdout)["sources"]["p17"]]
    assert len(scores) == 2 and scores[1] > scores[0]
