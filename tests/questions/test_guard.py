"""What no query text may do: reach out, change data, or bring the engine down."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcgraph.errors import LimitReached, McgraphError, WrongUse
from mcgraph.limits import Limits
from mcgraph.queries.guard import CHAIN, check, from_graphs

LIMITS = Limits()


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * WHERE { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
        "SELECT * WHERE { service silent <http://127.0.0.1:9/> { ?s ?p ?o } }",
        "SELECT * WHERE { SeRvIcE?x { ?s ?p ?o } }",
        "PREFIX ex: <http://x/> SELECT * WHERE { SERVICEex:s { ?s ?p ?o } }",
        "SELECT * WHERE { SERV\\u0049CE <http://127.0.0.1:9/> { ?s ?p ?o } }",
        "SELECT * WHERE { \\U00000053ERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
        "SELECT * WHERE { ?x ?p ?y FILTER(?x<'>') SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
        "SELECT * WHERE { ?s ?p ?o } # SERVICE",
        "SELECT * WHERE { ?s ?p 'customer service' }",
        'SELECT * WHERE { ?s ?p """ \' """ SERVICE <http://127.0.0.1:9/> { ?a ?b ?c } }',
    ],
)
def test_the_word_service_is_refused_everywhere(text: str) -> None:
    """No scanner is clever enough, so the bare word is refused in any case, escape, comment or text."""
    with pytest.raises(WrongUse, match="SERVICE"):
        check(text, LIMITS)


@pytest.mark.parametrize(
    "text",
    [
        "LOAD <http://127.0.0.1:9/x>",
        "load silent <file:///etc/passwd>",
        "INSERT DATA { <a:a> <a:b> <a:c> }",
        "PREFIX a: <a:> INSERT { ?s a:p ?o } WHERE { ?s ?p ?o }",
        "DELETE WHERE { ?s ?p ?o }",
        "CLEAR ALL",
        "DROP GRAPH <a:g>",
        "WITH <a:g> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
        "# a comment\nCREATE GRAPH <a:g>",
    ],
)
def test_changes_are_refused(text: str) -> None:
    """A query only asks; every form of update is refused with a sentence before it is parsed."""
    with pytest.raises(WrongUse, match="changes data"):
        check(text, LIMITS)


def test_what_is_no_question_is_refused() -> None:
    """A text that begins with neither form of question says which forms there are."""
    with pytest.raises(WrongUse, match="SELECT, ASK, CONSTRUCT or DESCRIBE"):
        check("PREFIX a: <a:> HELLO", LIMITS)


@pytest.mark.parametrize(
    "text",
    [
        "select * where { ?s ?p ?o }",
        "BASE <http://x/> PREFIX mc: <http://x/> PREFIX : <http://y/> SELECT * { ?s mc:a ?o }",
        "#+ summary: x\n# c\nASK { ?s ?p ?o }",
        "CONSTRUCT WHERE { ?s ?p ?o }",
        "DESCRIBE <http://x/>",
    ],
)
def test_questions_pass(text: str) -> None:
    """All four forms pass, with or without a prologue and comments."""
    check(text, LIMITS)


def test_long_text_is_refused() -> None:
    """A text over the published limit is refused with exit code 4."""
    with pytest.raises(LimitReached, match="characters"):
        check("SELECT * { ?s ?p ?o }" + " " * LIMITS.query_characters, LIMITS)


SHAPES = {
    "braces": lambda n: "SELECT * WHERE " + "{" * n + "?s ?p ?o" + "}" * n,
    "parentheses": lambda n: "SELECT * WHERE { FILTER(" + "(" * n + "1" + ")" * n + ") }",
    "optional": lambda n: "SELECT * WHERE { " + "OPTIONAL { ?s ?p ?o } " * n + "}",
    "nested optional": lambda n: "SELECT * WHERE { " + "OPTIONAL { ?s ?p ?o " * n + "}" * n + "}",
    "union": lambda n: "SELECT * WHERE { { ?s ?p ?o } " + "UNION { ?s ?p ?o } " * n + "}",
    "bind": lambda n: "SELECT * WHERE { " + "".join(f"BIND({i} AS ?v{i}) " for i in range(n)) + "}",
    "and": lambda n: "SELECT * WHERE { FILTER(1" + " && 1" * n + ") }",
    "or": lambda n: "SELECT * WHERE { FILTER(1" + " || 1" * n + ") }",
    "not": lambda n: "SELECT * WHERE { FILTER(" + "!" * n + "true) }",
    "minus sign": lambda n: "SELECT * WHERE { BIND(1" + " - 1" * n + " AS ?x) }",
    "path": lambda n: "SELECT * WHERE { ?s <a:p>" + "/<a:p>" * n + " ?o }",
    "alternative path": lambda n: "SELECT * WHERE { ?s <a:p>" + "|<a:p>" * n + " ?o }",
    "inverse path": lambda n: "SELECT * WHERE { ?s " + "^(" * n + "<a:p>" + ")" * n + " ?o }",
    "patterns": lambda n: "SELECT * WHERE { " + "?s ?p ?o . " * n + "}",
    "objects": lambda n: "SELECT * WHERE { ?s ?p ?o" + ", ?o" * n + " }",
    "predicates": lambda n: "SELECT * WHERE { ?s ?p ?o" + "; ?p ?o" * n + " }",
    "lists": lambda n: "SELECT * WHERE { ?s ?p " + "(" * n + ")" * n + " }",
    "minus": lambda n: "SELECT * WHERE { ?s ?p ?o " + "MINUS { ?s ?p ?o } " * n + "}",
    "filters": lambda n: "SELECT * WHERE { ?s ?p ?o " + "FILTER(1) " * n + "}",
}


