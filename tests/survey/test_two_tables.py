"""Two tables of one survey do not give away together what each hides: by linear programming over the respondents.

The unknowns are how many respondents of each kind there are (their answers and groups). Every number that either table
shows is an equation. Nobody may learn that a small count is small, or that it is not 0: it must still be able to be 0
and to reach the limit, or go as far as the question's totals and the groups' sizes alone let it.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import linprog

from mcgraph.survey.grouping import TOTAL, group_by
from mcgraph.survey.safety import Safety
from mcgraph.survey.table import make_table
from mcgraph.survey.wave import Answers, Mask, Wave
from tests.survey.surveys import wave_of

LIMIT = 5
BOOK = """
survey: s
respondent: {group: grp, organisation: org}
questions:
  q: {column: q, type: single, options: {a: {en: A}, b: {en: B}, c: {en: C}}}
  r: {column: r, type: likert, asked_if: {q: [b, c]}, options: {1: {en: one}, 2: {en: two}}}
  m: {column: m, type: multiple, options: {x: {en: X}, y: {en: Y}}}
  s: {column: s, type: single, options: {u: {en: U}, v: {en: V}, w: {en: W}}}
"""
# Questions and groupings of the two tables. The same question by one more variable is the table with one more filter.
PAIRS = [
    (("q", ["group"]), ("q", ["organisation"])),
    (("q", ["group"]), ("q", ["group", "organisation"])),
    (("q", ["group"]), ("s", ["group"])),
    (("q", ["group"]), ("r", ["group"])),
    (("q", ["group"]), ("q", [])),
    (("q", ["s"]), ("m", ["s"])),
    (("q", ["s"]), ("s", ["group"])),
    (("m", ["group"]), ("m", ["organisation"])),
    (("q", ["m"]), ("q", ["group"])),
    (("r", ["group"]), ("r", ["organisation"])),
]  # fmt: skip


def random_wave(folder: Path, seed: int) -> Wave:
    """Up to 110 respondents whose answers and groups are rare and common in turn."""
    chance = random.Random(seed)

    def skewed(values: Sequence[str]) -> list[float]:
        return [chance.choice([0.03, 0.1, 0.4, 1.0]) for _ in values]

    columns = {"grp": ["g1", "g2", "g3", ""], "org": ["o1", "o2", "o3"], "q": ["a", "b", "c", ""],
               "r": ["1", "2", ""], "m": ["x", "y", "x;y", ""], "s": ["u", "v", "w", ""]}  # fmt: skip
    likely = {name: skewed(values) for name, values in columns.items()}
    lines = [",".join(columns)]
    for _ in range(chance.randint(15, 110)):
        row = {name: chance.choices(values, likely[name])[0] for name, values in columns.items()}
        row["r"] = row["r"] if row["q"] in ("b", "c") else ""
        lines.append(",".join(row.values()))
    folder.mkdir(exist_ok=True)
    return wave_of(folder, BOOK, "\n".join(lines) + "\n")


class Respondents:
    """The kinds of respondents there can be, as indicator columns over all that two tables look at."""

    def __init__(self, wave: Wave, asked: Sequence[tuple[str, list[str]]]) -> None:
        """Kinds are combinations of what is there: the state and options of each question, and each single group."""
        self.wave = wave
        self.masks: dict[tuple[str, ...], Mask] = {}
        parts: dict[str, dict[tuple[bool, ...], None]] = {}
        self.names: dict[str, list[tuple[str, ...]]] = {}
        for name in dict.fromkeys(one for q, by in asked for one in (q, *by)):
            own = self._of_role(name) if name in ("group", "organisation") else self._of_question(name)
            self.masks |= own
            self.names[name] = list(own)
            parts[name] = dict.fromkeys(self._states(name))
        kinds = list(itertools.product(*(parts[name] for name in self.names)))
        gated = {"q", "r"} <= set(self.names)
        kinds = [kind for kind in kinds if not gated or self._can_be(dict(zip(self.names, kind, strict=True)))]
        flat = [name for names in self.names.values() for name in names]
        table = np.array([[cell for part in kind for cell in part] for kind in kinds], dtype=bool)
        self.is_of = {name: table[:, at] for at, name in enumerate(flat)}
        self.size = len(kinds)

    def _can_be(self, kind: dict[str, tuple[bool, ...]]) -> bool:
        """Only who answered b or c was asked r: everybody knows the questionnaire."""
        q = dict(zip(self.names["q"], kind["q"], strict=True))
        r = dict(zip(self.names["r"], kind["r"], strict=True))
        return r["asked", "", "r"] == (q["n", "b", "q"] or q["n", "c", "q"])

    def _states(self, name: str) -> list[tuple[bool, ...]]:
        """Every state a respondent can be in, whether or not somebody is: the indicators of `names` in their order."""
        if name in ("group", "organisation"):
            return [tuple(one == other for other in self.names[name]) for one in self.names[name]]
        (question,) = self.wave.codebook.find(name)
        if question.type == "multiple":
            chosen = itertools.product((False, True), repeat=len(question.codes))
            states = [(any(one), True, *one) for one in chosen]
        else:
            states = [(True, True, *(one == other for other in question.codes)) for one in question.codes]
            states.append((False, True, *(False for _ in question.codes)))
        return [*states, *([(False, False, *(False for _ in question.codes))] if question.asked_if else [])]

    def _of_question(self, name: str) -> dict[tuple[str, ...], Mask]:
        answers = self.wave.answers(self.wave.codebook.find(name)[0])
        return {
            ("base", "", name): answers.answered, ("asked", "", name): answers.asked,
            **{("n", code, name): mask for code, mask in answers.chosen.items()},
        }  # fmt: skip

    def _of_role(self, name: str) -> dict[tuple[str, ...], Mask]:
        return {("in", name, one.code): one.members for one in group_by(self.wave, [name]).groups}

    def kind(self, name: tuple[str, str, str], question: str, by: Sequence[str]) -> Mask:
        """Which kinds a count of a table counts."""
        what, option, code = name
        base, asked = self.is_of["base", "", question], self.is_of["asked", "", question]
        own = {"base": base, "asked": asked, "miss": asked & ~base, "size": np.ones(self.size, dtype=bool)}
        mask = self.is_of["n", option, question] if what == "n" else own.get(what)
        if mask is None:
            mask = base & ~self.is_of["n", option, question]
        return np.asarray(mask & self._group(code, by))

    def _group(self, code: str, by: Sequence[str]) -> Mask:
        if code == TOTAL:
            return np.ones(self.size, dtype=bool)
        mask = np.ones(self.size, dtype=bool)
        for name, part in zip(by, code.split(" × "), strict=True):
            if name in ("group", "organisation"):
                mask &= self.is_of["in", name, part]
            elif part:
                mask &= self.is_of["n", part, name]
            else:
                mask &= ~self.is_of["base", "", name]
        return mask


Equation = tuple[Mask, int]


def shown(wave: Wave, question: str, by: list[str], kinds: Respondents) -> list[Equation]:
    """Every number of a table, as what it counts and how many."""
    found = []
    for column in make_table(wave, question, by=by, small=LIMIT).columns:
        numbers = {("n", cell.code): cell.n for cell in column.cells}
        numbers |= {("miss", ""): column.missing.n, ("base", ""): column.base, ("asked", ""): column.asked}
        found += [
            (kinds.kind((what, option, column.code), question, by), number)
            for (what, option), number in numbers.items() if number is not None
        ]  # fmt: skip
    return found


def around(wave: Wave, question: str, by: list[str], kinds: Respondents) -> list[Equation]:
    """What is told of a question's totals and of the sizes of groups, whatever tables are published."""
    everyone = np.ones(wave.size, dtype=bool)
    safety = Safety(wave, everyone, LIMIT)
    (asked,) = wave.codebook.find(question)
    answers, rows = wave.answers(asked), safety.rows(asked)
    counts = {("n", code): mask for code, mask in answers.chosen.items()}
    counts |= {("miss", ""): answers.asked & ~answers.answered, ("base", ""): answers.answered,
               ("asked", ""): answers.asked}  # fmt: skip
    told = [
        (kinds.kind((*name, TOTAL), question, by), int(mask.sum())) for name, mask in counts.items() if name not in rows
    ]
    for size in range(1, len(by) + 1):
        for some in itertools.combinations(by, size):
            grouping = group_by(wave, some)
            few = safety.groups(grouping)
            told += [
                (kinds.kind(("size", "", one.code), question, some), int(one.members.sum()))
                for one in grouping.groups if one.code not in few
            ]  # fmt: skip
            if asked.asked_if:
                # Who of a group was asked may be told by the table of the question that leads here.
                hidden = safety.cells(asked, grouping)
                told += [
                    (kinds.kind(("asked", "", one.code), question, some), int((one.members & answers.asked).sum()))
                    for one in grouping.groups if ("asked", "", one.code) not in hidden
                ]  # fmt: skip
    return [*told, (np.ones(kinds.size, dtype=bool), wave.size)]


