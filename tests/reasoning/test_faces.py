"""`mcgraph classify` on the demo: counts, filters, files, the inferred graph, and wrong input."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import polars as pl
import pytest

from mcgraph.demo.run import DAY, FILES
from mcgraph.model import bundled
from mcgraph.model.namespaces import GRAPH, MC
from mcgraph.reasoning.classify import classify
from mcgraph.reasoning.facts import RowFacts, StoreFacts
from mcgraph.reasoning.inferred import write_inferred
from mcgraph.reasoning.records import choose, facts_behind
from mcgraph.store import open_graph
from mcgraph.submissions.loading import load_files

Run = Callable[..., "CompletedProcess[str]"]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo registry (synthetic) alone."""
    folder = tmp_path_factory.mktemp("classified") / "store"
    registry = bundled.path("data", "demo", FILES[0])
    load_files(folder, [registry], mapping="template", source="demo-registry", date=DAY, synthetic=True)
    return folder


def test_batch_files_and_the_index_give_the_same(store: Path) -> None:
    """Two ways to read the same statements."""
    with open_graph(store) as graph:
        assert classify(StoreFacts(graph)).frame().equals(classify(RowFacts(graph)).frame())


def test_counts_filters_and_facts_agree(store: Path) -> None:
    """The table adds up to all records, a filter to its cell, and each fact stands in the cell it names."""
    with open_graph(store) as graph:
        found = classify(graph)
        counts = {(labelled, verdict): count for labelled, verdict, count in found.counts()}
        assert sum(counts.values()) == len(found) > 200
        assert counts["no", "yes"] == int(choose(found, verdict="yes", labelled=False).sum()) > 0
        ireland = choose(found, country="Ireland")
        assert 0 < ireland.sum() == choose(found, country="IRL").sum() < len(found)
        iri = found.iris[0]
        facts = facts_behind(found, [iri])
        hours = [fact for fact in facts if fact.property == "credit points"]
        assert hours and all(fact.places and fact.places[0].column for fact in hours)


def test_what_is_written_is_kept_apart_and_goes_with_its_facts(store: Path, tmp_path: Path) -> None:
    """Inferred classes stand in the inferred graph alone, change no verdict, and fall with the next load."""
    copy = shutil.copytree(store, tmp_path / "store")
    with open_graph(copy, read_only=False) as graph:
        before = classify(graph)
        write_inferred(graph, before)
        ask = f"SELECT ?g (COUNT(*) AS ?n) WHERE {{ GRAPH ?g {{ ?c a <{MC}Microcredential> }} }} GROUP BY ?g"
        assert graph.rows(ask) == [(GRAPH + "inferred", str(int(before.truth.yes.sum())))]
        assert classify(graph).frame().equals(before.frame())
        assert write_inferred(graph, before).unchanged
        graph.forget("demo-registry")
        assert graph.rows(ask) == []


def test_files_and_json_hold_what_the_table_says(store: Path, tmp_path: Path, mcgraph: Run) -> None:
    """CSV and Parquet have every record; JSON is one document with facts and cells; the same twice."""
    out = {name: tmp_path / f"c.{name}" for name in ("csv", "parquet", "html", "svg")}
    for name, path in out.items():
        more = ("--sensitivity", "ects") if name == "svg" else ()
        done = mcgraph("--store", store, "classify", "-o", path, *more)
        assert done.returncode == 0, done.stderr
    frame = pl.read_parquet(out["parquet"])
    assert pl.read_csv(out["csv"], infer_schema_length=0).height == frame.height > 200
    assert "<svg" in out["svg"].read_text(encoding="utf-8")
    assert "The criteria" in out["html"].read_text(encoding="utf-8")
    first = mcgraph("--store", store, "classify", "--json", "--limit", "3", "--sensitivity", "ects=30")
    document = json.loads(first.stdout)
    assert (
        first.stdout
        == mcgraph("--store", store, "classify", "--json", "--limit", "3", "--sensitivity", "ects=30").stdout
    )
    assert sum(row["credentials"] for row in document["counts"]) == document["total_records"] == frame.height
    volume = document["records"][0]["criteria"]["VolumeIsSmall"]
    assert volume["facts"] and volume["facts"][0]["places"]
    assert {one["name"] for one in document["thresholds"]} == {"ects", "hours", "hours-large", "uk-credits"}
    assert document["snapshot"].startswith("s-")


def test_a_submission_is_classified_before_it_is_loaded(store: Path, tmp_path: Path, mcgraph: Run) -> None:
    """From the workbook and from the store: the same verdicts for what was accepted."""
    registry = bundled.path("data", "demo", FILES[0])
    done = mcgraph("--store", tmp_path / "nothing", "classify", registry, "-m", "template", "-o", tmp_path / "w.csv")
    assert done.returncode == 0, done.stderr
    assert mcgraph("--store", store, "classify", "-o", tmp_path / "s.csv").returncode == 0
    tables = [pl.read_csv(tmp_path / name, infer_schema_length=0) for name in ("w.csv", "s.csv")]
    joined = tables[0].join(tables[1], on="identifier", suffix="_stored")
    assert joined.height > 200
    assert joined.filter(pl.col("verdict") != pl.col("verdict_stored")).height <= joined.height // 20


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--threshold", "etcs=30"), 2, "Did you mean «ects»"),
        (("--threshold", "ects=-1"), 2, "no number"),
        (("--threshold", "ects"), 2, "no threshold"),
        (("--threshold", "ects=1", "--threshold", "ects=2"), 2, "given twice"),
        (("--sensitivity", "weeks"), 2, "no threshold «weeks»"),
        (("--sensitivity", "ects=abc"), 2, "no number"),
        (("--country", "Atlantis"), 2, "is no country"),
        (("--provider", "=cmd()"), 2, "no provider"),
        (("-o", "x.pdf"), 2, "no format"),
        (("-o", "x.svg"), 2, "only the sensitivity is drawn"),
        (("-m", "template"), 2, "no file is given"),
        (("nowhere.csv",), 3, "no such file"),
    ],
)
def test_wrong_input_is_told(store: Path, mcgraph: Run, arguments: tuple[str, ...], code: int, words: str) -> None:
    """A sentence and its exit code, never a traceback."""
    done = mcgraph("--store", store, "classify", *arguments)
    assert (done.returncode, words in done.stderr, "Traceback" in done.stderr) == (code, True, False), done.stderr
