"""Which cells of the tables of a survey are hidden, so that neither a table nor two of them give a small count away.

Every table of a survey is made of the same respondents, so the question's totals and the sizes of the groups stand in
many of them. They are decided once, by themselves, and then hold for every table:

1. the rows: an option whose total is hidden is hidden in every group of every table;
2. the groups: a group whose size is hidden has no number in any table;
3. the cells: whatever is shown of the totals and sizes is held to be known to the reader of each table, as are the
   tables by fewer variables of one that crosses several; small answers are protected although they are;
4. the table by itself: as a reader sees it who has nothing else, missing answers included.

Why that holds for two tables: respondents may have given another hidden answer, or belong to another hidden group,
and no table that was published would differ (1, 2); and two tables that agree on what they share, the totals of one
question or the sizes of one grouping, can always come from the same respondents (3). See docs/decisions/014.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from mcgraph.survey.codebook import Question
from mcgraph.survey.grouping import TOTAL, Group, Grouping, everybody, group_by
from mcgraph.survey.suppression import Counts, hidden, require_room
from mcgraph.survey.wave import Answers, Mask, Wave

Name = tuple[str, str, str]
"""A count of a table: its kind, the option for one of answers, and the code of the group.

Kinds are size (of the group), asked, away (led past the question), base (answered), miss (did not), n (chose the
option), not (did not choose it), marks (options chosen by all together) and more (of these, beyond one each).
"""
NOTHING: frozenset[Name] = frozenset()
# What hiding a cell costs the reader: a base takes its whole column along, a total is what everybody looks for.
_COST = {"n": 2.0, "miss": 1.0, "asked": 1.5, "base": 40.0, "size": 1.0}
_NOBODY, _OF_TOTAL = 6.0, 6.0
_ANSWERS = ("n", "not", "base", "asked", "away", "size")


@dataclass(slots=True)
class Safety:
    """The decisions for the tables of one wave; each is made once.

    `usable` are the responses that count (those with a usable weight, in weighted tables), `small` the limit, `most`
    the most cells of a table. Raises `LimitReached` for a table with more.
    """

    wave: Wave
    usable: Mask
    small: int
    most: int | None = None
    _rows: dict[str, frozenset[tuple[str, str]]] = field(default_factory=dict)
    _groups: dict[tuple[str, ...], frozenset[str]] = field(default_factory=dict)
    _cells: dict[tuple[str, tuple[str, ...]], frozenset[Name]] = field(default_factory=dict)

    def cells(self, question: Question, grouping: Grouping) -> frozenset[Name]:
        """The counts that must not be shown in the table of a question by groups, the total included."""
        key = question.id, grouping.by
        if key not in self._cells:
            self._cells[key] = self._decide(question, grouping)
        return self._cells[key]

    def groups(self, grouping: Grouping) -> frozenset[str]:
        """The codes of the groups whose size must not be shown in any table."""
        if grouping.by not in self._groups:
            self._groups[grouping.by] = self._of_groups(grouping)
        return self._groups[grouping.by]

    def rows(self, question: Question) -> frozenset[tuple[str, str]]:
        """The counts (kind, option) of a question over all that must not be shown in any table."""
        if question.id not in self._rows:
            self._rows[question.id] = self._of_rows(question)
        return self._rows[question.id]

    def _of_rows(self, question: Question) -> frozenset[tuple[str, str]]:
        answers = self.wave.answers(question)
        counts = Counts()
        _add_column(counts, answers, everybody(self.wave), self.usable, known=frozenset({"size", "asked"}))
        few_asked = self._is_few(answers.asked)
        if few_asked or self._is_led_by_hidden(question):
            # Who was asked follows from answers that are hidden: so must be all that follows from who was asked.
            return frozenset((kind, option) for kind, option, _ in counts.names)
        return frozenset((kind, option) for kind, option, _ in hidden(counts, self.small, guarded=_is_answer))

    def _is_few(self, mask: Mask) -> bool:
        return 0 < int(np.count_nonzero(mask & self.usable)) < self.small

    def _is_led_by_hidden(self, question: Question) -> bool:
        return any(("n", code) in self.rows(gate) for gate, codes in self._gates(question) for code in codes)

    def _gates(self, question: Question) -> Iterable[tuple[Question, Sequence[str]]]:
        known = {one.id: one for one in self.wave.codebook.parts()}
        return [(known[gate], codes) for gate, codes in question.asked_if if gate in known]

    def _of_groups(self, grouping: Grouping) -> frozenset[str]:
        if not grouping.groups:
            return frozenset()
        asked = self._question_of(grouping)
        if asked is not None:
            gone = self.rows(asked)
            whole = ("base", "") in gone
            return frozenset(one.code for one in grouping.groups if whole or ("n", one.code) in gone)
        counts = Counts()
        total = int(self.usable.sum())
        counts.add(("size", "", TOTAL), total, 1.0, known=total >= self.small)
        coarser = self._coarser(grouping)
        for parent in coarser:
            few = self.groups(parent)
            for one in parent.groups:
                name = ("size", "|".join(parent.by), one.code)
                counts.add(name, self._size(one), known=one.code not in few)
        for one in grouping.groups:
            inside = any(
                holder.code in self.groups(parent) for parent in coarser for holder in _holders(one, parent)
            )
            size = self._size(one)
            counts.add(("size", "", one.code), size, 0.0 if inside else _cost("size", size, of_total=False))
        counts.equal(("size", "", TOTAL), [("size", "", one.code) for one in grouping.groups])
        for parent in coarser:
            for holder in parent.groups:
                held = [("size", "", one.code) for one in grouping.groups if holder in _holders(one, parent)]
                counts.equal(("size", "|".join(parent.by), holder.code), held)
        found = {code for kind, by, code in hidden(counts, self.small) if not by and code != TOTAL}
        # Cells that cost nothing, since a coarser group hides them, are not told by `hidden`.
        found |= {code for (_, by, code), cost in zip(counts.names, counts.costs, strict=True) if not by and not cost}
        return frozenset(found)

    def _size(self, group: Group) -> int:
        return int(np.count_nonzero(group.members & self.usable))

    def _question_of(self, grouping: Grouping) -> Question | None:
        """The question whose answers are the groups; None for a role, a column, or several variables."""
        if len(grouping.by) != 1:
            return None
        return next((one for one in self.wave.codebook.parts() if one.id == grouping.by[0]), None)

    def _coarser(self, grouping: Grouping) -> list[Grouping]:
        """The groupings by some of the variables of one that crosses several."""
        by = grouping.by
        return [
            group_by(self.wave, some) for size in range(1, len(by)) for some in itertools.combinations(by, size)
        ]

    def _decide(self, question: Question, grouping: Grouping) -> frozenset[Name]:
        answers = self.wave.answers(question)
        total = everybody(self.wave)
        rows, few = self.rows(question), self.groups(grouping)
        led = self._led_columns(question, grouping)
        counts = _counts(answers, [*grouping.groups, total], self.usable, grouping.overlap)
        gone = {
            name for name in counts.names
            if name[:2] in rows or (name[2] != TOTAL and (name[2] in few or name[2] in led))
        }  # fmt: skip
        # First what the table itself asks for is bounded: a table too large is refused before any work is done.
        require_room(counts, self.most)
        if grouping.groups:
            beside = self._beside(question, grouping)
            known = _counts(
                answers, [*grouping.groups, total], self.usable, grouping.overlap, gone=gone, few=few
            )
            _join(known, beside, grouping)
            gone |= hidden(known, self.small, guarded=_is_answer)
        alone = _counts(answers, [*grouping.groups, total], self.usable, grouping.overlap, gone=gone)
        gone |= hidden(alone, self.small)
        return frozenset(gone)

    def _led_columns(self, question: Question, grouping: Grouping) -> frozenset[str]:
        """The groups in which who was asked follows from answers to another question that are hidden there."""
        if not grouping.groups:
            return frozenset()
        gates = [(codes, self.cells(gate, grouping)) for gate, codes in self._gates(question)]
        asked = self.wave.answers(question).asked
        return frozenset(
            one.code for one in grouping.groups
            if (gates and self._is_few(one.members & asked))
            or any(("n", code, one.code) in cells for codes, cells in gates for code in codes)
        )  # fmt: skip

    def _beside(self, question: Question, grouping: Grouping) -> list[tuple[Grouping, Counts]]:
        """The tables of the same question by fewer variables, what is hidden in them hidden, the rest known."""
        found = []
        for parent in self._coarser(grouping):
            gone = self.cells(question, parent)
            counts = _counts(self.wave.answers(question), parent.groups, self.usable, False)
            counts.known = [
                name not in gone and name[0] in ("n", "base", "miss", "asked") for name in counts.names
            ]
            counts.costs = [0.0] * len(counts.names)
            found.append((parent, counts))
        return found


def _is_answer(name: Name) -> bool:
    """Whether a count tells what people answered or who they are, and not only how many left a question out."""
    return name[0] in _ANSWERS


def _holders(group: Group, parent: Grouping) -> list[Group]:
    """The groups of a coarser grouping that all members of a group are in."""
    return [one for one in parent.groups if not (group.members & ~one.members).any()]


def _counts(
    answers: Answers, groups: Sequence[Group], usable: Mask, overlap: bool, *, gone: Iterable[Name] = (),
    few: frozenset[str] | None = None,
) -> Counts:  # fmt: skip
    """The counts of a table and the equations that a reader could solve.

    `gone` are hidden already. With `few`, the groups whose size nobody is told, what other tables tell as well is
    known: the totals, the sizes of the other groups, and how many of them were asked.
    """
    table = Counts()
    unseen = frozenset(gone)
    for group in groups:
        if few is None:
            known: frozenset[str] = frozenset()
        elif group.code == TOTAL:
            known = frozenset({"size", "asked", "n", "base", "miss"})
        else:
            known = frozenset({"size", "asked"} if group.code not in few else ())
        _add_column(table, answers, group, usable, known=known, gone=unseen, sized=few is not None)
        if overlap and group.code != TOTAL:
            # The others of a group are nowhere shown, and all less the group all the same.
            others = Group(f"!{group.code}", "", ~group.members)
            _add_column(table, answers, others, usable, shown=False, known=known, gone=unseen, sized=few is not None)
    own = [group.code for group in groups if group.code != TOTAL]
    if not own or not any(group.code == TOTAL for group in groups):
        return table
    for kind, option, code in list(table.names):
        if code != TOTAL:
            continue
        if not overlap:
            table.equal((kind, option, TOTAL), [(kind, option, one) for one in own])
            continue
        for one in own:
            table.equal((kind, option, TOTAL), [(kind, option, one), (kind, option, f"!{one}")])
    return table


def _add_column(
    table: Counts, answers: Answers, group: Group, usable: Mask, *, shown: bool = True,
    known: frozenset[str] = frozenset(), gone: frozenset[Name] = NOTHING, sized: bool = True,
) -> None:  # fmt: skip
    """The counts of one group; `sized` adds how many they are, asked or not."""
    members, code = group.members & usable, group.code
    base = members & answers.answered
    asked = members & answers.asked

    def add(kind: str, option: str, mask: Mask) -> None:
        count, name = int(np.count_nonzero(mask)), (kind, option, code)
        # Who was asked can be known from other tables even where this one does not tell it.
        is_known = kind in known and (name not in gone or kind == "asked")
        is_hidden = name in gone or not shown or kind in ("away", "not")
        table.add(name, count, 0.0 if is_hidden else _cost(kind, count, of_total=code == TOTAL), known=is_known)

    add("base", "", base)
    add("miss", "", asked & ~answers.answered)
    add("asked", "", asked)
    table.equal(("asked", "", code), [("base", "", code), ("miss", "", code)])
    if sized:
        add("size", "", members)
        add("away", "", members & ~answers.asked)
        table.equal(("size", "", code), [("asked", "", code), ("away", "", code)])
    for option, mask in answers.chosen.items():
        add("n", option, mask & members)
    if answers.question.type == "multiple":
        # Who did not choose an option is nowhere shown, and the base less those who did all the same.
        for option, mask in answers.chosen.items():
            add("not", option, base & ~mask)
            table.equal(("base", "", code), [("n", option, code), ("not", option, code)])
        if not answers.question.columns and answers.chosen:
            # Who answered chose something: the options chosen are as many as those who answered, or more.
            marks = sum(int(np.count_nonzero(mask & members)) for mask in answers.chosen.values())
            table.add(("marks", "", code), marks)
            table.add(("more", "", code), marks - int(np.count_nonzero(base)))
            table.equal(("marks", "", code), [("n", option, code) for option in answers.chosen])
            table.equal(("marks", "", code), [("base", "", code), ("more", "", code)])
    elif answers.chosen:
        table.equal(("base", "", code), [("n", option, code) for option in answers.chosen])


def _cost(kind: str, count: int, *, of_total: bool) -> float:
    return (_COST[kind] + math.log1p(count) if count else _NOBODY) * (_OF_TOTAL if of_total else 1.0)


def _join(table: Counts, beside: Sequence[tuple[Grouping, Counts]], grouping: Grouping) -> None:
    """Add the tables by fewer variables: each of their counts is the sum of the finer ones."""
    for parent, counts in beside:
        mark = "|".join(parent.by)

        def named(name: Name, mark: str = mark) -> tuple[str, ...]:
            return (*name, mark)

        for name, count, cost, known in zip(counts.names, counts.counts, counts.costs, counts.known, strict=True):
            table.add(named(name), count, cost, known=known)
        for whole, parts in counts.equations:
            table.equal(named(counts.names[whole]), [named(counts.names[part]) for part in parts])
        held: Mapping[str, list[str]] = {
            holder.code: [one.code for one in grouping.groups if holder in _holders(one, parent)]
            for holder in parent.groups
        }
        for kind, option, code in counts.names:
            table.equal(named((kind, option, code)), [(kind, option, one) for one in held[code]])
