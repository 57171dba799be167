"""What a dump holds comes back, and what is no dump leaves nothing behind."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import tarfile
import threading
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pyoxigraph as ox
import pytest

from mcgraph.errors import InputRefused, McgraphError, WrongUse
from mcgraph.model.namespaces import MC
from mcgraph.store import InputFile, SubmissionInfo, open_graph
from mcgraph.store.content import ONTOLOGY_GRAPH, PROVENANCE_GRAPH
from mcgraph.store.dump import dump
from mcgraph.store.health import examine
from mcgraph.submissions.restoring import restore
from tests.store.samples import credentials, rule

Run = Callable[..., "subprocess.CompletedProcess[str]"]
TITLES = {"A": 'Quote " and \\ and\nline', "B": "Zażółć 🎓", "C": "ends in .", "D": "a <https://x.org/g> ."}


@pytest.fixture
def store(tmp_path: Path, model: Path) -> Path:
    """Two sources, one of them invented, with a rule that makes inferred triples."""
    folder = tmp_path / "store"
    with open_graph(folder, create=True, read_only=False, ontology=model) as graph:
        graph.load(credentials(TITLES), SubmissionInfo(files=(InputFile("reg.csv", "ab", 3),), synthetic=True))
        graph.load(rule("A", ["B", "C"]))
    return folder


def facts(store: Path, graph_part: str = "/source/") -> set[str]:
    """Every quad of the sources, as text."""
    with open_graph(store) as graph:
        quads = (str(quad) for quad in graph.store)
        return {quad for quad in quads if f"mcgraph/graph{graph_part}" in quad}


@pytest.mark.parametrize("ending", [".nq", ".parquet", ".tar"])
def test_every_statement_comes_back(store: Path, tmp_path: Path, ending: str) -> None:
    """The sources, their statements, what follows from them, and that a source is invented."""
    path, again = tmp_path / f"all{ending}", tmp_path / "again"
    with open_graph(store) as graph:
        dump(graph, path)
        snapshot = graph.snapshot
    done = restore(path, again)
    assert facts(again) == facts(store)
    assert facts(again, "/inferred") == facts(store, "/inferred") != set()
    assert done.same_snapshot is (ending == ".tar")
    assert (done.snapshot == snapshot) is (ending == ".tar")
    with open_graph(again) as graph:
        assert {s["source"]: s["synthetic"] for s in graph.stats()["sources"]} == {"reg": True, "rules": False}
        assert graph.stats()["records"] == {"Credential": 4, "StackingRule": 1}


def test_a_backup_is_the_same_store(store: Path, tmp_path: Path) -> None:
    """Snapshot, cells, ledger and refusals come back; with or without the index; the bytes do not vary."""
    (store / "quarantine").mkdir()
    (store / "quarantine" / "reg.json").write_text('{"refused": []}', encoding="utf-8")
    for with_index in (False, True):
        path, again = tmp_path / f"b{with_index}.tar", tmp_path / f"again{with_index}"
        with open_graph(store) as graph:
            dump(graph, path, with_index=with_index)
            first = path.read_bytes()
            dump(graph, path, with_index=with_index)
            assert path.read_bytes() == first
            record = f"{graph.rows('SELECT ?s WHERE { ?s a <' + MC + 'Credential> } ORDER BY ?s')[0][0]}"
            before = graph.cell_of(record, MC + "title"), graph.history(), graph.triples
        restore(path, again)
        with open_graph(again) as graph:
            assert (graph.cell_of(record, MC + "title"), graph.history(), graph.triples) == before
        assert (again / "quarantine" / "reg.json").read_text(encoding="utf-8") == '{"refused": []}'
        assert {each.state for each in examine(again)} == {"ok"}
        with open_graph(again, read_only=False) as graph:
            graph.load(credentials({"N": "new"}, source="next"))
            assert graph.triples > before[2]


def test_nquads_are_what_another_reader_reads(store: Path, tmp_path: Path) -> None:
    """Oxigraph's parser finds every quad of the index, and no other."""
    path = tmp_path / "all.nq"
    with open_graph(store) as graph:
        done = dump(graph, path)
        assert {str(quad) for quad in ox.parse(path=str(path))} == {str(quad) for quad in graph.store}
        assert done.triples == path.read_bytes().count(b" .\n")
        for name in (ONTOLOGY_GRAPH, PROVENANCE_GRAPH):
            assert graph.graphs[name] > 0


