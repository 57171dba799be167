"""What offers and a few more properties say of credentials: price, weeks, languages, modes, bodies, validity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from mcgraph.model.namespaces import MC
from mcgraph.pathways.plain_values import calendar_day, number
from mcgraph.pathways.rule import Credential, Offer
from mcgraph.pathways.scope import Scope

Values = dict[str, list[str]]


def with_offers(graph: Scope, credentials: Mapping[str, Credential]) -> dict[str, Credential]:
    """The credentials with their offers, languages, modes, awarding bodies and months of validity."""
    said = {
        name: _values(graph, name)
        for name in ("language", "participationMode", "awardedBy", "providedBy", "validityMonths", "providerType")
    }
    offers = _offers(graph, said["language"], said["participationMode"])
    found: dict[str, Credential] = {}
    for iri, one in credentials.items():
        bodies = (*said["awardedBy"].get(iri, ()), *said["providedBy"].get(iri, ()))
        months = number((said["validityMonths"].get(iri) or [""])[0])
        kinds = [kind for body in bodies for kind in said["providerType"].get(body, ())]
        found[iri] = replace(
            one,
            offers=tuple(offers.get(iri, ())),
            languages=tuple(map(_last, said["language"].get(iri, ()))),
            modes=tuple(map(mode_name, said["participationMode"].get(iri, ()))),
            validity_months=int(months) if months and months > 0 else None,
            # The awarding body is whom residency asks about; the provider stands in where none is stated.
            bodies=tuple(said["awardedBy"].get(iri, ()) or said["providedBy"].get(iri, ())),
            provider_type=_last(kinds[0]) if kinds else "",
        )
    return found


def _offers(graph: Scope, languages: Values, modes: Values) -> dict[str, list[Offer]]:
    """Per credential its offers, in the order of their first day and IRI."""
    rows = graph.pairs(MC + "offerOf")
    facts = {name: _values(graph, name) for name in ("startDate", "endDate", "price", "currency", "country")}

    def one(name: str, iri: str) -> str:
        return (facts[name].get(iri) or [""])[0]

    found: dict[str, list[Offer]] = {}
    for iri, credential in sorted({(o, c) for o, c in rows if o and c}):
        price = number(one("price", iri))
        offer = Offer(
            iri,
            calendar_day(one("startDate", iri)),
            calendar_day(one("endDate", iri)),
            # A price below zero is a slip, not a gift: it is not known.
            price if price is not None and price >= 0 else None,
            one("currency", iri),
            _last(one("country", iri)),
            tuple(map(_last, languages.get(iri, ()))),
            tuple(map(mode_name, modes.get(iri, ()))),
        )
        found.setdefault(credential, []).append(offer)
    return {iri: sorted(those, key=lambda each: (each.start, each.iri)) for iri, those in found.items()}


def _values(graph: Scope, name: str) -> Values:
    found: Values = {}
    rows = graph.pairs(MC + name)
    for subject, value in sorted({(s, o) for s, o in rows if s and o}):
        found.setdefault(subject, []).append(value)
    return found


def mode_name(iri: str) -> str:
    """The notation of a form of participation, such as `online`."""
    from mcgraph.model.vocabularies import vocabulary

    return vocabulary("learning-assessment").notations.get(iri, _last(iri))


def _last(iri: str) -> str:
    return iri.rsplit("#", 1)[-1].rsplit("/", 1)[-1]
