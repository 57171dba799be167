"""The options that say what a plan must keep to, and what they mean as values."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from mcgraph.errors import WrongUse

if TYPE_CHECKING:
    from mcgraph.pathways.constraints import Constraints
    from mcgraph.pathways.rulebook import RuleBook

Command = TypeVar("Command", bound=Callable[..., Any])
_DATED = re.compile(r"^(?P<name>.+)@(?P<day>\d{4}-\d{2}-\d{2})$")

OPTIONS = [
    click.option("--by", default="credentials", show_default=True,
                 help="credentials, credits, hours, weeks, money (cost), providers, or weights: money=1,weeks=10."),
    click.option("--max-weeks", type=float, help="Weeks of study, one after another."),
    click.option("--max-ects", type=float, help="ECTS still to earn."),
    click.option("--max-hours", type=float, help="Hours of work."),
    click.option("--max-cost", type=float, help="Money, in --currency."),
    click.option("--currency", default="", help="ISO 4217 code; default: the most frequent one."),
    click.option("--country", multiple=True, help="Only learn in this country."),
    click.option("--language", multiple=True, help="Only learn in this language."),
    click.option("--mode", multiple=True, help="Only this form of participation: online, blended, presential …"),
    click.option("--provider", multiple=True, help="Only from this provider."),
    click.option("--exclude", multiple=True, help="Without this credential, rule, recognition or provider."),
    click.option("--max-level-jump", type=int, help="Most EQF levels a part may lie below its whole."),
    click.option("--confidence", default="", help="Weakest claim a plan may rest on, such as by-provider."),
    click.option("--per-term", type=float, help="Most ECTS of a term; makes a timetable."),
    click.option("--term-weeks", type=int, default=26, show_default=True, help="Weeks of a term."),
    click.option("--allow-unknown", is_flag=True, help="What is not stated counts 0 and fits, instead of failing."),
    click.option("-k", "plans", type=click.IntRange(1), help="How many plans."),
    click.option("--differ", type=click.IntRange(1), default=1, show_default=True,
                 help="Credentials of every earlier plan that a further one leaves out."),
    click.option("--prove", is_flag=True, help="Ask the exact model even where the quick search would do."),
    click.option("--time-limit", type=float, help="Seconds for the exact plans (default: limit pathway_seconds)."),
]  # fmt: skip


def plan_options(command: Command) -> Command:
    """Give a command all of them, in this order."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def constraints_of(book: RuleBook, asked: dict[str, Any], held_on: dict[str, str]) -> Constraints:
    """The options as a value. Raises `WrongUse` for codes and names that nobody knows, with the nearest."""
    from mcgraph.pathways.constraints import Budget, Constraints
    from mcgraph.pathways.read_offers import mode_name

    return Constraints(
        budget=Budget(
            asked["max_weeks"],
            asked["max_ects"],
            asked["max_hours"],
            asked["max_cost"],
            asked["currency"].upper(),
        ),
        countries=frozenset(_code("country", text).rsplit("/", 1)[-1] for text in asked["country"]),
        languages=frozenset(_code("language", text).rsplit("/", 1)[-1] for text in asked["language"]),
        modes=frozenset(mode_name(_code("learning-assessment", text)) for text in asked["mode"]),
        providers=frozenset(_provider(book, text) for text in asked["provider"]),
        exclude=frozenset(_excluded(book, text) for text in asked["exclude"]),
        max_level_jump=asked["max_level_jump"],
        confidence=asked["confidence"],
        per_term=asked["per_term"],
        term_weeks=asked["term_weeks"],
        held_on=held_on,
        unknown_ok=asked["allow_unknown"],
    )


def weights(text: str) -> str | dict[str, float]:
    """`--by` as a unit or as weights.

    >>> weights("weeks"), weights("money=1, weeks=10")
    ('weeks', {'money': 1.0, 'weeks': 10.0})
    """
    if "=" not in text:
        return text.strip()
    found: dict[str, float] = {}
    for part in text.split(","):
        name, _, value = part.partition("=")
        try:
            if name.strip() in found:
                raise WrongUse(f"«{name.strip()[:40]}» has two weights", fix="Give each unit one.")
            found[name.strip()] = float(value)
        except ValueError as fault:
            raise WrongUse(f"«{part[:40]}» is no weight", fix="Write --by money=1,weeks=10.") from fault
    return found


def dated(text: str) -> tuple[str, str]:
    """A held credential with the day it was gained on, where one is given.

    >>> dated("MC-100@2025-06-30"), dated("a@b")
    (('MC-100', '2025-06-30'), ('a@b', ''))
    """
    match = _DATED.match(text.strip())
    return (match["name"], match["day"]) if match else (text, "")


def _code(scheme: str, text: str) -> str:
    from mcgraph.model.vocabularies import vocabulary

    known = vocabulary(scheme)
    found = known.find(text)
    if found is None:
        near = known.nearest(text, at_least=60)
        what = {"learning-assessment": "form of participation"}.get(scheme, scheme)
        hint = f"Did you mean «{known.label(near)}»?" if near else f"Give a {what} by code or name."
        raise WrongUse(f"«{text[:60]}» is no {what}", fix=hint)
    return found


def _provider(book: RuleBook, text: str) -> str:
    names = {name for one in book.credentials.values() for name in (one.provider, *one.bodies) if name}
    short = {name.rsplit("/", 1)[-1].casefold(): name for name in sorted(names)}
    if text.casefold() in short:
        return short[text.casefold()]
    from rapidfuzz import process

    near = [name for name, _, _ in process.extract(text, sorted(names), limit=5, score_cutoff=60)]
    raise WrongUse(f"No provider is called «{text[:60]}»", fix="Did you mean\n" + "\n".join(f"    {n}" for n in near))


def _excluded(book: RuleBook, text: str) -> str:
    from mcgraph.pathways.assemble import AssembledBook
    from mcgraph.pathways.names import find_credential, find_statement

    tries: list[Callable[[], str]] = [lambda: _provider(book, text)]
    if isinstance(book, AssembledBook):
        stated = book
        tries.insert(0, lambda: find_statement(stated, text))
    for one in tries:
        try:
            return one()
        except WrongUse:
            continue
    return find_credential(book, text)
