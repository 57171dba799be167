"""`python -m benchmarks.plans [--store DIR] [--size N]`: proven optima on generated graphs, on RNCP, on a store.

The generated graph has the shape of the reference measurements: micro, bundle, diploma and qualification in shares of
72, 20, 6 and 2 %, parts mostly of the same country and field, a core of all-of and one or two groups of credit points,
entry requirements, and 5 % recognitions, a third of them mutual. Seeded: two runs build the same graph.
"""

from __future__ import annotations

import argparse
import csv
import datetime
import json
import os
import platform
import random
import statistics
import sys
import time
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

from mcgraph.pathways import Evidence, Group, Rule, RuleBook
from mcgraph.pathways.assemble import assemble
from mcgraph.pathways.constraints import Constraints
from mcgraph.pathways.pricing import weights_of
from mcgraph.pathways.recognition import RecognitionStatement
from mcgraph.pathways.rule import Credential, SideCondition
from mcgraph.pathways.solve import Asked, solve
from mcgraph.pathways.whatif import WhatIf

DAY = datetime.date(2026, 1, 1)
KINDS = ("micro", "bundle", "diploma", "qualification")


def generated(size: int, each: bool, seed: int = 7) -> tuple[RuleBook, list[str]]:
    """A book of `size` credentials in the shape of the paper, and its wholes from the largest kind down.

    `each`: a credit may count in several groups and beside what was awarded for it, as in the paper.
    """
    dice = random.Random(seed)
    kinds = dice.choices(KINDS, (72, 20, 6, 2), k=size)
    countries = [min(29, int(dice.paretovariate(0.9)) - 1) for _ in range(size)]
    fields = [(country, min(79, int(dice.paretovariate(0.6)) - 1)) for country in countries]
    points = [dice.choice({"micro": (2, 3, 5), "bundle": (10, 15), "diploma": (30, 60)}.get(k, (120,))) for k in kinds]
    pool: dict[tuple[str, tuple[int, int]], list[int]] = {}
    for at, kind in enumerate(kinds):
        pool.setdefault((kind, fields[at]), []).append(at)
    below = {"bundle": ("micro",), "diploma": ("micro", "bundle"), "qualification": ("bundle", "diploma")}
    by_kind = {kind: [at for at, one in enumerate(kinds) if one == kind] for kind in KINDS}
    known, rules = {}, []
    for at, kind in enumerate(kinds):
        name = f"c{at}"
        needs = _picked(dice, pool.get(("micro", fields[at]), []), 1) if kind == "micro" and dice.random() < 0.3 else []
        known[name] = Credential(
            name, id=name, credits=Decimal(points[at]),
            hours=Decimal(points[at] * dice.randint(20, 30)), level=min(8, 3 + KINDS.index(kind)),
            prerequisites=tuple(f"c{one}" for one in needs if one < at), is_full_qualification=kind == "qualification",
        )  # fmt: skip
        if kind in below:
            near = [one for k in below[kind] for one in pool.get((k, fields[at]), [])]
            far = _picked(dice, by_kind[below[kind][0]], 2)
            most = {"bundle": 12, "diploma": 20}.get(kind, 40)
            parts = list(dict.fromkeys([*_picked(dice, near, dice.randint(6, most)), *far]))
            weight = {f"c{one}": Decimal(points[one]) for one in parts}
            rules.append(_rule(dice, name, list(weight), weight, each))
    statements = []
    for number in range(size // 20):
        left = dice.randrange(size)
        right = dice.choice(by_kind[kinds[left]])
        pairs = [(left, right), (right, left)] if dice.random() < 0.3 else [(left, right)]
        for way, (one, other) in enumerate(pairs):
            effect, credit = ("full", None) if dice.random() < 0.6 else ("credit", Decimal(points[one]))
            said = Evidence(f"rec-{number}-{way}", "body", "by-recogniser", "in-force")
            if one != other:
                statements.append(RecognitionStatement(said.statement, (f"c{one}",), f"c{other}", effect, credit, said))
    wholes = [f"c{at}" for kind in reversed(KINDS[1:]) for at in by_kind[kind]]
    return assemble(known, rules, statements, date=DAY), wholes


def _picked(dice: random.Random, those: list[int], count: int) -> list[int]:
    return dice.sample(those, min(count, len(those)))


def _rule(dice: random.Random, name: str, parts: list[str], points: dict[str, Decimal], each: bool) -> Rule:
    core, rest = parts[: dice.randint(0, 3)], parts[3:]
    groups = [Group.of("all-of", core)] if core else []
    cut = len(rest) // 2 if len(rest) > 7 and dice.random() < 0.5 else len(rest)
    for part in (rest[:cut], rest[cut:]):
        if part:
            need = sum(points[one] for one in part) * Decimal(dice.randint(35, 60)) // 100
            groups.append(Group.of("credit-points", part, max(need, Decimal(1)), points))
    if not groups:
        groups = [Group.of("any-of", parts)]
    uses = (SideCondition("counts-in-each"),) if each else ()
    said = Evidence(f"rule-{name}", claim="by-provider")
    return Rule(f"rule-{name}", "stack", name, tuple(groups), uses, evidence=said)


def rncp(shared: Path) -> tuple[RuleBook, list[str]]:
    """The French register v1.4: every certification needs all of its blocks."""
    path = shared / "data/registries/rncp_fr/v1.4/rncp_blocs_competences.v1.4.csv"
    blocks: dict[str, dict[str, None]] = {}
    with path.open(encoding="cp1252", newline="") as lines:
        for row in list(csv.reader(lines, delimiter=";"))[1:]:
            blocks.setdefault(row[0], {})[row[1]] = None
    known = {code: Credential(code, id=code, is_full_qualification=True) for code in blocks}
    known |= {block: Credential(block, id=block) for those in blocks.values() for block in those}
    rules = [
        Rule(f"rule-{code}", "stack", code, (Group.of("all-of", those),), evidence=Evidence(f"rule-{code}"))
        for code, those in blocks.items()
    ]
    return assemble(known, rules, date=DAY), sorted(blocks)


def optima(book: RuleBook, targets: Iterable[str], by: str, sizes: tuple[int, int], wanted: int) -> dict[str, Any]:
    """Milliseconds to the proven optimum from nothing held, over targets with sub-instances of such sizes."""
    from mcgraph.limits import Limits
    from mcgraph.pathways.admit import sub_instance

    took: list[float] = []
    built: list[float] = []
    found: list[int] = []
    proven = tracked = 0
    for target in targets:
        graph = sub_instance(book, target, Constraints())
        if not sizes[0] <= len(graph.names) <= sizes[1]:
            continue
        asked = Asked(book, (), target, Constraints(), weights_of(by), Limits())
        start, cpu = time.perf_counter(), time.process_time()
        ended = solve(asked, 1, 1, 5.0)
        seconds = min(time.perf_counter() - start, max(time.process_time() - cpu, 1e-4))
        took.append(seconds * 1000)
        start = time.process_time()
        sub_instance(book, target, Constraints())
        built.append((time.process_time() - start) * 1000)
        found.append(len(graph.names))
        proven += bool(ended.routes) and ended.routes[0].gap == 0
        tracked += not ended.routes and not ended.stopped_by
        if len(took) >= wanted:
            break
    if not took:
        return {"targets": 0}
    took.sort()
    return {
        "targets": len(took),
        "credentials": {"median": int(statistics.median(found)), "max": max(found)},
        "ms": {"median": round(statistics.median(took), 1), "p90": round(took[int(0.9 * (len(took) - 1))], 1),
               "max": round(took[-1], 1)},
        "of_which_reading_rules_ms": round(statistics.median(built), 1),
        "proven": proven,
        "without_a_plan": tracked,
    }  # fmt: skip


def whatifs(book: RuleBook, statements: list[str]) -> dict[str, Any]:
    """Milliseconds to lay one change over the book, and to compare all pairs it matters to."""
    laid, compared = [], []
    for one in statements:
        start = time.process_time()
        whatif = WhatIf(book).expire(one)
        whatif.overlaid()
        laid.append((time.process_time() - start) * 1000)
        start = time.process_time()
        whatif.compare()
        compared.append((time.process_time() - start) * 1000)
    return {"changes": len(laid), "overlay_ms": round(statistics.median(laid), 1),
            "compare_ms": round(statistics.median(compared), 1)}  # fmt: skip


def main() -> int:
    """Print all figures as one JSON document."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.plans")
    parser.add_argument("--store", type=Path, help="a store, such as that of the demo")
    parser.add_argument("--size", type=int, default=20_000, help="credentials of the generated graph")
    parser.add_argument("--targets", type=int, default=30)
    given = parser.parse_args()
    figures: dict[str, Any] = {}
    for each in (True, False):
        made, wholes = generated(given.size, each)
        uses = "credit may count again" if each else "one use of a credit"
        for least, most in ((500, 2_000), (50, 499)):
            name = f"generated, {least:,} to {most:,} credentials, by hours, {uses}"
            figures[name] = optima(made, wholes, "hours", (least, most), given.targets)
            print(json.dumps({name: figures[name]}), file=sys.stderr)
    shared = Path(os.environ.get("MCGRAPH_SHARED", Path(__file__).resolve().parent.parent.parent / "shared"))
    if (shared / "data").exists():
        book, codes = rncp(shared)
        figures["RNCP v1.4"] = optima(book, codes[::50], "credentials", (0, 9_999), given.targets)
        figures["RNCP v1.4, what if"] = whatifs(book, [f"rule-{code}" for code in codes[::300]])
    if given.store:
        from mcgraph.store import open_graph

        stored = RuleBook.read(open_graph(given.store), date=datetime.date(2026, 11, 1))
        figures["store"] = optima(stored, sorted(stored.wholes), "credentials", (0, 9_999), 200)
        figures["store, what if"] = whatifs(stored, [rule.iri for rule in stored.rules][:40])
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    print(json.dumps({"name": "plans", "size": given.size, **figures, "machine": machine}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
