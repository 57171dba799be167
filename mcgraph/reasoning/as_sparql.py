"""The definition as a SPARQL question for any endpoint, made from the same axioms that the rules are compiled from.

`python -m mcgraph.reasoning.as_sparql` prints `queries/label-versus-definition.rq` anew: its header as it is, the
SPARQL below it made again. A test fails where the file is not what the ontology gives, and another where the question
and `classify` differ on random records.

Each class is said twice, by what makes a record a member and by what makes it provably none; where neither holds, or
both do, it is undecided (see `evaluate`). A threshold is a parameter; one that follows another is a formula.
"""

from __future__ import annotations

from collections.abc import Sequence

from mcgraph.errors import RuleBroken
from mcgraph.model import bundled
from mcgraph.model.namespaces import PREFIXES, XSD, shorten
from mcgraph.reasoning.definition import CREDENTIAL, LABELLED, MICROCREDENTIAL, Definition, Threshold, read_definition
from mcgraph.reasoning.expressions import And, Expression, Named, Not, OneOf, Or, Property, Some, Term, Thing
from mcgraph.reasoning.literals import ANY_LITERAL, PLAIN, DataRange, Literal

FILE = "label-versus-definition.rq"
RECORD = "?credential"
_SIGNS = {"minInclusive": ">=", "minExclusive": ">", "maxInclusive": "<=", "maxExclusive": "<"}
_TRUE, _FALSE = "true", "false"


