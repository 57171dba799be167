"""The rule book of a stored graph, or of what lies around some credentials of it."""

from __future__ import annotations

import datetime
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from mcgraph.limits import Limits
from mcgraph.model.credits import system_of
from mcgraph.model.namespaces import MC, PROV, VOCAB
from mcgraph.model.synthetic import SYNTHETIC_SUBMISSIONS, synthetic_sources
from mcgraph.pathways.assemble import assemble
from mcgraph.pathways.credit import in_unit
from mcgraph.pathways.plain_values import day as _day
from mcgraph.pathways.plain_values import number
from mcgraph.pathways.read_offers import with_offers
from mcgraph.pathways.recognition import RecognitionStatement
from mcgraph.pathways.rule import CLAIMS, Credential, Evidence, Group, Requirement, RowSource, Rule, SideCondition
from mcgraph.pathways.rulebook import RuleBook
from mcgraph.pathways.scope import Part, Scope, Whole, is_source, source_name

_DERIVED = PROV + "wasDerivedFrom"
_REQUIREMENTS: tuple[Requirement, ...] = ("all-of", "any-of", "count", "credit-points")

Facts = Mapping[str, Mapping[str, list[str]]]


@dataclass(frozen=True, slots=True)
class _Stated:
    """What several parts of the reading look things up in."""

    names: Mapping[str, str]
    sources: Mapping[str, str]
    credits: Mapping[str, Decimal]


def read_book(
    graph: RowSource,
    *,
    date: datetime.date,
    lang: str = "en",
    around: Collection[str] | None = None,
    limits: Limits | None = None,
) -> RuleBook:
    """Everything about credentials, stacking and recognition that routes need, as of `date`.

    With `around` (IRIs of credentials) only what lies on ways to them is read: the answer to a question about them
    is the same, however large the graph is; what says that it stacks into something is then not known. Raises
    `LimitReached` where that is more than `pathway_part_records` (of `limits`, else of the environment).
    """
    scope: Scope = Whole(graph) if around is None else Part(graph, around, limits)
    described = _facts(scope, ["Credential", "Qualification", "Microcredential"], _CREDENTIAL)
    rules = _facts(scope, ["StackingRule"], (*_STATEMENT, "stackingWhole", "requirementGroup", "sideCondition"))
    groups = _facts(scope, ["RequirementGroup"], _GROUP)
    conditions = _facts(scope, ["SideCondition"], ("conditionType", "conditionValue", "conditionCredential"))
    recognitions = _facts(scope, ["RecognitionStatement"], (*_STATEMENT, *_RECOGNITION))
    stated = _Stated(
        names=_names(scope),
        sources=_sources(scope, ["Credential", "Qualification", "StackingRule", "RecognitionStatement"]),
        credits={iri: c for iri, facts in described.items() if (c := number(_one(facts, "creditPoints"))) is not None},
    )
    titles = titles_of(scope.titles(), lang)
    credentials = {iri: _credential(iri, facts, titles, stated) for iri, facts in described.items()}
    asked = ((iri, _with_entry(one, described[iri], groups, credentials, stated)) for iri, one in credentials.items())
    credentials = with_offers(scope, dict(asked))
    declared = ((iri, whole) for iri, facts in described.items() for whole in facts.get("declaredStackingTarget", ()))
    book = assemble(
        credentials,
        [
            _in_units(rule, credentials)
            for iri, facts in rules.items()
            for rule in _rules(iri, facts, groups, conditions, stated)
        ],
        [one for iri, facts in recognitions.items() for one in _recognition(iri, facts, described, stated)],
        date=date,
        declared=declared,
        snapshot=str(graph.snapshot),
    )
    return replace(book, synthetic=synthetic_sources(graph.rows(SYNTHETIC_SUBMISSIONS)), bodies=stated.names)


_STATEMENT = (
    "claimedBy",
    "claimKind",
    "evidence",
    "statementStatus",
    "validFrom",
    "validUntil",
    "statementDate",
)
_RECOGNITION = (
    "recognisedCredential",
    "recognisedOrganisation",
    "recogniser",
    "recognitionEffect",
    "recognitionCredit",
    "recognitionCreditSystem",
    "recognisedTowards",
)
_GROUP = (
    "requirementType", "requiredNumber", "requiredCreditPoints", "groupMember", "concurrentMember", "title",
)  # fmt: skip
_CREDENTIAL = (
    "identifier",
    "eqfLevel",
    "creditPoints",
    "creditSystem",
    "workloadHours",
    "providedBy",
    "awardedBy",
    "country",
    "validUntil",
    "status",
    "isFullQualification",
    "prerequisite",
    "entryGroup",
    "entryRequirement",
    "replacedBy",
    "declaredStackingTarget",
)


