"""Every named question on the demo data says what plain Python reads from the CSV files."""

from __future__ import annotations

from collections import Counter

import pytest

from mcgraph.demo.run import DAY
from mcgraph.limits import Limits
from mcgraph.queries import NamedQuestion, ask, library
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

# Counts of respondents as the text counts them; that small ones are emptied is tested in tests/survey.
RAW = Limits(survey_small=1)
# Importing a file enters its derivations.
FILES = (inventory, completeness, statements, stacking, counts, trust, ladders, learning, respondents, origins)


@pytest.mark.parametrize("case", DERIVED, ids=lambda case: "-".join([case.question, *case.parameters.values()])[:80])
def test_answer_is_what_the_spreadsheets_say(demo: tuple[Graph, Engine], case: Derived) -> None:
    """The same columns, and the same rows the same number of times."""
    graph, engine = demo
    found = ask(graph, case.question, case.parameters, date=DAY, engine=engine, limits=RAW)
    expected = Counter(case.rows())
    assert found.columns == case.columns
    given = Counter(found.rows)
    assert (list(expected - given)[:5], list(given - expected)[:5]) == ([], [])


def test_every_question_is_derived() -> None:
    """A new question brings its derivation."""
    assert set(library()) == {case.question for case in DERIVED}


WHOLE = [q for q in library().values() if q.coverage and not (q.coverage.record or "VALUES" in q.coverage.where)]


@pytest.mark.parametrize("question", WHOLE, ids=lambda question: question.name)
def test_coverage_counts_every_record_once(demo: tuple[Graph, Engine], question: NamedQuestion) -> None:
    """The total of the coverage is the number of records of its classes in the spreadsheets."""
    graph, engine = demo
    case = next(case for case in DERIVED if case.question == question.name)
    found = ask(graph, question, case.parameters, date=DAY, engine=engine, limits=RAW).coverage
    records = origins.registry_records() | origins.survey_records() | {"Submission": 3}
    assert question.coverage is not None and found is not None
    total = sum(records[name.removeprefix("mc:")] for name in question.coverage.of)
    partial = "isFullQualification" in question.coverage.where
    assert found.total == total - (records["Qualification"] if partial else 0)
    assert found.known + max(found.why.values(), default=0) <= found.total
