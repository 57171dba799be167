"""Queries run in a process that can be ended: time, memory, rows, errors in words."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from mcgraph.errors import LimitReached, StoreUnavailable, WrongUse
from mcgraph.limits import Limits
from mcgraph.queries import Engine, ask

ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"


def test_deadline_ends_an_endless_query(world) -> None:
    """A product without end is stopped within a second of its deadline, with exit code 4."""
    begun = time.monotonic()
    with pytest.raises(LimitReached, match="stopped after 1 s"):
        ask(world, ENDLESS, limits=Limits(query_seconds=1))
    assert time.monotonic() - begun < 2.0


def test_rows_before_the_deadline_are_marked_as_a_part(world) -> None:
    """Rows that came before the end of time are given back, marked with the limit that was hit."""
    text = "SELECT ?a ?d { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . FILTER(?a != ?d) }"
    answer = ask(world, text, limits=Limits(query_seconds=1, rows_returned=1_000_000_000))
    assert answer.truncated
    assert answer.limit in ("query_seconds", "answer size")
    assert answer.rows


def test_memory_is_bounded(world) -> None:
    """A query that would take all memory ends with a sentence, not with the machine."""
    text = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?c ?f ?i"
    with pytest.raises(LimitReached):
        ask(world, text, limits=Limits(query_megabytes=600, query_seconds=8))


def test_row_limit_cuts_and_says_so(world) -> None:
    """An answer that was cut is marked; one that just fits is not."""
    text = "SELECT ?c { ?c a mc:Credential } ORDER BY ?c"
    cut = ask(world, text, limits=Limits(rows_returned=3))
    assert (len(cut), cut.truncated, cut.limit) == (3, True, "rows_returned")
    whole = ask(world, text, limits=Limits(rows_returned=8))
    assert (len(whole), whole.truncated) == (8, False)
    assert any("not complete" in note for note in cut.notes())


def test_deep_query_is_refused_not_crashed(world) -> None:
    """The six-kilobyte text that ends the process elsewhere is refused here."""
    with pytest.raises(LimitReached, match="nested"):
        ask(world, "SELECT * WHERE " + "{" * 3_000 + "}" * 3_000, limits=Limits())


def test_a_worker_that_breaks_is_told_as_a_limit(world) -> None:
    """Should the engine die, the caller hears a sentence."""
    with Engine(world.index_path, Limits()) as engine:
        engine.run("ASK { ?s ?p ?o }")
        os.kill(engine._process.pid, signal.SIGSEGV)
        engine._process.wait(timeout=10)
        with pytest.raises(LimitReached, match="engine broke"):
            engine.run("ASK { ?s ?p ?o }")


def test_syntax_error_names_line_and_column(world) -> None:
    """A slip is shown with its line, its column and the line itself."""
    with pytest.raises(WrongUse) as caught:
        ask(world, "SELECT * WHERE {\n  ?s mc:title ?o .\n  FILTER(?o = )\n}", limits=Limits())
    said = str(caught.value)
    assert "line 3, column" in said
    assert "FILTER(?o = )" in said
    assert "Literal" not in said
    assert "expected one of" not in said


def test_undeclared_prefix_is_named(world) -> None:
    """The commonest slip, a prefix nobody declared, is named."""
    with pytest.raises(WrongUse, match="schema"):
        ask(world, "SELECT * WHERE { ?s schema:name ?o }", limits=Limits())


def test_our_prefixes_need_no_declaration(world) -> None:
    """mc:, skos: and the others are at hand; a text may still declare its own."""
    assert len(ask(world, "SELECT ?c { ?c a mc:Qualification }", limits=Limits())) == 1
    own = "PREFIX mc: <http://elsewhere/> SELECT ?c { ?c a mc:Qualification }"
    assert len(ask(world, own, limits=Limits())) == 0


def test_unknown_term_gets_a_warning(world) -> None:
    """A term the ontology lacks is warned about, with the nearest one."""
    answer = ask(world, "SELECT * { ?s mc:titel ?o }", limits=Limits())
    assert len(answer) == 0
    assert any("mc:titel" in warning and "mc:title?" in warning for warning in answer.warnings)


def test_from_asks_one_graph_and_no_other(world) -> None:
    """FROM works for graphs of the store; any other is refused and never fetched."""
    graph = "https://w3id.org/mcgraph/graph/source/example"
    assert len(ask(world, f"SELECT ?c FROM <{graph}> {{ ?c a mc:Qualification }}", limits=Limits())) == 1
    with pytest.raises(WrongUse, match="no graph"):
        ask(world, "SELECT * FROM <http://127.0.0.1:9/x> { ?s ?p ?o }", limits=Limits())


def test_ask_and_construct(world) -> None:
    """ASK gives a truth value, CONSTRUCT gives triples that can be written out."""
    assert ask(world, "ASK { ?s a mc:Offer }", limits=Limits()).boolean is True
    built = ask(world, "CONSTRUCT { ?s mc:title ?t } WHERE { ?s mc:title ?t ; a mc:Offer }", limits=Limits())
    assert (built.kind, len(built)) == ("triples", 0)
    built = ask(world, "CONSTRUCT WHERE { ?s mc:eqfLevel eqf:3 }", limits=Limits())
    assert built.to_ntriples().startswith("<https://w3id.org/mcgraph/id/example/credential/aid> <")


def test_records_are_found_by_identifier_and_title(world) -> None:
    """A record parameter takes an identifier or an exact title; an unknown one gets near ones."""
    by_title = ask(world, "recognition-of", {"credential": "Data literacy badge"}, limits=Limits())
    by_identifier = ask(world, "recognition-of", {"credential": "BADGE"}, limits=Limits())
    assert by_title.rows == by_identifier.rows
    assert by_title.parameters["credential"].endswith("/credential/badge")
    with pytest.raises(WrongUse) as caught:
        ask(world, "recognition-of", {"credential": "Data literacy bagde"}, limits=Limits())
    assert "Data literacy badge" in caught.value.fix


def test_record_nobody_mentions_is_warned_about(world) -> None:
    """An IRI that is in no statement gives no rows and a warning, not silence."""
    answer = ask(world, "recognition-of", {"credential": "https://x.example/none"}, limits=Limits())
    assert len(answer) == 0
    assert any("nothing in this graph" in warning for warning in answer.warnings)


def test_evidence_names_who_said_it(world) -> None:
    """An answer that asserts recognition carries the statements and their claimants."""
    answer = ask(world, "recognition-of", {"credential": "BADGE"}, limits=Limits())
    assert answer.evidence[0]["evidence"] == "https://university.example/rec1"
    assert answer.evidence[0]["claimedBy"].endswith("organisation/university")


def test_the_worker_has_no_network(world) -> None:
    """Even past the guard, a query of the worker reaches nobody (Linux)."""
    if not sys.platform.startswith("linux"):
        pytest.skip("network namespaces exist on Linux only")
    if subprocess.run(["unshare", "-rn", "true"], capture_output=True, check=False).returncode:
        pytest.skip("this system does not let a process leave the network")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.5)
        port = listener.getsockname()[1]
        with Engine(world.index_path, Limits(query_seconds=5)) as engine, pytest.raises(LimitReached):
            engine.run(f"SELECT * {{ SERVICE <http://127.0.0.1:{port}/> {{ ?s ?p ?o }} }}")
        with pytest.raises(TimeoutError):
            listener.accept()


def test_missing_index_is_a_sentence(tmp_path: Path) -> None:
    """A folder that holds no index is told with the exit code of the store."""
    with pytest.raises(StoreUnavailable, match="cannot be opened"), Engine(tmp_path / "no", Limits()) as engine:
        engine.run("ASK { ?s ?p ?o }")


def test_no_process_is_left_behind(world) -> None:
    """Whatever happens, the worker has ended when the call returns."""
    engine = Engine(world.index_path, Limits(query_seconds=1))
    with pytest.raises(LimitReached), engine:
        engine.run(ENDLESS)
    assert engine._process.poll() is not None


def test_eight_at_once(world) -> None:
    """Readers do not disturb each other."""
    counts: list[int] = []

    def one() -> None:
        counts.append(len(ask(world, "dead-ends", limits=Limits())))

    threads = [threading.Thread(target=one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts == [2] * 8


@pytest.mark.parametrize("tail", ["", "\n", "\n\n   \n"])
def test_an_error_at_the_end_points_to_the_last_sign(world, tail: str) -> None:
    """Not to an empty line after the text, which nobody wrote."""
    with pytest.raises(WrongUse) as refused:
        ask(world, "SELECT ?x WHERE { ?x a mc:Offer }\nGROUP" + tail, limits=Limits())
    assert "line 2, column 6" in refused.value.message
    assert refused.value.fix.startswith("GROUP\n")