def _facts(scope: Scope, classes: Iterable[str], properties: Iterable[str]) -> dict[str, dict[str, list[str]]]:
    """Per instance of the classes, its values per property (local names), each list sorted and distinct."""
    found: dict[str, dict[str, list[str]]] = {}
    for subject, name in sorted({(s, c) for s, c in scope.typed(classes) if s and c}):
        found.setdefault(subject, {}).setdefault("type", []).append(name)
    for predicate in (_DERIVED, *(MC + name for name in properties)):
        said = {(s, o) for s, o in scope.pairs(predicate) if s in found and o}
        for subject, value in sorted(said, key=str):
            found[str(subject)].setdefault(predicate.rsplit("#", 1)[-1], []).append(str(value))
    return found


def _sources(scope: Scope, classes: Iterable[str]) -> dict[str, str]:
    """Per record the identifier of the source that states it."""
    pairs = sorted((s, g) for s, g in scope.sources(classes) if s and g and is_source(g))
    return {subject: source_name(name) for subject, name in reversed(pairs)}


def titles_of(rows: Iterable[tuple[str | None, ...]], lang: str) -> dict[str, str]:
    """Per credential its title in the language asked for, else in English, else the first (rows: `Scope.titles`)."""

    def rank(row: tuple[str | None, ...]) -> tuple[bool, bool, str, str]:
        return (row[2] != lang, row[2] != "en", row[2] or "", row[1] or "")

    titles: dict[str, str] = {}
    for subject, title, _ in sorted(rows, key=rank):
        if subject and title:
            titles.setdefault(subject, title)
    return titles


def _names(scope: Scope) -> dict[str, str]:
    """The names of those who claim, recognise and provide."""
    return dict(sorted(((s, n) for s, n in scope.names() if s and n), reverse=True))


def _credential(iri: str, facts: Mapping[str, list[str]], titles: Mapping[str, str], stated: _Stated) -> Credential:
    provider = _one(facts, "providedBy") or _one(facts, "awardedBy")
    types = facts.get("type", ())
    full = _one(facts, "isFullQualification")
    level = re.search(r"([1-8])$", _one(facts, "eqfLevel"))
    source = stated.sources.get(iri, "")
    return Credential(
        iri=iri,
        id=_one(facts, "identifier") or iri.rsplit("/", 1)[-1],
        title=titles.get(iri, ""),
        level=int(level[1]) if level else None,
        credits=number(_one(facts, "creditPoints")),
        credit_system=_one(facts, "creditSystem"),
        hours=number(_one(facts, "workloadHours")),
        provider=stated.names.get(provider, provider),
        country=_one(facts, "country").rsplit("/", 1)[-1],
        valid_until=max((_day(day) for day in facts.get("validUntil", ())), default=""),
        status=_notation(_one(facts, "status")),
        is_full_qualification=full == "true" or (full != "false" and MC + "Qualification" in types),
        prerequisites=tuple(facts.get("prerequisite", ())),
        entry_requirement=_one(facts, "entryRequirement"),
        replaced_by=tuple(facts.get("replacedBy", ())),
        evidence=Evidence(
            iri,
            stated.names.get(provider, provider),
            "by-register",
            source=source,
            origin=_one(facts, "wasDerivedFrom"),
        ),
    )


def _evidence(iri: str, facts: Mapping[str, list[str]], claimant: str, stated: _Stated) -> Evidence:
    claim = _notation(_one(facts, "claimKind"))
    return Evidence(
        statement=iri,
        claimant=stated.names.get(claimant, claimant),
        claim=claim if claim in CLAIMS else "not-stated",
        status=_notation(_one(facts, "statementStatus")),
        stated_on=_day(_one(facts, "statementDate")),
        valid_from=_day(_one(facts, "validFrom")),
        valid_until=_day(_one(facts, "validUntil")),
        source=stated.sources.get(iri, ""),
        origin=_one(facts, "wasDerivedFrom"),
        url=_one(facts, "evidence"),
    )