def test_turtle_says_what_the_sources_say(store: Path, tmp_path: Path) -> None:
    """Read by Oxigraph it has the triples of all sources; restored it is one source, invented if one of them was."""
    path = tmp_path / "all.ttl"
    with open_graph(store) as graph:
        dump(graph, path)
        wanted = {str(q.triple) for q in graph.store if "/graph/source/" in str(q.graph_name)}
    assert {str(quad.triple) for quad in ox.parse(path=str(path))} == wanted
    text = path.read_text(encoding="utf-8")
    assert "a mc:Credential ;\n    mc:title" in text
    assert "# reg (synthetic)" in text
    done = restore(path, tmp_path / "again")
    assert done.sources == ("all",)
    with open_graph(tmp_path / "again") as graph:
        assert graph.stats()["sources"][0]["synthetic"] is True


def test_parquet_has_the_cells(store: Path, tmp_path: Path) -> None:
    """Row and column of every value, for a data frame."""
    path = tmp_path / "all.parquet"
    with open_graph(store) as graph:
        dump(graph, path)
    titles = pl.read_parquet(path).filter((pl.col("p") == MC + "title") & (pl.col("source") == "reg"))
    assert titles.select("row", "column").rows() == [(2, 1), (3, 1), (4, 1), (5, 1)]


@pytest.mark.parametrize("ending", [".nq", ".ttl", ".parquet", ".tar"])
def test_a_cut_dump_leaves_no_store_or_says_so(store: Path, tmp_path: Path, ending: str) -> None:
    """Cut anywhere: a sentence and no store; text cut between two statements is a smaller dump, and that is said."""
    path = tmp_path / f"all{ending}"
    with open_graph(store) as graph:
        dump(graph, path)
    whole = path.read_bytes().rstrip(b"\0")
    again = tmp_path / "again"
    for cut in (0, 1, len(whole) // 3, len(whole) // 2, len(whole) - 20):
        path.write_bytes(whole[:cut])
        try:
            done = restore(path, again)
        except McgraphError:
            assert not again.exists()
        else:
            assert ending in (".nq", ".ttl")
            assert any("cut short" in line for line in done.left_out)
            shutil.rmtree(again)
    path.write_bytes(whole)
    if ending in (".nq", ".ttl"):
        assert not any("cut short" in line for line in restore(path, again).left_out)


def test_a_flipped_byte_in_a_backup_is_found(store: Path, tmp_path: Path) -> None:
    """At twenty places of the archive: refused, or a place that no file of the store stands on."""
    path, again = tmp_path / "b.tar", tmp_path / "again"
    with open_graph(store) as graph:
        dump(graph, path)
    whole, wanted = path.read_bytes(), facts(store)
    refused = 0
    for number in range(20):
        spoilt = bytearray(whole)
        spoilt[len(whole) * number // 20 + 300] ^= 0xFF
        path.write_bytes(bytes(spoilt))
        try:
            restore(path, again)
        except McgraphError:
            refused += 1
            assert not again.exists()
        else:
            assert facts(again) == wanted
            shutil.rmtree(again)
    assert refused > 8


def _tar(path: Path, members: dict[str, bytes], **link: str) -> None:
    with tarfile.open(path, "w") as tar:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
        for name, target in link.items():
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            tar.addfile(entry)


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "batches/../../evil", "evil", "index/x/graph/../../../evil"])
def test_a_hostile_archive_writes_nowhere_else(tmp_path: Path, name: str) -> None:
    """Only names that a store has are unpacked."""
    listed = json.dumps({"kind": "mcgraph-archive 1", "files": {name: [4, "ab"]}}).encode()
    path = tmp_path / "x.tar"
    _tar(path, {"contents.json": listed, name: b"evil"})
    with pytest.raises(InputRefused, match="no store has"):
        restore(path, tmp_path / "deep" / "again")
    assert not list(tmp_path.rglob("evil"))
    assert not (tmp_path / "deep" / "again").exists()


def test_links_and_strangers_are_refused(tmp_path: Path) -> None:
    """A link for a file, a tar of something else, contents of another kind."""
    listed = json.dumps({"kind": "mcgraph-archive 1", "files": {"FORMAT": [4, "ab"]}}).encode()
    path = tmp_path / "x.tar"
    _tar(path, {"contents.json": listed}, FORMAT="/etc/passwd")
    with pytest.raises(InputRefused, match="no store has"):
        restore(path, tmp_path / "again")
    _tar(path, {"hello.txt": b"x"})
    with pytest.raises(InputRefused, match="not written by"):
        restore(path, tmp_path / "again")
    _tar(path, {"contents.json": b'{"kind": "mcgraph-archive 9", "files": {}}'})
    with pytest.raises(InputRefused, match="mcgraph-archive 9"):
        restore(path, tmp_path / "again")
    _tar(path, {"contents.json": b"[" * 100_000})
    with pytest.raises(InputRefused):
        restore(path, tmp_path / "again")


