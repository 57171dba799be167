"""CurricularAnalytics' examples and files, UIUC's prerequisites: the published numbers and formulas."""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest

from mcgraph.errors import InputRefused
from mcgraph.pathways import RuleBook, find_routes
from mcgraph.pathways.arrays import Arrays
from mcgraph.pathways.curriculum import (
    Curriculum,
    Requisite,
    arrays_of_courses,
    measure,
    read_alternatives,
    read_curriculum,
    unsatisfiable,
)
from mcgraph.pathways.reachability import close, missing, only
from mcgraph.pathways.structure import circles


def curriculum(*edges: str, quarters: bool = False) -> Curriculum:
    """Courses of one letter: `AB` pre, `AB=` strictly together, `A` alone."""
    courses = dict.fromkeys(sorted({mark for edge in edges for mark in edge.rstrip("=")}), "")
    stated = [Requisite(e[0], e[1], "strict-co" if e.endswith("=") else "pre") for e in edges if len(e) > 1]
    return Curriculum("", courses, tuple(stated), quarters)


def test_the_package_s_own_example() -> None:
    """Eight courses with the values that CurricularAnalytics.jl asserts in its tests."""
    found = measure(curriculum("AC", "BC", "DC", "CE", "DF", "G", "H"))
    assert found is not None
    assert [one.blocking for one in found.courses] == [2, 2, 1, 3, 0, 0, 0, 0]
    assert [one.delay for one in found.courses] == [3, 3, 3, 3, 3, 2, 1, 1]
    assert [one.centrality for one in found.courses] == [0, 0, 9, 0, 0, 0, 0, 0]
    assert [one.complexity for one in found.courses] == [5, 5, 4, 6, 3, 2, 1, 1]
    assert (found.blocking, found.delay, found.centrality, found.complexity) == (8, 19, 9, 27)


def test_the_second_curriculum_of_the_paper() -> None:
    """Heileman et al. 2018: two courses before a third before a fourth have structural complexity 17."""
    found = measure(curriculum("AC", "BC", "CD"))
    assert found is not None and (found.blocking, found.delay, found.complexity) == (5, 12, 17)
    quarters = measure(curriculum("AC", "BC", "CD", quarters=True))
    assert quarters is not None and [one.complexity for one in quarters.courses] == [3.3, 3.3, 2.7, 2.0]


