"""Groups of responses: by the respondents' group or country, by the answers to a question, or by several crossed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from mcgraph.errors import WrongUse
from mcgraph.model.terms import fold
from mcgraph.model.vocabularies import vocabulary
from mcgraph.survey.codebook import Question, said
from mcgraph.survey.wave import Mask, Wave

NOT_STATED = ""
"""The code of the group of those who say nothing about their group."""
TOTAL = "*"
"""The code of all responses together."""
_MOST_GROUPS = 400


@dataclass(frozen=True, slots=True)
class Group:
    """Some of the responses: code, label and who is in it."""

    code: str
    label: str
    members: Mask


@dataclass(frozen=True, slots=True)
class Grouping:
    """The groups of a table. `overlap`: a response may be in several, so that they do not add up to the total."""

    by: tuple[str, ...]
    title: str
    groups: tuple[Group, ...]
    overlap: bool = False


def group_by(wave: Wave, by: Sequence[str], lang: str = "en") -> Grouping:
    """The groups by one or more variables; by none, there are none but the total.

    A variable is a role (group, country, organisation), the header of its column, or a question with options. Raises
    `WrongUse` for an unknown variable, for the respondents' identifier, and for a question that makes no groups.
    """
    return wave.once(("groups", tuple(by), lang), lambda: _group_by(wave, by, lang))


def _group_by(wave: Wave, by: Sequence[str], lang: str) -> Grouping:
    made = [_variable(wave, name, lang) for name in by]
    if not made:
        return Grouping((), "", ())
    if len(made) > 1 and any(one.overlap for one in made):
        raise WrongUse(
            "a question with several answers cannot be crossed with another variable",
            fix="Group by it alone, or leave it out.",
        )
    groups = made[0].groups
    for other in made[1:]:
        groups = tuple(
            Group(f"{a.code} × {b.code}", f"{a.label} × {b.label}", a.members & b.members)
            for a in groups
            for b in other.groups
        )
    kept = tuple(group for group in groups if group.members.any())
    if len(kept) > _MOST_GROUPS:
        raise WrongUse(
            f"{' × '.join(by)} makes {len(kept):,} groups; at most {_MOST_GROUPS} can be shown",
            fix="Group by something coarser.",
        )
    return Grouping(tuple(by), " × ".join(one.title for one in made), kept, len(made) == 1 and made[0].overlap)


def _variable(wave: Wave, name: str, lang: str) -> Grouping:
    roles = wave.codebook.respondent
    role = name if name in roles else next((role for role, header in roles.items() if header == name), "")
    if role in ("id", "weight"):
        raise WrongUse(f"«{name}» tells one respondent from another; it makes no groups", fix="Choose another column.")
    if role:
        return _by_role(wave, name, role, lang)
    try:
        found = wave.codebook.find(name)
    except WrongUse as fault:
        groups = ", ".join(one for one in roles if one not in ("id", "weight"))
        raise WrongUse(
            f"there is nothing called «{name[:80]}» to group by", fix=f"{fault.fix} Roles: {groups or 'none'}."
        ) from None
    if len(found) > 1:
        raise WrongUse(f"«{name}» is a matrix", fix=f"Group by one of its lines: {', '.join(one.id for one in found)}.")
    return _by_question(wave, found[0], lang)


def _by_role(wave: Wave, name: str, role: str, lang: str) -> Grouping:
    stated = wave.stated(role)
    texts = [one for one in stated.unique().to_list() if one is not None]
    code_of, label_of = _codes(wave, role, texts, lang)
    codes = stated.replace_strict(texts, [code_of.get(text, NOT_STATED) for text in texts], default=NOT_STATED,
                                  return_dtype=pl.String) if texts else stated.fill_null(NOT_STATED)  # fmt: skip
    order = [*(code for code in wave.codebook.groups if role == "group"), *sorted(codes.unique().to_list())]
    groups = [
        Group(code, label_of.get(code, code), (codes == code).to_numpy())
        for code in dict.fromkeys(order) if code != NOT_STATED
    ]  # fmt: skip
    groups.append(Group(NOT_STATED, _words("not stated", "non précisé", lang), (codes == NOT_STATED).to_numpy()))
    return Grouping((name,), name, tuple(groups))


def _codes(wave: Wave, role: str, texts: Sequence[str], lang: str) -> tuple[dict[str, str], dict[str, str]]:
    """The code of each text, and the label of each code. A label in place of a code is understood."""
    if role == "country":
        countries = vocabulary("country")
        found = {text: countries.find(text) for text in texts}
        codes = {text: iri.rsplit("/", 1)[-1] for text, iri in found.items() if iri}
        return codes, {codes[text]: countries.label(iri, lang) for text, iri in found.items() if iri}
    if role != "group":
        return {text: text for text in texts}, {}
    known = {fold(code): code for code in wave.codebook.groups}
    for code, text in wave.codebook.groups.items():
        for one in text.values():
            known.setdefault(fold(one), code)
    labels = {code: said(text, lang) for code, text in wave.codebook.groups.items()}
    return {text: known.get(fold(text), text) for text in texts}, labels


def _by_question(wave: Wave, question: Question, lang: str) -> Grouping:
    if not question.options:
        raise WrongUse(
            f"«{question.id}» is a {question.type} question without options; it makes no groups",
            fix="Group by a question with options.",
        )
    answers = wave.answers(question)
    groups = [Group(code, question.label(code, lang), answers.chosen[code]) for code in question.codes]
    if question.type != "multiple":
        rest = ~answers.answered
        groups.append(Group(NOT_STATED, _words("not stated", "non précisé", lang), rest))
    return Grouping((question.id,), question.said(lang), tuple(groups), question.type == "multiple")


def _words(english: str, french: str, lang: str) -> str:
    return french if lang == "fr" else english


def everybody(wave: Wave, lang: str = "en") -> Group:
    """All responses together."""
    return Group(TOTAL, _words("all", "ensemble", lang), np.ones(wave.size, dtype=bool))