class Writer:
    """Writes class expressions of one definition as conditions of SPARQL."""

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.axioms = definition.axioms
        self.prefixes: set[str] = {"mc"}
        self._of_class = {iri: one for one in definition.thresholds.values() for iri in one.classes}
        self._open: list[str] = []

    def criterion(self, iri: str) -> tuple[str, str]:
        """When a record belongs to a named class, and when it provably does not, disjoint classes included."""
        yes, no = self._named(iri)
        others = [self._named(other)[0] for other in sorted(self.axioms.disjoint.get(iri, ()))]
        return yes, _or([no, *others])

    def _named(self, iri: str) -> tuple[str, str]:
        if iri == CREDENTIAL:
            # Every record that is asked about is one.
            return _TRUE, _FALSE
        if iri in self._open:
            raise RuleBroken(f"the ontology defines {shorten(iri)} in a circle")
        self._open.append(iri)
        try:
            found = [self._said(one, iri) for one in self.axioms.equivalent.get(iri, ())]
            above = [self._said(one, iri)[1] for one in self.axioms.above.get(iri, ())]
        finally:
            self._open.pop()
        # What a source says the record is counts where that is no class of the definition.
        stated = sorted(self.axioms.stated_as(iri) - self.definition.defined)
        typed = f"EXISTS {{ {RECORD} a ?type FILTER(?type IN ({self._terms(stated)})) }}" if stated else _FALSE
        return _or([typed, *(yes for yes, _ in found)]), _or([*(no for _, no in found), *above])

    def _said(self, expression: Expression, inside: str) -> tuple[str, str]:
        if isinstance(expression, Named):
            return self.criterion(expression.iri)
        if isinstance(expression, And):
            parts = [self._said(part, inside) for part in expression.parts]
            return _and([yes for yes, _ in parts]), _or([no for _, no in parts])
        if isinstance(expression, Or):
            parts = [self._said(part, inside) for part in expression.parts]
            return _or([yes for yes, _ in parts]), _and([no for _, no in parts])
        if isinstance(expression, Not):
            yes, no = self._said(expression.part, inside)
            return no, yes
        if isinstance(expression, Some):
            return self._some(expression, inside)
        raise RuleBroken(f"{shorten(inside)} is defined in a way that cannot be asked in SPARQL")

    def _some(self, some: Some, inside: str) -> tuple[str, str]:
        yes, no = self._value(some.filler, inside)
        head = f"{self._numbers(inside, yes)}{RECORD} {self._path(some.on)}"
        # A truth value is looked up; a comparison would have to look at every one.
        member = f"EXISTS {{ {head} {yes} }}" if yes in (_TRUE, _FALSE) else f"EXISTS {{ {head} ?value FILTER({yes}) }}"
        if some.on.iri not in self.definition.closed or some.on.inverse or no == _FALSE:
            return member, _FALSE
        other = f"{self._numbers(inside, no)}{RECORD} {self._path(some.on)} ?value FILTER(!COALESCE({no}, false))"
        stated = f"EXISTS {{ {RECORD} {self._path(some.on)} ?value }}"
        return member, f"({stated} && !EXISTS {{ {other} }})"

    def _path(self, on: Property) -> str:
        return f"^{self._term(on.iri)}" if on.inverse else self._term(on.iri)

    def _value(self, filler: Expression, inside: str) -> tuple[str, str]:
        """When a value lies in a filler, and when it provably does not."""
        if isinstance(filler, Thing):
            return "!isLiteral(?value)", _FALSE
        if isinstance(filler, Named):
            defined = self.axioms.equivalent.get(filler.iri, ())
            if len(defined) == 1 and isinstance(defined[0], OneOf):
                return self._value(defined[0], inside)
        if isinstance(filler, OneOf):
            return self._one_of(filler.members)
        if isinstance(filler, DataRange):
            return self._range(filler, inside)
        raise RuleBroken(f"{shorten(inside)} looks at values in a way that cannot be asked in SPARQL")

    def _one_of(self, members: Sequence[Term]) -> tuple[str, str]:
        names = [one for one in members if isinstance(one, str)]
        if names and len(names) == len(members):
            groups = [frozenset[str]().union(*(g for g in self.axioms.different if name in g)) for name in names]
            others = sorted(frozenset.intersection(*groups) - set(names))
            return f"?value IN ({self._terms(sorted(names))})", (
                f"?value IN ({self._terms(others)})" if others else _FALSE
            )
        (only,) = members
        if not isinstance(only, Literal) or only.datatype != XSD + "boolean":
            raise RuleBroken("the ontology lists values that cannot be asked for in SPARQL")
        said = only.lexical in ("true", "1")
        return (_TRUE if said else _FALSE), f"?value = {str(not said).lower()}"

    def _range(self, wanted: DataRange, inside: str) -> tuple[str, str]:
        if wanted.datatype == ANY_LITERAL:
            return "isLiteral(?value)", _FALSE
        if wanted.datatype == PLAIN:
            ((kind, pattern),) = wanted.facets
            if kind != "pattern":
                raise RuleBroken(f"{shorten(inside)} looks at a text in a way that cannot be asked in SPARQL")
            text = pattern.lexical.replace("\\", "\\\\").replace('"', '\\"')
            return f'REGEX(STR(?value), "^(?:{text})$")', _FALSE
        if wanted.datatype != XSD + "decimal":
            raise RuleBroken(f"{shorten(inside)} looks at {shorten(wanted.datatype)}, which cannot be asked in SPARQL")
        bounds = [f"?value {_SIGNS[name]} {self._bound(bound, inside)}" for name, bound in wanted.facets]
        return f"isNumeric(?value) && {' && '.join(bounds)}", f"isNumeric(?value) && !({' && '.join(bounds)})"

    def _bound(self, bound: Literal, inside: str) -> str:
        threshold = self._of_class.get(inside)
        if threshold is not None and float(bound.lexical) == float(threshold.number):
            return self._formula(threshold)
        return bound.lexical

    def _formula(self, threshold: Threshold) -> str:
        """The parameter of a threshold, or the number it follows by its factor."""
        if not threshold.follows:
            return f"?{variable(threshold.name)}"
        leader = self._formula(self.definition.thresholds[threshold.follows])
        return f"COALESCE(?{variable(threshold.name)}, {leader} * {threshold.factor:f})"

    def _numbers(self, inside: str, condition: str) -> str:
        """The parameters that a condition uses, where it uses them: what is outside EXISTS is not known inside."""
        return "".join(
            f"VALUES ?{variable(one.name)} {{ {'UNDEF' if one.follows else f'{one.default:f}'} }} "
            for one in self.definition.thresholds.values()
            if f"?{variable(one.name)}" in condition.replace(")", " ").replace(",", " ").split()
            or f"COALESCE(?{variable(one.name)}," in condition
        ) if self._of_class.get(inside) else ""  # fmt: skip

    def _terms(self, iris: Sequence[str]) -> str:
        return ", ".join(self._term(iri) for iri in iris)

    def _term(self, iri: str) -> str:
        short = shorten(iri)
        prefix, _, name = short.partition(":")
        if PREFIXES.get(prefix, "") + name == iri:
            self.prefixes.add(prefix)
            return short
        return f"<{iri}>"


