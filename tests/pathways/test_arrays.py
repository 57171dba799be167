"""Arrays mean what the rule book means: on the demo store, on messy random graphs, and through the cache."""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mcgraph.errors import StoreUnavailable, WrongUse
from mcgraph.pathways import RuleBook
from mcgraph.pathways.arrays import KINDS, Arrays
from mcgraph.pathways.build import arrays_from, arrays_of, build
from mcgraph.pathways.cache import folder_of, load, open_arrays
from mcgraph.pathways.columns import BatchPairs, RowPairs
from mcgraph.pathways.hypergraph import Hypergraph, whole_book
from mcgraph.pathways.stated import LARGEST, SCALE
from mcgraph.store import open_graph

DAY = datetime.date(2026, 11, 1)
Canonical = list[tuple[str, str, str, tuple[Any, ...]]]


def canonical(arrays: Arrays) -> Canonical:
    """Every rule as head, kind, statement and groups, in an order of their own."""
    gates, found = arrays.gates, []
    for rule in range(gates.rules):
        groups = []
        for group in range(gates.r_ptr[rule], gates.r_ptr[rule + 1]):
            span = slice(gates.m_ptr[group], gates.m_ptr[group + 1])
            members = zip(arrays.named(gates.m_cred[span]), gates.m_w[span].tolist(), strict=True)
            groups.append((int(gates.g_need[group]), tuple(sorted(members))))
        kind, head = KINDS[gates.r_kind[rule]], arrays.name(gates.r_head[rule])
        iri = "" if kind == "take" else str(arrays.statements["iri"][rule])
        found.append((head, kind, iri, tuple(sorted(groups))))
    return sorted(found)


def cut(amount: int) -> int:
    """The largest amount arrays keep, as documented; sums stay in 64 bits."""
    return min(amount, LARGEST * SCALE)


def expected(graph: Hypergraph) -> Canonical:
    """The same of a hypergraph of objects."""
    found = []
    for at, rule in enumerate(graph.rules):
        groups = [
            (cut(graph.need[g]), tuple(sorted((graph.names[m], cut(w)) for m, w in graph.members[g])))
            for g in graph.groups_of[at]
        ]
        iri = "" if rule.kind == "take" else rule.iri
        found.append((graph.names[graph.head[at]], str(rule.kind), iri, tuple(sorted(groups))))
    return sorted(found)


def same(arrays: Arrays, book: RuleBook) -> None:
    graph = whole_book(book)
    assert arrays.names.to_list() == list(graph.names)
    assert canonical(arrays) == expected(graph)
    for iri, level, full, known in arrays.credentials.select("iri", "level", "full", "described").iter_rows():
        one = book.credential(iri)
        assert (one.level, one.is_full_qualification, one.known) == (level, full, known), iri


def test_the_demo_store_gives_the_same_rules_by_columns_by_rows_and_by_objects(demo_store: Path) -> None:
    """Batch files, SPARQL rows and the rule book agree rule by rule, on three days."""
    with open_graph(demo_store) as graph:
        for day in (DAY, datetime.date(2024, 9, 15), datetime.date(2031, 1, 1)):
            book = RuleBook.read(graph, date=day)
            columns, rows = arrays_of(BatchPairs(graph), date=day), arrays_of(RowPairs(graph), date=day)
            assert len(book.usable) > 10
            same(columns, book)
            same(rows, book)
            same(arrays_from(book), book)
            assert columns.snapshot == graph.snapshot and columns.rules_stated == len(book.rules)
            assert columns.credentials.equals(rows.credentials) and columns.statements.equals(rows.statements)


