"""An answer that can be checked again: same bytes, same answer, and what differs is said."""

from __future__ import annotations

import hashlib
import json
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest

from mcgraph.errors import InputRefused
from mcgraph.queries.bundle import unpack
from tests.questions.samples import EXAMPLES, make_batch

PARTS = ["about.json", "answer.csv", "answer.json", "citation.txt", "coverage.json", "query.rq", "sources.json"]


@pytest.fixture
def bundle(mcgraph, store, tmp_path) -> Path:
    path = tmp_path / "levels.zip"
    done = mcgraph("--store", store, "query", "credentials-by-level", "-p", "country=Irlande", "--bundle", path)
    assert done.returncode == 0, done.stderr
    assert "mcgraph rerun" in done.stderr
    return path


def test_bundle_holds_all_the_answer_rests_on(bundle: Path, store: Path) -> None:
    """Query, parameters, answer, coverage, snapshot, versions, sources with checksums, and how to cite it."""
    from mcgraph.store import open_graph

    with zipfile.ZipFile(bundle) as archive:
        assert archive.namelist() == PARTS
        parts = {name: archive.read(name).decode("utf-8") for name in PARTS}
    about, answer, sources = (json.loads(parts[f"{name}.json"]) for name in ("about", "answer", "sources"))
    assert about["parameters"]["country"].endswith("/country/IRL")
    assert set(about["versions"]) == {"mcgraph", "pyoxigraph"}
    with open_graph(store) as graph:
        assert about["snapshot"] == answer["snapshot"] == graph.snapshot
    assert "#+ summary" in parts["query.rq"]
    assert answer["coverage"] == json.loads(parts["coverage.json"])
    assert answer["coverage"]["total"] == 5
    assert [source["source"] for source in sources] == ["example"]
    assert about["snapshot"] in parts["citation.txt"]


def test_sources_carry_the_checksums_of_their_files(mcgraph, tmp_path) -> None:
    """The checksum in the bundle is that of the file that was loaded."""
    data = tmp_path / "organisations.csv"
    data.write_text("organisation_id,name\nO-1,Ħobż\n", encoding="utf-8")
    store = tmp_path / "store"
    assert mcgraph("--store", store, "load", data, "--source", "x").returncode in (0, 1)  # 1: loaded with findings
    done = mcgraph("--store", store, "query", "organisation-roles", "--bundle", tmp_path / "b.zip")
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        sources = json.loads(archive.read("sources.json"))
    assert sources[0]["files"] == [
        {"name": "organisations.csv", "sha256": hashlib.sha256(data.read_bytes()).hexdigest()}
    ]


def test_same_answer_gives_the_same_bytes(bundle: Path, mcgraph, store, tmp_path) -> None:
    """Nothing of the hour or the machine is in a bundle."""
    again = tmp_path / "again.zip"
    mcgraph("--store", store, "query", "credentials-by-level", "-p", "country=IE", "--bundle", again)
    assert again.read_bytes() == bundle.read_bytes()


def test_rerun_on_the_same_store_is_the_same(bundle: Path, mcgraph, store) -> None:
    """Exit code 0 and the snapshot."""
    done = mcgraph("--store", store, "rerun", bundle)
    assert (done.returncode, done.stdout.strip()) == (0, "same answer: 3 rows"), done.stderr
    assert "snapshot" in done.stderr


@pytest.fixture
def other(tmp_path) -> Path:
    """A store that knows one credential more, and so another snapshot."""
    from mcgraph.store import SubmissionInfo, open_graph

    turtle = tmp_path / "more.ttl"
    more = (
        "<https://w3id.org/mcgraph/id/example/credential/more> a mc:Credential ; mc:title \"More\"@en ; "
        "mc:country country:IRL ; mc:eqfLevel eqf:5 .\n"
    )  # fmt: skip
    turtle.write_text((EXAMPLES / "world.ttl").read_text(encoding="utf-8") + more, encoding="utf-8")
    folder = tmp_path / "other"
    with open_graph(folder, create=True, read_only=False) as graph:
        graph.load(make_batch(turtle), SubmissionInfo())
    return folder


def test_rerun_on_another_store_says_what_differs(bundle: Path, mcgraph, other) -> None:
    """Exit code 1, the rows that came and went, the coverage, and that the snapshot is another."""
    done = mcgraph("--store", other, "rerun", bundle)
    assert done.returncode == 1
    assert "different answer" in done.stdout
    assert "3 then, 3 now; 1 gone, 1 new" in done.stdout
    assert "coverage" in done.stdout
    assert "another snapshot" in done.stderr
    document = json.loads(mcgraph("--store", other, "rerun", bundle, "--json").stdout)
    assert document["same"] is False and document["differences"] and document["notes"]


