"""`mcgraph structure` and `mcgraph stackability`: documents with a schema, tables, and a sentence for wrong use."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mcgraph.cli.main import cli

Run = Callable[..., "subprocess.CompletedProcess[str]"]
DATE = ("--date", "2026-11-01")


@pytest.fixture(scope="module")
def schema(root: Path) -> Any:
    """The published form of these answers, which is that of `query --json`."""
    from jsonschema import Draft202012Validator
    from referencing import Registry, Resource

    folder = root / "docs" / "contract"
    documents = [json.loads((folder / name).read_text("utf-8")) for name in ("answer.schema.json", "query.schema.json")]
    registry: Any = Registry().with_resources([(one["$id"], Resource.from_contents(one)) for one in documents])
    return Draft202012Validator(documents[1], registry=registry)


@pytest.mark.parametrize(
    ("arguments", "columns"),
    [
        (("structure", "dead-ends"), ["credential", "title", "reason"]),
        (("structure", "circles"), ["credential", "circle", "members"]),
        (("structure", "bottlenecks"), ["credential", "title", "guards", "betweenness"]),
        (("structure", "reach"), ["group", "can_take", "attains", "full_qualifications"]),
        (
            ("structure", "reach", "--group", "care=IRL-001,IRL-002", "--group", "new="),
            ["group", "country", "can_take", "attains", "full_qualifications"],
        ),
        (("structure", "mandatory", "--to", "AUT-007"), ["what", "iri", "title"]),
        (("structure", "mandatory", "--to", "AUT-007", "--held", "AUT-001,AUT-002"), ["what", "iri", "title"]),
        (("structure", "cut", "--to", "AUT-007", "--of", "rules"), ["rule", "title"]),
        (
            ("structure", "ways", "--from", "AUT-001", "--to", "AUT-007"),
            ["way", "credentials", "steps", "hours", "credits", "is_plan"],
        ),
        (
            ("structure", "ways", "--from", "AUT-001", "--to", "AUT-007", "--by", "steps", "--max-level-jump", "9"),
            ["way", "credentials", "steps", "hours", "credits", "is_plan"],
        ),
        (("stackability",), ["status", "pairs", "meaning"]),
        (("stackability", "--by", "provider"), ["provider", "status", "pairs", "meaning"]),
        (
            ("stackability", "--by", "pairs"),
            ["status", "credential", "title", "whole", "whole_title", "rule", "says"],
        ),
    ],
)
def test_each_answer_is_a_document_and_a_table(
    demo_store: Path, schema: Any, arguments: tuple[str, ...], columns: list[str]
) -> None:
    """One JSON document of the published form with coverage and snapshot; the same rows as a table."""
    given = ["--store", str(demo_store), *arguments, *DATE]
    done = CliRunner().invoke(cli, [*given, "--json"])
    assert done.exit_code == 0, done.output
    document = json.loads(done.stdout)
    schema.validate(document)
    assert document["head"]["vars"] == columns
    assert document["coverage"]["total"] > 200 and document["snapshot"].startswith("s-")
    told = CliRunner().invoke(cli, given)
    assert told.exit_code == 0 and told.stdout.splitlines()[0].split() == columns
    assert len(told.stdout.splitlines()) == 2 + len(document["results"]["bindings"])
    again = CliRunner().invoke(cli, [*given, "--json"])
    assert again.stdout == done.stdout


def test_what_is_mandatory_shrinks_with_what_is_held(mcgraph: Run, demo_store: Path) -> None:
    """What is held is on no list; the rule and who states it stay, with their evidence."""
    ask = ("--store", demo_store, "structure", "mandatory", "--to", "AUT-007", *DATE, "--json")
    everything, less = (json.loads(mcgraph(*ask, *held).stdout) for held in ((), ("--held", "AUT-001")))

    def rows(document: Any) -> list[tuple[str, str]]:
        return [(r["what"]["value"], r["iri"]["value"].rsplit("/", 1)[-1]) for r in document["results"]["bindings"]]

    assert ("credential", "AUT-001") in rows(everything) and ("credential", "AUT-001") not in rows(less)
    assert ("statement", "RULE-001") in rows(less) and ("claimant", "ORG-AUT-2") in rows(less)
    assert [one["statement"].rsplit("/", 1)[-1] for one in less["evidence"]] == ["RULE-001"]


def test_reach_of_a_group_is_a_closure_with_what_it_holds(demo_store: Path) -> None:
    """Who holds something attains no less anywhere; «new» are those who hold nothing, as in the table by country."""
    given = ["--store", str(demo_store), "structure", "reach", *DATE, "--json"]
    groups = CliRunner().invoke(cli, [*given, "--group", "care=IRL-001,IRL-002,IRL-003,IRL-004", "--group", "new="])
    plain = CliRunner().invoke(cli, given)
    rows = [
        {name: cell["value"] for name, cell in row.items()} for row in json.loads(groups.stdout)["results"]["bindings"]
    ]
    known = {(row["group"], row["country"]): int(row["attains"]) for row in rows}
    countries = {
        row["group"]["value"]: int(row["attains"]["value"]) for row in json.loads(plain.stdout)["results"]["bindings"]
    }
    assert {where: known["new", where] for where in countries} == countries and ("new", "anywhere") in known
    assert all(known["care", where] >= count for where, count in countries.items())
    assert any(known["care", where] >= count + 4 for where, count in countries.items())


def test_ways_keep_to_their_limits_and_order(demo_store: Path) -> None:
    """No way has more steps or hours than asked for; they are ranked by what was named."""
    given = ["--store", str(demo_store), "structure", "ways", "--from", "IRL-001", "--to", "FIN-007", *DATE, "--json"]

    def amounts(*more: str) -> list[tuple[float, float]]:
        done = CliRunner().invoke(cli, [*given, *more])
        assert done.exit_code == 0, done.output
        rows = json.loads(done.stdout)["results"]["bindings"]
        return [(float(row["steps"]["value"]), float(row["hours"]["value"])) for row in rows]

    free = amounts("--by", "steps")
    assert free and [steps for steps, _ in free] == sorted(steps for steps, _ in free)
    fewest = int(free[0][0])
    assert amounts("--by", "steps", "--max-steps", str(fewest)) == [one for one in free if one[0] <= fewest]
    assert amounts("--max-steps", str(fewest - 1)) == []
    hours = sorted(hours for _, hours in free)[0]
    assert all(found <= hours for _, found in amounts("--max-hours", str(hours)))
    assert amounts("--country", "ZZZ") == []


def test_a_shorter_list_says_that_it_is_cut(mcgraph: Run, demo_store: Path) -> None:
    """Three rows of many, marked as such."""
    document = json.loads(
        mcgraph("--store", demo_store, "structure", "dead-ends", "--limit", "3", *DATE, "--json").stdout
    )
    assert len(document["results"]["bindings"]) == 3
    assert document["truncated"] is True and document["limit"] == "rows_returned"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("structure", "mandatory"), "Name it with --to"),
        (("structure", "ways", "--to", "AUT-007"), "Name a credential with --from"),
        (("structure", "ways", "--to", "AUT-007", "--from", "AUT-001", "--held", "AUT-002"), "Leave out --held"),
        (("structure", "cut", "--to", "AUT-007", "--from", "AUT-001"), "Use --held"),
        (("structure", "reach", "--to", "AUT-007"), "asked of the whole store"),
        (("structure", "cut", "--to", "AUT-00X"), "No credential is called «AUT-00X»"),
        (("structure", "cut", "--to", '"} DROP ALL {'), "No credential is called"),
        (("structure", "cut", "--to", "https://nowhere.example/x"), "is not a credential of this store"),
        (("structure", "reach", "--group", "nurses"), "Write --group NAME=A,B"),
        (("structure", "reach", "--group", "a=", "--group", "a="), "each name once"),
        (("structure", "circles", "--group", "a="), "ask for reach"),
        (("structure", "reach", "--by", "hours"), "--by is asked of ways"),
        (("structure", "ways", "--from", "AUT-001", "--to", "AUT-007", "--max-hours", "-3"), "Give 0 or more"),
        (("structure", "beauty"), "beauty"),
        (("stackability", "--by", "colour"), "colour"),
    ],
)
def test_wrong_use_is_a_sentence(mcgraph: Run, demo_store: Path, arguments: tuple[str, ...], words: str) -> None:
    """Exit 2, what was meant, no traceback."""
    done = mcgraph("--store", demo_store, *arguments)
    assert done.returncode == 2, done.stderr
    assert words in done.stderr and "Traceback" not in done.stderr and done.stdout == ""
