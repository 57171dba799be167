"""What a template tells about each column: what it holds, whether the profile asks for it, which values it takes."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from mcgraph.model import bundled
from mcgraph.model.language import Language
from mcgraph.model.namespaces import RDFS, SKOS
from mcgraph.model.vocabularies import Vocabulary, vocabulary
from mcgraph.sources.mapping import Column, Mapping, TableSpec, Target
from mcgraph.validation.catalogue import Profile, Rule, rules_in
from mcgraph.validation.ir import SEVERITY_OF, Predicate, Shape
from mcgraph.validation.wording import rule_texts

Need = Literal["must", "wanted", "may"]
Kind = Literal["text", "decimal", "integer", "date", "boolean", "url", "list", "reference"]
_KINDS: dict[str, Kind] = {
    "decimal": "decimal", "integer": "integer", "date": "date", "date-mdy": "date", "boolean": "boolean",
    "url": "url", "concept": "list", "level": "list", "reference": "reference",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Guide:
    """One column of a template, in one language. `choices` names its list, `sheet` the sheet it points to."""

    header: str
    kind: Kind
    need: Need
    what: str
    accepts: str
    source: str
    several: bool = False
    choices: str = ""
    sheet: str = ""


@dataclass(frozen=True, slots=True)
class SheetGuide:
    """One sheet of a template: its name, its columns, and the column of its identifiers."""

    name: str
    identifier: str
    columns: tuple[Guide, ...]


def guide(mapping: Mapping, profile: Profile, say: Language) -> tuple[SheetGuide, ...]:
    """The sheets and columns of a mapping, with what the profile asks of each."""
    known = _Shapes(profile, say)
    named = _identifiers(mapping)
    return tuple(_sheet(spec, known, named, say) for spec in mapping.tables if spec.records)


def _identifiers(mapping: Mapping) -> dict[str, tuple[str, str]]:
    """Kind of record (the first part of its IRI) → (sheet, column of its identifier)."""
    return {
        record.iri.partition("/")[0]: (_name(spec), record.id)
        for spec in mapping.tables
        for record in spec.records
        if record.id
    }


def _name(spec: TableSpec) -> str:
    return spec.sheets[0] if spec.sheets else spec.name


def _sheet(spec: TableSpec, known: _Shapes, named: MappingOf[str, tuple[str, str]], say: Language) -> SheetGuide:
    classes = {record.name: record.class_ for record in spec.records}
    identifier = next((record.id for record in spec.records if record.id), "")
    columns = tuple(_column(column, classes, identifier, known, named, say) for column in spec.columns)
    return SheetGuide(_name(spec), identifier, columns)


def _column(
    column: Column, classes: MappingOf[str, str], identifier: str, known: _Shapes,
    named: MappingOf[str, tuple[str, str]], say: Language,
) -> Guide:  # fmt: skip
    if not column.targets:
        text = "template.language_of" if column.header.endswith("language") else "template.note"
        return Guide(column.header, "text", "may", say.said(text), "", "")
    target = column.targets[0]
    kind = _KINDS.get(target.as_, "text")
    need, source = known.asked(classes.get(target.on, ""), target.path)
    sheet = named.get(target.to, ("", ""))[0] if kind == "reference" else ""
    what = say.said("template.identifier") if column.header == identifier else _meaning(target.path, say)
    return Guide(
        header=column.header,
        kind=kind,
        need="must" if column.required else need,
        what=what,
        accepts=_accepts(target, kind, sheet, say),
        source=source,
        several=bool(target.split),
        choices=target.scheme if kind == "list" else "",
        sheet=sheet,
    )


def _accepts(target: Target, kind: Kind, sheet: str, say: Language) -> str:
    if kind == "list":
        text = say.said("template.list_prompt", name=target.scheme)
    elif kind == "reference":
        text = say.said("template.reference", sheet=sheet)
    else:
        names = {"url": "anyURI", "text": "string"}
        text = say.said(f"datatype.{names.get(kind, kind)}")
    return f"{text} ({say.said('template.several')})" if target.split else text


class _Shapes:
    """The property shapes of a profile by class and property, with what they ask for."""

    def __init__(self, profile: Profile, say: Language) -> None:
        from mcgraph.validation.run import superclasses

        self.above = superclasses()
        self.rules: dict[str, Rule] = {rule.iri: rule for rule in rules_in(profile.triples)}
        self.severities, self.say = profile.severities, say
        self.by_spot: dict[tuple[str, str], list[Shape]] = {}
        for shape in profile.shapes.shapes.values():
            for target in shape.targets:
                if target.kind == "class":
                    self._enter(target.term.value, shape, profile.shapes.shapes)

    def _enter(self, class_: str, shape: Shape, shapes: MappingOf[str, Shape]) -> None:
        for constraint in shape.constraints:
            for inner in constraint.shapes if constraint.component == "Property" else ():
                path = shapes[inner].path
                if isinstance(path, Predicate):
                    self.by_spot.setdefault((class_, path.iri), []).append(shapes[inner])

    def asked(self, class_: str, path: str) -> tuple[Need, str]:
        """Whether a property must, should or may be given for a class, and where that is written."""
        need: Need = "may"
        sources: list[str] = []
        for shape in [s for c in self._classes(class_) for s in self.by_spot.get((c, path), [])]:
            rule = self.rules.get(shape.id)
            counted = any(c.component == "MinCount" and c.number > 0 for c in shape.constraints)
            level = self.severities.get(shape.code) or SEVERITY_OF.get(shape.severity, "error")
            if counted and level in ("error", "warning"):
                need = "must" if level == "error" or need == "must" else "wanted"
                sources = [rule.source, *sources] if rule else sources
            elif rule:
                sources.append(rule.source)
        return need, next((source for source in sources if source), "")

    def _classes(self, class_: str) -> list[str]:
        found, left = [], [class_]
        while left:
            one = left.pop()
            if one and one not in found:
                found.append(one)
                left += self.above.get(one, ())
        return found


@cache
def _definitions() -> MappingOf[str, MappingOf[str, str]]:
    """Definition (else label) of every term of the ontology by language."""
    import pyoxigraph as ox

    labels: dict[str, dict[str, str]] = {}
    texts: dict[str, dict[str, str]] = {}
    for path in sorted(bundled.path("ontology").glob("*.ttl")):
        for quad in ox.parse(path=str(path), format=ox.RdfFormat.TURTLE):
            said = {SKOS + "definition": texts, RDFS + "label": labels}.get(quad.predicate.value)
            if said is not None:
                said.setdefault(quad.subject.value, {})[quad.object.language or "en"] = quad.object.value
    return {**labels, **texts}


def _meaning(path: str, say: Language) -> str:
    stated = _definitions().get(path, {})
    return say.name(path, stated) if stated else path.rpartition("#")[2]


def rule_source(rule: Rule, say: Language) -> str:
    """What a rule says, with where it is written."""
    return f"{rule_texts(rule, say)[1]} ({rule.source})"


def choices(name: str, say: Language) -> list[str]:
    """The values a drop-down offers: labels of the language that the reader understands, else notations."""
    known = vocabulary(name)
    return sorted({shown(known, iri, say) for iri in known.labels}, key=_in_order)


def shown(known: Vocabulary, iri: str, say: Language) -> str:
    """A concept as its label, or as its notation where the label would be read as another concept."""
    label = known.label(iri, say.tag)
    notation = known.notations.get(iri, "")
    if known.name == "eqf" or known.find(label) != iri or "|" in label:
        return notation or iri
    return label


def _in_order(text: str) -> tuple[str, str]:
    from mcgraph.model.terms import fold

    return fold(text), text


def examples(mapping: str) -> dict[str, list[dict[str, Any]]]:
    """The filled rows that travel with a bundled mapping, by sheet; empty where it has none."""
    path = bundled.path("data", "templates", f"{mapping}.toml")
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def example_value(given: Any, column: Guide, say: Language) -> str:
    """An example in the language: texts by language, concepts by their label, yes and no in its words."""
    if isinstance(given, dict):
        given = given.get(say.tag) or given.get("en", "")
    text = str(given)
    if column.kind == "boolean" and text in ("yes", "no"):
        return say.said(f"answer.{text}") if say.tag in ("en", "fr") else text
    if column.kind == "list" and text:
        known = vocabulary(column.choices)
        iri = known.find(text)
        return shown(known, iri, say) if iri else text
    return text