def test_same_rows_on_another_snapshot_are_the_same_answer(mcgraph, store, other, tmp_path) -> None:
    """The snapshot alone makes no difference of the answer; it is said."""
    path = tmp_path / "skills.zip"
    mcgraph("--store", store, "query", "skills-covered", "-p", "credential=BASICS", "--bundle", path)
    done = mcgraph("--store", other, "rerun", path)
    assert (done.returncode, done.stdout.strip()) == (0, "same answer: 2 rows")
    assert "another snapshot" in done.stderr


def test_sparql_with_free_parameters_runs_again(mcgraph, store, tmp_path) -> None:
    """What a user wrote is kept letter for letter, with the values as terms."""
    path = tmp_path / "own.zip"
    text = "SELECT ?c WHERE { ?c mc:title ?t FILTER(STR(?t) = ?wanted) }"
    asked = mcgraph("--store", store, "query", text, "-p", "wanted=Schweißblock", "--bundle", path)
    assert "welding" in asked.stdout, asked.stderr
    done = mcgraph("--store", store, "rerun", path)
    assert (done.returncode, done.stdout.strip()) == (0, "same answer: 1 rows"), done.stderr


def changed(bundle: Path, path: Path, **parts: bytes | None) -> Path:
    """A copy of a bundle with parts replaced, or left out for None."""
    with zipfile.ZipFile(bundle) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = parts.get(name.partition(".")[0], old.read(name))
            if content is not None:
                new.writestr(name, content)
    return path


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"about": None}, "no item named"),
        ({"about": b"{"}, "not a bundle"),
        ({"about": b"[]"}, "not a bundle"),
        ({"about": b'{"format": 9}'}, "format"),
        ({"answer": b"[]"}, "holds no answer"),
        ({"answer": b'{"head": 5}'}, "are to be objects"),
        ({"answer": b'{"results": [1]}'}, "are to be objects"),
        ({"answer": b'{"head": {"vars": 5}}'}, "head.vars"),
        ({"answer": b'{"head": {"vars": null}}'}, "head.vars"),
        ({"answer": b'{"head": {"vars": [["a"]]}}'}, "head.vars"),
        ({"answer": b'{"results": {"bindings": 5}}'}, "results.bindings"),
        ({"answer": b'{"results": {"bindings": [5]}}'}, "results.bindings"),
        ({"answer": b"[" * 200_000}, "not a bundle"),
        ({"answer": rb'{"coverage": "\uD800"}'}, "surrogates not allowed"),
        ({"query": b"\xff\xfe"}, "not a bundle"),
        ({"query": b"#+ summary: [\nSELECT * { ?s ?p ?o }"}, "cannot be read"),
        ({"query": b"#+ summary: x\nSELECT * { ?s ?p ?o }"}, "lacks"),
    ],
)
def test_damaged_bundle_is_refused(
    bundle: Path, parts: dict[str, bytes | None], said: str, mcgraph, store, tmp_path
) -> None:
    """A sentence and exit code 3, never a traceback."""
    done = mcgraph("--store", store, "rerun", changed(bundle, tmp_path / "bad.zip", **parts))
    assert done.returncode == 3
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("rows", ["Infinity", "1e999", '"many"', "null", "[]"])
def test_a_limit_that_is_none_is_refused(rows: str, bundle: Path, tmp_path) -> None:
    """A number without end cannot be read as a whole one."""
    with zipfile.ZipFile(bundle) as archive:
        about = json.loads(archive.read("about.json"))
    text = json.dumps(about | {"rows": "HERE"}).replace('"HERE"', rows)
    with pytest.raises(InputRefused, match="not a bundle"):
        unpack(changed(bundle, tmp_path / "bad.zip", about=text.encode()), 1_000_000)