def ends(equations: Sequence[Equation], counted: Mask) -> tuple[float, float]:
    """The least and the most that a count can be for whoever knows the equations."""
    matrix = np.array([mask for mask, _ in equations], dtype=float)
    numbers = np.array([number for _, number in equations], dtype=float)
    found = [
        linprog(sign * counted.astype(float), A_eq=matrix, b_eq=numbers, bounds=(0, None), method="highs")
        for sign in (1, -1)
    ]
    assert all(one.status == 0 for one in found)
    return float(found[0].fun), float(-found[1].fun)


def small_counts(wave: Wave, question: str, by: list[str]) -> dict[tuple[str, str, str], int]:
    """The counts from 1 to 4 of answers, and of those who gave none of them, with who did not choose an option."""
    answers: Answers = wave.answers(wave.codebook.find(question)[0])
    groups = [(one.code, one.members) for one in group_by(wave, by).groups]
    found = {}
    for code, members in [*groups, (TOTAL, np.ones(wave.size, dtype=bool))]:
        base = members & answers.answered
        counts = {("base", "", code): base}
        counts |= {("n", option, code): mask & members for option, mask in answers.chosen.items()}
        if answers.question.type == "multiple":
            counts |= {("not", option, code): base & ~mask for option, mask in answers.chosen.items()}
        found |= {name: int(mask.sum()) for name, mask in counts.items() if 0 < int(mask.sum()) < LIMIT}
    return found


