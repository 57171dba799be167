"""Loading, replacing and forgetting a source: what is in the store, and what is said about it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from mcgraph.errors import InputRefused, RuleBroken, StoreUnavailable, WrongUse
from mcgraph.model.batch import Batch, SourceTable
from mcgraph.model.namespaces import MC, PROV, XSD
from mcgraph.model.terms import mint
from mcgraph.store import Graph, InputFile, SubmissionInfo, open_graph
from tests.store.samples import credentials, everything, rule, titles, triple_column

A = mint("reg", "credential", "A")


def test_what_was_loaded_can_be_asked(writing: Graph) -> None:
    """A load is visible to the next question, in the source's own named graph."""
    result = writing.load(credentials({"A": "Data", "B": "Care"}))
    assert (result.added, result.changed, result.removed, result.unchanged) == (2, 0, 0, False)
    assert titles(writing) == {"A": "Data", "B": "Care"}
    assert writing.graphs["https://w3id.org/mcgraph/graph/source/reg"] == 4


def test_the_same_content_again_changes_nothing(writing: Graph, tmp_path: Path) -> None:
    """Loading twice gives one snapshot and one ledger line."""
    first = writing.load(credentials({"A": "Data"}))
    again = writing.load(credentials({"A": "Data"}))
    assert again.unchanged and again.snapshot == first.snapshot
    assert len(writing.history()) == 1
    assert len(list((tmp_path / "store" / "batches").iterdir())) == 1


def test_the_order_of_rows_is_not_content(writing: Graph) -> None:
    """A reader that works in parallel may give its rows in any order: that is the same submission."""
    batch = credentials({"A": "Data", "B": "Care"})
    writing.load(replace(batch, parts=pl.DataFrame({"node": ["urn:x", "urn:y"], "record": [A, A]})))
    turned = tuple(replace(column, frame=column.frame.reverse()) for column in batch.columns)
    parts = pl.DataFrame({"node": ["urn:y", "urn:x"], "record": [A, A]})
    assert writing.load(replace(batch, columns=turned, records=batch.records.reverse(), parts=parts)).unchanged


def test_a_replaced_source_tells_what_changed(writing: Graph) -> None:
    """Added, changed and removed are counted by record, and nothing of the old stays."""
    writing.load(credentials({"A": "Data", "B": "Care", "C": "Old"}))
    result = writing.load(credentials({"A": "Data", "B": "Care II", "D": "New"}))
    assert (result.added, result.changed, result.removed) == (1, 1, 1)
    assert (result.triples_added, result.triples_removed) == (3, 3)
    assert titles(writing) == {"A": "Data", "B": "Care II", "D": "New"}


def test_a_change_in_a_part_is_a_change_of_its_record(writing: Graph) -> None:
    """A requirement group belongs to its rule: a new member changes the rule."""
    writing.load(credentials({"A": "Part", "B": "Part", "W": "Whole"}))
    writing.load(rule("W", ["A"]))
    result = writing.load(rule("W", ["A", "B"]))
    assert (result.added, result.changed, result.removed) == (0, 1, 0)


def test_other_sources_are_left_alone(writing: Graph) -> None:
    """Replacing and forgetting one source does not touch another that says the same."""
    writing.load(credentials({"A": "Data"}, source="one"))
    writing.load(credentials({"A": "Data"}, source="two"))
    writing.load(credentials({"B": "Care"}, source="one"))
    writing.forget("one")
    assert titles(writing) == {"A": "Data"}
    assert [known.source for known in writing.manifest.submissions] == ["two"]


def test_stacks_into_follows_the_rules(writing: Graph) -> None:
    """Part → whole is derived at load, follows a changed rule, and goes with it."""
    ask = f"SELECT ?p ?w WHERE {{ ?p <{MC}stacksInto> ?w }}"
    writing.load(credentials({"A": "Part", "B": "Part", "W": "Whole"}))
    writing.load(rule("W", ["A", "B"]))
    assert {(p[-1], w[-1]) for p, w in writing.rows(ask)} == {("A", "W"), ("B", "W")}  # type: ignore[index]
    writing.load(rule("W", ["B"]))
    assert {(p[-1], w[-1]) for p, w in writing.rows(ask)} == {("B", "W")}  # type: ignore[index]
    writing.forget("rules")
    assert writing.rows(ask) == []


