"""Which credential somebody means by an identifier, an IRI or a title."""

from __future__ import annotations

from mcgraph.errors import WrongUse
from mcgraph.pathways.assemble import AssembledBook
from mcgraph.pathways.rule import Credential
from mcgraph.pathways.rulebook import RuleBook

SHOWN = 5


def find_credential(book: RuleBook, text: str) -> str:
    """The IRI of the one credential that `text` names: its IRI, its identifier, or its title however spelled.

    Raises `WrongUse` with the candidates where several fit, and with the nearest names where none does.
    """
    wanted = text.strip()
    if wanted in book.credentials:
        return wanted
    from mcgraph.model.terms import fold

    for found in (
        [one for one in book.credentials.values() if one.id == wanted],
        [one for one in book.credentials.values() if one.id.casefold() == wanted.casefold()],
        [one for one in book.credentials.values() if one.title and fold(one.title) == fold(wanted)],
    ):
        if len(found) == 1:
            return found[0].iri
        if found:
            raise WrongUse(
                f"«{_cut(wanted)}» names {len(found)} credentials",
                fix="Give one of these IRIs:\n" + _listed(found),
            )
    raise WrongUse(f"No credential is called «{_cut(wanted)}»", fix=_nearest(book, wanted))


def find_statement(book: AssembledBook, text: str) -> str:
    """The IRI of the stacking rule or recognition that `text` names by its IRI or identifier (the last part).

    Raises `WrongUse` with the nearest names where none or several fit.
    """
    wanted = text.strip()
    every = dict.fromkeys([*(rule.iri for rule in book.stacking), *(one.iri for one in book.statements)])
    if wanted in every:
        return wanted
    short = {iri: iri.rsplit("/", 1)[-1] for iri in every}
    found = [iri for iri, name in short.items() if name.casefold() == wanted.casefold()]
    if len(found) == 1:
        return found[0]
    if found:
        listed = "\n    ".join(found[:SHOWN])
        raise WrongUse(f"«{_cut(wanted)}» names {len(found)} statements", fix=f"Give one of\n    {listed}")
    from rapidfuzz import process

    near = [iri for _, _, iri in process.extract(wanted, short, limit=SHOWN, score_cutoff=60)]
    fix = "Did you mean\n" + "\n".join(f"    {short[iri]}" for iri in near) if near else "See: mcgraph query --list."
    raise WrongUse(f"No rule or recognition is called «{_cut(wanted)}»", fix=fix)


def _listed(found: list[Credential]) -> str:
    shown = sorted(found, key=lambda one: one.iri)[:SHOWN]
    lines = [f"    {one.iri}  {_cut(one.title)}" for one in shown]
    return "\n".join([*lines, *([f"    … and {len(found) - SHOWN} more"] if len(found) > SHOWN else [])])


def _nearest(book: RuleBook, wanted: str) -> str:
    from rapidfuzz import fuzz, process

    from mcgraph.model.terms import fold

    names = {one.iri: fold(one.title or one.id) for one in book.credentials.values() if one.known}
    names |= {f"{one.iri} ": fold(one.id) for one in book.credentials.values() if one.known}
    # Four letters are a part of many words; only of longer texts does a part say something.
    scorer = fuzz.ratio if len(fold(wanted)) < 6 else fuzz.WRatio
    scored = process.extract(fold(wanted), names, scorer=scorer, limit=2 * SHOWN, score_cutoff=60)
    near = [book.credentials[iri] for iri in dict.fromkeys(key.strip() for _, _, key in scored)][:SHOWN]
    if not near:
        return "See which there are with: mcgraph search, or mcgraph query --list."
    return "Did you mean\n" + "\n".join(f"    {one.id}  {_cut(one.title)}" for one in near)


def _cut(text: str) -> str:
    plain = "".join(mark if mark.isprintable() else " " for mark in text)
    return plain if len(plain) <= 80 else plain[:79] + "…"
