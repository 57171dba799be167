"""Shapes that would hang, flood or crash an engine: bounded, and said in a sentence."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from mcgraph.cli.main import main
from mcgraph.errors import RuleBroken
from mcgraph.model.namespaces import MC, RDF_TYPE
from mcgraph.validation import engine
from tests.validation.test_any_shapes_file import HEAD, check

TARGET = "ex:S a sh:NodeShape ; sh:targetClass mc:Credential ; "


def test_fifty_thousand_letters_cannot_hang_a_pattern(tmp_path: Path) -> None:
    """A backtracking engine takes 2^50,000 steps here, a linear one 50,000."""
    begun = time.process_time()
    report = check(tmp_path, TARGET + "sh:property [ sh:path mc:title ; sh:pattern '^(a+)+$' ] .", "a" * 50_000 + "!")
    assert [g.count for g in report.groups] == [1]
    assert time.process_time() - begun < 5


def test_a_list_of_a_hundred_thousand_values(tmp_path: Path) -> None:
    """One join, however long the list."""
    values = " ".join(f"'v{i}'" for i in range(100_000))
    report = check(tmp_path, TARGET + f"sh:property [ sh:path mc:title ; sh:in ( {values} ) ] .", "v99999", "w")
    assert [f.found for f in report.findings] == ["w"]


def test_shapes_within_shapes_within_shapes(tmp_path: Path) -> None:
    """Two hundred deep is refused, never a traceback."""
    chain = " ".join(f"ex:N{i} a sh:NodeShape ; sh:node ex:N{i + 1} ." for i in range(200))
    with pytest.raises(RuleBroken, match="nested"):
        check(tmp_path, TARGET + "sh:node ex:N0 . " + chain + " ex:N200 a sh:NodeShape ; sh:nodeKind sh:IRI .", "a")


def test_shapes_that_double_at_every_step(tmp_path: Path) -> None:
    """Forty shapes that each use the next twice would run it 2^40 times; asked of the same nodes, each runs once."""
    chain = " ".join(f"ex:N{i} a sh:NodeShape ; sh:and ( ex:N{i + 1} ex:N{i + 1} ) ." for i in range(40))
    shapes = TARGET + "sh:node ex:N0 . " + chain + " ex:N40 a sh:NodeShape ; sh:nodeKind sh:Literal ."
    assert not check(tmp_path, shapes, "a").conforms


def test_shapes_that_double_along_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where each use walks a path to nodes of its own, the number of runs is what ends it."""
    monkeypatch.setattr(engine, "_MOST_RUNS", 300)
    again = "[ sh:path [ sh:zeroOrMorePath mc:title ] ; sh:node ex:N{0} ]"
    chain = " ".join(
        f"ex:N{i} a sh:NodeShape ; sh:property {again.format(i + 1)} , {again.format(i + 1)} ." for i in range(20)
    )
    with pytest.raises(RuleBroken, match="nested"):
        check(tmp_path, TARGET + "sh:node ex:N0 . " + chain + " ex:N20 a sh:NodeShape ; sh:nodeKind sh:Literal .", "a")


def test_nothing_is_imported(tmp_path: Path) -> None:
    """`owl:imports` is not followed, neither to the web nor to a file."""
    (tmp_path / "other.ttl").write_text("this would be an error")
    own = f"<http://127.0.0.1:9/x> <http://www.w3.org/2002/07/owl#imports> <file://{tmp_path}/other.ttl> . "
    assert check(tmp_path, own + TARGET + "sh:property [ sh:path mc:title ; sh:minCount 1 ] .", "a").conforms


@pytest.mark.parametrize(
    "said",
    [
        "this is not Turtle",
        TARGET + "sh:property [ sh:path mc:title ; sh:pattern '(?=a)' ] .",
        TARGET + "sh:property [ sh:path mc:title ; sh:datatype xsd:date , xsd:string ] .",
        TARGET + "sh:property [ sh:path mc:title ; sh:minCount 'two' ] .",
        TARGET + "sh:property [ sh:minCount 1 ] . ex:P a sh:PropertyShape .",
        TARGET + "sh:property [ sh:path ( mc:title ) , mc:name ] .",
        TARGET + "sh:sparql [ sh:select 'SELECT $this WHERE { SERVICE <http://127.0.0.1:9/> { $this ?p ?o } }' ] .",
    ],
)
def test_a_broken_shapes_file_is_a_system_error(
    said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 5 with a sentence, no report, never a pass."""
    (tmp_path / "own.ttl").write_text(HEAD + said, encoding="utf-8")
    (tmp_path / "d.nt").write_text(f"<http://e/a> <{RDF_TYPE}> <{MC}Credential> .\n")
    arguments = ["mcgraph", "--store", tmp_path / "no", "validate", tmp_path / "d.nt", "--shapes", tmp_path / "own.ttl",
                 "--report", tmp_path / "r.json"]  # fmt: skip
    monkeypatch.setattr("sys.argv", [str(argument) for argument in arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 5, capsys.readouterr().err
    assert not (tmp_path / "r.json").exists()
