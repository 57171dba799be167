"""What somebody types finds what they mean: any language, any case, a slip of the finger."""

from __future__ import annotations

import json
import os
import random
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from mcgraph.errors import LimitReached, WrongUse
from mcgraph.limits import Limits
from mcgraph.model.namespaces import MC
from mcgraph.search import search
from mcgraph.search.index import FILE, folder_of, open_index
from mcgraph.search.lookup import _ended_after, _nearly
from mcgraph.search.words import fold, words
from mcgraph.store import Graph, open_graph
from tests.store.samples import credentials

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def names(graph: Graph, text: str, **options: object) -> list[str]:
    """The identifiers of the things found, in their order."""
    return [(row[4] or "").rsplit("/", 1)[-1].rsplit("#", 1)[-1] for row in search(graph, text, **options).rows]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("pflege", "DE-1"),
        ("DATENSCHUTZ", "DE-1"),
        ("Datenschtuz", "DE-1"),
        ("dokumentation", "DE-2"),
        ("zywienie dlugoterminowej", "PL-1"),
        ("φροντιδα ΗΛΙΚΙΩΜΈΝΩΝ", "GR-1"),
        ("data literacy", "EN-2"),
        ("literacy data workers", "EN-1"),
        ("datta litercy wrkers", "EN-1"),
        ("wound 2026", "EN-3"),
        ("記録の", "JA-1"),
        ("介護", "JA-1"),
        ("competence", "Skill"),
    ],
)
def test_the_first_thing_found(graph: Graph, typed: str, first: str) -> None:
    """Case, accents, order, parts of words and slips do not matter; the shorter label that fits comes first."""
    assert names(graph, typed)[:1] == [first]


def test_what_is_not_there_is_said(graph: Graph) -> None:
    """Nothing found, something near, or only some of the words: each is told."""
    nothing = search(graph, "zzzqqq")
    assert not len(nothing)
    assert nothing.warnings == ("nothing is spelled like «zzzqqq»",)
    assert "spelled nearly so: datenschutz" in search(graph, "datenschtuz").warnings[0]
    assert search(graph, "skill pflege").warnings == ("no label has all 2 words; these have 1",)
    # A number with a slip is another number.
    assert names(graph, "2025") == []


def test_language_and_kind_narrow(graph: Graph) -> None:
    """A language keeps its regions; a percent sign is a percent sign; an unknown class is named."""
    assert names(graph, "competence", language="fr") == ["Skill"]
    assert names(graph, "competence", language="f") == []
    assert names(graph, "skill", language="%") == []
    assert names(graph, "pflege", kind="Credential") == ["DE-1", "DE-2"]
    assert names(graph, "pflege", kind="%") == []
    unknown = search(graph, "pflege", kind="Credental")
    assert unknown.warnings == ("nothing with a label is of the class mc:Credental",)


def test_more_than_asked_is_marked(graph: Graph) -> None:
    """An answer cut short says so."""
    cut = search(graph, "pflege", limit=1)
    assert (len(cut), cut.truncated) == (1, True)
    assert not search(graph, "pflege", limit=2).truncated


@pytest.mark.parametrize("text", ["", "  ", "\"';--", "()*", "\x00", "x" * 501])
def test_a_text_without_a_word_is_refused(graph: Graph, text: str) -> None:
    """Nothing to search for, or too much."""
    with pytest.raises(WrongUse):
        search(graph, text)


@settings(max_examples=150, deadline=None)
@given(text=st.text(max_size=40))
def test_any_text_is_only_text(text: str) -> None:
    """FTS5 has a language of its own; nothing typed is read as that."""
    with open_index(_GRAPHS[0]) as index:
        assert index is not None
    try:
        search(_GRAPHS[0], text)
    except WrongUse:
        assert not words(text)


_GRAPHS: list[Graph] = []


@pytest.fixture(autouse=True)
def _shared_graph(request: pytest.FixtureRequest) -> None:
    if "test_any_text" in request.node.name:
        _GRAPHS[:] = [request.getfixturevalue("graph")]


def test_of_many_words_the_first_are_searched(graph: Graph) -> None:
    """The others are named, however often a word is repeated."""
    few = Limits(search_words=2)
    found = search(graph, "data data literacy care workers", limits=few)
    assert [row[4] for row in found.rows] == [row[4] for row in search(graph, "data literacy").rows]
    assert found.warnings == ("only the first 2 words are searched; left out: care workers",)
    assert not search(graph, "data literacy data", limits=few).warnings


def test_a_search_ends_in_time(graph: Graph) -> None:
    """Between the queries and within one; the index is as usable as before."""
    with pytest.raises(LimitReached, match="stopped after 0 s") as hit:
        search(graph, "data literacy", limits=Limits(query_seconds=0))
    assert hit.value.limit == "query_seconds"
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n"
    with open_index(graph) as index:
        with pytest.raises(LimitReached), _ended_after(index, 0.02):
            index.execute(endless).fetchall()
        assert index.execute("SELECT count(*) FROM term").fetchone()[0] > 10


@pytest.mark.parametrize("kind", ["Credential", "mc:Credential", f"{MC}Credential", f"<{MC}Credential>"])
def test_a_class_by_each_of_its_names(graph: Graph, kind: str) -> None:
    """Its name in the model, a prefixed name, and its IRI."""
    assert search(graph, "wound", kind=kind).rows