@pytest.mark.parametrize("shape", SHAPES)
def test_deep_texts_never_reach_the_engine(shape: str) -> None:
    """Each shape that overflows the engine's stack is refused long before it does."""
    with pytest.raises(LimitReached):
        check(SHAPES[shape](3_000), Limits(query_characters=10_000_000))


def _largest(shape: str) -> str:
    for size in range(CHAIN, 0, -10):
        text = SHAPES[shape](size)
        try:
            check(text, LIMITS)
        except LimitReached:
            continue
        return text
    raise AssertionError(shape)


PROGRAM = """import sys, pyoxigraph
try:
    list(pyoxigraph.Store().query(sys.stdin.read()))
except SyntaxError:
    pass
print("alive")
"""


@pytest.mark.parametrize("shape", SHAPES)
def test_what_passes_does_not_break_the_engine(shape: str) -> None:
    """The deepest text of each shape that passes does not crash the engine, on an ordinary stack.

    A text that takes longer is the deadline's matter, not the guard's.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            input=_largest(shape),
            capture_output=True,
            text=True,
            timeout=2,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return
    assert done.stdout.strip() == "alive", done.returncode


@given(st.text(max_size=300))
def test_any_text_passes_or_is_refused_in_our_words(text: str) -> None:
    """The guard never fails in any other way than with one of our refusals."""
    for whole in (text, "SELECT * { ?s ?p " + text):
        try:
            check(whole, LIMITS)
        except McgraphError:
            continue


def test_graphs_named_by_from_are_found() -> None:
    """FROM and FROM NAMED are read outside texts and comments, with the prefixes in force."""
    text = (
        "PREFIX x: <http://x/> SELECT * FROM <http://g> FROM NAMED x:h  "
        "{ ?from x:p ?s . ?s ?p 'FROM <http://no>' } # FROM <http://c>"
    )
    assert from_graphs(text, {}) == ["http://g", "http://x/h"]


HANGS = """import sys
from mcgraph.errors import McgraphError
from mcgraph.limits import Limits
from mcgraph.queries.guard import check, from_graphs
from mcgraph.queries.syntax import syntax_refusal
text = sys.stdin.read()
for look in (lambda: check(text, Limits()), lambda: from_graphs(text, {}), lambda: syntax_refusal(text, "?")):
    try:
        look()
    except McgraphError:
        pass
print("done")
"""


@pytest.mark.parametrize(
    "tail", ['"' + '\\"' * 30_000, "'" + "\\'" * 30_000, "FROM a:b " * 7_000, "rdf:a " * 10_000, "<a" * 30_000]
)
def test_looking_at_a_text_takes_no_longer_than_running_it(tail: str) -> None:
    """The guard runs before any deadline: 60 KB of escaped quotes once held it for a minute."""
    program = [sys.executable, "-c", HANGS]
    done = subprocess.run(
        program, input="SELECT * {" + tail, capture_output=True, text=True, timeout=20, check=False
    )
    assert done.stdout.strip() == "done", done.stderr


def test_an_escaped_quote_in_a_name_opens_no_text() -> None:
    """`ex:a\\'b` is one name; what follows it is structure and is looked at."""
    with pytest.raises(LimitReached, match="nested"):
        check("SELECT * { ?s ex:a\\'b ?o " + "{" * 200 + "}" * 200 + " ?s ex:a\\'b ?o }", LIMITS)
