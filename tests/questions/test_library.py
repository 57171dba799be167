"""Every named question: header, exact answer on its example, and nothing in it that an engine is slow at."""

from __future__ import annotations

import datetime
import re
from pathlib import Path

import pytest

from mcgraph.errors import RuleBroken, WrongUse
from mcgraph.limits import Limits
from mcgraph.model.answer import Answer
from mcgraph.model.namespaces import shorten
from mcgraph.queries import ask, library, named
from mcgraph.queries.guard import check, masked
from mcgraph.queries.library import GROUPS, read_question
from mcgraph.queries.vocabulary import ontology_terms, unknown_terms

DAY = datetime.date(2026, 1, 15)
# The examples are invented and few: what is asked is what the text counts, before small counts are emptied.
RAW = Limits(survey_small=1)
NAMES = sorted(library())
CASES = [(name, i) for name in NAMES for i in range(len(library()[name].examples))]


def shown(answer: Answer) -> list[list[str | None]]:
    return [
        [value if value is None or kind != "iri" else shorten(value) for value, kind in zip(row, kinds, strict=True)]
        for row, kinds in zip(answer.rows, answer.types, strict=True)
    ]


@pytest.mark.parametrize(("name", "i"), CASES, ids=[f"{name}-{i}" for name, i in CASES])
def test_exact_answer_on_the_example(name: str, i: int, examples) -> None:
    """A question gives exactly the rows, in exactly the order, that its header promises."""
    example = library()[name].examples[i]
    answer = ask(examples[example["data"]], name, example["params"], limits=RAW, date=DAY)
    assert shown(answer) == example["rows"]
    assert not answer.warnings


@pytest.mark.parametrize(("name", "i"), CASES, ids=[f"{name}-{i}" for name, i in CASES])
def test_exact_coverage_on_the_example(name: str, i: int, examples) -> None:
    """The counts of what is known and unknown are those the header promises, and add up."""
    example = library()[name].examples[i]
    answer = ask(examples[example["data"]], name, example["params"], limits=RAW, date=DAY)
    coverage = answer.coverage
    assert coverage is not None
    assert {"total": coverage.total, "known": coverage.known, "why": dict(coverage.why)} == example["coverage"]
    assert coverage.known + coverage.unknown == coverage.total
    assert all(coverage.unknown >= count > 0 for count in coverage.why.values())


def test_all_twenty_five_competency_questions_are_there() -> None:
    """Each of the 25 competency questions has at least one named question."""
    assert {question.number for question in library().values()} - {None} == set(range(1, 26))


def test_library_is_grouped_and_large_enough() -> None:
    """At least 60 questions, and some in every group."""
    assert len(library()) >= 60
    assert {question.group for question in library().values()} == set(GROUPS)


def test_no_two_questions_are_the_same() -> None:
    """Neither two texts nor two summaries are alike."""
    bodies = {"\n".join(line for line in q.text.splitlines() if not line.startswith("#+")) for q in library().values()}
    assert len(bodies) == len(library()) == len({question.summary for question in library().values()})


@pytest.mark.parametrize("name", NAMES)
def test_header_is_complete(name: str) -> None:
    """A reader of the list learns what a question means, needs and counts."""
    question = library()[name]
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", name)
    assert question.question.endswith("?")
    assert len(question.description) > 60
    assert question.tags
    assert question.coverage is not None
    assert all(parameter.label for parameter in question.parameters)


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_has_its_place(name: str) -> None:
    """Each declared parameter stands as VALUES in the text, and no UNDEF place is undeclared."""
    question = library()[name]
    places = set(re.findall(r"VALUES\s+\?(\w+)\s*\{ UNDEF \}", masked(question.text)))
    declared = {parameter.name for parameter in question.parameters}
    assert places <= declared
    for parameter in declared:
        assert re.search(rf"VALUES\s+\?{parameter}\s*\{{", masked(question.text))


@pytest.mark.parametrize("name", NAMES)
def test_text_is_safe_ordered_and_known(name: str) -> None:
    """A question passes our own guard, orders its rows, avoids the slow filter and uses terms that exist."""
    question = library()[name]
    check(question.text, Limits())
    assert "ORDER BY" in question.text
    assert not re.search(r"NOT\s+EXISTS", question.text)
    if ontology_terms():
        assert unknown_terms(question.text) == ()


def test_name_with_a_slip_gets_a_suggestion() -> None:
    """A mistyped name is answered with the nearest one."""
    with pytest.raises(WrongUse, match="credentials-by-level"):
        named("credential-by-levels")


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("", "lacks"),
        ("#+ summary: [", "not YAML"),
        ("#+ summary: x\n#+ colour: red", "unknown keys"),
        ("#+ - a\n#+ - b", "not a list of keys"),
        (
            "#+ summary: a\n#+ question: b?\n#+ description: c\n#+ group: skills\n#+ tags: [x]\n"
            "#+ example: {rows: []}\n#+ params: {a: {type: colour}}",
            "needs a type",
        ),
        (
            "#+ summary: a\n#+ question: b?\n#+ description: c\n#+ group: skills\n#+ number: one\n#+ tags: [x]\n"
            "#+ example: {rows: []}",
            "wrong kind",
        ),
        (
            "#+ summary: a\n#+ question: b?\n#+ description: c\n#+ group: odds and ends\n#+ tags: [x]\n"
            "#+ example: {rows: []}",
            "the group is none of",
        ),
    ],
)
def test_broken_header_is_our_fault(header: str, said: str, tmp_path: Path) -> None:
    """A question of ours with a broken header ends with the exit code for broken rules, and says where."""
    path = tmp_path / "broken.rq"
    path.write_text(header + "\nSELECT * WHERE { ?s ?p ?o }\n")
    with pytest.raises(RuleBroken, match=said) as caught:
        read_question(path)
    assert caught.value.where == "broken.rq"
    assert caught.value.exit_code == 5


def test_list_in_the_documentation_is_the_library(root: Path) -> None:
    """The documented list of questions is generated from the headers."""
    from mcgraph.queries.listing import listing

    assert (root / "docs" / "questions.md").read_text(encoding="utf-8") == listing()
