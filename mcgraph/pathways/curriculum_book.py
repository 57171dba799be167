"""A curriculum as a rule book: its courses with what each asks for, and the programme they make up.

So plans, timetables and reasons can be asked of it like of any other: a prerequisite comes in an earlier term, a
corequisite in the same one at the latest, and courses that must be taken together ask for each other.
"""

from __future__ import annotations

import datetime
from dataclasses import replace

from mcgraph.errors import WrongUse
from mcgraph.pathways.assemble import assemble
from mcgraph.pathways.curriculum import Curriculum
from mcgraph.pathways.rule import Credential, Evidence, Group, Rule
from mcgraph.pathways.rulebook import RuleBook

PROGRAMME = "programme"


def book_of_curriculum(curriculum: Curriculum, *, date: datetime.date) -> RuleBook:
    """The rule book of a curriculum; `PROGRAMME` is awarded for all of its courses, which bear their ids as IRIs.

    Raises `WrongUse` where a course is called like the programme.

    >>> from mcgraph.pathways.curriculum import Requisite
    >>> lab = Curriculum("", {"P": "", "L": ""}, (Requisite("P", "L", "strict-co"),))
    >>> sorted(book_of_curriculum(lab, date=datetime.date(2026, 1, 1)).credentials)
    ['L', 'P', 'programme']
    """
    if PROGRAMME in curriculum.courses:
        raise WrongUse(f"A course is called «{PROGRAMME}»", fix="Give it another id in the file.")
    before: dict[str, list[str]] = {name: [] for name in curriculum.courses}
    entry: dict[str, list[Group]] = {name: [] for name in curriculum.courses}
    for one in curriculum.requisites:
        if one.kind == "pre":
            before[one.course].append(one.before)
            continue
        pairs = [(one.course, one.before), (one.before, one.course)]
        for course, other in pairs if one.kind == "strict-co" else pairs[:1]:
            entry[course].append(replace(Group.of("all-of", [other]), concurrent=(other,)))
    credentials = {
        name: Credential(
            name,
            id=name,
            title=title,
            credits=curriculum.credits.get(name),
            prerequisites=tuple(dict.fromkeys(before[name])),
            entry=tuple(dict.fromkeys(entry[name])),
        )
        for name, title in curriculum.courses.items()
    }
    credentials[PROGRAMME] = Credential(PROGRAMME, id=PROGRAMME, title=curriculum.name)
    said = Evidence("curriculum", claim="by-provider")
    rule = Rule("curriculum", "stack", PROGRAMME, (Group.of("all-of", curriculum.courses),), evidence=said)
    return assemble(credentials, [rule], date=date)
