"""The numbers of the landscape are those of the questions, and those a reader counts in the CSV files."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from mcgraph.briefing import Briefing, Figure, gather
from mcgraph.demo.run import DAY
from mcgraph.errors import LimitReached, WrongUse
from mcgraph.queries import ask
from mcgraph.store import open_graph
from tests.questions.by_hand.reading import registry


def figure(briefing: Briefing, key: str) -> Figure:
    return next(one for one in briefing.figures if one.key == key)


def test_every_figure_says_what_it_rests_on(english: Briefing) -> None:
    """Base, unknowns that fit into it, command, query, sources and snapshot."""
    assert len({one.key for one in english.figures}) == len(english.figures) >= 20
    for one in english.figures:
        assert one.title and one.lead and one.command.startswith("mcgraph ") and one.query, one.key
        assert one.base is not None and one.unknown is not None and 0 <= one.unknown <= one.base, one.key
        assert one.snapshot == english.snapshot
        assert one.sources == ("demo-registry",), one.key
        assert all(len(row) == len(one.columns) for row in one.rows), one.key


def test_offers_are_those_of_the_spreadsheet(english: Briefing) -> None:
    """Counted in plain Python from credentials.csv."""
    rows = list(registry().partial.values())
    by_country = figure(english, "by_country")
    assert by_country.base == len(rows)
    assert sorted(by_country.values("credentials")) == sorted(Counter(row["country"] for row in rows).values())
    assert sorted(figure(english, "by_form").values("credentials")) == sorted(Counter(r["form"] for r in rows).values())
    level = figure(english, "by_level")
    assert level.unknown == sum(not row["eqf_level"] for row in rows)
    assert sum(v for v in level.values("credentials") if isinstance(v, int)) == len(rows)
    assert level.rows[-1][0] == "not stated"


def test_statements_are_those_of_the_spreadsheets(english: Briefing) -> None:
    """Every quality-assurance and recognition statement stands in one row and one standing."""
    for key, sheet in (("quality_assurance", registry().quality), ("recognition_by_purpose", registry().recognition)):
        told = figure(english, key)
        assert told.base == len(sheet)
        assert sum(cell for row in told.rows for cell in row[2:] if isinstance(cell, int)) == len(sheet)
    outright = [r for r in registry().recognition.values() if r["status"] == "withdrawn"]
    assert sum(row[4] for row in figure(english, "recognition_by_purpose").rows) == len(outright)


def test_the_same_numbers_come_from_the_named_questions(store: Path, english: Briefing) -> None:
    """What a figure names as its question gives its numbers, to the last one."""
    with open_graph(store) as graph:
        for one in english.figures:
            if not one.command.startswith("mcgraph query") or one.left_off:
                continue
            found = ask(graph, one.name, one.parameters, date=DAY)
            assert found.query == one.query
            assert found.coverage is not None and found.coverage.total == one.base
            counted = Counter(int(c) for row in found.rows for c in row if c and c.isdigit() and int(c))
            if one.key in ("by_country", "by_provider_type", "by_form", "forms_by_provider_type", "said_and_shown"):
                shown = Counter(v for row in one.rows for v in row if isinstance(v, int) and v)
                assert shown == counted, one.key


def test_key_numbers_are_read_from_figures(english: Briefing) -> None:
    """Each number at the head names a figure that has it."""
    keys = {one.figure: one for one in english.keys}
    assert keys["label_and_definition"].value == 159
    assert keys["annex_elements"].value == figure(english, "annex_elements").rows[-1][1]
    # The verdict of others without the name is open: the number is not «so many and no more».
    rows = figure(english, "label_and_definition").rows
    left = [row[2] for row in rows if row[:2] == ("not called so", "undecided")]
    assert keys["label_and_definition"].unknown == sum(left) > 0
    assert {one.figure for one in english.keys} <= {one.key for one in english.figures}


def test_json_has_every_number_with_its_query(english: Briefing) -> None:
    """The document can be written and each figure in it has its provenance."""
    told = json.loads(json.dumps(english.to_json()))
    figures = [one for section in told["sections"] for one in section["figures"]]
    assert len(figures) == len(english.figures)
    assert all({"query", "command", "parameters", "snapshot", "sources", "coverage"} <= set(one) for one in figures)


def test_the_same_snapshot_gives_the_same_briefing(store: Path, english: Briefing) -> None:
    """However the questions are shared out between the engines."""
    with open_graph(store) as graph:
        assert gather(graph, date=DAY).to_json() == english.to_json()


def test_no_survey_is_said(english: Briefing) -> None:
    """A section without a source says so."""
    section = next(one for one in english.sections if one.key == "survey")
    assert not section.figures and "no survey" in section.said[0]


def test_an_empty_store_says_so(tmp_path: Path) -> None:
    """There is nothing to report, and a page of zeros would look like one."""
    with open_graph(tmp_path / "store", create=True) as graph, pytest.raises(WrongUse, match="no credential"):
        gather(graph, date=DAY)


def test_a_question_that_takes_too_long_is_told(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other figures are there, and the section says which limit was hit."""
    from mcgraph.briefing import offer

    def late(*_: object) -> Figure:
        raise LimitReached("the query was stopped after 1 s", limit="query_seconds")

    monkeypatch.setattr(offer, "by_country", late)
    with open_graph(store) as graph:
        found = gather(graph, date=DAY)
    assert "was not finished" in found.sections[0].said[0]
    assert "by_country" not in {one.key for one in found.figures}
    assert "by_form" in {one.key for one in found.figures}
