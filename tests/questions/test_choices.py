"""What a parameter can be is read from the data, and what the data lacks is said."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from mcgraph.errors import WrongUse
from mcgraph.model.namespaces import expand
from mcgraph.queries import ask, library, named
from mcgraph.queries.choices import choices
from mcgraph.queries.engine import Engine
from mcgraph.store import Graph
from tests.questions.by_hand import names
from tests.questions.by_hand.reading import many, registry

WITH_VALUES = [(q.name, p.name) for q in library().values() for p in q.parameters if p.values]


def test_values_are_those_of_the_spreadsheet(demo: tuple[Graph, Engine]) -> None:
    """The target groups of credentials and offers, with the number of records, counted from the CSV."""
    counted: Counter[str] = Counter()
    for rows in (registry().credentials, registry().offers):
        for row in rows.values():
            counted.update(names.european("target-group")[label] for label in set(many(row, "target_group")))
    found = [choice for choice in choices(demo[1], named("fits-person")) if choice.parameter == "target_group"]
    assert {expand(choice.value): choice.records for choice in found} == counted
    assert [choice.records for choice in found] == sorted(counted.values(), reverse=True)
    assert "Migrants" in {choice.label for choice in found}


@pytest.mark.parametrize(("question", "parameter"), WITH_VALUES)
def test_every_listed_value_can_be_given(demo: tuple[Graph, Engine], question: str, parameter: str) -> None:
    """A choice is written so that the command line takes it; the data offers some for every such parameter."""
    graph, engine = demo
    found = [choice for choice in choices(engine, named(question)) if choice.parameter == parameter]
    assert found
    others = {p.name: "2026-12-31" if p.type == "date" else found[0].value for p in named(question).required}
    ask(graph, question, others | {parameter: found[0].value}, engine=engine)


def test_choices_on_the_command_line(mcgraph, store) -> None:
    """As a table and as JSON; a closed list needs no data."""
    done = mcgraph("--store", store, "query", "credentials-by-level", "--choices")
    assert "country:IRL" in done.stdout and "country:DEU" in done.stdout, done.stderr
    listed = json.loads(mcgraph("--store", store, "query", "label-versus-definition", "--choices", "--json").stdout)
    assert [choice["value"] for choice in listed["choices"] if choice["parameter"] == "labelled"] == ["yes", "no"]


def test_value_outside_a_closed_list_is_refused(world) -> None:
    """`maybe` gave no rows and no word of why."""
    with pytest.raises(WrongUse, match="maybe"):
        ask(world, "label-versus-definition", {"labelled": "maybe"})


def test_empty_answer_says_which_terms_nobody_uses(world) -> None:
    """A class and a property that exist and are not in the data; the near one that is; a foreign one."""
    said = ask(world, "SELECT * { ?x a mc:FrameworkLevel ; mc:validTo ?y ; mc:titel ?t ; skos:broadMatch ?z }").warnings
    assert any("nothing in this graph uses mc:FrameworkLevel" in warning for warning in said)
    assert any("no term mc:titel – did you mean mc:title?" in warning for warning in said)
    assert any("nothing in this graph uses skos:broadMatch" in warning for warning in said)


def test_answer_with_rows_is_not_looked_into(world) -> None:
    """Unused alternatives of a query that found something are the writer's business."""
    assert ask(world, "SELECT * { ?x a mc:Offer OPTIONAL { ?x mc:region ?y } }").warnings == ()


def test_term_in_a_text_or_comment_is_no_term(world) -> None:
    """Only the structure of the query is read."""
    assert ask(world, 'SELECT * { ?x mc:title "mc:Nothing skos:nothing" } # skos:none\n').warnings == ()


def test_empty_answer_says_which_value_no_record_has(demo: tuple[Graph, Engine]) -> None:
    """A question of the survey that is not there gave nothing and no reason; a value that is there gives no warning."""
    graph, engine = demo
    missing = ask(graph, "survey-answers", {"question": "q99"}, engine=engine)
    assert len(missing) == 0
    assert [warning for warning in missing.warnings if "q99" in warning and "--choices" in warning]
    there = ask(graph, "recognition-between-countries", {"from": "MT", "to": "IE"}, engine=engine)
    assert (len(there), there.warnings) == (0, ())
