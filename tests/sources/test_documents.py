"""JSON documents read as tables: every cell keeps its pointer, and nothing is lost without a word."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from mcgraph.errors import InputRefused, LimitReached, RuleBroken
from mcgraph.limits import Limits
from mcgraph.model.namespaces import ID, MC, RDF_TYPE
from mcgraph.sources import read_submission
from mcgraph.sources.jsontree import Document, parse
from mcgraph.store import open_graph
from tests.sources.documents import COURSE, MAPPING, only, said


def resolve(document: Any, pointer: str) -> Any:
    """RFC 6901, written down once more."""
    for token in pointer.split("/")[1:]:
        key = token.replace("~1", "/").replace("~0", "~")
        document = document[int(key)] if isinstance(document, list) else document[key]
    return document


@pytest.mark.parametrize(
    "document",
    [
        COURSE,
        [COURSE],
        {"@graph": [COURSE]},
        {"@context": "https://nobody.example/context", "@graph": COURSE},
        {"deep": {"deeper": [[COURSE]]}},
    ],
)
@pytest.mark.parametrize("prefix", ["", "x:", "https://purl.example/terms/", "https://purl.example/terms#"])
def test_bare_list_and_graph_and_any_spelling_of_keys_read_the_same(read: Any, document: Any, prefix: str) -> None:
    """One node, a list of nodes, @graph; keys and types plain, with a prefix, or whole IRIs."""
    text = json.dumps(document)
    for name in ("name", "hours", "Course"):
        text = text.replace(f'"{name}"', f'"{prefix}{name}"')
    batch = read({"a.json": text})
    assert said(batch, "title") == {("https://a.example/1", "Data")}
    assert said(batch, "workloadHours") == {("https://a.example/1", "40")}


def test_id_and_type_without_their_sign_are_known(read: Any) -> None:
    batch = read({"a.json": {"id": "https://a.example/1", "type": ["Thing", "Course"], "name": "Data"}})
    assert said(batch, "title") == {("https://a.example/1", "Data")}


def test_every_cell_keeps_its_pointer(read: Any) -> None:
    """The pointer leads to the value in the file as it was written, keys with / and ~ too."""
    node = {"x:load": {"x:hours": 12}, "@type": "x:Course", "name": {"en": "Data"}, "parts": ["p", "q"]}
    document = {"a/b~c": [node]}
    batch = read({"a.json": document})
    table = next(table for table in batch.tables if table.name == "courses")
    place = table.place(1, table.headers.index("hours"))
    assert (place.file, place.pointer, place.row) == ("a.json", "/a~1b~0c/0/x:load/x:hours", None)
    assert resolve(document, place.pointer) == 12
    assert resolve(document, table.place(1, table.headers.index("parts")).pointer or "") == ["p", "q"]
    assert table.place(1).pointer == "/a~1b~0c/0"
    assert str(place) == "a.json · /a~1b~0c/0/x:load/x:hours"


def test_the_pointer_survives_the_store(read: Any, tmp_path: Path) -> None:
    """`describe` and findings in context lead back to the place in the document, not to a row."""
    batch = read({"a.json": [COURSE], "b.json": {"@graph": [{**COURSE, "@id": "https://a.example/2"}]}})
    with open_graph(tmp_path / "store", create=True, read_only=False) as graph:
        graph.load(batch)
        places = graph.cell_of("https://a.example/2", MC + "workloadHours")
    assert [(place.file, place.pointer) for place in places] == [("b.json", "/@graph/0/hours")]


def test_language_maps_keep_their_tag_and_what_is_left_is_told(read: Any) -> None:
    """English first; null is no text; `@en-US` and `en:us` mean en-US; further languages are counted."""
    texts: list[Any] = [
        {"en": "One"},
        {"fr": "Deux"},
        {"fr": "Trois", "en-US": "Three"},
        {"@en-US": "Four"},
        {"en:us": "Five"},
        {"@value": "Six", "@language": "de"},
        "Seven",
        {"en": None},
    ]
    nodes = [{"@id": f"https://a.example/{i}", "@type": "Course", "name": text} for i, text in enumerate(texts)]
    batch = read({"a.json": nodes})
    tagged = {
        (text, column.language)
        for column in batch.with_predicate(MC + "title")
        for text in column.frame.get_column("o")
    }
    assert tagged == {
        ("One", "en"), ("Deux", "fr"), ("Three", "en-us"), ("Four", "en-us"), ("Five", "en-us"), ("Six", "de"),
        ("Seven", ""),
    }  # fmt: skip
    assert only(batch, "DOC-LANGUAGE-001").affects == 1
    assert only(batch, "DOC-EMPTY-001").where.pointer == "/7/name"
    assert only(batch, "DOC-LACKING-001").where.pointer == "/7"


def test_prefixes_of_the_document_make_whole_iris_and_no_context_is_fetched(
    read: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A remote context is a name to us; only prefixes that stand in the file are used."""
    import socket

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("something went to the network")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    context = [
        "https://nobody.example/c",
        {"res": "https://r.example/", "term": {"@id": "res:term"}},
        "file:///etc/passwd",
    ]
    batch = read({"a.json": {"@context": context, "@graph": [{"@id": "res:7", "@type": "Course", "name": "D"}]}})
    assert said(batch, "title") == {("https://r.example/7", "D")}


