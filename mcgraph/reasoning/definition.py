"""The definition of a microcredential, as the ontology has it, with the numbers in force.

Everything here is read from `ontology/`: which classes, which criteria, which thresholds. Only where a threshold may
lie, and who says so, is in `data/thresholds.toml`.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcgraph.errors import RuleBroken, WrongUse
from mcgraph.model import bundled
from mcgraph.model.namespaces import DCTERMS, MC, OWL, RDFS, SKOS, XSD, shorten
from mcgraph.reasoning.expressions import And, Axioms, Expression, Named, Nodes, read_axioms
from mcgraph.reasoning.literals import Literal

if TYPE_CHECKING:
    from pyoxigraph import Triple

CREDENTIAL = MC + "Credential"
MICROCREDENTIAL = MC + "Microcredential"
ASSURED = MC + "AssuredMicrocredential"
LABELLED = MC + "LabelledMicrocredential"
_THRESHOLD = MC + "threshold"
_NAME = MC + "thresholdName"
_FOLLOWS = MC + "thresholdFollows"
_FACTOR = MC + "thresholdFactor"
_CLOSED = MC + "completeWhereStated"
_DEFINITION = MC.rstrip("#") + "/definition"
# More than any volume of learning; a larger number is a slip.
_LARGEST = Decimal(100_000)


@dataclass(frozen=True, slots=True)
class Criterion:
    """One of the classes the definition intersects, with how people call it."""

    iri: str
    label: str
    definition: str
    source: str

    @property
    def name(self) -> str:
        """The local name, as a column is called."""
        return self.iri.rsplit("#", 1)[-1]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A number that somebody uses for a threshold; `read` says whether its source was read for this file."""

    number: Decimal
    by: str
    source: str
    read: bool


@dataclass(frozen=True, slots=True)
class Threshold:
    """A number of the definition that can be changed: `default` stands in the ontology, `number` is in force.

    It moves with the threshold it `follows`, by `factor`, unless it is given a number of its own.
    """

    name: str
    default: Decimal
    number: Decimal
    classes: tuple[str, ...]
    follows: str = ""
    factor: Decimal = Decimal(1)
    title: str = ""
    unit: str = ""
    source: str = ""
    read: bool = False
    proposals: tuple[Proposal, ...] = ()


@dataclass(frozen=True, slots=True)
class Definition:
    """The axioms with the thresholds in force, and what people need to read them.

    `triples` is the ontology the axioms were compiled from, thresholds in place: what a reasoner is given.
    """

    triples: tuple[Triple, ...]
    axioms: Axioms
    closed: frozenset[str]
    criteria: tuple[Criterion, ...]
    thresholds: Mapping[str, Threshold]
    labels: Mapping[str, str]
    version: str
    folder: Path | None = None
    given: Mapping[str, Decimal] = field(default_factory=dict)

    def with_numbers(self, numbers: Mapping[str, str | int | float | Decimal]) -> Definition:
        """The same definition with other numbers beside those it was given."""
        return read_definition({**self.given, **numbers}, folder=self.folder)

    @property
    def defined(self) -> frozenset[str]:
        """The classes that are defined, so that nobody's statement makes a record one."""
        return frozenset(self.axioms.equivalent)

    def criteria_of(self, kind: str) -> tuple[Criterion, ...]:
        """The criteria of one of the defined classes, those of its parts included."""
        wanted = set(_criteria(self.axioms, kind))
        return tuple(one for one in self.criteria if one.iri in wanted)

    def label(self, iri: str) -> str:
        """How people call a class or property."""
        return self.labels.get(iri, shorten(iri))


