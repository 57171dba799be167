"""What the engine does not compile: pySHACL runs that one shape, and the report says so."""

from __future__ import annotations

import re
from functools import cached_property
from io import BytesIO
from typing import Any

import polars as pl

from mcgraph.errors import RuleBroken
from mcgraph.model.batch import STRING, Batch
from mcgraph.model.namespaces import SH, shorten
from mcgraph.model.terms import literal
from mcgraph.validation.catalogue import Profile
from mcgraph.validation.data import DataGraph
from mcgraph.validation.engine import RESULT_SCHEMA, Engine
from mcgraph.validation.ir import Shape, ShapeSet, Term
from mcgraph.validation.messages import as_text, filled, names_in
from mcgraph.validation.parse import Statements, Triple, parse_path, term_of


def needed(shape: Shape, shapes: ShapeSet) -> bool:
    """Whether a shape, or one that it uses, has a constraint that is not compiled."""
    seen, todo = {shape.id}, [shape]
    while todo:
        current = todo.pop()
        if current.unsupported:
            return True
        used = {name for c in current.constraints for name in (*c.shapes, *c.siblings)}
        todo += [shapes.shapes[name] for name in sorted(used - seen) if name in shapes.shapes]
        seen |= used
    return False


class Peer:
    """pySHACL on one batch: data and shapes are written and parsed once, whatever number of shapes it runs."""

    def __init__(self, batch: Batch, chosen: Profile) -> None:
        self._batch, self._chosen = batch, chosen
        self._names: dict[str, Any] = {}

    @cached_property
    def _graphs(self) -> tuple[Any, Any]:
        """The data and the shapes as rdflib has them; literals stay as they are written."""
        import rdflib

        rdflib.NORMALIZE_LITERALS = False
        data, shapes = rdflib.Graph(), rdflib.Graph()
        written = BytesIO()
        self._batch.write_ntriples(written)
        data.parse(data=written.getvalue(), format="nt")
        # Without messages: pySHACL reads values as patterns when it fills them in, and tells those of earlier results.
        told = ntriples(tuple(triple for triple in self._chosen.triples if triple[1] != SH + "message"))
        shapes.parse(data=told, format="nt", bnode_context=self._names)
        return data, shapes

    def results(self, engine: Engine, shape: Shape) -> pl.DataFrame:
        """The results of one shape as pySHACL finds them (`RESULT_SCHEMA`), without cells.

        Raises `RuleBroken` where pySHACL refuses the shape.
        """
        import pyshacl
        import rdflib
        from pyshacl.constraints.sparql.sparql_based_constraint_components import SPARQLConstraintComponentValidator

        # Kept by the address of a graph, which another graph may have had: validators of other shapes could answer.
        SPARQLConstraintComponentValidator.validator_cache.clear()
        data, shapes = self._graphs
        try:
            _, report, _ = pyshacl.validate(
                data, shacl_graph=shapes, use_shapes=[shape.id], advanced=False, meta_shacl=False, do_owl_imports=False
            )
        except Exception as fault:  # pySHACL raises many kinds; each means that the shape cannot be run
            raise RuleBroken(f"the shape {shorten(shape.id)} cannot be run: {fault}") from fault
        if not isinstance(report, rdflib.Graph):
            raise RuleBroken(f"the shape {shorten(shape.id)} cannot be run: {report}")
        found = frame_of(_triples_of(report), engine.data)
        anonymous = {f"_:{theirs}": f"_:{ours}" for ours, theirs in self._names.items()}
        found = found.with_columns(pl.col("shape").replace(anonymous))
        return found.with_columns(_messages(found, Statements(self._chosen.triples), engine))


def _messages(found: pl.DataFrame, shapes: Statements, engine: Engine) -> pl.Series:
    """What components of one's own and queries say of their results, by number."""
    numbers: list[int | None] = []
    for row in found.iter_rows(named=True):
        words = _template(shapes, row["shape"], row["component"])
        if not words:
            numbers.append(None)
            continue
        bound = dict.fromkeys(names_in(words), "…")
        bound |= _parameters(shapes, row["shape"], row["component"])
        for name, value in (("value", row["v"]), ("this", row["focus"]), ("PATH", row["path"] or None)):
            if value is not None:
                bound[name] = as_text("_" if value.startswith("_:") else "", value)
        numbers.append(engine.said.number(filled(words, bound.get)))
    return pl.Series("said", numbers, dtype=pl.Int32)


def _template(shapes: Statements, shape: str, component: str) -> dict[str, str]:
    """The `sh:message` of the validator, else of the component; of a query, where the shape has but one."""
    if component == "SPARQL":
        nodes = [term.value for term in shapes.values(shape, SH + "sparql")]
        owners = nodes if len(nodes) == 1 else []
    elif ":" in component:
        kind = "propertyValidator" if shapes.values(shape, SH + "path") else "nodeValidator"
        owners = [t.value for key in (kind, "validator") for t in shapes.values(component, SH + key)] + [component]
    else:
        return {}
    for owner in (*owners, shape):
        if told := shapes.values(owner, SH + "message"):
            return {term.language or "en": term.value for term in told}
    return {}


def _parameters(shapes: Statements, shape: str, component: str) -> dict[str, str]:
    """The values that a shape gives the parameters of a component, by their names in messages."""
    found = {}
    for parameter in shapes.values(component, SH + "parameter"):
        for path in shapes.values(parameter.value, SH + "path"):
            given = shapes.values(shape, path.value)
            if given:
                name = re.split(r"[#/:]", path.value)[-1]
                found[name] = ", ".join(as_text("" if t.is_literal else "<", t.value) for t in given)
    return found


def ntriples(triples: tuple[Triple, ...]) -> str:
    """Triples as N-Triples text."""
    return "".join(f"{_write(s)} <{p}> {_write(o)} .\n" for s, p, o in triples)


def _write(term: Term) -> str:
    if term.is_literal:
        if term.language:
            return literal(term.value, language=term.language)
        # To rdflib a text with the datatype xsd:string and one without are two; the data has it without.
        return literal(term.value) if term.datatype == STRING else literal(term.value, datatype=term.datatype)
    return term.value if term.value.startswith("_:") else f"<{term.value}>"


def _triples_of(report: object) -> list[Triple]:
    import pyoxigraph as ox

    text = report.serialize(format="nt")  # type: ignore[attr-defined]
    quads = ox.parse(text, format=ox.RdfFormat.N_TRIPLES)
    return [(term_of(q.subject), q.predicate.value, term_of(q.object)) for q in quads]


def frame_of(triples: list[Triple], data: DataGraph) -> pl.DataFrame:
    """The results of a `sh:ValidationReport` as `RESULT_SCHEMA`, without cells and messages."""
    said = Statements(triples)
    rows = []
    for report in said.subjects():
        for result in said.values(report, SH + "result"):
            focus = said.one(result.value, SH + "focusNode") or Term("")
            value, path = said.one(result.value, SH + "value"), said.one(result.value, SH + "resultPath")
            component = said.one(result.value, SH + "sourceConstraintComponent") or Term("")
            source = said.one(result.value, SH + "sourceShape") or Term("")
            severity = said.one(result.value, SH + "resultSeverity") or Term("")
            name = component.value
            if name.startswith(SH):
                name = name.removeprefix(SH).removesuffix("ConstraintComponent")
            rows.append(
                (0, *data.term(focus), str(parse_path(said, path)) if path else "",
                 *(data.term(value) if value else (None, None)), -1, None, source.value, name, severity.value,
                 None)
            )  # fmt: skip
    return pl.DataFrame(sorted(rows, key=str), schema=RESULT_SCHEMA, orient="row")