def test_an_undeclared_prefix_is_no_scheme(read: Any) -> None:
    """`res:7` under a remote context: a name within the source, told once for each place."""
    batch = read({"a.json": {"@context": "https://nobody.example/c", **COURSE, "@id": "res:7"}})
    assert said(batch, "title") == {(f"{ID}t/credential/%5Bres%5D7", "Data")}
    assert only(batch, "DOC-PREFIX-001").where.pointer == ""
    batch = read({"a.json": {**COURSE, "@id": "urn:uuid:7"}})
    assert said(batch, "title") == {("urn:uuid:7", "Data")}


def test_nodes_without_an_iri_get_one_of_ours_and_are_found_by_reference(read: Any) -> None:
    """Blank nodes are of their file: the same label in two files is two things."""
    node = [{"@id": "_:c", "@type": "Course", "name": "D", "owner": {"@type": "Owner", "name": "O"}}]
    batch = read({"a.json": node, "b.json": node})
    subjects = {s for s, _ in said(batch, "title")}
    assert subjects == {f"{ID}t/credential/{name}.json%23_%3Ac" for name in "ab"}
    owners = {s for s, _ in said(batch, "legalName")}
    assert {o for _, o in said(batch, "awardedBy")} == owners
    assert len(owners) == 2


def test_what_is_not_read_is_told_with_its_count(read: Any) -> None:
    """Types, keys, persons, values in another form, files that are no JSON."""
    nodes = [
        {**COURSE, "color": "red", "ignored": 1, "secret": "x"},
        {"@id": "https://a.example/2", "@type": "Course", "name": "E", "hours": {"min": 1}, "color": "blue"},
        {"@type": "Shoe"},
        {"@type": "Shoe"},
        {"@type": "Person", "name": "Ann"},
    ]
    batch = read({"a.json": nodes, "notes.txt": "not JSON", "broken.json": '{"a": 1,}'})
    assert (only(batch, "DOC-TYPE-001").found, only(batch, "DOC-TYPE-001").affects) == ("Shoe", 2)
    assert (only(batch, "DOC-KEY-001").found, only(batch, "DOC-KEY-001").affects) == ("color", 2)
    assert only(batch, "DOC-KEY-001").where.pointer == "/0/color"
    assert sorted(f.message for f in batch.findings if f.code == "DOC-PERSON-001") == [
        "Data about persons («Person») were left out",
        "Data about persons («secret») were left out",
    ]
    assert only(batch, "DOC-VALUE-001").where.pointer == "/1/hours"
    assert only(batch, "FILE-SKIPPED-001").where.file == "notes.txt"
    broken = only(batch, "FILE-JSON-001")
    assert (broken.severity, "line 1, column" in broken.found) == ("error", True)
    assert "Ann" not in str([column.frame.get_column("o").to_list() for column in batch.columns])