def messy_turtle(seed: int) -> str:
    """A random graph with missing types, two values, odd numbers, lapses, levels and recognitions of every kind."""
    dice = random.Random(seed)
    names = [f"ex:c{at}" for at in range(dice.randint(3, 9))]
    pick, some = dice.choice, lambda: ", ".join(dice.sample(names, dice.randint(1, min(4, len(names)))))
    number = lambda: pick(("1", "2.5", "5", "0", "-2", '"x"', '"1e3"', '"3.1234567"', "2, 7", '"999999999999999"'))  # noqa: E731
    day = lambda: pick(('"2020-01-01"', '"2030-05-05"', '"2024-01-01"', '"soon"'))  # noqa: E731
    lines = [f"by:o{at} a mc:Organisation ." for at in range(2)]
    for name in names:
        if dice.random() < 0.85:
            lines.append(f"{name} a {pick(('mc:Credential', 'mc:Qualification', 'mc:Credential, mc:Qualification'))} .")
        optional = {
            "creditPoints": number, "workloadHours": number, "eqfLevel": lambda: f"eqf:{dice.randint(1, 8)}",
            "prerequisite": some, "validUntil": day, "providedBy": lambda: "by:o0", "awardedBy": lambda: "by:o1, by:o0",
            "status": lambda: pick(("record:inactive", "record:active")),
            "isFullQualification": lambda: pick(("true", "false")),
        }  # fmt: skip
        lines += [f"{name} mc:{key} {make()} ." for key, make in optional.items() if dice.random() < 0.3]
    for at in range(dice.randint(1, 6)):
        lines += _messy_rule(dice, f"rule:r{at}", names, number, day, some)
    for at in range(dice.randint(0, 5)):
        lines += _messy_recognition(dice, f"rec:{at}", names, number, day, some)
    return "\n".join(lines)


def _messy_rule(dice: random.Random, iri: str, names: list[str], number: Any, day: Any, some: Any) -> list[str]:
    lines = [f"{iri} a mc:StackingRule ; mc:stackingWhole {', '.join(dice.sample(names, dice.choice((1, 1, 1, 2))))} ."]
    lines += [f"{iri} mc:{key} {day()} ." for key in ("validFrom", "validUntil") if dice.random() < 0.2]
    if dice.random() < 0.2:
        lines.append(
            f"{iri} mc:statementStatus state:{dice.choice(('in-force', 'withdrawn', 'proposed', 'expired'))} ."
        )
    for group in range(dice.choice((0, 1, 1, 1, 2, 3))):
        node = f"{iri}-g{group}"
        lines.append(f"{iri} mc:requirementGroup {node} .")
        if dice.random() < 0.95:
            lines.append(f"{node} a mc:RequirementGroup .")
        kind = dice.choice(("all-of", "any-of", "count", "credit-points", "credit-points", "odd"))
        lines.append(f"{node} mc:requirementType req:{kind} .")
        if dice.random() < 0.9:
            lines.append(f"{node} mc:groupMember {some()} .")
        lines.append(f"{node} mc:required{dice.choice(('Number', 'CreditPoints', 'CreditPoints'))} {number()} .")
    if dice.random() < 0.4:
        node = f"{iri}-c"
        lines.append(f"{iri} mc:sideCondition {node} . {node} mc:conditionType req:minimum-level .")
        lines.append(f"{node} mc:conditionValue {dice.choice(('4', '5', '2.5', '-1'))} .")
        lines += [f"{node} a mc:SideCondition ."] if dice.random() < 0.9 else []
        lines += [f"{node} mc:conditionCredential {dice.choice(names)} ."] if dice.random() < 0.4 else []
    return lines


def _messy_recognition(dice: random.Random, iri: str, names: list[str], number: Any, day: Any, some: Any) -> list[str]:
    lines = [f"{iri} a mc:RecognitionStatement ; mc:recognisedTowards {some()} ."]
    lines += [f"{iri} mc:recognisedCredential {some()} ."] if dice.random() < 0.8 else []
    lines += [f"{iri} mc:recognisedOrganisation by:o{dice.randint(0, 1)} ."] if dice.random() < 0.3 else []
    effects = ("full", "full", "credit", "partial", "exemption", "refused", "access", "strange")
    lines.append(f"{iri} mc:recognitionEffect effect:{dice.choice(effects)} .")
    lines += [f"{iri} mc:recognitionCredit {number()} ."] if dice.random() < 0.8 else []
    lines += [f"{iri} mc:{key} {day()} ." for key in ("validFrom", "validUntil") if dice.random() < 0.2]
    lines += (
        [f"{iri} mc:statementStatus state:{dice.choice(('in-force', 'withdrawn'))} ."] if dice.random() < 0.2 else []
    )
    return lines


def test_messy_graphs_give_the_same_rules(graph_of: Callable[[str], Any]) -> None:
    """On 60 random graphs full of gaps and contradictions the columns decide as the objects do."""
    usable = 0
    for seed in range(60):
        graph = graph_of(messy_turtle(seed))
        book = RuleBook.read(graph, date=DAY)
        same(build(graph, date=DAY), book)
        usable += len(book.usable)
    assert usable > 35