def variable(name: str) -> str:
    """The name of a threshold as a parameter."""
    return name.replace("-", "_")


def column(iri: str) -> str:
    """The name of a criterion as a column: `VolumeIsSmall` → `volumeIsSmall`."""
    name = iri.rpartition("#")[2]
    return name[0].lower() + name[1:]


def _or(parts: Sequence[str]) -> str:
    kept = [part for part in dict.fromkeys(parts) if part != _FALSE]
    if _TRUE in kept:
        return _TRUE
    return f"({' || '.join(kept)})" if len(kept) > 1 else kept[0] if kept else _FALSE


def _and(parts: Sequence[str]) -> str:
    kept = [part for part in dict.fromkeys(parts) if part != _TRUE]
    if _FALSE in kept:
        return _FALSE
    return f"({' && '.join(kept)})" if len(kept) > 1 else kept[0] if kept else _TRUE


def body(definition: Definition) -> str:
    """The question: every credential with its label, each criterion of a microcredential, and the verdict."""
    writer = Writer(definition)
    criteria = definition.criteria_of(MICROCREDENTIAL)
    lines = []
    for one in criteria:
        yes, no = writer.criterion(one.iri)
        name = column(one.iri)
        lines += [
            f"  BIND({yes} AS ?{name}Holds)",
            f"  BIND({no} AS ?{name}Fails)",
            f'  BIND(IF(?{name}Holds && !?{name}Fails, "yes", IF(?{name}Fails && !?{name}Holds, "no", "undecided"))'
            f" AS ?{name})",
        ]
    labelled, _ = writer.criterion(LABELLED)
    names = " ".join(f"?{column(one.iri)}" for one in criteria)
    joined = ", ".join(f"?{column(one.iri)}" for one in criteria)
    prefixes = "".join(f"PREFIX {name}: <{PREFIXES[name]}>\n" for name in sorted(writer.prefixes))
    return (
        f"{prefixes}\nSELECT {RECORD} ?credentialLabel ?form ?isLabelled {names} ?isMicrocredential WHERE {{\n"
        "  VALUES ?labelled { UNDEF }\n  VALUES ?verdict { UNDEF }\n"
        "  {\n"
        f"    SELECT {RECORD} (SUBSTR(MIN(CONCAT(IF(LANG(?title) = \"en\", \"0\", \"1\"), STR(?title))), 2) AS"
        " ?credentialLabel) (MIN(?aForm) AS ?form) WHERE {\n"
        f"      {RECORD} a mc:Credential .\n"
        f"      OPTIONAL {{ {RECORD} mc:title ?title }}\n"
        f"      OPTIONAL {{ {RECORD} mc:form ?aForm }}\n"
        f"    }} GROUP BY {RECORD}\n"
        "  }\n" + "\n".join(lines) + "\n"
        f'  BIND(IF({labelled}, "yes", "no") AS ?isLabelled)\n'
        f"  BIND(CONCAT({joined}) AS ?all)\n"
        '  BIND(IF(CONTAINS(?all, "no"), "no", IF(CONTAINS(?all, "undecided"), "undecided", "yes")) AS'
        " ?isMicrocredential)\n"
        "  FILTER(!BOUND(?labelled) || ?labelled = ?isLabelled)\n"
        "  FILTER(!BOUND(?verdict) || ?verdict = ?isMicrocredential)\n"
        f"}}\nORDER BY {RECORD}\n"
    )


def renewed(text: str) -> str:
    """A question file with its header as it is and its SPARQL made anew from the ontology."""
    header = [line for line in text.splitlines() if line.startswith("#+")]
    note = "# Made from ontology/definition.ttl by `python -m mcgraph.reasoning.as_sparql`; change that, not this."
    return "\n".join([*header, "", note, "", body(read_definition())])


if __name__ == "__main__":
    print(renewed(bundled.path("queries", FILE).read_text(encoding="utf-8")), end="")