def _rules(
    iri: str, facts: Mapping[str, list[str]], groups: Facts, conditions: Facts, stated: _Stated
) -> Iterable[Rule]:
    """The rule, once for each whole it names."""
    evidence = _evidence(iri, facts, _one(facts, "claimedBy"), stated)
    parts = tuple(_group(groups.get(node, {}), stated) for node in facts.get("requirementGroup", ()))
    sides = tuple(_condition(conditions.get(node, {})) for node in facts.get("sideCondition", ()))
    for whole in facts.get("stackingWhole", ()):
        yield Rule(iri, "stack", whole, parts, sides, evidence)


def _with_entry(
    one: Credential, facts: Mapping[str, list[str]], groups: Facts, known: Mapping[str, Credential], stated: _Stated
) -> Credential:
    """The credential with the groups of which enough must be held to take it, or taken with it where they say so."""
    nodes = facts.get("entryGroup", ())
    if not nodes:
        return one
    made = []
    for node in nodes:
        group, said = _group(groups.get(node, {}), stated), groups.get(node, {}).get("concurrentMember", ())
        made.append(replace(group, concurrent=tuple(member for member in group.members if member in said)))
    return replace(one, entry=_in_units(Rule("", "take", one.iri, tuple(made)), known).groups)


def _in_units(rule: Rule, credentials: Mapping[str, Credential]) -> Rule:
    """The rule with its sums of credit points in one system each."""
    if all(group.requirement != "credit-points" for group in rule.groups):
        return rule

    def known(iri: str) -> Credential:
        return credentials.get(iri) or Credential(iri, id=iri.rsplit("/", 1)[-1], known=False)

    return replace(rule, groups=tuple(in_unit(group, known(rule.whole), known) for group in rule.groups))


def _group(facts: Mapping[str, list[str]], stated: _Stated) -> Group:
    said = _notation(_one(facts, "requirementType"))
    points, wanted = number(_one(facts, "requiredCreditPoints")), number(_one(facts, "requiredNumber"))
    members = facts.get("groupMember", [])
    title = _one(facts, "title")
    for requirement in _REQUIREMENTS:
        if said == requirement:
            needed = points if requirement == "credit-points" else wanted
            return Group.of(requirement, members, needed, stated.credits, title)
    # An unknown requirement must not pass for an easy one: a group that needs 0 is reported as incomplete.
    return Group("count", tuple(members), Decimal(0), (Decimal(1),) * len(members), title)


def _condition(facts: Mapping[str, list[str]]) -> SideCondition:
    kind = _notation(_one(facts, "conditionType")) or "not-stated"
    return SideCondition(kind, number(_one(facts, "conditionValue")), _one(facts, "conditionCredential"))


def _recognition(
    iri: str, facts: Mapping[str, list[str]], described: Facts, stated: _Stated
) -> Iterable[RecognitionStatement]:
    """The statement, once for each credential it counts towards; one that names none gives no way."""
    claimant = _one(facts, "recogniser") or _one(facts, "claimedBy")
    evidence = _evidence(iri, facts, claimant, stated)
    organisations = set(facts.get("recognisedOrganisation", ()))
    theirs = (
        one
        for one, about in described.items()
        if organisations.intersection((*about.get("providedBy", ()), *about.get("awardedBy", ())))
    )
    credentials = tuple(dict.fromkeys((*facts.get("recognisedCredential", ()), *(theirs if organisations else ()))))
    effect, credit = _notation(_one(facts, "recognitionEffect")), number(_one(facts, "recognitionCredit"))
    system = _one(facts, "recognitionCreditSystem")
    for towards in facts.get("recognisedTowards", ()):
        # A national credit is of the country of those who grant it: that of what it counts towards.
        unit = system_of(system, _one(described.get(towards, {}), "country").rsplit("/", 1)[-1]) if system else ""
        yield RecognitionStatement(iri, credentials, towards, effect, credit, evidence, unit)


def _one(facts: Mapping[str, list[str]], name: str) -> str:
    values = facts.get(name, ())
    return values[0] if values else ""


def _notation(iri: str) -> str:
    return iri.rsplit("#", 1)[-1] if iri.startswith(VOCAB) else iri
