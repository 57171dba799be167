"""What people and scripts see: JSON by its schema, text, drawings, names and exit codes."""

from __future__ import annotations

import datetime
import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
from click.testing import CliRunner, Result

import mcgraph.store
from mcgraph.cli.console import Console
from mcgraph.cli.pathways import command
from mcgraph.errors import McgraphError, WrongUse
from mcgraph.pathways import RuleBook, find_reach, find_routes
from mcgraph.pathways.answer import document, reach_document
from mcgraph.pathways.draw import dot, svg
from mcgraph.pathways.names import find_credential
from mcgraph.pathways.tell import tell

EX = "https://w3id.org/mcgraph/id/demo/credential/"
DAY = datetime.date(2025, 7, 1)


@pytest.fixture
def book(graph: Any) -> RuleBook:
    """The book of the small graph."""
    return RuleBook.read(graph, date=DAY)


@pytest.fixture
def run(graph: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Run the command on the small graph; a refusal shows as its exception."""
    monkeypatch.setattr(mcgraph.store, "open_graph", lambda *_: graph)
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> Result:
        return CliRunner().invoke(command, [*arguments, "--date", "2025-07-01"], obj=Console(store=tmp_path))

    return call


def test_credentials_of_one_title_are_told_apart() -> None:
    """Registers call blocks of many certifications «Fondamentaux»; a step without identifier names none of them."""
    book = RuleBook.of("a + b + c -> whole")
    titles = {"a": "Basics", "b": "Basics", "c": "Other"}
    credentials = {
        iri: replace(one, title=titles.get(iri, "Whole"), known=True) for iri, one in book.credentials.items()
    }
    told = tell(find_routes(replace(book, credentials=credentials), [], "whole"), 1)
    assert "Take Basics (a)" in told and "Take Basics (b)" in told
    assert "Take Other\n" in told and "(c)" not in told


def test_invented_data_says_so_on_what_leaves_the_store() -> None:
    """A drawing is passed on without its store."""
    answer = find_routes(replace(RuleBook.of("a -> t"), synthetic=("demo",)), [], "t")
    assert "SYNTHETIC DATA: demo" in svg(answer, answer.plans[0])
    assert "SYNTHETIC DATA: demo" in tell(answer, 1)
    real = replace(answer, book=RuleBook.of("a -> t"))
    assert "SYNTHETIC" not in svg(real, real.plans[0]) + tell(real, 1)


class TestJson:
    def test_it_follows_the_published_schema(self, book: RuleBook, root: Path) -> None:
        """Reached, out of reach, and from: all three documents."""
        schema = json.loads((root / "docs/contract/pathways.schema.json").read_text("utf-8"))
        for held, target in (("X", "T"), ("X", "Q"), ("T", "T"), ("C", "T")):
            found = json.loads(json.dumps(document(find_routes(book, [EX + held], EX + target))))
            jsonschema.Draft202012Validator(schema).validate(found)
        found = json.loads(json.dumps(reach_document(find_reach(book, [EX + "A"]))))
        jsonschema.Draft202012Validator(schema).validate(found)

    def test_every_statement_of_a_step_is_in_the_evidence(self, book: RuleBook) -> None:
        """A step names its statements; the list beside it says who, when and from where."""
        found = document(find_routes(book, [EX + "X"], EX + "T"))
        known = {one["statement"]: one for one in found["evidence"]}
        named = {s for plan in found["plans"] for step in plan["steps"] for s in step["evidence"]}
        assert named and named <= known.keys()
        assert all(one["source"] == "demo" for one in known.values())

    def test_the_same_question_gives_the_same_bytes(self, graph: Any) -> None:
        """Read twice, asked twice, equal."""
        texts = {
            json.dumps(document(find_routes(RuleBook.read(graph, date=DAY), [EX + "X"], EX + "T"))) for _ in range(2)
        }
        assert len(texts) == 1


class TestDrawing:
    def test_the_svg_is_well_formed_and_says_itself(self, book: RuleBook) -> None:
        """Hostile titles are escaped; title and description tell the route without looking."""
        answer = find_routes(book, [EX + "X"], EX + "T")
        text = svg(answer, answer.plans[0])
        tree = ElementTree.fromstring(text)
        told = {child.tag.rsplit("}", 1)[-1]: child.text for child in tree}
        assert told["title"] == 'A route to Certificate in <data> & "ethics"'
        assert "is awarded for" in (told["desc"] or "")
        assert "held" in text and "to take" in text and "target" in text
        assert text == svg(answer, answer.plans[0])

    def test_inferred_is_dashed_and_recognition_is_marked(self) -> None:
        """The line says what kind of claim it is; the legend has one line of each kind."""
        answer = find_routes(RuleBook.of("a -> m [claim inferred]", "m => n", "n -> t"), ["a"], "t")
        text = dot(answer, answer.plans[0])
        assert text.count("style=dashed") == 1 and text.count("style=solid") == 2
        assert text.count('label="recognised"') == 1
        drawn = svg(answer, answer.plans[0])
        assert drawn.count("stroke-dasharray") == 1 + 1
        assert drawn.count(">R</text>") == 1 + 1

    def test_columns_follow_the_levels_and_no_line_runs_through_a_box(self) -> None:
        """EQF levels ascend from left to right; a line past a column keeps a row without a box there."""
        from mcgraph.pathways.draw import layout

        book = RuleBook.of("a + b -> m", "m + c + a -> t", levels={"a": 4, "b": 3, "c": 6, "m": 5, "t": 6})
        boxes, lines = layout(find_routes(book, ["a"], "t").plans[0], "t", book)
        bands = [box.band for box in sorted(boxes, key=lambda box: box.column)]
        assert bands == sorted(bands) == [3, 4, 5, 6, 6]
        taken = {(box.column, box.row) for box in boxes}
        passing = [(column, row) for line in lines for column, row in line.via]
        assert passing and not taken & set(passing)

    def test_a_png_needs_its_converter(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without the optional package: a sentence; with it, what it makes of the SVG."""
        import sys
        from types import SimpleNamespace

        from mcgraph.pathways.draw import png

        answer = find_routes(RuleBook.of("a -> t"), ["a"], "t")
        monkeypatch.setitem(sys.modules, "vl_convert", None)
        with pytest.raises(WrongUse, match="converter"):
            png(answer, answer.plans[0])
        made = SimpleNamespace(svg_to_png=lambda text, scale: f"{scale} {text[:4]}".encode())
        monkeypatch.setitem(sys.modules, "vl_convert", made)
        assert png(answer, answer.plans[0]) == b"2.0 <svg"

    def test_boxes_do_not_lie_on_each_other(self) -> None:
        """One place, one credential; what rests on another stands to its right."""
        from mcgraph.pathways.draw import layout

        answer = find_routes(RuleBook.of("a + b + c -> m", "m + d + e -> t"), ["a"], "t")
        boxes, lines = layout(answer.plans[0], "t")
        assert len({(box.x, box.y) for box in boxes}) == len(boxes) == 7
        column = {box.credential: box.column for box in boxes}
        assert lines and all(column[line.part] < column[line.whole] for line in lines)

    def test_dot_labels_cannot_break_out(self) -> None:
        """Quotes, backslashes and newlines stay inside the label."""
        from dataclasses import replace

        book = RuleBook.of("a -> t")
        evil = replace(book.credential("a"), title='x"]; evil [label="\\\n')
        answer = find_routes(replace(book, credentials={**book.credentials, "a": evil}), ["a"], "t")
        line = next(line for line in dot(answer, answer.plans[0]).splitlines() if "evil" in line)
        assert '\\"]; evil [label=\\"\\\\' in line


class TestText:
    def test_each_step_has_its_reason_and_source(self, book: RuleBook) -> None:
        """The transcript of a route."""
        text = tell(find_routes(book, [EX + "X"], EX + "T"), 5)
        assert text.startswith("2 routes from Foreign course to Certificate")
        assert "1. Take Data ethics" in text
        assert "5 of the 5 credit points needed (Foreign course, Data ethics (B))" in text
        assert "by provider · by University U · valid 2024-01-01 to …" in text
        assert "by recogniser · by University U · stated 2025-02-03" in text
        assert "no cheaper plan is left out" in text

    def test_a_route_that_uses_nothing_held_says_so(self) -> None:
        """Whoever asks where a badge leads must not take any course of the land for an answer."""
        book = RuleBook.of("a + b -> t", "c -> other")
        assert "Nothing that is held counts" in tell(find_routes(book, ["c"], "t"), 5)
        assert "Nothing that is held counts" not in tell(find_routes(book, ["a"], "t"), 5)
        assert "Nothing that is held counts" not in tell(find_routes(book, [], "t"), 5)

    def test_what_is_missing_reads_without_the_model(self) -> None:
        """Which rule, of what, and what it asks, in words."""
        text = tell(find_routes(RuleBook.of("a + b -> t"), ["a"], "t"), 5)
        assert "what the rules for t ask" in text
        assert "all of these are needed: has 1 of 2 · missing b" in text
        assert "1 steps" not in tell(find_routes(RuleBook.of("a -> t"), [], "a"), 5)

    def test_more_credit_points_than_needed_are_no_share_of_them(self) -> None:
        """«8 of the 7 needed» reads like a mistake."""
        book = RuleBook.of("5 cr of a, b -> t", credits={"a": 5, "b": 8})
        assert "8 credit points where 5 are needed (b)" in tell(find_routes(book, ["b"], "t"), 5) + " ".join(
            step.text for plan in find_routes(book, [], "t").plans for step in plan.steps
        )

    def test_a_title_cannot_steer_the_terminal(self) -> None:
        """Escape sequences in titles are not printed."""
        from dataclasses import replace

        book = RuleBook.of("a -> t")
        evil = replace(book.credential("a"), title="x\x1b[2Jy\nz")
        text = tell(find_routes(replace(book, credentials={**book.credentials, "a": evil}), ["a"], "t"), 5)
        assert "\x1b" not in text and "x [2Jy z" in text


class TestNames:
    @pytest.mark.parametrize("text", [EX + "A", "A", "a", "Data literacy", "DATA  LITERACY"])
    def test_a_credential_has_several_names(self, book: RuleBook, text: str) -> None:
        """IRI, identifier in any case, title however spelled."""
        assert find_credential(book, text) == EX + "A"

    def test_an_ambiguous_title_shows_the_candidates(self, book: RuleBook) -> None:
        """Two courses of one name: both IRIs, nothing chosen."""
        with pytest.raises(WrongUse) as refused:
            find_credential(book, "Data ethics")
        assert EX + "B" in refused.value.fix and EX + "C" in refused.value.fix

    def test_an_unknown_title_shows_the_nearest(self, book: RuleBook) -> None:
        """A slip of the finger is met with the right name."""
        with pytest.raises(WrongUse) as refused:
            find_credential(book, "Data litracy")
        assert "Data literacy" in refused.value.fix.splitlines()[1]


    def test_four_letters_are_like_many_words(self, book: RuleBook) -> None:
        """«NOPE» is a part of «Operations», and no slip of it."""
        with pytest.raises(WrongUse) as refused:
            find_credential(book, "ata")
        assert "Did you mean" not in refused.value.fix


class TestCommand:
    def test_a_route_in_text_and_json(self, run: Any) -> None:
        """Held by identifier, target by title; JSON alone on stdout."""
        assert "2 routes from" in run("--held", "X", "--to", "T").stdout
        found = json.loads(run("--held", "X,A", "--to", "T", "--json").stdout)
        assert found["attained"] and [one["id"] for one in found["held"]] == ["X", "A"]

    def test_from_tells_what_unlocks_next(self, run: Any) -> None:
        """With A held, one more course gives the certificate."""
        text = run("--from", "A").stdout
        assert "one credential away" in text and "Data ethics (B)  opens Certificate" in text

    def test_from_and_to_are_two_questions(self, run: Any) -> None:
        """The refusal names the way out."""
        refused = run("--from", "A", "--to", "T").exception
        assert isinstance(refused, WrongUse) and "--held" in refused.fix

    def test_out_of_reach_is_an_answer(self, run: Any) -> None:
        """Exit code 0: the question was answered, with why not."""
        done = run("--held", "X", "--to", "Q")
        assert done.exit_code == 0 and "Recognition was refused by University U on 2025-05-06" in done.stdout

    def test_drawings_are_written_and_not_overwritten(self, run: Any, tmp_path: Path) -> None:
        """SVG, DOT and JSON by the ending; a second time only with --force."""
        for name in ("route.svg", "route.dot", "route.json"):
            assert run("--held", "X", "--to", "T", "-o", name).exit_code == 0
            assert (tmp_path / name).stat().st_size > 200
        assert isinstance(run("--held", "X", "--to", "T", "-o", "route.svg").exception, WrongUse)
        assert run("--held", "X", "--to", "T", "-o", "route.svg", "--force").exit_code == 0

    @pytest.mark.parametrize(
        "arguments",
        [(), ("--held", "A"), ("--from", "A", "--to", "T"), ("--held", "A", "--to", "nothing like it"),
         ("--held", "A", "--to", "T", "-o", "route.pdf"), ("--from", "A", "-o", "x.svg")],
    )  # fmt: skip
    def test_wrong_use_is_refused(self, run: Any, arguments: tuple[str, ...]) -> None:
        """Exit code 2, with what to do."""
        refused = run(*arguments).exception
        assert isinstance(refused, McgraphError) and refused.exit_code == 2 and refused.fix