def test_two_rules_that_say_the_same_link_share_it(writing: Graph) -> None:
    """A link that two sources imply stays until both are gone."""
    ask = f"SELECT ?p WHERE {{ ?p <{MC}stacksInto> ?w }}"
    writing.load(rule("W", ["A"], source="one"))
    writing.load(rule("W", ["A"], source="two"))
    writing.forget("one")
    assert len(writing.rows(ask)) == 1


def test_a_reasoners_triples_go_when_the_facts_change(writing: Graph) -> None:
    """What was inferred from facts must not outlive them."""
    writing.load(credentials({"A": "Data"}))
    drawn = Batch("any", "rules", (), (triple_column(MC + "isSmall", [(A, "true")]),))
    writing.replace_inferred(drawn)
    assert writing.graphs["https://w3id.org/mcgraph/graph/inferred"] == 1
    before = writing.snapshot
    assert writing.replace_inferred(drawn).unchanged and writing.snapshot == before
    writing.load(credentials({"A": "Data II"}))
    assert "https://w3id.org/mcgraph/graph/inferred" not in writing.graphs
    assert writing.rows(f"ASK {{ ?s <{MC}isSmall> ?o }}") == [("false",)]


@pytest.mark.parametrize("source", ["inferred", "ontology", "provenance", ""])
def test_reserved_names_are_refused(writing: Graph, source: str) -> None:
    """A source cannot write into a graph that is derived."""
    with pytest.raises(WrongUse):
        writing.load(credentials({"A": "Data"}, source=source))


def test_two_spellings_of_one_number_are_one_value(writing: Graph) -> None:
    """Oxigraph keeps values: when the spelling 2.50 goes and 2.5 stays, the triple must stay."""

    def batch(*spellings: str) -> Batch:
        points = triple_column(MC + "creditPoints", [(A, s) for s in spellings], datatype=XSD + "decimal")
        known = credentials({"A": "Data"})
        return replace(known, columns=(*known.columns, points))

    ask = f"SELECT ?n WHERE {{ ?s <{MC}creditPoints> ?n }}"
    for spellings, expected in [(("2.50", "2.5"), 1), (("2.5",), 1), (("2.5", "3"), 2), (("3.0", "2.50"), 2), ((), 0)]:
        writing.load(batch(*spellings))
        assert len(writing.rows(ask)) == expected
        assert writing.triples == len(writing.store)


def test_hostile_texts_come_back_as_they_were(writing: Graph) -> None:
    """Quotes, newlines, backslashes, NUL and right-to-left marks are text, not syntax."""
    hostile = ['" . <urn:x> <urn:y> "', "two\nlines\r\n", "back\\slash\\u0041", "nul\x00l", "\u202egnp.exe", "😀"]
    writing.load(credentials({f"K{i}": text for i, text in enumerate(hostile)}))
    assert [titles(writing)[f"K{i}"] for i in range(len(hostile))] == hostile


def test_a_broken_term_is_refused_with_the_whole_batch(writing: Graph) -> None:
    """The strict parser is the last guard; the store stays as it was."""
    writing.load(credentials({"A": "Data"}))
    before = everything(writing)
    broken = replace(
        credentials({"B": "x"}, source="bad"),
        columns=(triple_column(MC + "homepage", [(A, "not an iri")], kind="iri"),),
    )
    with pytest.raises(InputRefused):
        writing.load(broken)
    assert everything(writing) == before
    with open_graph(writing.path) as reading:
        assert everything(reading) == before


def test_the_snapshot_id_follows_content_and_order(tmp_path: Path, model: Path) -> None:
    """Same inputs in the same order, same id, in any folder at any time; another order, another id."""
    one, two = credentials({"A": "x"}, source="one"), credentials({"B": "y"}, source="two")

    def snapshot(name: str, *batches: Batch) -> str:
        with open_graph(tmp_path / name, create=True, read_only=False, ontology=model) as graph:
            for batch in batches:
                graph.load(batch, SubmissionInfo(time=f"2026-01-01T00:00:0{len(name)}Z"))
            return graph.snapshot

    assert snapshot("s", one, two) == snapshot("ss", one, two)
    assert snapshot("sss", two, one) != snapshot("ssss", one, two)


