"""What a register says on the claims that a survey asks about, credential by credential.

A claim holds (True), does not (False), or the register is silent (None). Silence is never taken for «no», but for what
a register states of every credential or not at all: the EQF level. Statements that survey respondents made themselves
are left out: an answer cannot bear itself out.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from mcgraph.model.namespaces import MC, VOCAB
from mcgraph.model.terms import iri

if TYPE_CHECKING:
    from mcgraph.store import Graph

Claim = Literal[
    "labelled-as-microcredential", "external-quality-assurance", "recognised-by-employers", "stackable",
    "eqf-level-stated",
]  # fmt: skip
CLAIMS: Mapping[Claim, str] = {
    "labelled-as-microcredential": "the provider's own name (mc:labelledAs) or the form says microcredential",
    "external-quality-assurance": "an external statement in force with a positive decision, on it or its body",
    "recognised-by-employers": "a recognition in force for employment, or by an employer, chamber or professional body",
    "stackable": "declared stackable (mc:stackability), or a part in a stacking rule",
    "eqf-level-stated": "an EQF level (mc:eqfLevel); a register that states none says no",
}
_EXTERNAL = ("external-institutional", "external-programme", "esg", "eqavet", "sectoral", "regulatory-recognition",
             "iso")  # fmt: skip
_EMPLOYERS = ("employer", "chamber", "professional-body", "sectoral-organisation")
_GRANTED = ("positive", "positive-with-conditions")
_MICRO = re.compile(r"\bmicro[\s-]?(credential|certif|qualif)", re.IGNORECASE)
_AT_ONCE = 400
_PREFIX = f"PREFIX mc: <{MC}>\n"


@dataclass(frozen=True, slots=True)
class RegisterFacts:
    """The credentials that some entities offer or are, and what is known of each claim on each of them."""

    credentials: Mapping[str, tuple[str, ...]]
    claims: Mapping[Claim, Mapping[str, bool]]

    def state(self, entity: str, claim: Claim) -> tuple[str, int, int]:
        """What the register says of an entity (all, some, none, silent), its credentials, and how many are known."""
        own = self.credentials.get(entity, ())
        known = [self.claims[claim][one] for one in own if one in self.claims[claim]]
        if not known:
            return "silent", len(own), 0
        told = "all" if all(known) else "some" if any(known) else "none"
        # Where some are not known, «all» and «none» of those known are all that can be said.
        return told, len(own), len(known)


def read_facts(graph: Graph, entities: Iterable[str], as_of: datetime.date) -> RegisterFacts:
    """The facts of a register on some organisations and credentials (IRIs), as of a day."""
    wanted = sorted(set(entities))
    offered: dict[str, set[str]] = {}
    for some in _parts(wanted):
        rows = graph.rows(
            f"{_PREFIX}SELECT DISTINCT ?e ?c WHERE {{ VALUES ?e {{ {some} }} "
            "{ ?c mc:providedBy|mc:awardedBy ?e . ?c a mc:Credential } UNION { ?e a mc:Credential . BIND(?e AS ?c) } }"
        )
        for entity, credential in rows:
            offered.setdefault(entity or "", set()).add(credential or "")
    credentials = sorted({one for many in offered.values() for one in many})
    claims: dict[Claim, Mapping[str, bool]] = {
        "labelled-as-microcredential": _labelled(graph, credentials),
        "external-quality-assurance": _assured(graph, credentials, as_of),
        "recognised-by-employers": _recognised(graph, credentials, as_of),
        "stackable": _stackable(graph, credentials),
        "eqf-level-stated": _levelled(graph, credentials),
    }
    return RegisterFacts({entity: tuple(sorted(many)) for entity, many in offered.items()}, claims)


def _parts(iris: Sequence[str]) -> Iterator[str]:
    for start in range(0, len(iris), _AT_ONCE):
        yield " ".join(f"<{iri(one)}>" for one in iris[start : start + _AT_ONCE])


def _rows(graph: Graph, credentials: Sequence[str], select: str, pattern: str) -> Iterator[tuple[str, ...]]:
    for some in _parts(credentials):
        query = f"{_PREFIX}SELECT DISTINCT {select} WHERE {{ VALUES ?c {{ {some} }} {pattern} }}"
        for row in graph.rows(query):
            yield tuple(cell or "" for cell in row)


def _labelled(graph: Graph, credentials: Sequence[str]) -> dict[str, bool]:
    found: dict[str, bool] = {}
    for credential, label, form in _rows(
        graph, credentials, "?c ?l ?f", "{ ?c mc:labelledAs ?l } UNION { ?c mc:form ?f }"
    ):
        says = bool(_MICRO.search(label)) or form == f"{VOCAB}form#microcredential-certificate"
        found[credential] = found.get(credential, False) or says
    return found


def _levelled(graph: Graph, credentials: Sequence[str]) -> dict[str, bool]:
    found = dict.fromkeys(credentials, False)
    found |= {row[0]: True for row in _rows(graph, credentials, "?c", "?c mc:eqfLevel ?level")}
    return found


def _stackable(graph: Graph, credentials: Sequence[str]) -> dict[str, bool]:
    found: dict[str, bool] = {}
    for credential, said in _rows(graph, credentials, "?c ?s", "?c mc:stackability ?s"):
        if not said.endswith("#unknown"):
            found[credential] = found.get(credential, False) or said.endswith("#stackable")
    found |= {row[0]: True for row in _rows(graph, credentials, "?c", "?group mc:groupMember ?c")}
    return found


_FORCE = (
    "OPTIONAL { ?st mc:validFrom ?from } OPTIONAL { ?st mc:validUntil ?until } "
    "OPTIONAL { ?st mc:statementStatus ?status } "
    f"FILTER NOT EXISTS {{ ?st mc:claimKind <{VOCAB}claim#by-survey> }}"
)


def _in_force(start: str, end: str, status: str, as_of: datetime.date) -> bool:
    day = as_of.isoformat()
    if status.rpartition("#")[2] in ("withdrawn", "expired", "proposed"):
        return False
    return not (start and start > day) and not (end and end < day)


def _assured(graph: Graph, credentials: Sequence[str], as_of: datetime.date) -> dict[str, bool]:
    pattern = (
        "{ ?st mc:assuredCredential ?c } UNION { ?c mc:providedBy|mc:awardedBy ?o . ?st mc:assuredOrganisation ?o } "
        f"?st mc:qaType ?type . OPTIONAL {{ ?st mc:qaDecision ?decision }} {_FORCE}"
    )
    found: dict[str, bool] = {}
    for credential, kind, decision, start, end, status in _rows(
        graph, credentials, "?c ?type ?decision ?from ?until ?status", pattern
    ):
        if kind.rpartition("#")[2] not in _EXTERNAL or not _in_force(start, end, status, as_of):
            continue
        granted = not decision or decision.rpartition("#")[2] in _GRANTED
        found[credential] = found.get(credential, False) or granted
    return found


def _recognised(graph: Graph, credentials: Sequence[str], as_of: datetime.date) -> dict[str, bool]:
    pattern = (
        "{ ?st mc:recognisedCredential ?c } UNION { ?c mc:providedBy|mc:awardedBy ?o . "
        "?st mc:recognisedOrganisation ?o } OPTIONAL { ?st mc:recognitionPurpose ?purpose } "
        f"OPTIONAL {{ ?st mc:recogniser ?r . ?r mc:providerType ?type }} "
        f"OPTIONAL {{ ?st mc:recognitionEffect ?effect }} {_FORCE}"
    )
    found: dict[str, bool] = {}
    for credential, purpose, kind, effect, start, end, status in _rows(
        graph, credentials, "?c ?purpose ?type ?effect ?from ?until ?status", pattern
    ):
        for_work = purpose.endswith("#employment") or kind.rpartition("#")[2] in _EMPLOYERS
        if for_work and _in_force(start, end, status, as_of):
            found[credential] = found.get(credential, False) or not effect.endswith("#refused")
    return found
