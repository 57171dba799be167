"""`mcgraph query` and `mcgraph describe` as a user meets them."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest


def schema(root: Path, name: str):  # type: ignore[no-untyped-def]
    from jsonschema import Draft202012Validator
    from referencing import Registry, Resource

    folder = root / "docs" / "contract"
    documents = [json.loads((folder / file).read_text()) for file in ("answer.schema.json", "query.schema.json")]
    registry = Registry().with_resources((d["$id"], Resource.from_contents(d)) for d in documents)
    return Draft202012Validator(next(d for d in documents if d["$id"].endswith(name)), registry=registry)


def test_table_on_stdout_and_the_rest_on_stderr(mcgraph, store) -> None:
    """Rows go to stdout; how much is known and the snapshot go to stderr."""
    done = mcgraph("--store", store, "query", "credentials-by-level", "-p", "country=IRL")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["level", "credentials"]
    # A person reads the name of a concept; files and JSON have its IRI.
    assert [line.split() for line in lines[2:]] == [
        ["2"],
        ["Level", "5", "(eqf:5)", "1"],
        ["Level", "6", "(eqf:6)", "2"],
    ]
    assert "known for 3 of 5 Credential" in done.stderr
    assert "snapshot" in done.stderr


def test_json_fits_its_schema(mcgraph, store, root) -> None:
    """The JSON document is W3C results with the keys of an answer, by the published schema."""
    done = mcgraph("--store", store, "query", "recognition-of", "-p", "credential=BADGE", "--json")
    document = json.loads(done.stdout)
    schema(root, "query.schema.json").validate(document)
    assert document["results"]["bindings"][0]["recogniserLabel"]["value"] == "Lough University"
    asked = mcgraph("--store", store, "query", "ASK { ?s a mc:Offer }", "--json")
    schema(root, "query.schema.json").validate(json.loads(asked.stdout))
    assert json.loads(asked.stdout)["boolean"] is True


def test_concepts_are_named_where_people_read(mcgraph, store, tmp_path) -> None:
    """By the label in English, once in a row, in the table alone; what has no label keeps its short IRI."""
    text = """SELECT ?level ?label ?other WHERE {
      { VALUES (?level ?label) { (eqf:5 UNDEF) (eqf:6 "Level 6") } }
      UNION { VALUES ?other { <https://example.org/x> form:digital-badge } }
    } ORDER BY ?other ?level"""
    done = mcgraph("--store", store, "query", text)
    assert done.returncode == 0, done.stderr
    rows = [line.split("  ") for line in done.stdout.splitlines()[2:]]
    cells = [[cell.strip() for cell in row if cell.strip()] for row in rows]
    assert cells == [
        ["Level 5 (eqf:5)"],
        ["eqf:6", "Level 6"],
        ["https://example.org/x"],
        ["digital badge (form:digital-badge)"],
    ]
    mcgraph("--store", store, "query", text, "-o", tmp_path / "a.csv")
    assert "Level 5" not in (tmp_path / "a.csv").read_text()


def test_file_stdin_and_text(mcgraph, store, tmp_path) -> None:
    """SPARQL comes from a file, from standard input or from the command line."""
    text = "SELECT ?c WHERE { ?c a mc:Qualification }"
    (tmp_path / "q.rq").write_text(text)
    for what in (tmp_path / "q.rq", text):
        done = mcgraph("--store", store, "query", what)
        assert "id:example/credential/master" in done.stdout, done.stderr
    piped = subprocess.run(
        [sys.executable, "-m", "mcgraph", "--store", str(store), "query", "-"],
        input=text.encode(),
        capture_output=True,
        check=False,
    )
    assert b"credential/master" in piped.stdout


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".json", ".md", ".html"])
def test_written_files(mcgraph, store, tmp_path, suffix) -> None:
    """Each format is written once and never over another file without --force."""
    out = tmp_path / f"answer{suffix}"
    done = mcgraph("--store", store, "query", "dead-ends", "-o", out)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert "Safety day" in out.read_text(encoding="utf-8-sig")
    if suffix != ".csv":
        return
    again = mcgraph("--store", store, "query", "dead-ends", "-o", out)
    assert again.returncode == 2
    assert "exists already" in again.stderr
    assert mcgraph("--store", store, "query", "dead-ends", "-o", out, "--force").returncode == 0


def test_csv_opens_as_utf8(mcgraph, store, tmp_path) -> None:
    """Umlauts survive, and the file says that it is UTF-8."""
    out = tmp_path / "a.csv"
    mcgraph("--store", store, "query", "validity-and-trust", "-o", out)
    assert out.read_bytes().startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(out.read_text(encoding="utf-8-sig").splitlines()))
    assert any(row["credentialLabel"] == "Schweißblock" for row in rows)


def test_construct_is_written_as_triples(mcgraph, store, tmp_path) -> None:
    """A CONSTRUCT answer can be written as Turtle that a strict reader takes."""
    import pyoxigraph

    out = tmp_path / "a.ttl"
    mcgraph("--store", store, "query", "CONSTRUCT WHERE { ?s mc:eqfLevel ?o }", "-o", out)
    assert len(list(pyoxigraph.parse(path=str(out)))) == 6


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["nothing-like-this"], 2, "there is no question"),
        (["credential-by-level"], 2, "credentials-by-level"),
        (["dead-ends", "-p", "x"], 2, "not a parameter"),
        (["dead-ends", "-p", "x=1"], 2, "no parameter"),
        (["recognition-of"], 2, "is needed"),
        (["SELECT * WHERE { ?s ?p"], 2, "never closed"),
        (["SELECT * { ?s ?p ?o } # SERVICE"], 2, "SERVICE"),
        (["DELETE WHERE { ?s ?p ?o }"], 2, "changes data"),
        (["SELECT * { id:demo/credential/A ?p ?o }"], 2, "write <https://w3id.org/mcgraph/id/demo/credential/A>"),
        (["missing.rq"], 2, "cannot be read"),
        (["dead-ends", "-o", "x.pdf"], 2, "no format"),
        ([], 2, "no question was given"),
        (["--list", "--tag", "nonsense"], 2, "no question has the tag"),
    ],
)
def test_wrong_use_is_a_sentence(arguments, code, said, mcgraph, store) -> None:
    """Each slip gets its sentence, exit code 2 and nothing on stdout."""
    done = mcgraph("--store", store, "query", *arguments)
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_limits_have_their_exit_code(mcgraph, store) -> None:
    """A cut by the standing limit or the deadline ends with 4; a cut the user asked for ends with 0."""
    text = "SELECT ?s { ?s a mc:Credential }"
    cut = mcgraph("--store", store, "query", text, MCGRAPH_LIMIT_ROWS_RETURNED="2")
    assert (cut.returncode, len(cut.stdout.splitlines())) == (4, 4)
    assert "not complete" in cut.stderr
    assert mcgraph("--store", store, "query", text, "--limit", "2").returncode == 0
    endless = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
    slow = mcgraph("--store", store, "query", endless, MCGRAPH_LIMIT_QUERY_SECONDS="1")
    assert slow.returncode == 4
    assert "stopped after 1 s" in slow.stderr


def test_interrupt_ends_command_and_worker(store) -> None:
    """Ctrl-C ends a running query with 130 at once, and leaves no process behind."""
    endless = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
    with subprocess.Popen(
        [sys.executable, "-m", "mcgraph", "--store", str(store), "query", endless],
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        if not children.exists():
            process.kill()
            pytest.skip("this system does not list the children of a process")
        deadline = time.monotonic() + 10
        while not children.read_text().split() and time.monotonic() < deadline:
            time.sleep(0.05)
        workers = [int(pid) for pid in children.read_text().split()]
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=5)
    assert process.returncode == 130, said
    assert workers
    for pid in workers:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_list_and_show(mcgraph) -> None:
    """The library can be read without a store."""
    listed = mcgraph("query", "--list")
    assert "label-versus-definition" in listed.stdout
    assert "skills-covered" in mcgraph("query", "--list", "--tag", "skills").stdout
    shown = mcgraph("query", "--show", "recognition-of")
    assert "-p credential=" in shown.stdout
    assert "SELECT" in shown.stdout
    assert "#+" not in shown.stdout
    assert len(json.loads(mcgraph("query", "--list", "--json").stdout)["questions"]) >= 25


def test_describe_groups_what_is_said(mcgraph, store) -> None:
    """A record shows its own statements by source, and what others say about it."""
    done = mcgraph("--store", store, "describe", "WELD")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Schweißblock")
    for part in ("says graph:source/example", "quality assurance", "recognition", "stacks into", "Motor Works"):
        assert part in done.stdout


def test_describe_json(mcgraph, store) -> None:
    """The JSON document keeps full IRIs, sections and origins."""
    document = json.loads(mcgraph("--store", store, "describe", "Data basics", "--json").stdout)
    assert document["record"].endswith("/credential/basics")
    assert document["label"] == "Data basics"
    assert {link["section"] for link in document["about"]} >= {"recognition", "stacks into", "offers"}
    assert document["origins"][0]["file"] == "world.csv"


def test_describe_says_what_is_invented(mcgraph, store, tmp_path) -> None:
    """A record of a synthetic source, with or without the cells it came from; nothing is said of the others."""
    from mcgraph.queries.record import describe
    from mcgraph.store import SubmissionInfo, open_graph
    from tests.questions.samples import EXAMPLES, make_batch

    with open_graph(tmp_path / "store", create=True, read_only=False) as graph:
        graph.load(make_batch(EXAMPLES / "world.ttl"), SubmissionInfo(synthetic=True))
        assert describe(graph, "WELD").to_json()["synthetic"] is True
    with open_graph(store) as graph:
        assert describe(graph, "WELD").to_json()["synthetic"] is False
    assert "SYNTHETIC DATA" in mcgraph("--store", tmp_path / "store", "describe", "WELD").stdout


def test_describe_unknown_record(mcgraph, store) -> None:
    """An unknown name is refused with near records."""
    done = mcgraph("--store", store, "describe", "Data bassics")
    assert done.returncode == 2
    assert "Data basics" in done.stderr
    done = mcgraph("--store", store, "describe", "https://w3id.org/mcgraph/id/example/credential/nothing")
    assert done.returncode == 2


def test_describe_is_a_question_too(mcgraph, store) -> None:
    """It needs no braces, and was looked for among the names."""
    done = mcgraph("--store", store, "query", "DESCRIBE <https://w3id.org/mcgraph/nothing>")
    assert done.returncode == 0, done.stderr
