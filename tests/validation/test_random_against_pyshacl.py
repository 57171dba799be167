"""Any small shape of SHACL Core on any small graph: the compiled engine and pySHACL give the same results.

The multiset of (focus node, path, component, value, severity) is compared. What pySHACL is known to do wrong
stands in `peer_faults.py`, one by one; there a third engine, Oxigraph's SPARQL, is asked as well.
"""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings

from mcgraph.model.namespaces import SH, XSD
from mcgraph.validation.data import DataGraph, Nodes, columns_from
from mcgraph.validation.fallback import ntriples
from mcgraph.validation.ir import Term
from mcgraph.validation.parse import Statements, Triple, parse_path, parse_shapes
from mcgraph.validation.paths import reach
from mcgraph.validation.sparql import path_text
from tests.validation.checking import Result, compiled_results
from tests.validation.peer_faults import FAULTS, Fault, faults_in, without
from tests.validation.random_shapes import CLEAN, DIRTY, EX, HEAD, PATHS, Case, cases, graphs
from tests.validation.test_against_pyshacl import reference_results

_ALL = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large, HealthCheck.large_base_example]
COMPONENTS = 28  # of SHACL Core; sh:property has none of its own
SELDOM = ("sh:uniqueLang true", "sh:disjoint ex:q", "sh:lessThan ex:q", "sh:lessThanOrEquals ex:q")
OPERATORS = {"MinInclusive": "<=", "MinExclusive": "<", "MaxInclusive": ">=", "MaxExclusive": ">"}
LIMITS = [
    Term("2", XSD + "integer"), Term("2.5", XSD + "decimal"), Term("2.5e0", XSD + "double"),
    Term("-INF", XSD + "double"),
    Term("2026-01-31", XSD + "date"), Term("2026-01-31T12:30:00Z", XSD + "dateTime"),
    Term("2026-01-31T12:30:00", XSD + "dateTime"), Term("two", XSD + "string"), Term("true", XSD + "boolean"),
]  # fmt: skip


def both(case: Case) -> tuple[Counter[Result], Counter[Result] | str]:
    """What the compiled engine and pySHACL say; pySHACL's refusal as text."""
    from pyshacl.errors import ReportableRuntimeError

    ours = compiled_results(list(case.data), parse_shapes(case.shapes))
    try:
        return ours, reference_results(list(case.data), case.shapes)
    except (ReportableRuntimeError, TypeError) as refused:
        return ours, str(refused)


def compare(case: Case) -> tuple[Counter[Result], bool]:
    """Hold both engines to each other; returns our results, and whether a known fault had to be taken out."""
    ours, theirs = both(case)
    if ours == theirs:
        return ours, False
    known = faults_in(case)
    assert known, f"{case}\nonly ours: {ours - theirs if isinstance(theirs, Counter) else ''}\ntheirs: {theirs}"
    again = without(case, known)
    assert again.text != case.text
    ours, theirs = both(again)
    assert ours == theirs, f"{again}\n(without: {', '.join(fault.name for fault in known)})"
    return ours, True


@settings(max_examples=70, deadline=None, derandomize=True, suppress_health_check=_ALL, database=None)
@given(case=cases(depth=1))
def test_any_shape_on_any_graph(case: Case) -> None:
    """The quick profile."""
    compare(case)


@pytest.mark.long
def test_any_shape_on_any_graph_many_times() -> None:
    """The large profile: thousands of cases, nested up to three deep, every component seen; peer faults stay rare."""
    seen: Counter[str] = Counter()
    excused: Counter[bool] = Counter()
    # What two values of one node must have in common happens by chance too seldom to be sure of it.
    wanted = [(1_500, cases(depth=depth)) for depth in range(4)] + [(400, cases(depth=0, always=s)) for s in SELDOM]
    for many, drawn in wanted:

        @settings(max_examples=many, deadline=None, suppress_health_check=_ALL, database=None)
        @given(case=drawn)
        def run(case: Case) -> None:
            results, had_fault = compare(case)
            seen.update({result[2].removeprefix(SH) for result in results})
            excused[had_fault] += 1

        run()
    assert excused[True] < excused[False] / 5
    assert len(seen) == COMPONENTS, sorted(seen)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_each_known_fault_still_shows(fault: Fault) -> None:
    """A fault that is mended upstream is no exception any more."""
    assert fault.applies(fault.example)
    ours, theirs = both(fault.example)
    assert ours != theirs
    mended, same = both(without(fault.example, [fault]))
    assert mended == same


def _differs_in_oxigraph(one: Term, other: Term) -> bool:
    """Where Oxigraph 0.5 is not SPARQL 17.3.

    It has no order for booleans, orders texts of one language, and takes `<=` of a term and itself for true where
    the term has no order (a text that its datatype does not allow, a datatype of one's own).
    """
    both_boolean = {one.datatype, other.datatype} == {XSD + "boolean"}
    return both_boolean or bool(one.language and one.language == other.language) or one == other


