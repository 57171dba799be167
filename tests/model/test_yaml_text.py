"""YAML of people is read as they wrote it, and can end nothing."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from mcgraph.model import bundled
from mcgraph.model.yaml_text import MOST_NODES, NotYaml, read_yaml

Run = Callable[..., "subprocess.CompletedProcess[str]"]
LAUGHS = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12))
MERGES = "a0: &a0 {x: 1}\n" + "".join(f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}\n" for n in range(1, 12))


def ours() -> list[Path]:
    return [*bundled.path("data").rglob("*.yaml"), *bundled.path("ontology").rglob("*.yaml")]


def test_our_files_mean_what_the_loader_in_python_says() -> None:
    """Both kinds of reading."""
    files = ours()
    assert files
    for path in files:
        text = path.read_text(encoding="utf-8")
        assert read_yaml(text) == yaml.load(text, Loader=yaml.BaseLoader), path
        assert read_yaml(text, typed=True) == yaml.safe_load(text), path


def test_scalars_stay_as_they_are_written() -> None:
    """A country NO is no truth value, and a code keeps its zero."""
    assert read_yaml("country: no\ncode: 0613") == {"country": "no", "code": "0613"}
    assert read_yaml("code: 12\non: 2026-01-31", typed=True)["code"] == 12


@pytest.mark.parametrize("typed", [False, True])
@pytest.mark.parametrize(
    ("text", "said", "line"),
    [
        ("[" * 100_000, "nested deeper than 100", 1),
        ("- " * 5_000 + "a", "nested deeper than 100", 1),
        ("ok:\n  " + "{a: " * 20_000, "nested deeper than 100", 2),
        (LAUGHS, "unfold", 8),
        (MERGES, "unfold", None),
        ("a: [1\nb: 2", "expected", 2),
        ("a: *nothing", "undefined alias", 1),
        ("a: \x00", "", None),
    ],
    ids=["brackets", "dashes", "braces", "laughs", "merges", "unclosed", "alias", "control"],
)
def test_what_cannot_be_read_is_said(text: str, said: str, line: int | None, typed: bool) -> None:
    """None of these ends the process, takes memory or leaves another exception."""
    with pytest.raises(NotYaml) as fault:
        read_yaml(text, typed=typed)
    assert said in str(fault.value)
    assert line is None or fault.value.line == line


@pytest.mark.parametrize("text", ["on: 2026-13-45", "!!python/object/apply:os.system [echo]", "? [a]\n: b"])
def test_what_cannot_be_made_is_said(text: str) -> None:
    """A day that does not exist; an object of code; a list for a key."""
    with pytest.raises(NotYaml):
        read_yaml(text, typed=True)


def test_many_values_are_no_bomb() -> None:
    """What is written out may be long."""
    text = "[" + "1," * 50_000 + "]"
    assert len(read_yaml(text)) == 50_000 < MOST_NODES


@pytest.mark.parametrize(
    ("asked", "code"), [(["whatif", "hostile.yaml"], 3), (["validate", "a.csv", "--mapping", "hostile.yaml"], 5)]
)
def test_a_file_of_brackets_is_refused_in_a_sentence(mcgraph: Run, asked: list[str], code: int, tmp_path: Path) -> None:
    """The face of it: exit code and no traceback."""
    (tmp_path / "hostile.yaml").write_text("[" * 100_000, encoding="utf-8")
    (tmp_path / "a.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    done = mcgraph("--store", "none", *asked, cwd=tmp_path)
    assert done.returncode == code and "hostile.yaml" in done.stderr and "Traceback" not in done.stderr, done.stderr


@pytest.mark.parametrize("text", ["!!bool abc", "!!timestamp abc", '!!int ""', "a: !!float x"])
def test_tags_that_fit_no_value_are_refused(text: str) -> None:
    """The loader ends in errors of every kind for them."""
    with pytest.raises(NotYaml):
        read_yaml(text, typed=True)


@pytest.mark.parametrize("text", ["&a [*a]", "&a {x: *a}", "a: &a {b: [1, &c {d: *a}]}"])
@pytest.mark.parametrize("typed", [False, True])
def test_what_holds_itself_is_refused(text: str, typed: bool) -> None:
    """Walking through it would not end; a value that has ended may stand in several places."""
    with pytest.raises(NotYaml, match="holds itself"):
        read_yaml(text, typed=typed)
    assert read_yaml("[&a [1, &b 2, *b], *a]", typed=True) == [[1, 2, 2], [1, 2, 2]]


def test_only_what_says_nothing_is_null() -> None:
    """Quoted it is a text."""
    said = read_yaml("{a: , b: ~, c: null, d: 'null', e: '', f: no, g: 0613, h: nullable}", nulls=True)
    assert said == {"a": None, "b": None, "c": None, "d": "null", "e": "", "f": "no", "g": "0613", "h": "nullable"}
