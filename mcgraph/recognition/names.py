"""Which credential, organisation or country somebody means by a name, a code, an identifier or an IRI."""

from __future__ import annotations

from mcgraph.errors import WrongUse
from mcgraph.model.terms import fold
from mcgraph.recognition.register import Register, country_party
from mcgraph.recognition.statement import Party, PartyKind

SHOWN = 6


def find_party(
    register: Register, text: str, kinds: tuple[PartyKind, ...] = ("credential", "organisation", "country")
) -> Party:
    """The one party that `text` names: by IRI, identifier, country code or name, however it is spelled.

    Raises `WrongUse` with the candidates where several fit, and with the nearest names where none does.
    """
    wanted = text.strip()
    for found in (_by_iri(register, wanted), _by_code(wanted), _by_id(register, wanted), _by_name(register, wanted)):
        fitting = {party.iri: party for party in found if party.kind in kinds}
        if len(fitting) == 1:
            return next(iter(fitting.values()))
        if fitting:
            raise WrongUse(
                f"«{_cut(wanted)}» names {len(fitting)} parties",
                fix="Give one of these IRIs:\n" + _listed(sorted(fitting.values(), key=lambda one: one.iri)),
            )
    raise WrongUse(f"nothing is called «{_cut(wanted)}»", fix=_nearest(register, wanted, kinds))


def _by_iri(register: Register, text: str) -> list[Party]:
    found: list[Party] = []
    if text in register.credentials:
        found.append(register.party(text, "credential"))
    if text in register.organisations:
        found.append(register.party(text, "organisation"))
    return found


def _by_code(text: str) -> list[Party]:
    from mcgraph.model.vocabularies import vocabulary

    iri = vocabulary("country").find(text) if len(text) > 1 else None
    return [country_party(iri)] if iri else []


def _by_id(register: Register, text: str) -> list[Party]:
    folded = text.casefold()
    exact = [iri for iri, one in register.ids.items() if one == text]
    return _parties(register, exact or [iri for iri, one in register.ids.items() if one.casefold() == folded])


def _by_name(register: Register, text: str) -> list[Party]:
    key = fold(text)
    return _parties(register, [iri for iri, name in register.names.items() if fold(name) == key])


def _parties(register: Register, iris: list[str]) -> list[Party]:
    known = register.credentials | register.organisations
    return [register.party(iri) for iri in iris if iri in known]


def _listed(parties: list[Party]) -> str:
    lines = [f"    {one.iri}  {_cut(one.label)} ({one.kind})" for one in parties[:SHOWN]]
    return "\n".join([*lines, *([f"    … and {len(parties) - SHOWN} more"] if len(parties) > SHOWN else [])])


def _nearest(register: Register, text: str, kinds: tuple[PartyKind, ...]) -> str:
    from rapidfuzz import fuzz, process

    known = register.credentials | register.organisations
    names = {iri: fold(name) for iri, name in register.names.items() if iri in known}
    names |= {f"{iri} ": fold(one) for iri, one in register.ids.items() if iri in known}
    # Four letters are a part of many words; only of longer texts does a part say something.
    scorer = fuzz.ratio if len(fold(text)) < 6 else fuzz.WRatio
    scored = process.extract(fold(text), names, scorer=scorer, limit=2 * SHOWN, score_cutoff=60)
    near = [register.party(iri) for iri in dict.fromkeys(key.strip() for _, _, key in scored)]
    near = [one for one in near if one.kind in kinds][:SHOWN]
    if not near:
        return "See which there are with: mcgraph recognition --matrix body, or mcgraph query --list."
    return "Did you mean\n" + "\n".join(f"    {one.id}  {_cut(one.title)} ({one.kind})" for one in near)


def _cut(text: str) -> str:
    plain = "".join(mark if mark.isprintable() else " " for mark in text)
    return plain if len(plain) <= 80 else plain[:79] + "…"