def test_pictures_and_empty_files_of_a_folder_are_passed_by(read: Any, tmp_path: Path) -> None:
    """They are no reason to refuse the documents beside them; a file that is named and missing is."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "badge.png").write_bytes(b"\x89PNG\r\n")
    batch = read({"a.json": COURSE, "empty.json": ""})
    assert only(batch, "FILE-SKIPPED-001").affects == 2
    with pytest.raises(InputRefused, match="no such file"):
        read_submission([tmp_path / "none.json"], "ctdl", "t")


def test_repeated_keys_are_told(read: Any) -> None:
    """JSON readers keep the last and say nothing."""
    batch = read({"a.json": '{"@id": "https://a.example/1", "@type": "Course", "name": "A", "name": "B"}'})
    assert {o for _, o in said(batch, "title")} == {"B"}
    assert only(batch, "DOC-REPEAT-001").found == "name"


def test_a_malformed_identifier_is_kept_and_told(read: Any) -> None:
    batch = read({"a.json": {**COURSE, "@id": "https://a.example/one"}})
    assert said(batch, "title") == {("https://a.example/one", "Data")}
    assert only(batch, "DOC-FORM-001").found == "https://a.example/one"


@pytest.mark.parametrize("text", ['["p", "q"]', "['p', 'q']"])
def test_a_list_written_into_a_text_is_a_list(read: Any, text: str) -> None:
    """As JSON or as Python writes it; anything else stays the text it is."""
    assert {o for _, o in said(read({"a.json": {**COURSE, "parts": text}}), "labelledAs")} == {"p", "q"}


@pytest.mark.parametrize("text", ["[p, q]", "__import__('os')", "[" * 5000, "[1]"])
def test_a_text_that_is_no_plain_list_is_not_run(read: Any, text: str) -> None:
    found = {o for _, o in said(read({"a.json": {**COURSE, "parts": text}}), "labelledAs")}
    assert found == ({"1"} if text == "[1]" else {text})


def test_an_unresolved_reference_is_kept_and_told(read: Any) -> None:
    batch = read({"a.json": {**COURSE, "owner": "https://o.example/9"}})
    assert said(batch, "awardedBy") == {("https://a.example/1", "https://o.example/9")}
    finding = only(batch, "DOC-REFERENCE-001")
    assert (finding.verdict, finding.where.pointer, finding.affects) == ("unverifiable", "/owner", 1)


class TestRefusals:
    @pytest.mark.parametrize("text", ['{"a": 1', "{]", '{"a": NaN}', ""])
    def test_a_file_that_is_no_json_is_refused_with_its_place(self, tmp_path: Path, text: str) -> None:
        path = tmp_path / "a.json"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(InputRefused):
            read_submission([path], "ctdl", "t")

    def test_bytes_that_are_no_utf8_are_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "a.json"
        path.write_bytes(b'{"name": "caf\xe9"}')
        with pytest.raises(InputRefused, match="not UTF-8"):
            read_submission([path], "ctdl", "t")

    @pytest.mark.parametrize("depth", [300, 100_000])
    def test_a_file_that_nests_too_deeply_is_refused(self, tmp_path: Path, depth: int) -> None:
        path = tmp_path / "a.json"
        path.write_text("[" * depth + "]" * depth, encoding="utf-8")
        with pytest.raises(LimitReached, match="nests more than"):
            read_submission([path], "ctdl", "t")

    def test_a_file_that_is_too_large_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "a.json"
        path.write_text(json.dumps([COURSE] * 50), encoding="utf-8")
        with pytest.raises(LimitReached, match="the document has"):
            read_submission([path], "ctdl", "t", limits=Limits(document_bytes=100))

    def test_documents_without_anything_to_read_are_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "a.json"
        path.write_text('{"@type": "Shoe"}', encoding="utf-8")
        with pytest.raises(InputRefused, match="hold nothing that the mapping"):
            read_submission([path], "ctdl", "t")

    def test_a_filter_that_is_not_known_is_refused(self, read: Any) -> None:
        with pytest.raises(RuleBroken, match="is not a filter"):
            read({"a.json": COURSE}, mapping=MAPPING.replace("parts|list", "parts|lst"))


def test_mapping_is_found_for_documents_without_being_named(tmp_path: Path) -> None:
    """A JSON file without --mapping is read by the bundled mapping that reads most of it."""
    badge = {"type": ["Achievement"], "id": "https://a.example/1", "name": "Badge", "criteria": {"narrative": "do it"}}
    (tmp_path / "badge.json").write_text(json.dumps(badge), encoding="utf-8")
    assert read_submission([tmp_path / "badge.json"], None, "t").mapping == "open-badges"


def test_one_identifier_for_different_things_is_kept_apart(tmp_path: Path) -> None:
    """Merged, they would be one badge with two titles; the same description twice stays one."""
    for name, title in (("a", "Welding"), ("b", "Weaving"), ("c", "Welding")):
        badge = {"type": "Achievement", "id": "https://a.example/1", "name": title}
        (tmp_path / f"{name}.json").write_text(json.dumps(badge), encoding="utf-8")
    batch = read_submission([tmp_path], "open-badges", "t")
    assert sorted(title for _, title in said(batch, "title")) == ["Weaving", "Welding"]
    assert len({subject for subject, _ in said(batch, "title")}) == 2
    assert only(batch, "DOC-IDENTITY-001").affects == 2


def test_every_finding_about_documents_is_in_the_catalogue(root: Path) -> None:
    """A code without its why and its fix would be a riddle; a rule without a finding, a promise."""
    import re

    from mcgraph.validation import catalogue

    files = [*(root / "mcgraph" / "sources").glob("*.py")]
    made = {code for file in files for code in re.findall(r'code="(DOC-[A-Z]+-\d+)"', file.read_text("utf-8"))}
    assert made == {code for code in catalogue.rules() if code.startswith("DOC-")}


def test_paths_of_the_tree() -> None:
    """Up, down, keys, members: the small language of document mappings."""
    data = json.dumps({"k1": {"list": [{"v": "x"}], "n": "one"}}).encode()
    document: Document = parse("a.json", data, Limits(), is_linked=False)
    (node,) = document.find(document.root, "*/list")
    assert [one.value for one in document.find(node, "v")] == ["x"]
    assert [one.value for one in document.find(node, "../n")] == ["one"]
    assert [one.value for one in document.find(node, "../#")] == ["k1"]
    assert document.find(node, "../../..") == []
    assert document.find(node, "nothing/at/all") == []


def test_types_of_batch_columns_are_the_classes(read: Any) -> None:
    batch = read({"a.json": COURSE})
    typed = pl.concat([column.frame for column in batch.with_predicate(RDF_TYPE)])
    assert typed.get_column("o").to_list() == [MC + "Credential"]


def test_a_refused_node_is_corrected_in_its_document_and_loaded_again(tmp_path: Path) -> None:
    """Quarantine names the pointer; the corrected file joins what is stored, and old pointers stay."""
    import datetime

    from mcgraph.submissions import quarantine, retrying
    from mcgraph.submissions.loading import load_files

    folder, store, day = tmp_path / "in", tmp_path / "store", datetime.date(2026, 1, 1)
    folder.mkdir()
    good = {"@id": "https://a.example/1", "@type": "ceterms:Course", "ceterms:name": "Data"}
    bad = {"@id": "https://a.example/2", "@type": "ceterms:Course"}
    (folder / "a.json").write_text(json.dumps({"@graph": [good, bad]}), encoding="utf-8")
    loaded = load_files(store, [folder], mapping="ctdl", source="ctdl", date=day)
    assert (loaded.accepted, loaded.rejected) == (1, 1)
    (record,) = quarantine.of(store, "ctdl").records
    assert (record["file"], record["row"], record["pointer"]) == ("a.json", None, "/@graph/1")
    (tmp_path / "b.json").write_text(json.dumps({**bad, "ceterms:name": "Ethics"}), encoding="utf-8")
    again = retrying.retry(store, "ctdl", [tmp_path / "b.json"], date=day)
    assert again.accepted == 1
    assert not quarantine.read(store)
    with open_graph(store) as graph:
        places = [graph.cell_of(f"https://a.example/{i}", MC + "title") for i in (1, 2)]
    assert [[(p.file, p.pointer) for p in found] for found in places] == [
        [("a.json", "/@graph/0/ceterms:name")],
        [("b.json", "/ceterms:name")],
    ]


def test_documents_are_checked_by_the_command_too(mcgraph: Callable[..., Any], tmp_path: Path) -> None:
    """A folder of JSON documents is validated, not only loaded; its files are named in the report."""
    (tmp_path / "in").mkdir()
    document = {"@graph": [{"@type": "ceterms:Badge", "@id": "https://example.org/b", "ceterms:name": {"en": "B"}}]}
    (tmp_path / "in" / "one.json").write_text(json.dumps(document), encoding="utf-8")
    for given in (tmp_path / "in", tmp_path / "in" / "one.json"):
        done = mcgraph("validate", given, "--mapping", "ctdl", "--fail-on", "never", "--json")
        assert done.returncode == 0, done.stderr
        assert [one["name"] for one in json.loads(done.stdout)["inputs"]] == ["one.json"]