def read_definition(
    numbers: Mapping[str, str | int | float | Decimal] | None = None, *, folder: Path | None = None, lang: str = "en"
) -> Definition:
    """The definition in the ontology, with other `numbers` for some thresholds (by name).

    `folder` holds the Turtle files of the model (default: the bundled ones). Raises `WrongUse` for an unknown
    threshold or a number that is none above 0, and `RuleBroken` where the ontology cannot be read, lacks the
    definition, or says something that the compiled rules do not know.
    """
    triples = _triples(folder)
    thresholds = _thresholds(Nodes.of(triples))
    changed = _in_force(thresholds, numbers or {})
    triples = _with_numbers(triples, thresholds, changed)
    nodes = Nodes.of(triples)
    missing = [shorten(name) for name in (MICROCREDENTIAL, LABELLED) if not nodes.all(name, OWL + "equivalentClass")]
    if missing:
        raise RuleBroken(
            f"the ontology does not define {', '.join(missing)}",
            where=str(folder or bundled.path("ontology")),
            fix="Install mcgraph again, or name a folder with the definition.",
        )
    axioms = read_axioms(nodes)
    labels = _labels(nodes, lang)
    widest = ASSURED if ASSURED in axioms.equivalent else MICROCREDENTIAL
    criteria = tuple(
        Criterion(
            iri, labels.get(iri, shorten(iri)), _text(nodes, iri, SKOS + "definition", lang), _sources(nodes, iri)
        )
        for iri in _criteria(axioms, widest)
    )
    if not criteria:
        raise RuleBroken("the ontology defines a microcredential by no criterion")
    closed = frozenset(nodes.having(_CLOSED, Literal("true", XSD + "boolean")))
    version = nodes.one(_DEFINITION, OWL + "versionInfo")
    return Definition(
        triples=tuple(triples),
        axioms=axioms,
        closed=closed,
        criteria=criteria,
        thresholds=changed,
        labels=labels,
        version=version.lexical if isinstance(version, Literal) else "",
        folder=folder,
        given={name: changed[name].number for name in numbers or {}},
    )


def _triples(folder: Path | None) -> list[Triple]:
    """The modules of the model; vocabularies and alignments say nothing about classes of records."""
    import pyoxigraph as ox

    root = folder or bundled.path("ontology")
    found: list[Triple] = []
    for path in sorted(root.glob("*.ttl")):
        try:
            quads = ox.parse(path=str(path), format=ox.RdfFormat.TURTLE, rename_blank_nodes=True)
            found.extend(quad.triple for quad in quads)
        except (SyntaxError, OSError, ValueError) as fault:
            raise RuleBroken(f"this file of the model cannot be read: {fault}", where=str(path)) from fault
    if not found:
        raise RuleBroken("there is no ontology here", where=str(root), fix="Install mcgraph again.")
    return found


def _thresholds(nodes: Nodes) -> dict[str, Threshold]:
    told = _proposals()
    found: dict[str, Threshold] = {}
    for iri in sorted(nodes.said):
        name, number = nodes.one(iri, _NAME), nodes.one(iri, _THRESHOLD)
        if not isinstance(name, Literal) or not isinstance(number, Literal):
            continue
        default = Decimal(number.lexical).normalize() + 0
        known = found.get(name.lexical)
        if known is not None and known.default != default:
            raise RuleBroken(f"the ontology gives the threshold {name.lexical} two numbers")
        classes = (*(known.classes if known else ()), iri)
        follows, factor = nodes.one(iri, _FOLLOWS), nodes.one(iri, _FACTOR)
        found[name.lexical] = Threshold(
            name=name.lexical,
            default=default,
            number=default,
            classes=classes,
            follows=follows.lexical if isinstance(follows, Literal) else "",
            factor=Decimal(factor.lexical) if isinstance(factor, Literal) else Decimal(1),
            **told.get(name.lexical, {}),
        )
    return found


def _proposals() -> dict[str, dict[str, Any]]:
    path = bundled.path("data", "thresholds.toml")
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
        return {
            name: {
                "title": one["title"],
                "unit": one["unit"],
                "source": one["default_source"],
                "read": one["default_read"],
                "proposals": tuple(
                    Proposal(Decimal(value["number"]), value["by"], value["source"], value["read"])
                    for value in one["values"]
                ),
            }
            for name, one in told.items()
        }
    except (OSError, tomllib.TOMLDecodeError, KeyError, InvalidOperation, TypeError) as fault:
        raise RuleBroken(f"the file of thresholds cannot be read: {fault}", where=str(path)) from fault