def test_a_bundle_damaged_on_its_way_is_refused(bundle: Path, tmp_path) -> None:
    """Whatever byte of it is another: a sentence, or the bundle as it was."""
    content, path = bundle.read_bytes(), tmp_path / "bad.zip"
    for place in range(0, len(content), max(1, len(content) // 300)):
        path.write_bytes(content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :])
        with suppress(InputRefused):
            unpack(path, 1_000_000)


def test_no_zip_and_no_file_are_refused(mcgraph, store, tmp_path) -> None:
    """Any file may be given by mistake."""
    (tmp_path / "x.zip").write_text("not a zip")
    for name in ("x.zip", "nothing.zip"):
        assert mcgraph("--store", store, "rerun", tmp_path / name).returncode == 3


def test_bundle_that_unpacks_too_large_is_refused(bundle: Path, tmp_path) -> None:
    """A few kilobytes may hold gigabytes of zeros."""
    bomb = changed(bundle, tmp_path / "bomb.zip", answer=b" " * 5_000_000)
    assert bomb.stat().st_size < 50_000
    with pytest.raises(InputRefused, match="more than 1,000,000 bytes"):
        unpack(bomb, 1_000_000)


@pytest.mark.parametrize(
    "text",
    ["SELECT * { SERVICE <http://localhost/> { ?s ?p ?o } }", "DROP ALL", "SELECT * FROM <http://x/> { ?s ?p ?o }"],
)
def test_hostile_query_in_a_bundle_is_refused(text: str, bundle: Path, mcgraph, store, tmp_path) -> None:
    """What comes in a bundle is a stranger's text, and checked like one."""
    with zipfile.ZipFile(bundle) as archive:
        about = json.loads(archive.read("about.json")) | {"name": "", "parameters": {}}
    bad = changed(bundle, tmp_path / "bad.zip", query=text.encode() + b"\n", about=json.dumps(about).encode())
    done = mcgraph("--store", store, "rerun", bad)
    assert done.returncode == 2, done.stderr


def test_values_in_a_bundle_are_terms_not_text(bundle: Path, mcgraph, store, tmp_path) -> None:
    """A parameter that tries to close its place and open a new one is no country."""
    with zipfile.ZipFile(bundle) as archive:
        about = json.loads(archive.read("about.json"))
    about["parameters"]["country"] = "<http://x/> } ?s ?p ?o {"
    bad = changed(bundle, tmp_path / "bad.zip", about=json.dumps(about).encode())
    assert mcgraph("--store", store, "rerun", bad).returncode == 2


@pytest.mark.parametrize(
    ("part", "old", "new"),
    [
        ("answer.csv", b"2", b"7"),
        ("coverage.json", b'"total"', b'"totals"'),
        ("citation.txt", b"mcgraph", b"Someone"),
        ("sources.json", b"example", b"another"),
        ("answer.csv", b"", None),
    ],
)
def test_a_file_for_people_that_was_changed_is_found(
    part: str, old: bytes, new: bytes | None, bundle: Path, mcgraph, store, tmp_path
) -> None:
    """The answer still is the same, but who opens the table, or cites, would not get it."""
    with zipfile.ZipFile(bundle) as archive:
        content = archive.read(part)
    assert old in content
    replaced = None if new is None else content.replace(old, new)
    path = tmp_path / "changed.zip"
    if part == "answer.csv":
        _without_csv(bundle, path, replaced)
    else:
        changed(bundle, path, **{part.partition(".")[0]: replaced})
    done = mcgraph("--store", store, "rerun", path)
    assert done.returncode == 1
    assert f"{part} is " in done.stdout
    document = json.loads(mcgraph("--store", store, "rerun", path, "--json").stdout)
    assert (document["same"], document["differences"], len(document["altered"])) == (False, [], 1)


def _without_csv(bundle: Path, path: Path, content: bytes | None) -> Path:
    """A copy with another table, or none; `changed` knows parts by their names without endings."""
    with zipfile.ZipFile(bundle) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            kept = content if name == "answer.csv" else old.read(name)
            if kept is not None:
                new.writestr(name, kept)
    return path


@pytest.mark.parametrize(
    "text",
    [
        "ASK { ?c a mc:Credential }",
        "CONSTRUCT { ?c mc:title ?t } WHERE { ?c mc:title ?t } ORDER BY ?c ?t LIMIT 3",
        "SELECT ?c ?d { ?c a mc:Credential OPTIONAL { ?c mc:description ?d } } ORDER BY ?c",
        'SELECT ("=1+1" AS ?f) (2.50 AS ?n) {}',
    ],
)
def test_bundles_of_every_kind_are_as_written(text: str, mcgraph, store, tmp_path) -> None:
    """Yes or no, triples, unbound cells, cells a spreadsheet would run."""
    path = tmp_path / "own.zip"
    assert mcgraph("--store", store, "query", text, "--bundle", path).returncode == 0
    done = mcgraph("--store", store, "rerun", path)
    assert (done.returncode, "same answer" in done.stdout) == (0, True), done.stdout
