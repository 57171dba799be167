"""Random small shapes graphs and data that reach every corner of SHACL Core, as hypothesis strategies.

A case is a graph of at most 18 triples over a handful of resources, blank nodes and literals (clean, dirty, of
several languages, with and without a zone), and one to three shapes with targets, whose constraints nest.
"""

from __future__ import annotations

from dataclasses import dataclass

import hypothesis.strategies as st

from mcgraph.model.namespaces import RDF, RDF_TYPE, RDFS, SH, XSD
from mcgraph.validation.ir import Term
from mcgraph.validation.parse import Triple, term_of

EX = "http://example.org/"
LANG = "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"
HEAD = "".join(
    f"@prefix {name}: <{iri}> .\n" for name, iri in {"ex": EX, "sh": SH, "xsd": XSD, "rdfs": RDFS, "rdf": RDF}.items()
)

RESOURCES = [*(Term(EX + name) for name in "abcde"), Term("_:x"), Term("_:y")]
PREDICATES = [EX + name for name in "pqr"]
CLEAN = [
    *(Term(text, XSD + "integer") for text in ("1", "2", "02", "-3")),
    *(Term(text, XSD + "decimal") for text in ("2.5", "2.0", "-3")),
    *(Term(text, XSD + "double") for text in ("2.5E0", "1e3", "INF")),
    *(Term(text, XSD + "string") for text in ("two", "Two words", "", "1", "été", "line\nbreak")),
    *(Term(text, XSD + "date") for text in ("2026-01-31", "2027-01-31")),
    *(Term(text, XSD + "dateTime") for text in ("2026-01-31T00:00:00", "2026-01-31T12:30:00Z",
                                                "2026-01-31T12:30:00.25Z", "2026-01-31T14:30:00+02:00")),
    *(Term(text, XSD + "boolean") for text in ("true", "false")),
    *(Term(text, LANG, tag) for text, tag in (("hello", "en"), ("hi", "en"), ("hello", "en-GB"), ("salut", "fr"))),
    Term("shoe size 43", EX + "ownType"),
]  # fmt: skip
DIRTY = [
    *(Term(text, XSD + "integer") for text in ("two", "2.5", "")),
    Term("2,5", XSD + "decimal"),
    Term("2026-02-31", XSD + "date"),
    Term("31.01.2026", XSD + "date"),
    Term("2026-01-31", XSD + "dateTime"),
    Term("perhaps", XSD + "boolean"),
]
PATHS = (
    "ex:p", "ex:q", "[ sh:inversePath ex:p ]", "( ex:p ex:q )", "( ex:p [ sh:inversePath ex:q ] )",
    "[ sh:alternativePath ( ex:p ex:q ) ]", "[ sh:zeroOrMorePath ex:p ]", "[ sh:oneOrMorePath ex:p ]",
    "[ sh:zeroOrOnePath ex:p ]", "[ sh:inversePath ( ex:p ex:q ) ]", "[ sh:zeroOrMorePath ( ex:p ex:q ) ]",
    "[ sh:oneOrMorePath [ sh:alternativePath ( ex:p [ sh:inversePath ex:q ] ) ] ]",
    "( [ sh:zeroOrMorePath ex:p ] ex:q )", "[ sh:zeroOrMorePath [ sh:inversePath ex:p ] ]",
)  # fmt: skip
TARGETS = (
    "sh:targetClass ex:C", "sh:targetClass ex:D , ex:E", "sh:targetSubjectsOf ex:p", "sh:targetObjectsOf ex:p",
    "sh:targetNode ex:a , 'two' , ex:nowhere", "sh:targetNode 1 , 'hello'@en", "a rdfs:Class",
    "sh:targetClass ex:C ; sh:targetObjectsOf ex:q",
)  # fmt: skip
VALUE = (
    *(f"sh:datatype xsd:{name}" for name in ("integer", "decimal", "double", "string", "date", "dateTime", "boolean")),
    "sh:datatype <http://www.w3.org/1999/02/22-rdf-syntax-ns#langString>", "sh:datatype ex:ownType",
    *(f"sh:nodeKind sh:{name}" for name in ("IRI", "BlankNode", "Literal", "BlankNodeOrIRI", "BlankNodeOrLiteral",
                                            "IRIOrLiteral")),
    "sh:class ex:C", "sh:class ex:D", "sh:class ex:C , ex:E",
    "sh:minLength 0", "sh:minLength 3", "sh:minLength 20", "sh:maxLength 0", "sh:maxLength 4", "sh:maxLength 20",
    "sh:pattern '^[a-t]'", "sh:pattern '^TWO' ; sh:flags 'i'", "sh:pattern 't.b' ; sh:flags 's'",
    "sh:pattern '^break' ; sh:flags 'm'", "sh:pattern 't w o' ; sh:flags 'x'", "sh:pattern '[0-9]{2}$'",
    "sh:in ( ex:a 1 'two' 'hello'@en )", "sh:in ( '1' 2.5 true )", "sh:in ()",
    "sh:languageIn ( 'en' )", "sh:languageIn ( 'en-GB' 'fr' )",
    "sh:hasValue ex:a", "sh:hasValue 1", "sh:hasValue 'hello'@en",
    "sh:equals ex:q", "sh:equals ex:p", "sh:disjoint ex:q", "sh:disjoint ex:r",
    *(f"sh:{bound} {limit}" for bound in ("minInclusive", "minExclusive", "maxInclusive", "maxExclusive")
      for limit in ("2", "2.5", "2.5e0", "'2026-01-31'^^xsd:date", "'2026-01-31T12:30:00Z'^^xsd:dateTime", "'two'")),
)  # fmt: skip
_BY_COMPONENT = [
    [said for said in VALUE if said.split()[0] == key] for key in dict.fromkeys(v.split()[0] for v in VALUE)
]
# A component first, then its parameters: bounds have many, and would crowd out the others.
values_said = st.sampled_from(_BY_COMPONENT).flatmap(st.sampled_from)
ON_PATHS = (
    "sh:minCount 0", "sh:minCount 1", "sh:minCount 2", "sh:maxCount 0", "sh:maxCount 1", "sh:uniqueLang true",
    "sh:uniqueLang false", "sh:lessThan ex:q", "sh:lessThanOrEquals ex:q",
    "sh:lessThan ex:r", "sh:lessThanOrEquals ex:p",
)  # fmt: skip
CLOSED = ("sh:closed true", "sh:closed true ; sh:ignoredProperties ( ex:q rdf:type )", "sh:closed false")
SEVERITIES = ("", "", "", "sh:severity sh:Warning", "sh:severity sh:Info", "sh:severity ex:Own")