def test_bounds_and_orders_are_those_of_sparql() -> None:
    """SHACL defines them by SPARQL's operators; a third engine decides where rdflib's order is another."""
    import pyoxigraph as ox

    store = ox.Store()
    values = CLEAN + DIRTY
    ask = [(c, op, i, j) for c, op in OPERATORS.items() for i in range(len(LIMITS)) for j in range(len(values))]
    data = [(Term(f"{EX}n{j}"), EX + "p", value) for j, value in enumerate(values)]
    text = HEAD + "".join(
        f"ex:S{i}{c} a sh:NodeShape ; sh:targetSubjectsOf ex:p ; sh:property [ sh:path ex:p ; "
        f"sh:{c[0].lower()}{c[1:]} {_written(limit)} ; sh:severity ex:v{i} ] .\n"
        for c in OPERATORS for i, limit in enumerate(LIMITS)
    )  # fmt: skip
    found = {(r[2], r[4], r[0]) for r in compiled_results(data, parse_shapes(Case((), text).shapes))}
    wrong = []
    for component, operator, i, j in ask:
        query = f"ASK {{ FILTER({_written(LIMITS[i])} {operator} {_written(values[j])}) }}"
        failed = (f"{SH}{component}ConstraintComponent", f"{EX}v{i}", f"<{EX}n{j}>") in found
        if failed == bool(store.query(query)) and not _differs_in_oxigraph(LIMITS[i], values[j]):
            wrong.append((component, LIMITS[i], values[j], failed))
    assert not wrong


@pytest.mark.parametrize("constraint", ["lessThan", "lessThanOrEquals"])
def test_pairs_are_ordered_as_sparql_orders_them(constraint: str) -> None:
    """Every literal against every other: `<` and `<=` of Oxigraph."""
    import pyoxigraph as ox

    store, values = ox.Store(), CLEAN + DIRTY
    pairs = [(one, other) for one in values for other in values]
    data = [triple for i, (one, other) in enumerate(pairs)
            for triple in ((Term(f"{EX}n{i}"), EX + "p", one), (Term(f"{EX}n{i}"), EX + "q", other))]  # fmt: skip
    text = (
        f"{HEAD}ex:S a sh:NodeShape ; sh:targetSubjectsOf ex:p ; sh:property [ sh:path ex:p ; sh:{constraint} ex:q ] ."
    )
    failed = {result[0] for result in compiled_results(data, parse_shapes(Case((), text).shapes))}
    operator = "<" if constraint == "lessThan" else "<="
    wrong = []
    for i, (one, other) in enumerate(pairs):
        holds = bool(store.query(f"ASK {{ FILTER({_written(one)} {operator} {_written(other)}) }}"))
        if holds == (f"<{EX}n{i}>" in failed) and not _differs_in_oxigraph(one, other):
            wrong.append((one, other, holds))
    assert not wrong


@settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=_ALL, database=None)
@given(data=graphs(CLEAN))
def test_every_path_reaches_what_sparql_reaches(data: list[Triple]) -> None:
    """The property paths themselves, against Oxigraph's."""
    import pyoxigraph as ox

    store = ox.Store()
    store.load(ntriples(tuple(data)).encode(), format=ox.RdfFormat.N_TRIPLES)
    graph = DataGraph(columns_from(data))
    starts = sorted({s.value for s, _, o in data if not s.value.startswith("_:")})
    for written in PATHS:
        said = Statements(Case((), f"{HEAD}ex:S sh:path {written} .").shapes)
        path = parse_path(said, said.values(EX + "S", SH + "path")[0])
        nodes = Nodes.of(graph.terms([Term(start) for start in starts]))
        ours = Counter(reach(graph, nodes, path).get_column("n").to_list())
        for number, start in enumerate(starts):
            found = store.query(f"SELECT DISTINCT ?v WHERE {{ <{start}> {path_text(path)} ?v }}")
            assert ours[number] == len(list(found)), (start, written)


def _written(term: Term) -> str:
    return ntriples(((Term(EX + "s"), EX + "p", term),)).split(" ", 2)[2].removesuffix(" .\n")


def test_what_may_be_said_once_is_refused_twice() -> None:
    """Two datatypes of one shape: ill-formed, and no engine may take the first it sees."""
    from mcgraph.errors import RuleBroken

    for twice in (
        "sh:datatype xsd:date , xsd:string",
        "sh:minCount 1 , 2",
        "sh:in ( 1 ) , ( 2 )",
        "sh:maxInclusive 1, 2",
    ):
        text = f"{HEAD}ex:S a sh:NodeShape ; sh:property [ sh:path ex:p ; {twice} ] ."
        with pytest.raises(RuleBroken, match="more than one"):
            parse_shapes(Case((), text).shapes)


def test_the_comparison_itself_can_fail() -> None:
    """One shape more on one side is a difference."""
    data = ((Term(EX + "a"), EX + "p", Term("x", XSD + "string")),)
    head = f"{HEAD}ex:S a sh:NodeShape ; sh:targetNode ex:a ; sh:property [ sh:path ex:p ; "
    ours, theirs = both(Case(data, head + "sh:minLength 2 ] ."))
    assert ours == theirs and sum(ours.values()) == 1
    assert both(Case(data, head + "sh:minLength 1 ] ."))[0] != theirs
