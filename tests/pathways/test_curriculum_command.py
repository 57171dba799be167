"""`mcgraph curriculum`: measures and circles of programmes as text and as a document; wrong files as a sentence."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from mcgraph.cli.main import cli
from mcgraph.errors import InputRefused

PLAN = """Curriculum,Nursing
Courses,,,,
Course ID,Course Name,Prefix,Number,Prerequisites,Corequisites,Strict-Corequisites,Credit Hours
1,Anatomy,NUR,1,,,,3
2,Physiology,NUR,2,1,,,3
3,"Care \x1b[31m at home",NUR,3,2;9,,,3
"""
ROUND = PLAN.replace("1,Anatomy,NUR,1,,,,3", "1,Anatomy,NUR,1,3,,,3")


def test_measures_and_circles(tmp_path: Path) -> None:
    """A chain of three, a requisite nobody has, and the same with a circle."""
    sound, wrong = tmp_path / "a.csv", tmp_path / "b.csv"
    sound.write_text(PLAN, "utf-8")
    wrong.write_text(ROUND, "utf-8")
    done = CliRunner().invoke(cli, ["curriculum", str(sound), str(wrong), "--json"])
    assert done.exit_code == 0, done.output
    first, second = json.loads(done.stdout)["curricula"]
    assert first["satisfiable"] and first["totals"] == {"blocking": 3, "delay": 9, "centrality": 3, "complexity": 12.0}
    assert [one["blocking"] for one in first["courses"]] == [2, 1, 0]
    assert first["unknown"] == [{"course": "3", "asks_for": "9", "kind": "pre"}]
    assert not second["satisfiable"] and second["totals"] is None and set(second["circles"][0]) == {"1", "2", "3"}
    told = CliRunner().invoke(cli, ["curriculum", str(sound), str(wrong), "--limit", "1"]).output
    assert "structural complexity 12" in told and "cannot be completed" in told and "and 2 more" in told
    assert "«9», which is no course" in told and "\x1b" not in told


def test_files_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    """Exit 3 with what and where: nothing there, a folder, no table."""
    (tmp_path / "odd.csv").write_text("a,b\n1,2\n", "utf-8")
    for name in ("missing.csv", ".", "odd.csv"):
        refused = CliRunner().invoke(cli, ["curriculum", str(tmp_path / name)]).exception
        assert isinstance(refused, InputRefused) and refused.exit_code == 3 and refused.where