def by_listing_paths(given: Curriculum) -> list[tuple[int, int, int]]:
    """The formulas as published, by listing every path from a source to a sink."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(given.courses)
    graph.add_edges_from(given.edges)
    starts = [n for n in graph if not graph.in_degree(n)]
    ends = [n for n in graph if not graph.out_degree(n)]
    paths = [p for a in starts for b in ends if a != b for p in nx.all_simple_paths(graph, a, b)]
    found = []
    for name in given.courses:
        mine = [p for p in paths if name in p]
        inner = [len(p) for p in mine if p[0] != name and p[-1] != name and len(p) > 2]
        found.append((len(nx.descendants(graph, name)), max((len(p) for p in mine), default=1), sum(inner)))
    return found


def test_measures_equal_listing_every_path() -> None:
    """On 300 random acyclic curricula."""
    for seed in range(300):
        dice = random.Random(seed)
        letters = "ABCDEFGHIJ"[: dice.randint(1, 10)]
        edges = [a + b for i, a in enumerate(letters) for b in letters[i + 1 :] if dice.random() < 0.3]
        given = curriculum(*letters, *edges)
        found = measure(given)
        assert found is not None
        assert [(one.blocking, one.delay, one.centrality) for one in found.courses] == by_listing_paths(given), seed


def test_circles_equal_the_package_s_rule() -> None:
    """Impossible when there is a circle with a prerequisite, once strict corequisites count both ways."""
    impossible = lawful = 0
    for seed in range(400):
        dice = random.Random(seed)
        letters = "ABCDEF"[: dice.randint(2, 6)]
        pairs = [a + b for a in letters for b in letters if a < b or dice.random() < 0.05]
        edges = [pair + dice.choice(("", "", "=")) for pair in pairs if dice.random() < 0.3 and pair[0] != pair[1]]
        given = curriculum(*letters, *edges)
        graph: nx.DiGraph[str] = nx.DiGraph(given.edges)
        graph.add_edges_from((one.course, one.before) for one in given.requisites if one.kind == "strict-co")
        before = {(one.before, one.course) for one in given.requisites if one.kind == "pre"}
        circles = list(nx.simple_cycles(graph))
        wanted = [c for c in circles if before & set(zip(c, [*c[1:], c[0]], strict=True))]
        lawful += len(circles) - len(wanted)
        found = unsatisfiable(given)
        assert bool(found) == bool(wanted), seed
        assert {frozenset(one) for one in found} <= {frozenset(one) for one in wanted}
        assert not wanted or len(found[0]) == min(len(one) for one in wanted)
        impossible += bool(wanted)
    assert 30 < impossible < 370 and lawful


def test_a_course_that_asks_for_itself() -> None:
    """A circle of one is impossible too, and has no measures."""
    given = curriculum("AA", "B")
    assert unsatisfiable(given) == [("A",)] and measure(given) is None


@pytest.fixture(scope="module")
def analytics(shared: Path) -> Path:
    return shared / "data" / "graphs" / "curricular_analytics"


def test_the_published_files(analytics: Path) -> None:
    """Each file's measures equal the formulas; only the one that is named so is unsatisfiable."""
    files = sorted((analytics / "test").glob("*.csv"))
    assert len(files) == 6
    for path in files:
        given = read_curriculum(path)
        assert bool(unsatisfiable(given)) == (path.name == "big_unsatisfiable_curric.csv"), path.name
        found = measure(given)
        assert found is not None
        assert [(one.blocking, one.delay, one.centrality) for one in found.courses] == by_listing_paths(given)
        assert found.complexity == found.blocking + found.delay
    basket = measure(read_curriculum(analytics / "test" / "UBW_curric.csv"))
    assert basket is not None
    assert (basket.blocking, basket.delay, basket.centrality, basket.complexity) == (8, 17, 9, 25)
    big = read_curriculum(analytics / "test" / "big_unsatisfiable_curric.csv")
    assert len(big.courses) == 51 and {"40", "42", "44"} in [set(one) for one in unsatisfiable(big)]


def test_files_that_are_no_curricula_are_refused(analytics: Path, tmp_path: Path) -> None:
    """What, where, and no traceback."""
    with pytest.raises(InputRefused, match="twice"):
        read_curriculum(analytics / "docs" / "src" / "degree-plan-format.csv")
    for name, content in {
        "empty.csv": b"",
        "odd.csv": b"a,b\n1,2\n",
        "bytes.csv": b"\xff\xfe\x00",
        "q.csv": b'"a',
    }.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputRefused):
            read_curriculum(tmp_path / name)
    (tmp_path / "short.csv").write_text("CourseName,PrereqName,ConcurrentAllowed,PrereqGroupNum\nA,B\n")
    with pytest.raises(InputRefused, match="line 2"):
        read_alternatives(tmp_path / "short.csv")
    with pytest.raises(InputRefused, match="columns"):
        read_alternatives(tmp_path / "odd.csv")


@pytest.fixture(scope="module")
def uiuc(shared: Path) -> tuple[Arrays, Arrays]:
    """UIUC's prerequisites with concurrency understood, and without."""
    asked = read_alternatives(shared / "data/graphs/uiuc_prerequisites/prereqs/data/uiuc-prerequisites.csv")
    assert len(asked) == 4_505
    return arrays_of_courses([], asked), arrays_of_courses([], asked, together_is_enough=False)