def test_nothing_is_written_over(store: Path, tmp_path: Path) -> None:
    """A place with something in it, an ending that is none, an index where there cannot be one."""
    path = tmp_path / "all.nq"
    with open_graph(store) as graph:
        dump(graph, path)
        with pytest.raises(WrongUse, match="ending"):
            dump(graph, tmp_path / "all.xlsx")
        with pytest.raises(WrongUse, match="index"):
            dump(graph, path, with_index=True)
    before = facts(store)
    with pytest.raises(WrongUse, match="there already"):
        restore(path, store)
    assert facts(store) == before


def test_a_backup_while_another_loads(store: Path, tmp_path: Path) -> None:
    """Every backup written meanwhile is one snapshot, whole."""
    stop = threading.Event()

    def load() -> None:
        number = 0
        while not stop.is_set() and number < 40:
            number += 1
            with open_graph(store, read_only=False, snapshots_kept=1) as graph:
                graph.load(credentials({"A": f"version {number}"}, source="moving"))

    writer = threading.Thread(target=load)
    writer.start()
    try:
        for number in range(4):
            path = tmp_path / f"{number}.tar"
            with open_graph(store) as graph:
                dump(graph, path, with_index=number % 2 == 0)
                snapshot = graph.snapshot
            assert restore(path, tmp_path / f"again{number}").snapshot == snapshot
    finally:
        stop.set()
        writer.join()


def test_the_commands(store: Path, tmp_path: Path, mcgraph: Run) -> None:
    """As a user runs them: one document, refusals as sentences with their codes."""
    out = tmp_path / "b.tar"
    said = json.loads(mcgraph("--store", store, "dump", out, "--json").stdout)
    assert said["bytes"] == out.stat().st_size
    assert mcgraph("--store", store, "dump", out).returncode == 2
    done = json.loads(mcgraph("--store", tmp_path / "again", "restore", out, "--json").stdout)
    assert (done["snapshot"], done["sources"]) == (said["snapshot"], ["reg", "rules"])
    refused = mcgraph("--store", tmp_path / "other", "restore", tmp_path / "none.tar")
    assert refused.returncode == 3
    assert "no such file" in refused.stderr
    (tmp_path / "bad.parquet").write_bytes(b"PAR1")
    assert mcgraph("--store", tmp_path / "other", "restore", tmp_path / "bad.parquet").returncode == 3
    assert not (tmp_path / "other").exists()


def test_turtle_is_in_order_and_says_nothing_twice() -> None:
    """Random triples with repetitions: as plain Python sorts them; every object is read back as it was."""
    import random

    import polars as pl
    import pyoxigraph as ox

    from mcgraph.model.namespaces import MC, PREFIXES, RDF_TYPE, XSD
    from mcgraph.store.turtle import head, ordered, subjects

    chance = random.Random(11)
    things = [
        (MC + "Credential", "iri", "", ""),
        (PREFIXES["form"] + "other", "iri", "", ""),
        (PREFIXES["form"] + "a/b", "iri", "", ""),
        (PREFIXES["form"], "iri", "", ""),
        ("https://e.org/x#y", "iri", "", ""),
        ("_:b1", "iri", "", ""),
        ("https://e.org/x#y", "literal", XSD + "string", ""),
        ('say "é"\\n', "literal", "", "en"),
        ('say "é"\\n', "literal", "", "fr"),
        ("2.50", "literal", XSD + "decimal", ""),
        ("", "literal", XSD + "string", ""),
    ]
    rows = [
        (f"https://e.org/{chance.randrange(9)}", chance.choice((RDF_TYPE, MC + "title", MC + "form")), *thing)
        for thing in chance.choices(things, k=400)
    ]
    frame = pl.DataFrame(rows, schema=["s", "p", "o", "kind", "datatype", "lang"], orient="row")
    found = ordered(frame)
    wanted = sorted(set(rows), key=lambda row: (row[0], row[1] != RDF_TYPE, row[1], row[2], row[5], row[3], row[4]))
    assert found.rows() == wanted
    read = list(ox.parse(head() + b"".join(subjects(found)), format=ox.RdfFormat.TURTLE))
    assert len(read) == len(wanted)
    assert {quad.object.value for quad in read if isinstance(quad.object, ox.NamedNode)} == {
        row[2] for row in wanted if row[3] == "iri" and not row[2].startswith("_:")
    }
    assert ordered(frame.clear()).height == 0