def test_going_back_gives_the_earlier_snapshot_id(writing: Graph) -> None:
    """The id names content, so that undoing a change gives the old name, with all three in the ledger."""
    first = writing.load(credentials({"A": "one"})).snapshot
    writing.load(credentials({"A": "two"}))
    assert writing.load(credentials({"A": "one"})).snapshot == first
    assert [event.changed for event in writing.history()] == [0, 1, 1]


@pytest.mark.parametrize(
    "other",
    [
        credentials({"A": "Data "}),
        credentials({"B": "Data"}),
        credentials({"A": "Data", "B": "x"}),
        replace(credentials({"A": "Data"}), tables=(SourceTable("other.csv", "", ("a", "b"), 1, "Credentials"),)),
        replace(credentials({"A": "Data"}), parts=pl.DataFrame({"node": ["urn:x"], "record": [A]})),
    ],
)
def test_any_difference_is_another_batch(writing: Graph, other: Batch) -> None:
    """The content name covers values, places, parts and headers."""
    writing.load(credentials({"A": "Data"}))
    assert not writing.load(other).unchanged


def test_provenance_names_files_and_rows(writing: Graph) -> None:
    """Each record points at its row, the submission at its files with their checksums."""
    info = SubmissionInfo(files=(InputFile("reg.csv", "ab12", 10),), synthetic=True)
    writing.load(credentials({"A": "Data", "B": "Care"}), info)
    base = "https://w3id.org/mcgraph/id/reg/submission"
    assert writing.rows(f"SELECT ?o WHERE {{ <{A}> <{PROV}wasDerivedFrom> ?o }}") == [(f"{base}/Credentials#row=2",)]
    assert writing.rows(
        f"SELECT ?f ?n ?t WHERE {{ <{base}> <{MC}fileName> ?f ; <{MC}recordCount> ?n ; <{MC}isSynthetic> ?t }}"
    ) == [("reg.csv", "2", "true")]


def test_a_cell_is_found_again(writing: Graph) -> None:
    """From a value in the graph back to file, row, header and cell."""
    writing.load(credentials({"A": "Data", "B": "Care"}))
    place = writing.cell_of(mint("reg", "credential", "B"), MC + "title")[0]
    assert (place.file, place.row, place.column, place.cell) == ("reg.csv", 3, "title", "B3")
    assert [p.row for p in writing.cell_of(A)] == [2]
    assert writing.cell_of(A, MC + "nothing") == []


