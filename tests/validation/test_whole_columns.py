"""Judging whole columns first, and finding subjects by row or hash, changes nothing but the time it takes."""

from __future__ import annotations

import random

import polars as pl
import pytest

from benchmarks.generate import generate
from mcgraph.model.batch import Batch, TripleColumn
from mcgraph.model.namespaces import MC, RDF_TYPE, SH
from mcgraph.model.terms import few_distinct
from mcgraph.submissions.reading import read_batch
from mcgraph.validation import catalogue
from mcgraph.validation.data import DataGraph, Nodes, beside
from mcgraph.validation.engine import Engine
from mcgraph.validation.rowindex import RowIndex
from mcgraph.validation.run import superclasses


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Batch:
    """A synthetic registry that is long enough for every short cut, one record in nine with a planted defect."""
    folder = tmp_path_factory.mktemp("synthetic")
    generate(folder, 12_000, 0.11)
    return read_batch([folder], None, "bench")


def _results(batch: Batch, profile: str) -> pl.DataFrame:
    shapes = catalogue.profile(profile).shapes
    engine = Engine(DataGraph(batch.columns, superclasses()), shapes)
    return pl.concat([engine.results(shape, engine.focus_nodes(shape)) for shape in shapes.targeted])


@pytest.mark.parametrize("profile", ["submission", "annex1-catalogue"])
def test_whole_columns_give_what_all_values_give(
    registry: Batch, profile: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same results in the same order as from looking at every value of every focus node."""
    quick = _results(registry, profile)
    monkeypatch.setattr(Engine, "_at_once", lambda *_: None)
    monkeypatch.setattr(RowIndex, "placed", lambda *_: None)
    assert quick.height > 1_000
    assert quick.equals(_results(registry, profile))


def test_rows_in_any_order_give_the_same(registry: Batch) -> None:
    """The findings do not rest on rows that follow each other: columns are shuffled, their rows are kept."""
    mixed = [
        TripleColumn(c.predicate, c.kind, c.frame.sample(fraction=1.0, shuffle=True, seed=at), c.datatype, c.language,
                     c.table, c.column)
        for at, c in enumerate(registry.columns)
    ]  # fmt: skip
    shapes = catalogue.profile("submission").shapes
    engine = Engine(DataGraph(mixed, superclasses()), shapes)
    told = pl.concat([engine.results(shape, engine.focus_nodes(shape)) for shape in shapes.targeted])
    key = ["focus", "path", "v", "component", "shape", "row"]
    assert told.select(key).sort(key).equals(_results(registry, "submission").select(key).sort(key))


def test_a_few_triples_find_their_nodes_by_hash() -> None:
    """Known and unknown subjects, in the order of the triples, as a join would have them."""
    known = pl.DataFrame({"v": [f"urn:n{i}" for i in range(5_000)]})
    nodes = Nodes.of(known.with_columns(pl.lit(0, dtype=pl.Int32).alias("t")))
    wanted = [f"urn:n{i}" for i in random.Random(3).sample(range(9_000), 200)]
    edges = pl.DataFrame({"s": wanted, "v": "x", "t": 0, "tc": 1, "row": range(200)}).cast(
        {"t": pl.Int32, "tc": pl.Int32, "row": pl.UInt32}
    )
    index = RowIndex(DataGraph(()), nodes)
    found = index.matched(edges)
    assert 0 < found.height < 200
    assert found.equals(index._joined(edges))


@pytest.mark.parametrize("gone", [0.0, 0.1, 0.8])
def test_facts_of_the_same_rows_are_joined_as_any_others(gone: float) -> None:
    """By row where subject and row agree, by subject elsewhere: always what a join gives."""
    chance = random.Random(5)
    subjects = [f"s{i}" for i in range(3_000)]
    frame = pl.DataFrame({"s": subjects, "row": range(3_000)}).filter(
        pl.Series([chance.random() >= gone for _ in subjects])
    )
    moved = [s if chance.random() > 0.02 else f"s{chance.randrange(9_000)}" for s in subjects]
    facts = pl.DataFrame({"s": moved, "row": range(3_000), "size": range(3_000)}).unique("s", keep="first").sort("row")
    assert beside(frame, facts).equals(frame.join(facts.select("s", "size"), on="s", maintain_order="left"))


def test_kinds_are_told_from_the_column() -> None:
    """A column of links passes or fails sh:nodeKind as a whole, unless there is a blank node among them."""
    row = pl.Schema({"s": pl.String(), "o": pl.String(), "row": pl.UInt32()})
    frame = pl.DataFrame({"s": ["a", "b"], "o": ["http://example.org/x", "_:b"], "row": [2, 3]}).cast(row)
    typed = pl.DataFrame({"s": ["a", "b"], "o": [MC + "Credential"] * 2, "row": [2, 3]}).cast(row)
    columns = (TripleColumn(RDF_TYPE, "iri", typed), TripleColumn(MC + "form", "iri", frame))
    chosen = catalogue.profile("record-core").shapes
    engine = Engine(DataGraph(columns), chosen)
    shape = next(s for s in chosen.shapes.values() if s.code == "CRD-FORM-001")
    nodes = Nodes.of(typed.select(pl.col("s").alias("v"), pl.lit(0, dtype=pl.Int32).alias("t")))
    told = engine.results(shape, nodes)
    assert told.select("focus", "v", "severity").rows() == [("b", "_:b", SH + "Violation")]


def test_few_values_are_seen_as_few() -> None:
    """A short look at the beginning, and one over the whole of a very long column."""
    assert few_distinct(pl.Series(["a", "b"] * 10)) is None
    few = few_distinct(pl.Series([f"{i % 30}" for i in range(5_000)]))
    assert few is not None
    assert len(few) == 30
    long = few_distinct(pl.Series([f"{i % 997}" for i in range(100_000)]))
    assert long is not None
    assert len(long) == 997
    assert few_distinct(pl.Series([f"{i}" for i in range(100_000)])) is None