@dataclass(frozen=True, slots=True)
class Case:
    """Data and shapes of one comparison; `text` are the shapes as they are written."""

    data: tuple[Triple, ...]
    text: str

    @property
    def shapes(self) -> list[Triple]:
        """The triples of the shapes graph."""
        import pyoxigraph as ox

        quads = ox.parse(self.text, format=ox.RdfFormat.TURTLE)
        return [(term_of(q.subject), q.predicate.value, term_of(q.object)) for q in quads]

    def __repr__(self) -> str:
        lines = [f"{s.value} {p.removeprefix(EX)} {o.value}^^{o.datatype}@{o.language}" for s, p, o in self.data]
        return "\n".join(["Case", *lines, self.text])


def _key(said: str) -> str:
    return said.split()[0]


@st.composite
def property_shape(draw: st.DrawFn, depth: int) -> str:
    """The body of a property shape."""
    said = draw(st.lists(values_said, max_size=2, unique_by=_key))
    said += draw(st.lists(st.sampled_from(ON_PATHS), max_size=2, unique_by=_key))
    said += draw(st.lists(nested(depth), max_size=1))
    said += draw(st.lists(qualified(depth), max_size=1))
    return " ; ".join(part for part in [f"sh:path {draw(st.sampled_from(PATHS))}", *said, *draw(marks())] if part)


@st.composite
def node_shape(draw: st.DrawFn, depth: int) -> str:
    """The body of a node shape; some values may not be empty in Turtle, so one constraint is always there."""
    said = draw(st.lists(values_said, max_size=2, unique_by=_key))
    said += draw(st.lists(nested(depth), min_size=0 if said else 1, max_size=2))
    said += draw(st.lists(st.sampled_from(CLOSED), max_size=1))
    return " ; ".join(part for part in [*said, *draw(marks())] if part)


@st.composite
def marks(draw: st.DrawFn) -> list[str]:
    """Severity and, seldom, deactivation."""
    off = draw(st.integers(0, 15)) == 0
    return [draw(st.sampled_from(SEVERITIES)), "sh:deactivated true" if off else ""]


