"""What the register is made of, as values: a statement, and a party to it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

State = Literal["in-force", "lapsed", "not-yet", "proposed", "withdrawn"]
PartyKind = Literal["credential", "organisation", "country"]

# Effects that give the holder something; an endorsement gives no stated right, a refusal the opposite.
GRANTING = ("full", "credit", "exemption", "partial", "access")
EFFECTS = (*GRANTING, "endorsement", "refused")


@dataclass(frozen=True, slots=True)
class Party:
    """A credential, an organisation or a country, by its IRI and the words people know it by."""

    kind: PartyKind
    iri: str
    id: str = ""
    title: str = ""

    @property
    def label(self) -> str:
        """The title, or the identifier where there is none."""
        return self.title or self.id or self.iri


@dataclass(frozen=True, slots=True)
class Statement:
    """Somebody's decision to recognise, or to refuse, with everything that is stated about it.

    `credentials` and `organisations` are what is recognised (an organisation stands for all of its credentials);
    `towards` the credentials it counts towards; `credit_system` is the IRI of the system of `credit`, "" where the
    statement names none: it is then that of what it counts towards; `purposes` and `jurisdictions` notations. Dates
    are ISO days, "" where nothing is stated. `sources` are the sources that state it, `origin` the place in the first.
    """

    iri: str
    recogniser: Party
    effect: str
    state: State
    credentials: tuple[Party, ...] = ()
    organisations: tuple[Party, ...] = ()
    towards: tuple[Party, ...] = ()
    purposes: tuple[str, ...] = ()
    jurisdictions: tuple[str, ...] = ()
    credit: Decimal | None = None
    credit_system: str = ""
    basis: str = ""
    claimant: str = ""
    claim: str = "not-stated"
    status: str = ""
    stated_on: str = ""
    valid_from: str = ""
    valid_until: str = ""
    url: str = ""
    note: str = ""
    sources: tuple[str, ...] = ()
    origin: str = ""

    @property
    def subjects(self) -> tuple[Party, ...]:
        """What is recognised."""
        return (*self.credentials, *self.organisations)

    def __str__(self) -> str:
        """One line: effect, by whom, of what, towards what, when."""
        of = ", ".join(party.label for party in self.subjects) or "nothing stated"
        credit = f" {self.credit.normalize():f}" if self.credit is not None else ""
        towards = f" towards {', '.join(party.label for party in self.towards)}" if self.towards else ""
        return f"{self.effect}{credit} by {self.recogniser.label}: {of}{towards}"