def leaks(wave: Wave, pair: Sequence[tuple[str, list[str]]]) -> list[str]:
    """The small counts that two tables tell more narrowly than they may."""
    kinds = Respondents(wave, pair)
    # Whoever reads the two tables may have read what others tell of the totals and sizes as well.
    both = [
        equation for question, by in pair for tell in (shown, around) for equation in tell(wave, question, by, kinds)
    ]
    found = []
    for question, by in pair:
        free = around(wave, question, by, kinds)
        for name, count in small_counts(wave, question, by).items():
            counted = kinds.kind(name, question, by)
            least, most = ends(free, counted)
            low, high = ends(both, counted)
            if low > max(0.0, least) + 0.01 or high < min(LIMIT, most) - 0.01:
                told = f"{low:.2f} to {high:.2f}, may be {least:.2f} to {min(LIMIT, most):.2f}"
                found.append(f"{question} by {by}: {name} is {count}, known as {told}")
    return found


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: "+".join("/".join((q, *by)) for q, by in pair))
def test_two_tables_tell_no_small_count(pair: Sequence[tuple[str, list[str]]], tmp_path: Path) -> None:
    """A survey of each kind of pair."""
    for seed in range(1):
        assert not leaks(random_wave(tmp_path / str(seed), seed), pair), seed


@pytest.mark.long
@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: "+".join("/".join((q, *by)) for q, by in pair))
def test_two_tables_of_many_surveys(pair: Sequence[tuple[str, list[str]]], tmp_path: Path) -> None:
    """Hundreds of surveys of each kind of pair."""
    for seed in range(1, 40):
        assert not leaks(random_wave(tmp_path / str(seed), seed), pair), seed
