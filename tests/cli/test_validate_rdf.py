"""`mcgraph validate` on RDF: the line, standard input, exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SHAPES = """@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix ex: <http://e/> .
ex:S a sh:NodeShape ; sh:targetClass ex:C ; sh:property [ sh:path ex:p ; sh:maxLength 3 ] ."""
DATA = """# a comment
<http://e/a> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://e/C> .
<http://e/a> <http://e/p> "too long"@EN-ie .
"""


def run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """One call of the command line."""
    command = [sys.executable, "-m", "mcgraph", "validate", *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)


@pytest.fixture
def shapes(tmp_path: Path) -> str:
    """A SHACL file of somebody else."""
    (tmp_path / "any.ttl").write_text(SHAPES)
    return str(tmp_path / "any.ttl")


def test_a_finding_has_its_line(tmp_path: Path, shapes: str) -> None:
    """In the file and on standard input."""
    (tmp_path / "d.nt").write_text(DATA)
    for arguments, text in (([str(tmp_path / "d.nt")], ""), (["-", "--format", "nt", "--source", "x"], DATA)):
        done = run(*arguments, "--shapes", shapes, "--json", stdin=text)
        assert done.returncode == 1, done.stderr
        finding = json.loads(done.stdout)["findings"][0]
        assert (finding["where"]["line"], finding["found"], finding["record"]["iri"]) == (3, "too long", "http://e/a")


def test_nothing_targeted_and_nothing_named_are_not_a_pass(tmp_path: Path, shapes: str) -> None:
    """5 where no shape found a node, 2 without shapes, 3 for what cannot be read."""
    (tmp_path / "other.ttl").write_text("<http://e/a> a <http://elsewhere/C> .")
    (tmp_path / "bad.ttl").write_text("<http://e/a> a .")
    assert run(str(tmp_path / "other.ttl"), "--shapes", shapes).returncode == 5
    assert run(str(tmp_path / "other.ttl")).returncode == 2
    broken = run(str(tmp_path / "bad.ttl"), "--shapes", shapes)
    assert broken.returncode == 3 and "line 1" in broken.stderr and "Traceback" not in broken.stderr