def test_uiuc_has_one_true_circle(uiuc: tuple[Arrays, Arrays]) -> None:
    """CS 225, CS 374, MATH 412 ask for one another; ignoring concurrency there seem to be fourteen, and 13 of one."""
    true, ignoring = uiuc
    large = [circle for circle in circles(true) if len(circle.members) > 1]
    assert [set(true.named(circle.witness)) for circle in large] == [{"CS 225", "CS 374", "MATH 412"}]
    found = circles(ignoring)
    assert sum(len(circle.members) > 1 for circle in found) == 14
    assert sum(len(circle.members) == 1 for circle in found) == 13


def _is_open(groups: list[list[dict[str, Any]]], own: set[str], beside: set[str]) -> bool:
    return all(
        any(o["course"] in own or (o["is_concurrent"] and o["course"] in beside) for o in group)
        for group in groups
        if group
    )


def test_uiuc_closure_honours_any_of(uiuc: tuple[Arrays, Arrays], shared: Path) -> None:
    """Closures from random courses equal repeated passes over the file; a gap names the alternatives."""
    import json

    arrays, ignoring = uiuc
    path = shared / "data/graphs/uiuc_prerequisites/prereqs/data/uiuc-prerequisites.json"
    asked = {c: groups for c, groups in json.loads(path.read_text(encoding="utf-8")).items() if c in set(arrays.names)}
    dice = random.Random(1)
    names = arrays.names.to_list()
    for given, concurrent in ((arrays, True), (ignoring, False)):
        for _ in range(4):
            may = set(dice.sample(names, 1_500))
            own: set[str] = set()
            while True:
                new = {c for c in may - own if _is_open(asked.get(c, []), own, set())}
                if concurrent and not new:
                    # All that is left, less what is not open to those who take the rest at the same time.
                    new, before = may - own, 0
                    while len(new) != before:
                        before = len(new)
                        new = {c for c in new if _is_open(asked.get(c, []), own, new - {c})}
                if not new:
                    break
                own |= new
            state = close(given.gates, (), only(given, given.positions(sorted(may)).tolist()))
            assert set(given.named(state.order)) == own
    nothing = close(arrays.gates, (), only(arrays, ()))
    groups = missing(nothing, arrays.position("AAS 215"))[0].groups
    assert [set(arrays.named(np.array(group.missing))) for group in groups] == [
        {"AAS 100", "AFRO 100", "AIS 101", "LLS 100"}
    ]


@pytest.fixture(scope="module")
def mapped(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Arrays, RuleBook]:
    """UIUC's prerequisites loaded by their mapping, as arrays of the store and as its rule book."""
    from mcgraph.pathways.build import build
    from mcgraph.store import open_graph
    from mcgraph.submissions.loading import load_files

    path = shared / "data/graphs/uiuc_prerequisites/prereqs/data/uiuc-prerequisites.csv"
    store = tmp_path_factory.mktemp("uiuc") / "store"
    day = datetime.date(2026, 1, 1)
    load_files(store, [path], mapping="uiuc", source="uiuc", accept="all", date=day)
    with open_graph(store) as graph:
        return build(graph, date=day), RuleBook.read(graph, date=day)