def _in_force(
    thresholds: Mapping[str, Threshold], numbers: Mapping[str, str | int | float | Decimal]
) -> dict[str, Threshold]:
    changed = dict(thresholds)
    for name, said in numbers.items():
        if name not in thresholds:
            near = difflib.get_close_matches(str(name), thresholds, n=1)
            hint = f"Did you mean «{near[0]}»? " if near else ""
            raise WrongUse(
                f"there is no threshold «{str(name)[:60]}»", fix=f"{hint}There is: {', '.join(sorted(thresholds))}."
            )
        changed[name] = replace(thresholds[name], number=threshold_number(name, said))
    changed = dict(sorted(changed.items()))
    moved = set(numbers)
    # Followers of followers move in a later round.
    for _ in thresholds:
        for name, one in thresholds.items():
            if name not in moved and one.follows in moved:
                number = changed[one.follows].number * one.factor
                changed[name] = replace(one, number=number.normalize() + 0)
                moved.add(name)
    return changed


def threshold_number(name: str, said: str | int | float | Decimal) -> Decimal:
    """A number for a threshold. Raises `WrongUse` for what is none, is not above 0, or is absurdly large."""
    try:
        number = Decimal(str(said).strip())
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or not 0 < number <= _LARGEST:
        raise WrongUse(
            f"«{str(said)[:40]}» is no number for the threshold {name}",
            fix=f"Give a number above 0 and up to {_LARGEST:,}, such as 30.",
        )
    return number.normalize() + 0


def _with_numbers(
    triples: list[Triple], before: Mapping[str, Threshold], after: Mapping[str, Threshold]
) -> list[Triple]:
    """The triples with each changed threshold in the facets of its classes."""
    import pyoxigraph as ox

    decimal = ox.NamedNode(XSD + "decimal")
    changed = [one for one in after.values() if one.number != before[one.name].number]
    if not changed:
        return triples
    children: dict[object, list[int]] = {}
    for i, triple in enumerate(triples):
        children.setdefault(triple.subject, []).append(i)
    result = list(triples)
    for one in changed:
        for iri in one.classes:
            hit = 0
            for i in _below(triples, children, ox.NamedNode(iri)):
                value = triples[i].object
                if isinstance(value, ox.Literal) and _is_number(value.value, one.default):
                    made = ox.Literal(f"{one.number:f}", datatype=decimal)
                    result[i] = ox.Triple(triples[i].subject, triples[i].predicate, made)
                    hit += triples[i].predicate.value.startswith(XSD)
            if not hit:
                raise RuleBroken(f"the ontology does not use the threshold {one.name} in {shorten(iri)}")
    return result


def _below(triples: Sequence[Triple], children: Mapping[object, list[int]], node: object) -> Iterable[int]:
    """The places of the triples of a class and of the nameless nodes below it."""
    import pyoxigraph as ox

    waiting, seen = [node], {node}
    while waiting:
        for i in children.get(waiting.pop(), ()):
            yield i
            value = triples[i].object
            if isinstance(value, ox.BlankNode) and value not in seen:
                seen.add(value)
                waiting.append(value)


def _is_number(text: str, number: Decimal) -> bool:
    try:
        return Decimal(text) == number
    except InvalidOperation:
        return False


def _criteria(axioms: Axioms, kind: str) -> list[str]:
    """The named classes that a definition intersects, those of its parts in their place, `mc:Credential` apart."""
    found: list[str] = []
    for definition in axioms.equivalent.get(kind, ()):
        parts: tuple[Expression, ...] = definition.parts if isinstance(definition, And) else (definition,)
        for part in parts:
            if isinstance(part, Named) and part.iri != CREDENTIAL:
                whole = part.iri in (MICROCREDENTIAL, ASSURED)
                found.extend(_criteria(axioms, part.iri) if whole else [part.iri])
    return list(dict.fromkeys(found))


def _labels(nodes: Nodes, lang: str) -> dict[str, str]:
    return {iri: text for iri in nodes.said if (text := _text(nodes, iri, RDFS + "label", lang))}


def _text(nodes: Nodes, iri: str, predicate: str, lang: str) -> str:
    texts = {one.language: one.lexical for one in nodes.all(iri, predicate) if isinstance(one, Literal)}
    return texts.get(lang) or texts.get("en") or next(iter(texts.values()), "")


def _sources(nodes: Nodes, iri: str) -> str:
    return " ".join(sorted(str(one) for one in nodes.all(iri, DCTERMS + "source")))