def test_a_name_that_is_not_there_is_refused(graph_of: Callable[[str], Any]) -> None:
    """Positions are not guessed."""
    arrays = build(graph_of("ex:A a mc:Credential ."), date=DAY)
    with pytest.raises(WrongUse, match="not a credential"):
        arrays.position("https://nowhere.example/x")


def test_an_empty_graph_gives_empty_arrays(graph_of: Callable[[str], Any]) -> None:
    """Nothing stated is no error."""
    arrays = build(graph_of(""), date=DAY)
    assert (arrays.gates.n, arrays.gates.rules, arrays.gates.members) == (0, 0, 0)


@pytest.fixture
def copied(demo_store: Path, tmp_path: Path) -> Path:
    """A store of the test's own, without what other tests derived from it."""
    import shutil

    return Path(shutil.copytree(demo_store, tmp_path / "store", ignore=shutil.ignore_patterns("derived")))


def test_the_cache_gives_back_what_was_built(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second opening reads no batch, and every array is the same."""
    with open_graph(copied) as graph:
        built = open_arrays(graph, date=DAY)
        monkeypatch.setattr("mcgraph.pathways.build.build", _must_not_build)
        again = open_arrays(graph, date=DAY)
    assert canonical(again) == canonical(built) and again.credentials.equals(built.credentials)
    assert again.statements.equals(built.statements)
    assert (again.date, again.snapshot, again.rules_stated) == (built.date, built.snapshot, built.rules_stated)


def _must_not_build(*_: object, **__: object) -> Arrays:
    raise AssertionError("built again")


@pytest.mark.parametrize("name", ["m_w.npy", "credentials.ipc", "stamp.json"])
@pytest.mark.parametrize("harm", ["flip", "cut", "remove"])
def test_a_damaged_cache_is_made_again(copied: Path, name: str, harm: str) -> None:
    """A flipped bit, a cut or missing file never becomes an answer."""
    with open_graph(copied) as graph:
        built = open_arrays(graph, date=DAY)
        path = folder_of(copied, graph.snapshot, DAY) / name
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        if harm == "remove":
            path.unlink()
        else:
            path.write_bytes(bytes(content) if harm == "flip" else content[: len(content) // 2])
        assert load(path.parent) is None
        assert canonical(open_arrays(graph, date=DAY)) == canonical(built)
        assert load(path.parent) is not None


def test_another_day_or_version_has_its_own_cache_and_few_are_kept(
    copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lapsed rule must not come back from yesterday's arrays, nor fill the disk with days."""
    with open_graph(copied) as graph:
        days = [datetime.date(2023, 6, 1) + datetime.timedelta(days=400 * at) for at in range(5)]
        rules = {day: open_arrays(graph, date=day).gates.rules for day in days}
        assert len(set(rules.values())) > 1
        assert {day: open_arrays(graph, date=day).gates.rules for day in days} == rules
        assert len(list((copied / "derived" / "pathways").iterdir())) == 3
        monkeypatch.setattr("mcgraph.pathways.cache.VERSION", 999)
        assert load(folder_of(copied, graph.snapshot, days[-1])) is None


def test_a_store_that_cannot_be_written_is_read_all_the_same(copied: Path) -> None:
    """The cache is a convenience, not a condition."""
    (copied / "derived").write_text("in the way")
    with open_graph(copied) as graph:
        assert open_arrays(graph, date=DAY).gates.rules > 0


def test_a_damaged_batch_is_not_believed(copied: Path) -> None:
    """Arrays are never built from files that are not what was stored."""
    with open_graph(copied) as graph:
        path = next((copied / "batches").glob("*/triples.parquet"))
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(bytes(content))
        with pytest.raises(StoreUnavailable, match="damaged"):
            build(graph, date=DAY)


def test_what_is_forgotten_is_gone_from_the_cache(copied: Path) -> None:
    """Arrays of an earlier snapshot name records that somebody took out; they go with the next change."""
    with open_graph(copied) as graph:
        open_arrays(graph, date=DAY)
        before = graph.snapshot
    with open_graph(copied, read_only=False) as graph:
        graph.forget("demo-registry")
        graph.purge()
        assert graph.snapshot != before
        assert not folder_of(copied, before, DAY).exists()
        assert open_arrays(graph, date=DAY).gates.rules == 0