def test_uiuc_by_its_mapping_means_what_the_reader_means(
    mapped: tuple[Arrays, RuleBook], uiuc: tuple[Arrays, Arrays]
) -> None:
    """One true circle; closures equal those of the reader of alternatives; a plan and a gap name the alternatives."""
    (arrays, book), (read, _) = mapped, uiuc
    by_id = {one.id: iri for iri, one in book.credentials.items()}
    assert sorted(by_id) == read.names.to_list() and len(arrays.names) == len(by_id)
    large = [circle for circle in circles(arrays) if len(circle.members) > 1]
    assert [{book.credential(iri).id for iri in arrays.named(circle.witness)} for circle in large] == [
        {"CS 225", "CS 374", "MATH 412"}
    ]
    dice = random.Random(2)
    names = read.names.to_list()
    for _ in range(4):
        may = sorted(dice.sample(names, 1_500))
        own = set(read.named(close(read.gates, (), only(read, read.positions(may).tolist())).order))
        took = only(arrays, arrays.positions([by_id[name] for name in may]).tolist())
        found = arrays.named(close(arrays.gates, (), took).order)
        assert {book.credential(iri).id for iri in found} == own
    taking = book.take_rule(by_id["AAS 215"])
    assert [sorted(book.credential(one).id for one in group.members) for group in taking.groups] == [
        ["AAS 100", "AFRO 100", "AIS 101", "LLS 100"]
    ]
    plan = find_routes(book, [], by_id["AAS 215"]).plans[0]
    assert len(plan.takes) == 2 and "open to those who hold" in plan.steps[-1].text
    # What may be taken at the same time is part of the plan, and of its price.
    with_it = next(one for one in book.credentials.values() if one.entry and all(g.concurrent for g in one.entry))
    plan = find_routes(book, [], with_it.iri).plans[0]
    assert plan.proven and plan.cost.new > 1 and not plan.cautions
    assert "who hold, or take at the same time, " in plan.steps[-1].text


def test_columns_read_entry_groups_as_records_do(graph_of: Callable[[str], Any]) -> None:
    """Groups of every kind, shared, incomplete, concurrent and beside prerequisites, on random small catalogues."""
    from mcgraph.pathways.build import arrays_from, build
    from mcgraph.pathways.instance import around, book_of
    from mcgraph.pathways.reachability import Workspace

    kinds = ("any-of", "all-of", "count ; mc:requiredNumber 2", "credit-points ; mc:requiredCreditPoints 5", "odd")
    broken = 0
    for seed in range(15):
        dice = random.Random(seed)
        lines = [f"ex:{one} a mc:Credential ; mc:creditPoints {dice.choice((2, 3, 5))} ." for one in "ABCDEF"]
        for number in range(dice.randint(1, 5)):
            members = ", ".join(f"ex:{one}" for one in dice.sample("ABCDEF", dice.randint(1, 3)))
            listed = f"; mc:groupMember {members}" if dice.random() < 0.9 else ""
            also = f"; mc:concurrentMember ex:{dice.choice('ABCDEF')}" if dice.random() < 0.2 else ""
            lines.append(f"ex:{dice.choice('ABC')} mc:entryGroup rule:g{number} .")
            kind = f"rule:g{number} a mc:RequirementGroup ; mc:requirementType req:{dice.choice(kinds)}"
            lines.append(f"{kind} {listed} {also} .")
        if dice.random() < 0.5:
            lines.append(f"ex:{dice.choice('ABC')} mc:prerequisite ex:{dice.choice('DEF')} .")
        graph = graph_of("\n".join(lines))
        book = RuleBook.read(graph, date=datetime.date(2026, 1, 1))
        left, right = build(graph, date=book.date), arrays_from(book)
        broken += any(book.refuses_taking(iri) for iri in book.credentials)
        assert left.names.to_list() == right.names.to_list(), seed
        for name in ("r_head", "r_kind", "g_rule", "g_need", "m_cred", "m_w"):
            assert getattr(left.gates, name).tolist() == getattr(right.gates, name).tolist(), (seed, name)
        part = RuleBook.read(graph, date=book.date, around=[iri for iri in book.credentials if iri.endswith("/A")])
        target = next(iri for iri in part.credentials if iri.endswith("/A"))
        plans = [[plan.takes for plan in find_routes(one, [], target).plans] for one in (part, book)]
        assert plans[0] == plans[1], seed
        # The part of the arrays around a target, as a small book, asks for the same.
        small = book_of(left, around(left, left.position(target), Workspace(left.gates)))
        assert [plan.takes for plan in find_routes(small, [], target).plans] == plans[1], seed
    assert 2 < broken < 14
