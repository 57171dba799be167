"""What-if: who gains, who loses, by how much; and nothing that is stored is touched."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import click.testing
import jsonschema
import pytest

from mcgraph.cli.console import Console
from mcgraph.errors import InputRefused, McgraphError, WrongUse
from mcgraph.pathways import RuleBook, find_routes
from mcgraph.pathways.compare import Difference
from mcgraph.pathways.tell_whatif import tell_whatif, whatif_document
from mcgraph.pathways.whatif import WhatIf
from mcgraph.pathways.whatif_file import apply, read_changes
from tests.pathways.test_random_instances import random_book

BOOK = RuleBook.of(
    "a + b -> t", "10 cr of c, d -> q [by U]", "x => a [by U]", "y => b [until 2020-01-01]", "t + e -> z",
    credits={"a": 5, "b": 5, "c": 5, "d": 5, "x": 5, "e": 5}, hours={"a": 100, "b": 100},
)  # fmt: skip


def effects(found: Difference) -> dict[tuple[str, str], str]:
    """(holder, target) → what happens."""
    return {(one.holder, one.target): one.what for one in found.effects}


class TestChanges:
    def test_an_agreement_saves_its_holders_a_course(self) -> None:
        """With b recognised for y as well, holders of y are one credential nearer to t, and to z above it."""
        with WhatIf(BOOK) as w:
            w.recognise(by="U", what="y", towards="b", effect="full")
            found = w.compare()
        assert effects(found)["y", "t"] == "shorter" and effects(found)["y", "z"] == "shorter"
        saved = next(one for one in found.effects if (one.holder, one.target) == ("y", "b")).saved
        assert saved == (1, 5, 100)
        assert not any(one.holder == "x" for one in found.effects)

    def test_an_agreement_that_ends_costs_them_one(self) -> None:
        """Without the recognition of x, its holders take a themselves."""
        found = WhatIf(BOOK).expire("rule-3").compare()
        assert effects(found)["x", "a"] == "longer" and effects(found)["x", "t"] == "longer"
        later = WhatIf(BOOK).expire("rule-3", on="2027-01-01").compare()
        assert later.effects == ()

    def test_a_rule_that_ends_closes_its_whole_and_a_new_one_opens_it(self) -> None:
        """Closed to everybody, with what rests on it; opened again by another rule."""
        closed = effects(WhatIf(BOOK).expire("rule-1").compare())
        assert closed["", "t"] == "closes" and closed["", "z"] == "closes" and closed["x", "z"] == "closes"
        book = RuleBook.of("a + b -> t", full=["t"])
        assert effects(WhatIf(book).expire("rule-1").compare())["", "t"] == "closes"
        w = WhatIf(book).expire("rule-1").add_rule("t", [("any-of", ["a", "b"], None)], by="U")
        assert effects(w.compare())["", "t"] == "shorter"

    def test_lapsed_agreements_are_in_force_again_when_their_dates_move(self) -> None:
        """y towards b lapsed in 2020; prolonged, it counts."""
        found = WhatIf(BOOK).change("rule-4", until="2030-01-01").compare()
        assert effects(found)["y", "b"] == "shorter"

    def test_credit_and_effect_of_an_agreement_change(self) -> None:
        """From full to 5 credit points in a group of another whole; what was full no longer is."""
        w = WhatIf(BOOK).recognise(by="U", what="x", towards="q", effect="credit", credit=5)
        assert effects(w.compare())["x", "q"] == "shorter"
        assert effects(WhatIf(BOOK).change("rule-3", effect="refused").compare())["x", "a"] == "longer"

    def test_credit_points_of_a_credential_count_at_once(self) -> None:
        """With 10 credit points c alone fills the group of q."""
        found = WhatIf(BOOK).change_credential("c", credits=10).compare()
        assert effects(found)["c", "q"] == "shorter"

    def test_a_new_credential_can_be_taken_and_an_ended_one_cannot(self) -> None:
        """The new one opens a shorter way; ending c leaves q without its 10 credit points."""
        w = WhatIf(BOOK).add_credential("n", title="New course", credits=10, level=5)
        w.add_rule("q", [("any-of", ["n"], None)])
        assert effects(w.compare())["", "q"] == "shorter"
        assert effects(WhatIf(BOOK).end_credential("c").compare())["", "q"] == "closes"

    def test_an_ended_credential_that_rules_award_says_so(self) -> None:
        """Ending it changes nothing where a rule still awards it: the reader must know why."""
        (told,) = WhatIf(BOOK).end_credential("q").said
        assert "is ended" in told and "still awarded by rule-" in told
        (alone,) = WhatIf(BOOK).end_credential("c").said
        assert alone.endswith("can no longer be taken")

    def test_one_learner_beside_the_rest(self) -> None:
        """The plans of who asks, before and after."""
        found = WhatIf(BOOK).expire("rule-3").compare(held=["x"], to="t")
        assert found.learner
        assert [len(answer.plans[0].takes) for answer in found.learner] == [1, 2]

    def test_one_holder_is_told_what_turns_by_how_much_and_why(self) -> None:
        """Longer with what falls away, closed with the first condition that fails, opened with what was missing."""
        found = WhatIf(BOOK).expire("rule-3").compare(held=["x"]).profile
        assert found and found.held == ("x",) and found.compared == found.unchanged + len(found.turns)
        turns = {turn.target: turn for turn in found.turns}
        assert turns["t"].what == "longer" and turns["t"].saved == (-1, -5, -100)
        assert "rule-3" in [step.rule for step in turns["t"].dropped] and turns["t"].added
        assert any("expired" in one.text and one.rule == "rule-3" for one in turns["t"].reasons)
        closed = WhatIf(BOOK).end_credential("c").compare(held=["x"], to="q").profile
        assert closed and [turn.what for turn in closed.turns] == ["closes"] and closed.turns[0].reasons
        opened = WhatIf(BOOK).end_credential("c").overlaid()
        back = WhatIf(opened).change_credential("c", status="").compare(held=["x"], to="q").profile
        assert back and [turn.what for turn in back.turns] == ["opens"]
        assert [one.text for one in back.turns[0].reasons] == [one.text for one in closed.turns[0].reasons]

    def test_a_profile_equals_asking_twice(self) -> None:
        """On random books: every target is told just where the best plan before and after differs in cost or steps."""
        from mcgraph.pathways.plans import plan_routes

        kinds: dict[str, int] = {}
        for seed in range(400):
            book, held, _ = random_book(seed)
            rules = [rule.iri for rule in book.rules]
            if not rules:
                continue
            dice, whatif = random.Random(seed), WhatIf(book)
            ends = dice.choice(sorted(set(book.credentials) - set(held)))
            whatif = whatif.expire(dice.choice(rules)) if seed % 2 else whatif.end_credential(ends)
            found, after = whatif.compare(held=sorted(held)).profile, whatif.overlaid()
            assert (found is None) == (not held)
            told = {turn.target: turn for turn in found.turns} if found else {}
            for target in set(book.credentials) - set(held) if found else ():
                pair = [plan_routes(one, held, target, plans=1).plans[:1] for one in (book, after)]
                sizes = [(p[0].cost.new, p[0].cost.credits, p[0].cost.hours) if p else None for p in pair]
                if target in told:
                    assert told[target].what in ("differs", _what(*sizes)), seed
                    kinds[told[target].what] = kinds.get(told[target].what, 0) + 1
                else:
                    assert sizes[0] == sizes[1], seed
        assert kinds.get("closes", 0) > 3 and kinds.get("longer", 0) > 2, kinds

    def test_the_book_below_stays_as_it_is(self) -> None:
        """The same answers as before, from the same object."""
        before = [find_routes(BOOK, ["x"], target).plans for target in ("t", "q", "z")]
        WhatIf(BOOK).expire("rule-1").end_credential("c").compare(held=["x"], to="q")
        assert [find_routes(BOOK, ["x"], target).plans for target in ("t", "q", "z")] == before

    def test_an_overlay_equals_a_book_written_anew(self) -> None:
        """On random books: a statement ended by overlay answers as a book in which it had ended from the start."""
        from mcgraph.pathways.assemble import AssembledBook, assemble

        changed = 0
        for seed in range(300):
            book, held, target = random_book(seed)
            rules = [rule.iri for rule in book.rules]
            if not rules:
                continue
            gone = random.Random(seed).choice(rules)
            after = WhatIf(book).expire(gone).overlaid()
            assert isinstance(book, AssembledBook)
            anew = assemble(
                book.credentials,
                [_over(rule) if rule.iri == gone else rule for rule in book.stacking],
                [_over(one) if one.iri == gone else one for one in book.statements],
                date=book.date,
            )
            left, right = find_routes(after, held, target), find_routes(anew, held, target)
            assert [p.takes for p in left.plans] == [p.takes for p in right.plans], seed
            changed += [p.takes for p in left.plans] != [p.takes for p in find_routes(book, held, target).plans]
        assert changed > 5


class TestRefusals:
    @pytest.mark.parametrize(
        ("change", "hint"),
        [
            (lambda w: w.recognise(by="U", what="aa", towards="t"), "Did you mean"),
            (lambda w: w.recognise(by="U", what="a", towards="t", effect="total"), "full"),
            (lambda w: w.recognise(by="U", what="a", towards="q", effect="credit"), "credit: 5"),
            (lambda w: w.recognise(by="nobody", what="a"), "towards"),
            (lambda w: w.recognise(by="U", what="a", towards="t", until="soon"), "2026-06-30"),
            (lambda w: w.expire("rule-77"), "Did you mean"),
            (lambda w: w.change("rule-3", credit=-4), "0 or more"),
            (lambda w: w.change("rule-3", needed=4), "effect or credit"),
            (lambda w: w.change("rule-1", needed=1), "new rule"),
            (lambda w: w.add_rule("t", [("count", ["a"], None)]), "needed"),
            (lambda w: w.add_credential("a"), "change_credential"),
            (lambda w: w.change_credential("a", level=12), "1 to 8"),
            (lambda w: w.change_credential("a", colour="red"), "title"),
        ],
    )
    def test_what_cannot_be_meant_is_refused_with_what_to_do(self, change: Any, hint: str) -> None:
        """Unknown names come with the nearest, wrong values with what is right."""
        with pytest.raises(WrongUse) as refused:
            change(WhatIf(BOOK))
        assert hint in refused.value.fix

    @pytest.mark.parametrize(
        "text", ["", "changes: 3", "changes: [", "- 5", "a: b", "changes:\n  - {expire: x, change: y}", "\x00\x01"]
    )
    def test_files_that_are_no_list_of_changes(self, tmp_path: Path, text: str) -> None:
        """Exit code 3, never a traceback."""
        path = tmp_path / "changes.yaml"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(InputRefused):
            read_changes(path)
        with pytest.raises(InputRefused):
            read_changes(tmp_path / "missing.yaml")

    @pytest.mark.parametrize(
        "change",
        [
            {"recognize": {}}, {"recognise": {"by": "U", "what": "a", "toward": "t"}}, {"recognise": 5},
            {"rule": {"whole": "t", "groups": [{"some": ["a"]}]}}, {"change": {"statement": "rule-3", "end": "x"}},
            {"credential": {"title": "x", "level": "high", "id": "n"}},
        ],
    )  # fmt: skip
    def test_a_refused_change_is_named_by_its_number(self, tmp_path: Path, change: dict[str, Any]) -> None:
        """The second of two, with the reason."""
        path = tmp_path / "changes.json"
        path.write_text(json.dumps({"changes": [{"expire": "rule-3"}, change]}), encoding="utf-8")
        with pytest.raises(WrongUse) as refused:
            apply(read_changes(path), WhatIf(BOOK))
        assert "change 2" in refused.value.where and refused.value.fix


class TestFaces:
    def test_the_document_follows_the_published_schema(self, root: Path) -> None:
        """With and without a learner."""
        schema = json.loads((root / "docs/contract/pathways.schema.json").read_text("utf-8"))
        for held, target in (([], ""), (["x"], "t")):
            found = WhatIf(BOOK).expire("rule-3").recognise(by="U", what="y", towards="b").compare(held, target)
            document = json.loads(json.dumps(whatif_document(found)))
            jsonschema.Draft202012Validator(schema).validate(document)
            assert document["effects"] and document["changes"]

    def test_the_text_says_who_and_by_how_much(self) -> None:
        """The transcript."""
        text = tell_whatif(WhatIf(BOOK).expire("rule-3").compare(["x"], "t"))
        assert "rule-3 is no longer in force" in text and "holders of x" in text
        assert "nothing that is stored was changed" in text and "more: 1 new" in text
        assert "saved" not in text and "-1" not in text

    def test_the_command_touches_nothing_that_is_stored(
        self, demo_store: Path, tmp_path: Path
    ) -> None:
        """Byte for byte the same files and the same snapshot after, on the demo store."""
        runner = click.testing.CliRunner()
        store = tmp_path / "store"
        shutil.copytree(demo_store, store)
        before = _prints(store)
        changes = tmp_path / "changes.yaml"
        changes.write_text(
            "changes:\n  - expire: REC-001\n  - recognise: {by: ORG-FIN-1, what: IRL-001, towards: FIN-001}\n", "utf-8"
        )
        from mcgraph.cli.whatif import command

        console = Console(store=store, quiet=True)
        arguments = [str(changes), "--held", "IRL-001", "--to", "FIN-007", "--date", "2026-11-01"]
        told = runner.invoke(command, [*arguments, "--json"], obj=console)
        assert told.exit_code == 0, told.output
        found = json.loads(told.stdout)
        assert found["before"]["plans"][0]["cost"]["new"] > found["after"]["plans"][0]["cost"]["new"]
        assert found["groups"]["country"]["IRL"]["shorter"] >= 1
        assert _prints(store) == before
        alone = runner.invoke(command, [str(changes), "--holds", "IRL-001", "--date", "2026-11-01"], obj=console)
        assert alone.exit_code == 0 and "for who holds" in alone.output and "gets shorter" in alone.output
        refused = runner.invoke(command, [str(changes), "--held", "IRL-9999"], obj=console).exception
        assert isinstance(refused, McgraphError) and refused.exit_code == 2


def _what(left: Any, right: Any) -> str:
    if left is None or right is None:
        return "opens" if left is None else "closes"
    return "longer" if right > left else "shorter"


def _over(stated: Any) -> Any:
    return replace(stated, evidence=replace(stated.evidence, status="expired"))


def _prints(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
