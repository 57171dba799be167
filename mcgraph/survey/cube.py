"""Tables as RDF Data Cube (W3C Recommendation of 16 January 2014): one data set per table, one observation per cell.

A hidden cell has no observation; the data set says how many are missing for that reason. The dimensions of a data set
are its own, each with its code list, so that every integrity constraint of the Recommendation can be checked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from mcgraph.model.namespaces import DCTERMS, ID, MC, SKOS, XSD
from mcgraph.model.terms import local_name
from mcgraph.survey.table import Cell, Column, SurveyTable

if TYPE_CHECKING:
    from rdflib import Graph

QB = "http://purl.org/linked-data/cube#"
_INTERVAL = (MC + "lowerBound", MC + "upperBound")
_SHARES = (MC + "responseCount", MC + "weightedCount", MC + "share", *_INTERVAL, MC + "baseCount")
_NUMBERS = (MC + "mean", *_INTERVAL, MC + "lowerQuartile", MC + "median", MC + "upperQuartile", MC + "baseCount")
_WHOLE = (MC + "responseCount", MC + "baseCount")


def cube_iri(table: SurveyTable) -> str:
    """The IRI of the data set of a table: the same for the same question, groups and weight of a wave."""
    asked = "|".join([table.survey, table.wave, table.question.id, *table.by, table.weight, str(table.limit)])
    digest = hashlib.blake2b(asked.encode("utf-8", "replace"), digest_size=6).hexdigest()
    return f"{ID}survey-table/{local_name(table.survey)}.{local_name(table.question.id)}.{digest}"


def to_turtle(tables: Sequence[SurveyTable]) -> str:
    """The data sets of some tables as Turtle, the same bytes for the same tables."""
    from rdflib import Graph

    graph = Graph()
    for prefix, namespace in (("qb", QB), ("mc", MC), ("skos", SKOS), ("dcterms", DCTERMS)):
        graph.bind(prefix, namespace)
    for table in tables:
        _add(graph, table)
    return str(graph.serialize(format="turtle"))


def _add(graph: Graph, table: SurveyTable) -> None:
    from rdflib import RDF, RDFS, Literal, URIRef

    cube = cube_iri(table)
    data, structure = URIRef(cube), URIRef(f"{cube}/structure")
    lang = table.lang if table.lang in ("en", "fr") else "en"

    def say(subject: Any, predicate: str, value: Any) -> None:
        graph.add((subject, URIRef(predicate), value))

    graph.add((data, RDF.type, URIRef(QB + "DataSet")))
    graph.add((structure, RDF.type, URIRef(QB + "DataStructureDefinition")))
    say(data, QB + "structure", structure)
    say(data, DCTERMS + "title", Literal(table.text, lang=lang))
    say(data, DCTERMS + "identifier", Literal(table.question.id))
    say(data, DCTERMS + "description", Literal(f"{100 * table.level:g} % intervals: {table.method}", lang="en"))
    say(data, MC + "hiddenCells", Literal(table.hidden))
    if table.snapshot:
        say(data, DCTERMS + "source", Literal(table.snapshot))
    dimensions = {"wave": [(table.wave, table.wave)], "group": [(one.code, one.label) for one in table.columns]}
    if not table.is_numeric:
        column = table.columns[0]
        dimensions["answer"] = [(one.code, one.label) for one in (*column.cells, column.missing)]
    for at, (name, codes) in enumerate(dimensions.items(), start=1):
        _dimension(graph, cube, name, codes, at, lang)
    measures = _NUMBERS if table.is_numeric else _SHARES
    for at, name in enumerate(measures, start=len(dimensions) + 1):
        component, measure = URIRef(f"{cube}/component/{name.removeprefix(MC)}"), URIRef(name)
        say(structure, QB + "component", component)
        graph.add((component, RDF.type, URIRef(QB + "ComponentSpecification")))
        say(component, QB + "measure", measure)
        say(component, QB + "order", Literal(at))
        graph.add((measure, RDF.type, URIRef(QB + "MeasureProperty")))
        graph.add((measure, RDFS.range, URIRef(XSD + ("integer" if name in _WHOLE else "decimal"))))
    for number, (codes_of, values) in enumerate(_observations(table), start=1):
        observation = URIRef(f"{cube}/observation/{number}")
        graph.add((observation, RDF.type, URIRef(QB + "Observation")))
        say(observation, QB + "dataSet", data)
        for name, code in codes_of.items():
            say(observation, f"{cube}/dimension/{name}", URIRef(_code_iri(cube, name, code)))
        for name, value in values.items():
            kind = XSD + ("integer" if name in _WHOLE else "decimal")
            text = str(int(value)) if name in _WHOLE else f"{value:.6f}"
            say(observation, name, Literal(text, datatype=URIRef(kind)))


def _dimension(
    graph: Graph, cube: str, name: str, codes: Iterable[tuple[str, str]], at: int, lang: str
) -> None:
    from rdflib import RDF, RDFS, Literal, URIRef

    dimension, scheme = URIRef(f"{cube}/dimension/{name}"), URIRef(f"{cube}/codes/{name}")
    component, structure = URIRef(f"{cube}/component/{name}"), URIRef(f"{cube}/structure")
    for triple in (
        (structure, URIRef(QB + "component"), component),
        (component, RDF.type, URIRef(QB + "ComponentSpecification")),
        (component, URIRef(QB + "dimension"), dimension),
        (component, URIRef(QB + "order"), Literal(at)),
        (dimension, RDF.type, URIRef(QB + "DimensionProperty")),
        (dimension, RDF.type, URIRef(QB + "CodedProperty")),
        (dimension, RDFS.label, Literal(name, lang="en")),
        (dimension, RDFS.range, URIRef(SKOS + "Concept")),
        (dimension, URIRef(QB + "codeList"), scheme),
        (scheme, RDF.type, URIRef(SKOS + "ConceptScheme")),
    ):
        graph.add(triple)
    for code, label in codes:
        concept = URIRef(_code_iri(cube, name, code))
        graph.add((concept, RDF.type, URIRef(SKOS + "Concept")))
        graph.add((concept, URIRef(SKOS + "inScheme"), scheme))
        graph.add((concept, URIRef(SKOS + "notation"), Literal(code)))
        graph.add((concept, URIRef(SKOS + "prefLabel"), Literal(label or code, lang=lang)))


def _code_iri(cube: str, name: str, code: str) -> str:
    return f"{cube}/codes/{name}/{local_name(code) or 'none'}"


def _observations(table: SurveyTable) -> Iterable[tuple[dict[str, str], dict[str, float]]]:
    for column in table.columns:
        head = {"wave": table.wave, "group": column.code}
        if table.is_numeric:
            values = _of_numbers(column)
            if values is not None:
                yield head, values
            continue
        for cell in (*column.cells, column.missing):
            base = column.asked if cell is column.missing else column.base
            shares = _of_share(cell, base)
            if shares is not None:
                yield {**head, "answer": cell.code}, shares


def _of_share(cell: Cell, base: int | None) -> dict[str, float] | None:
    values = (cell.n, cell.weighted, cell.share, cell.low, cell.high, base)
    return _complete(_SHARES, values)


def _of_numbers(column: Column) -> dict[str, float] | None:
    told = column.summary
    if told is None:
        return None
    values = (told.mean, told.low, told.high, told.quartile_1, told.median, told.quartile_3, column.base)
    return _complete(_NUMBERS, values)


def _complete(names: Sequence[str], values: Sequence[float | None]) -> dict[str, float] | None:
    """The measures where all are there: an observation without one of them breaks the cube."""
    made = {name: float(value) for name, value in zip(names, values, strict=True) if value is not None}
    return made if len(made) == len(names) else None