@st.composite
def nested(draw: st.DrawFn, depth: int) -> str:
    """A constraint that holds other shapes: logic, sh:node or sh:property."""
    if depth <= 0:
        return f"sh:property [ {draw(flat())} ]"
    inner = st.one_of(node_shape(depth - 1), property_shape(depth - 1))
    kind = draw(st.sampled_from(("and", "or", "xone", "not", "node", "property", "property", "siblings")))
    if kind in ("and", "or", "xone"):
        members = draw(st.lists(inner, min_size=1, max_size=3))
        return f"sh:{kind} ( {' '.join(f'[ {text} ]' for text in members)} )"
    if kind == "siblings":
        members = draw(st.lists(qualified(depth - 1), min_size=2, max_size=3))
        path = draw(st.sampled_from(PATHS[:6]))
        apart = draw(st.sampled_from(("true", "false")))
        return " ; ".join(
            f"sh:property [ sh:path {path} ; sh:qualifiedValueShapesDisjoint {apart} ; {text} ]" for text in members
        )
    if kind == "property":
        return f"sh:property [ {draw(property_shape(depth - 1))} ]"
    return f"sh:{kind} [ {draw(node_shape(depth - 1) if kind == 'node' else inner)} ]"


@st.composite
def flat(draw: st.DrawFn) -> str:
    """A property shape without anything inside."""
    return f"sh:path {draw(st.sampled_from(PATHS))} ; {draw(values_said | st.sampled_from(ON_PATHS))}"


@st.composite
def qualified(draw: st.DrawFn, depth: int) -> str:
    """A qualified value shape with one bound or both."""
    shape = f"[ {draw(node_shape(depth - 1))} ]" if depth > 0 else f"[ {draw(st.sampled_from(VALUE[:19]))} ]"
    bounds = draw(st.sampled_from((
        "sh:qualifiedMinCount 1", "sh:qualifiedMaxCount 1", "sh:qualifiedMaxCount 0",
        "sh:qualifiedMinCount 1 ; sh:qualifiedMaxCount 1", "sh:qualifiedMinCount 2",
    )))  # fmt: skip
    return f"sh:qualifiedValueShape {shape} ; {bounds}"


def graphs(literals: list[Term]) -> st.SearchStrategy[list[Triple]]:
    """Small graphs, every resource possibly of a class; D is a subclass of C, and F of D."""
    statements = st.tuples(
        st.sampled_from(RESOURCES), st.sampled_from(PREDICATES), st.sampled_from(RESOURCES + literals)
    )
    types = st.tuples(
        st.sampled_from(RESOURCES), st.just(RDF_TYPE),
        st.sampled_from([Term(EX + name) for name in ("C", "D", "E", "F", "S0")]),
    )  # fmt: skip
    classes = st.sets(st.sampled_from([
        (Term(EX + "D"), RDFS + "subClassOf", Term(EX + "C")), (Term(EX + "F"), RDFS + "subClassOf", Term(EX + "D")),
        (Term(EX + "C"), RDFS + "subClassOf", Term(EX + "D")),
    ]))  # fmt: skip
    # Two texts of one language on one node come about by chance too seldom for sh:uniqueLang to be seen.
    twice = st.builds(
        lambda s, p: [(s, p, Term("hello", LANG, "en")), (s, p, Term("hi", LANG, "EN"))],
        st.sampled_from(RESOURCES[:3]), st.sampled_from(PREDICATES[:2]),
    )  # fmt: skip
    return st.builds(
        lambda said, twins, typed, below: list(dict.fromkeys([*said, *twins, *typed, *sorted(below, key=str)])),
        st.lists(statements, max_size=12),
        st.just([]) | twice,
        st.lists(types, max_size=5),
        classes,
    )


@st.composite
def cases(draw: st.DrawFn, depth: int = 2, always: str = "") -> Case:
    """Data with shapes that look at it; `always` is what one shape more says of ex:p, wherever that is stated."""
    data = draw(graphs(CLEAN + DIRTY))
    blocks = [HEAD]
    if always:
        blocks.append(f"ex:S9 a sh:PropertyShape ; sh:targetSubjectsOf ex:p ; sh:path ex:p ; {always} .\n")
    for number in range(draw(st.integers(1, 2))):
        is_path = draw(st.booleans())
        body = draw(property_shape(depth) if is_path else node_shape(depth))
        kind = "sh:PropertyShape" if is_path else "sh:NodeShape"
        blocks.append(f"ex:S{number} a {kind} ; {draw(st.sampled_from(TARGETS))} ; {body} .\n")
    return Case(tuple(data), "".join(blocks))
