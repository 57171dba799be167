"""Declared against supported: every status by example, and the demo's counts from its CSV files read apart."""

from __future__ import annotations

import csv
import datetime
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mcgraph.errors import WrongUse
from mcgraph.pathways.columns import BatchPairs, RowPairs
from mcgraph.pathways.stackability import STATUSES, declared_against_supported
from mcgraph.store import open_graph

DAY = datetime.date(2026, 11, 1)
STACK = "@prefix stackability: <https://w3id.org/mcgraph/vocab/stackability#> .\n"
EXAMPLES = (
    STACK
    + """
ex:both a mc:Credential ; mc:stackability stackability:stackable ; mc:declaredStackingTarget ex:W ; mc:providedBy by:A .
ex:unlisted a mc:Credential ; mc:declaredStackingTarget ex:W ; mc:providedBy by:A .
ex:no-rule a mc:Credential ; mc:declaredStackingTarget ex:V .
ex:lapsed a mc:Credential ; mc:declaredStackingTarget ex:U .
ex:targetless a mc:Credential ; mc:stackability stackability:stackable .
ex:undeclared a mc:Credential ; mc:providedBy by:B .
ex:alone-listed a mc:Credential ; mc:stackability stackability:stand-alone .
ex:alone a mc:Credential ; mc:stackability stackability:stand-alone .
ex:unknown a mc:Credential ; mc:stackability stackability:unknown .
ex:silent a mc:Credential .
ex:W a mc:Qualification .
rule:W a mc:StackingRule ; mc:stackingWhole ex:W ; mc:requirementGroup rule:W-g ; mc:claimedBy by:A ;
  mc:claimKind claim:by-provider ; mc:validFrom "2024-01-01"^^xsd:date .
rule:W-g a mc:RequirementGroup ; mc:requirementType req:all-of ;
  mc:groupMember ex:both, ex:undeclared, ex:alone-listed .
rule:U a mc:StackingRule ; mc:stackingWhole ex:U ; mc:requirementGroup rule:U-g ; mc:validUntil "2020-01-01"^^xsd:date .
rule:U-g a mc:RequirementGroup ; mc:requirementType req:all-of ; mc:groupMember ex:lapsed .
"""
)


def test_each_status_by_example(graph_of: Callable[[str], Any]) -> None:
    """One credential for each thing that can be said and supported, and those that say nothing counted apart."""
    found = declared_against_supported(RowPairs(graph_of(EXAMPLES)), date=DAY)
    got = {
        (row["credential"].rsplit("/", 1)[-1], (row["whole"] or "").rsplit("/", 1)[-1]): row["status"]
        for row in found.rows.to_dicts()
    }
    assert got == {
        ("both", "W"): "supported-by-both",
        ("unlisted", "W"): "rule-does-not-list-it",
        ("no-rule", "V"): "whole-has-no-rule",
        ("lapsed", "U"): "whole-has-no-rule",
        ("targetless", ""): "names-no-target",
        ("undeclared", "W"): "not-declared",
        ("alone-listed", "W"): "declared-stand-alone",
    }
    assert set(got.values()) == set(STATUSES)
    assert (found.described, found.silent) == (11, 3)
    both = next(row for row in found.rows.to_dicts() if row["status"] == "supported-by-both")
    assert (both["rule"].rsplit("/", 1)[-1], both["claim"], both["valid_from"]) == ("W", "by-provider", "2024-01-01")
    assert [one["statement"].rsplit("/", 1)[-1] for one in found.evidence(100)] == ["W"]
    assert found.rows["status"].to_list() == sorted(got.values(), key=list(STATUSES).index)
    by_provider = {
        (r["provider"].rsplit("/", 1)[-1], r["status"]): r["pairs"] for r in found.count("provider").to_dicts()
    }
    assert by_provider["A", "supported-by-both"] == by_provider["A", "rule-does-not-list-it"] == 1
    assert by_provider["B", "not-declared"] == 1 and by_provider["", "names-no-target"] == 1
    with pytest.raises(WrongUse, match="groups nothing"):
        found.count("colour")  # type: ignore[arg-type]


def test_the_rule_counts_on_the_day_it_is_in_force(graph_of: Callable[[str], Any]) -> None:
    """Before it lapsed the rule supported the claim."""
    found = declared_against_supported(RowPairs(graph_of(EXAMPLES)), date=datetime.date(2019, 6, 1))
    status = {row["credential"].rsplit("/", 1)[-1]: row["status"] for row in found.rows.to_dicts()}
    assert status["lapsed"] == "supported-by-both" and status["both"] == "whole-has-no-rule"


def test_the_demo_counts_equal_the_csv_files(demo_store: Path, root: Path) -> None:
    """Counted by hand from the two tables as their owners wrote them, less the rows that were refused."""
    folder = root / "data" / "demo" / "registry-csv"
    with (folder / "credentials.csv").open(encoding="utf-8", newline="") as lines:
        credentials = {row["credential_id"]: row for row in csv.DictReader(lines)}
    with (folder / "stacking_rules.csv").open(encoding="utf-8", newline="") as lines:
        rules = list(csv.DictReader(lines))
    with open_graph(demo_store) as graph:
        found = declared_against_supported(BatchPairs(graph), date=DAY)
        assert declared_against_supported(RowPairs(graph), date=DAY).rows.equals(found.rows)
        stored = {row[0].rsplit("/", 1)[-1] for row in graph.rows(_STORED) if row[0]}
    listed = {
        (row["member"], row["whole"])
        for row in rules
        if (row["valid_from"] or "0") <= "2026-11-01" <= (row["valid_until"] or "9")
    }
    wholes = {whole for _, whole in listed}
    counts: Counter[str] = Counter()
    for name in stored & credentials.keys():
        row = credentials[name]
        named = [one for one in row["stacks_into"].split("|") if one]
        for whole in named:
            status = "supported-by-both" if (name, whole) in listed else (
                "rule-does-not-list-it" if whole in wholes else "whole-has-no-rule"
            )  # fmt: skip
            counts[status] += 1
        if row["stackability"] == "stackable" and not named:
            counts["names-no-target"] += 1
        unnamed = sum(1 for part, whole in listed if part == name and whole not in named)
        counts["declared-stand-alone" if row["stackability"] == "stand-alone" else "not-declared"] += unnamed
    assert dict(found.count().iter_rows()) == {status: number for status, number in counts.items() if number}
    assert found.described == len(stored) and counts["supported-by-both"] > 50
    frame = found.to_dataframe()
    assert len(frame) == found.rows.height and list(frame.columns) == found.rows.columns


_STORED = (
    "SELECT DISTINCT ?s WHERE { ?s a ?c . VALUES ?c { <https://w3id.org/mcgraph/ontology#Credential> "
    "<https://w3id.org/mcgraph/ontology#Qualification> } }"
)
