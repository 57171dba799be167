"""Every named question on the demo data says what plain Python reads from the CSV files."""

from __future__ import annotations

from collections import Counter

import pytest

from mcgraph.demo.run import DAY
from mcgraph.queries import ask, library
from mcgraph.queries.engine import Engine
from mcgraph.store import Graph
from tests.questions.by_hand import (
    completeness,
    counts,
    inventory,
    ladders,
    learning,
    origins,
    respondents,
    stacking,
    statements,
    trust,
)
from tests.questions.by_hand.answers import DERIVED, Derived

# Importing a file enters its derivations.
FILES = (inventory, completeness, statements, stacking, counts, trust, ladders, learning, respondents, origins)


@pytest.mark.parametrize("case", DERIVED, ids=lambda case: "-".join([case.question, *case.parameters.values()])[:80])
def test_answer_is_what_the_spreadsheets_say(demo: tuple[Graph, Engine], case: Derived) -> None:
    """The same columns, and the same rows the same number of times."""
    graph, engine = demo
    found = ask(graph, case.question, case.parameters, date=DAY, engine=engine)
    expected = Counter(case.rows())
    assert found.columns == case.columns
    given = Counter(found.rows)
    assert (list(expected - given)[:5], list(given - expected)[:5]) == ([], [])


def test_every_question_is_derived() -> None:
    """A new question brings its derivation."""
    assert set(library()) == {case.question for case in DERIVED}
