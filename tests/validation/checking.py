"""Ways to compare the results of two engines: multisets of (focus, path, component, value, severity)."""

from __future__ import annotations

from collections import Counter

from mcgraph.model.namespaces import SH
from mcgraph.validation.data import DataGraph, columns_from
from mcgraph.validation.engine import Engine
from mcgraph.validation.ir import ShapeSet, Term
from mcgraph.validation.parse import Statements, Triple, parse_path

Result = tuple[str, str, str, str, str]


def compiled_results(data: list[Triple], shapes: ShapeSet) -> Counter[Result]:
    """What the compiled engine finds."""
    graph = DataGraph(columns_from(data))
    engine = Engine(graph, shapes)
    found: Counter[Result] = Counter()
    for shape in shapes.targeted:
        for row in engine.results(shape, engine.focus_nodes(shape)).iter_rows(named=True):
            focus = text_of(Term(row["focus"], *graph.types[row["focus_t"]]))
            value = "" if row["v"] is None else text_of(Term(row["v"], *graph.types[row["t"]]))
            component = f"{SH}{row['component']}ConstraintComponent"
            found[(focus, row["path"], component, value, row["severity"])] += 1
    return found


def expected_results(said: Statements, report: str) -> Counter[Result]:
    """What a `sh:ValidationReport` in a graph says."""
    found: Counter[Result] = Counter()
    for result in said.values(report, SH + "result"):
        facts = {key: said.one(result.value, SH + key) for key in
                 ("focusNode", "resultPath", "sourceConstraintComponent", "value", "resultSeverity")}  # fmt: skip
        path, value = facts["resultPath"], facts["value"]
        found[
            (
                text_of(facts["focusNode"]),
                str(parse_path(said, path)) if path else "",
                facts["sourceConstraintComponent"].value if facts["sourceConstraintComponent"] else "",
                text_of(value) if value else "",
                facts["resultSeverity"].value if facts["resultSeverity"] else "",
            )
        ] += 1
    return found


def text_of(term: Term | None) -> str:
    """A term as comparable text; blank nodes are all alike, since their names mean nothing."""
    if term is None:
        return ""
    if not term.is_literal:
        return "_:" if term.value.startswith("_:") else f"<{term.value}>"
    return f'"{term.value}"' + (f"@{term.language.lower()}" if term.language else f"^^{term.datatype}")