def test_the_cells_of_many_are_found_by_reading_each_source_once(
    writing: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list of a thousand statements read its source a thousand times."""
    from mcgraph.store import batches

    named = {f"C{number}": f"Course {number}" for number in range(20)}
    writing.load(credentials(named))
    writing.load(replace(credentials({"A": "Data"}), source="other"))
    asked = [mint("reg", "credential", name) for name in named] + ["https://nowhere.example/x"]
    alone = {iri: writing.cell_of(iri) for iri in asked}
    read: list[str] = []
    frame = batches.frame
    monkeypatch.setattr(batches, "frame", lambda folder, name: (read.append(name), frame(folder, name))[1])
    assert writing.cells_of(asked) == alone
    assert alone[asked[-1]] == [] and all(alone[iri] for iri in asked[:-1])
    assert read.count("records") == 2


def test_stats_need_no_counting(writing: Graph) -> None:
    """Counts come from the manifest and equal what the index holds."""
    writing.load(credentials({"A": "Data"}))
    writing.load(rule("W", ["A"]))
    stats = writing.stats()
    assert stats["records"] == {"Credential": 1, "StackingRule": 1}
    assert stats["triples"] == len(everything(writing)) + 2  # the two times of loading
    assert [s["source"] for s in stats["sources"]] == ["reg", "rules"]


def test_a_changed_model_is_loaded_with_the_next_change(writing: Graph, model: Path) -> None:
    """The model is part of the snapshot: another model, another id, and no old term stays."""
    first = writing.load(credentials({"A": "Data"}))
    (model / "tiny.ttl").write_text(f"<{MC}New> a <http://www.w3.org/2002/07/owl#Class> .", encoding="utf-8")
    again = writing.load(credentials({"A": "Data"}))
    assert again.snapshot != first.snapshot and again.changed == 0
    assert writing.rows(f"ASK {{ <{MC}Credential> ?p ?o }}") == [("false",)]
    assert writing.rows(f"ASK {{ <{MC}New> ?p ?o }}") == [("true",)]


def test_a_broken_model_is_named(writing: Graph, model: Path) -> None:
    """A Turtle file that cannot be read stops the load before anything changes."""
    (model / "bad.ttl").write_text("<a> <b>", encoding="utf-8")
    with pytest.raises(RuleBroken, match=r"bad\.ttl"):
        writing.load(credentials({"A": "Data"}))
    assert writing.manifest.submissions == ()


def test_only_some_snapshots_are_kept(tmp_path: Path, model: Path) -> None:
    """Old manifests and the batches only they need are removed; the ledger stays whole."""
    store = tmp_path / "store"
    with open_graph(store, create=True, read_only=False, ontology=model, snapshots_kept=3) as graph:
        for number in range(6):
            graph.load(credentials({"A": f"version {number}"}))
        assert len(graph.history()) == 6
    assert len(list((store / "manifests").iterdir())) == 3
    assert len(list((store / "batches").iterdir())) == 3
    assert len(list((store / "index").iterdir())) == 1


def test_purge_removes_what_was_forgotten(writing: Graph) -> None:
    """After forget and purge no file of the source is left on the disk."""
    writing.load(credentials({"A": "secret"}))
    writing.forget("reg")
    writing.purge()
    assert list((writing.path / "batches").iterdir()) == []
    assert len(list((writing.path / "manifests").iterdir())) == 1


def test_forgetting_what_is_not_there_is_wrong_use(writing: Graph) -> None:
    """The refusal names the sources there are."""
    writing.load(credentials({"A": "x"}))
    with pytest.raises(WrongUse, match="reg"):
        writing.forget("nobody")


def test_a_reader_cannot_write(tmp_path: Path, writing: Graph) -> None:
    """A graph opened for reading refuses to load."""
    with open_graph(writing.path) as reading, pytest.raises(WrongUse):
        reading.load(credentials({"A": "x"}))


def test_a_folder_of_other_files_is_not_taken(tmp_path: Path) -> None:
    """A store is never made inside somebody's documents."""
    (tmp_path / "letter.txt").write_text("dear", encoding="utf-8")
    with pytest.raises(StoreUnavailable, match="other files"):
        open_graph(tmp_path, create=True)


def test_no_store_is_said_so(tmp_path: Path) -> None:
    """A missing store is a sentence with what to do."""
    with pytest.raises(StoreUnavailable, match="no store here"):
        open_graph(tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_a_newer_format_is_refused(writing: Graph) -> None:
    """A store of a newer mcgraph is not touched."""
    (writing.path / "FORMAT").write_text("mcgraph-store 99\n", encoding="ascii")
    with pytest.raises(StoreUnavailable, match="format 99"):
        open_graph(writing.path)


def test_an_ask_and_a_construct_have_rows(writing: Graph) -> None:
    """Every form of query has an answer as plain strings; a broken one is wrong use."""
    writing.load(credentials({"A": "Data"}))
    assert writing.rows(f"ASK {{ <{A}> ?p ?o }}") == [("true",)]
    assert writing.rows(f"CONSTRUCT {{ ?s <{MC}title> ?t }} WHERE {{ ?s <{MC}title> ?t }}") == [
        (A, MC + "title", "Data")
    ]
    assert writing.rows("SELECT ?a ?b WHERE { BIND(1 AS ?a) }") == [("1", None)]
    with pytest.raises(WrongUse):
        writing.rows("SELECT nonsense")