def test_a_class_that_is_none(graph: Graph, mcgraph: Run, folder: Path) -> None:
    """An IRI of any scheme may be one; a prefix nobody knows is refused with a sentence."""
    assert "nothing with a label is of the class urn:zz" in search(graph, "wound", kind="urn:zz").warnings
    for kind in ("zz:zz", ":x", "mailto:x"):
        with pytest.raises(WrongUse, match="none of our prefixes"):
            search(graph, "wound", kind=kind)
    done = mcgraph("--store", folder, "search", "wound", "--kind", "zz:zz")
    assert (done.returncode, "none of our prefixes" in done.stderr) == (2, True), done.stderr
    facets = mcgraph("--store", folder, "search", "--facets", "-p", "provider=urn:x")
    assert (facets.returncode, "0 credentials" in facets.stderr) == (0, True), facets.stderr


def test_folding_is_stable() -> None:
    """Folding a folded text changes nothing, whatever the letters."""
    letters = [chr(point) for point in range(0x20, 0x3000)]
    assert [mark for mark in letters if fold(fold(mark)) != fold(mark)] == []


def test_nearly_spelled_words_equal_brute_force(tmp_path: Path) -> None:
    """Every word within the allowed changes is found, and no other, against all words one by one."""
    draw = random.Random(5)
    vocabulary = sorted({"".join(draw.choices("abcde", k=draw.randint(3, 11))) for _ in range(1500)})
    with open_graph(tmp_path / "s", create=True, read_only=False, ontology=_empty(tmp_path)) as graph:
        graph.load(credentials({f"W{number}": word for number, word in enumerate(vocabulary)}))
        with open_index(graph) as index:
            for word in draw.sample([word for word in vocabulary if len(word) >= 4], 60):
                at = draw.randrange(len(word) - 1)
                swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
                typed = draw.choice([word[:at] + word[at + 1 :], word[:at] + "c" + word[at:], swapped])
                if len(typed) < 4:
                    continue
                most = 1 if len(typed) < 9 else 2
                wanted = {known for known in vocabulary if OSA.distance(typed, known) <= most}
                # Ordinary titles are not all words; identifiers have digits and are never guessed at.
                assert {each.word for each in _nearly(index, typed)} == wanted, typed


def _empty(folder: Path) -> Path:
    model = folder / "model"
    model.mkdir()
    (model / "none.ttl").write_text("<https://example.org/a> <https://example.org/b> 'x' .\n", encoding="utf-8")
    return model


def test_the_index_is_in_step_with_the_snapshot(folder: Path) -> None:
    """A load is seen at once, a reader of before sees what was, a forgotten source is gone."""
    with open_graph(folder) as before:
        assert names(before, "robot") == []
        with open_graph(folder, read_only=False) as writing:
            writing.load(credentials({"R-1": "Robot welding"}, source="other"))
            assert names(writing, "robot") == ["R-1"]
        assert names(before, "robot") == []
        assert names(before, "pflege") == ["DE-1", "DE-2"]
    with open_graph(folder, read_only=False) as writing:
        writing.forget("other")
        assert names(writing, "robot") == []


def test_a_damaged_index_is_made_again_or_named(folder: Path, mcgraph: Run) -> None:
    """Cut short it is made again; spoilt inside it is a sentence that says what to do."""
    with open_graph(folder) as graph:
        assert names(graph, "pflege")
        place = folder_of(graph)
    path = place / FILE
    whole = path.read_bytes()
    path.write_bytes(whole[:-100])
    with open_graph(folder) as graph:
        assert names(graph, "pflege") == ["DE-1", "DE-2"]
    path.write_bytes(b"\x55" * len(path.read_bytes()))
    done = mcgraph("--store", folder, "search", "pflege")
    assert done.returncode == 6
    assert "index of labels is damaged" in done.stderr
    assert str(place) in done.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_store_that_cannot_be_written_is_searched_all_the_same(folder: Path) -> None:
    """The index is then made for this one search."""
    folder.chmod(0o555)
    try:
        with open_graph(folder) as graph:
            assert names(graph, "pflege") == ["DE-1", "DE-2"]
    finally:
        folder.chmod(0o755)


def test_without_a_place_for_it_the_index_is_made_in_passing(graph: Graph, folder: Path) -> None:
    """A file where the folder should be: the answer is the same."""
    (folder / "derived").write_text("in the way", encoding="utf-8")
    assert names(graph, "pflege") == ["DE-1", "DE-2"]


def test_the_command(mcgraph: Run, folder: Path, tmp_path: Path) -> None:
    """A table, one JSON document, a file; a refusal is a sentence."""
    shown = mcgraph("--store", folder, "search", "pflege")
    assert "Datenschutz in der Pflege" in shown.stdout
    assert "2 things" in shown.stderr
    said = json.loads(mcgraph("--store", folder, "search", "pflege", "--json", "--limit", 1).stdout)
    assert said["head"]["vars"] == ["label", "language", "property", "kind", "iri", "match"]
    assert (said["truncated"], len(said["results"]["bindings"])) == (True, 1)
    out = tmp_path / "found.csv"
    assert mcgraph("--store", folder, "search", "pflege", "-o", out).returncode == 0
    assert out.read_text(encoding="utf-8").count("\n") == 3
    assert mcgraph("--store", folder, "search", "pflege", "-o", out).returncode == 2
    assert mcgraph("--store", folder, "search", "--", "--").returncode == 2
    assert mcgraph("--store", tmp_path / "none", "search", "x").returncode == 6


def test_every_label_finds_its_thing(graph: Graph) -> None:
    """Typed as it stands, each label of the store leads to its own thing first."""
    for row in graph.rows("SELECT ?s ?t WHERE { ?s <https://w3id.org/mcgraph/ontology#title> ?t }"):
        found = search(graph, row[1] or "")
        assert found.rows[0][4] == row[0]
        assert found.rows[0][5] == "1.00"
