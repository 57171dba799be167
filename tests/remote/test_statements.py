"""Statements fetched from a server are all of them or none: whatever it cuts, miscounts or cannot name is noticed."""

from __future__ import annotations

from dataclasses import replace

import pyoxigraph as ox
import pytest

from mcgraph.errors import LimitReached, McgraphError, StoreUnavailable
from mcgraph.limits import Limits
from mcgraph.queries import remote_statements
from mcgraph.queries.needed_statements import Pattern
from mcgraph.queries.remote_statements import Fetching, Statement
from mcgraph.store.endpoint import Result
from tests.remote.other_server import Habit, OtherServer, cut_at

SIZE = 700
ALL = Pattern("", "urn:p")


@pytest.fixture
def server() -> OtherServer:
    """Many subjects, one with many objects, in two graphs; a third graph is nobody's business."""
    found = OtherServer()
    lines = [f'<urn:é{i}> <urn:p> "{i}" <urn:g{i % 2}> .' for i in range(SIZE)]
    lines += [f"<urn:one> <urn:q> <urn:o{i}> <urn:g0> ." for i in range(SIZE)]
    lines += ['<urn:é1> <urn:p> "1" <urn:g0> .', '<urn:hidden> <urn:p> "1" <urn:other> .']
    found.store.load(input="\n".join(lines), format=ox.RdfFormat.N_QUADS)
    return found


def fetched(server: OtherServer, *patterns: Pattern, **limits: int) -> list[Statement]:
    """All statements of some patterns from two of the three graphs."""
    given = Fetching(server, ("urn:g0", "urn:g1"), replace(Limits(), **limits))
    found = [statement for part in given.all_of(patterns) for statement in part]
    assert given.count == len(found)
    return found


def test_all_of_a_pattern(server: OtherServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """At once, and in parts by subject or by object; the same statement in two graphs is two."""
    whole = fetched(server, ALL, Pattern("urn:one"))
    assert len(whole) == 2 * SIZE + 1
    assert ("urn:g1", "urn:é1", "urn:p", ("1", "http://www.w3.org/2001/XMLSchema#string")) in whole
    assert ("urn:g0", "urn:one", "urn:q", ("urn:o7", "iri")) in whole
    server.asked.clear()
    monkeypatch.setattr(remote_statements, "_AT_ONCE", (100,))
    assert fetched(server, ALL, Pattern("urn:one")) == whole
    assert len(server.asked) > 2 * SIZE / 100
    assert fetched(server, Pattern("urn:nobody"), Pattern("", "", "urn:o3")) == [
        ("urn:g0", "urn:one", "urn:q", ("urn:o3", "iri"))
    ]


def test_a_server_that_cuts_is_asked_for_less(server: OtherServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """And one that gives too little however little is asked is not believed."""
    whole = fetched(server, ALL)
    monkeypatch.setattr(remote_statements, "_AT_ONCE", (1_000, 300, 50))
    server.habit = cut_at(120)
    assert fetched(server, ALL) == whole
    server.habit = cut_at(20)
    with pytest.raises(StoreUnavailable, match=r"counts 701 statements of a kind and gives"):
        fetched(server, ALL)


def _counts(by: int) -> Habit:
    def habit(text: str, found: Result) -> Result:
        if "COUNT" not in text:
            return found
        count = int((found.rows[0][0] or ("0", ""))[0]) + by
        return replace(found, rows=(((str(count), "http://www.w3.org/2001/XMLSchema#integer"),),))

    return habit


@pytest.mark.parametrize(
    ("habit", "said"),
    [
        (_counts(1), "counts 702"),
        (_counts(-1), "counts 700"),
        (lambda text, found: replace(found, rows=()) if "COUNT" in text else found, "does not count"),
        (lambda text, found: replace(found, rows=tuple((None, *row[1:]) for row in found.rows)), "does not count|part"),
        (
            lambda text, found: found if "COUNT" in text else replace(
                found, rows=tuple((row[0], ("_:b", "bnode"), *row[2:]) for row in found.rows)
            ),
            "blank nodes",
        ),
        (
            lambda text, found: found if "COUNT" in text else replace(
                found, rows=tuple((None, *row[1:]) for row in found.rows)
            ),
            "part missing",
        ),
        (lambda text, found: found if "COUNT" in text else replace(found, columns=("x", "y", "z")), "part missing"),
        (
            lambda text, found: found if "COUNT" in text else replace(
                found, rows=tuple((("urn:other", "iri"), *row[1:]) for row in found.rows)
            ),
            "not asked",
        ),
    ],
)  # fmt: skip
def test_what_does_not_add_up_is_refused(server: OtherServer, habit: Habit, said: str) -> None:
    """A count that is not that of the rows, no count, no name, no graph."""
    server.habit = habit
    with pytest.raises(StoreUnavailable, match=said):
        fetched(server, ALL)


def test_too_much_is_told_before_anything_is_fetched(server: OtherServer) -> None:
    """All patterns are counted first; the time is bounded too."""
    with pytest.raises(LimitReached, match=r"needs 1,401 statements .* at most 1,400") as hit:
        fetched(server, ALL, Pattern("urn:one"), remote_statements=1_400)
    assert hit.value.limit == "remote_statements"
    assert all("COUNT" in text for text in server.asked)
    given = Fetching(server, ("urn:g0",), Limits())
    given.deadline = 0
    refused: type[McgraphError] = LimitReached
    with pytest.raises(refused, match="took longer than 300 s"):
        list(given.all_of([ALL]))
