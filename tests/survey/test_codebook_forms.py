"""Every form a response file may have: one column per option, several answers in a cell, matrices, keys, names."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcgraph.errors import InputRefused, RuleBroken, WrongUse
from mcgraph.survey.codebook_file import read_codebook, to_yaml
from mcgraph.survey.table import make_table, make_tables
from mcgraph.survey.wave import MISSING, NOT_ASKED, Wave, read_wave
from tests.survey.surveys import wave_of

BOOK = """
survey: forms
respondent: {id: rid, group: grp}
groups: {p: {en: Provider, fr: Prestataire}}
questions:
  gate: {column: gate, type: single, options: {"y": {en: "Yes"}, "n": {en: "No"}}, missing: ["", "99"]}
  led: {column: led, type: single, options: {a: {en: A}, b: {en: B}}, asked_if: {gate: ["y"]}}
  hot:
    type: multiple
    columns: {red: Red, blue: Blue}
    other: "Other#1"
  scale:
    type: matrix
    text: {en: How much}
    options: {"1": {en: Low}, "2": {en: High}}
    items: {x: {column: sx, text: {en: of x}}, y: {column: sy, text: {en: of y}}}
  many: {column: many, type: multiple, options: {git: {en: Git}, r: {en: "R; the language"}, dont: {en: I don't}}}
"""
HEAD = "rid,grp,gate,led,Red,Blue,Other,sx,sy,many\n"
ROWS = (
    "1,p,y,a,Red,,,1,2,git;Git\n",
    "2,Provider,y,,,Blue,teal,2,2,I don’t\n",
    "3,p,n,,0,0,,1,,git; git\n",
    "4,p,99,,,,,,,\n",
    "5,p,n,b,,,,1,1,r\n",
)


@pytest.fixture
def wave(tmp_path: Path) -> Wave:
    return wave_of(tmp_path, BOOK, HEAD + "".join(ROWS))


def chosen(wave: Wave, name: str) -> dict[str, list[int]]:
    (question,) = wave.codebook.find(name)
    return {code: [at + 1 for at in mask.nonzero()[0]] for code, mask in wave.answers(question).chosen.items()}


def states(wave: Wave, name: str) -> list[int]:
    (question,) = wave.codebook.find(name)
    return wave.answers(question).state.tolist()


def test_one_column_per_option(wave: Wave) -> None:
    """A mark is a choice, «0» an answer without one, nothing no answer; «other» counts, its text is not kept."""
    assert chosen(wave, "hot") == {"red": [1], "blue": [2], "other": [2]}
    assert states(wave, "hot") == [0, 0, 0, MISSING, MISSING]


def test_several_answers_in_a_cell(wave: Wave) -> None:
    """Codes or texts, with any apostrophe; a text that holds the separator itself is not torn where it stands alone."""
    assert chosen(wave, "many")["git"] == [1, 3]
    assert chosen(wave, "many")["r"] == [5]
    assert chosen(wave, "many")["dont"] == [2]


def test_a_text_with_the_separator_in_it(tmp_path: Path) -> None:
    """As a whole cell it is the option."""
    wave = wave_of(tmp_path, BOOK, HEAD + "1,p,y,a,,,,,,R; the language\n")
    assert chosen(wave, "many")["r"] == [1]
    assert not [one for one in wave.findings if one.code == "SRV-CODE-001"]


def test_a_matrix_is_a_scale_per_line(wave: Wave) -> None:
    """Named `question.line`, with the text of both."""
    tables = make_tables(wave, "scale", small=1)
    assert [one.question.id for one in tables] == ["scale.x", "scale.y"]
    assert tables[0].text == "How much – of x"
    assert [[cell.n for cell in one.total.cells] for one in tables] == [[3, 1], [1, 2]]
    with pytest.raises(WrongUse, match=r"scale\.x"):
        make_table(wave, "scale")


def test_who_was_not_asked_is_in_no_base(wave: Wave) -> None:
    """The routing leads past those who said no, or nothing; an answer all the same is a finding at its cell."""
    assert states(wave, "led") == [0, MISSING, NOT_ASKED, NOT_ASKED, NOT_ASKED]
    found = [(one.code, one.severity, one.where.cell) for one in wave.findings]
    assert found == [("SRV-ROUTE-001", "warning", "D6")]


def test_a_label_in_place_of_a_group_code_is_understood(wave: Wave) -> None:
    """Provider and p are one group."""
    table = make_table(wave, "gate", by=["grp"], small=1)
    assert [(one.code, one.label, one.base) for one in table.groups] == [("p", "Provider", 4)]


def test_a_codebook_reads_back_the_same(tmp_path: Path) -> None:
    """Written as YAML and read again."""
    (tmp_path / "a.yaml").write_text(BOOK, encoding="utf-8")
    book = read_codebook(tmp_path / "a.yaml")
    (tmp_path / "b.yaml").write_text(to_yaml(book), encoding="utf-8")
    assert read_codebook(tmp_path / "b.yaml") == book


def test_headers_that_are_numbers_only_get_their_names(tmp_path: Path) -> None:
    """Column2 is the second line of the names file."""
    (tmp_path / "names.csv").write_text('full,short\n#,rid\n"Do you, really?",q1\n', encoding="utf-8")
    book = "survey: s\nnames: names.csv\nquestions:\n  q1: {column: q1, options: {a: A, b: B}}\n"
    wave = wave_of(tmp_path, book, "Column1,Column2\nr1,a\nr2,b\n")
    assert chosen(wave, "q1") == {"a": [1], "b": [2]}


def test_a_workbook_is_read_like_a_text_file(tmp_path: Path) -> None:
    """Numbers and truth values of cells are the texts a person would have typed."""
    import openpyxl

    book = openpyxl.Workbook()
    for row in (["q1", "q2"], [1, "a;b"], [2, "b"], [None, None], [1, "z"]):
        book.active.append(row)
    book.save(tmp_path / "s.xlsx")
    (tmp_path / "s.yaml").write_text(
        "survey: s\nquestions:\n  q1: {column: q1, options: {'1': A, '2': B}}\n"
        "  q2: {column: q2, type: multiple, options: {a: A, b: B}}\n", encoding="utf-8",
    )  # fmt: skip
    wave = read_wave(tmp_path / "s.xlsx", read_codebook(tmp_path / "s.yaml"))
    assert chosen(wave, "q1") == {"1": [1, 3], "2": [2]}
    assert chosen(wave, "q2") == {"a": [1], "b": [1, 2]}
    assert [(one.code, one.where.cell) for one in wave.findings] == [("SRV-CODE-001", "B5")]


def test_names_by_header(tmp_path: Path) -> None:
    """Where the names file holds the headers themselves."""
    (tmp_path / "names.csv").write_text("column,name\nColumn7,q1\nColumn3,rid\n", encoding="utf-8")
    book = "survey: s\nnames: names.csv\nquestions:\n  q1: {column: q1, options: {a: A, b: B}}\n"
    assert chosen(wave_of(tmp_path, book, "Column3,Column7\nr1,a\n"), "q1")["a"] == [1]


def test_an_answer_key_gives_the_codes(tmp_path: Path) -> None:
    """The codebook needs no options of its own."""
    (tmp_path / "key.csv").write_text('column,verbatim,short\nq1,"Yes, always",y\nq1,Never,n\n', encoding="utf-8")
    wave = wave_of(tmp_path, "survey: s\nkey: key.csv\nquestions:\n  q1: {column: q1}\n", 'q1\n"Yes, always"\nn\n')
    assert chosen(wave, "q1") == {"y": [1], "n": [2]}


@pytest.mark.parametrize("named", ["../names.csv", "/etc/passwd"])
def test_a_codebook_names_only_files_beside_it(tmp_path: Path, named: str) -> None:
    """A codebook from elsewhere must not read elsewhere."""
    with pytest.raises(RuleBroken, match="not beside the codebook"):
        wave_of(tmp_path, f"survey: s\nnames: {named}\nquestions:\n  q1: {{column: q1}}\n", "q1\na\n")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("q: {column: a, asked_if: {z: [y]}}", "no question that stands before"),
        ("q: {type: matrix, column: a}", "a matrix has items"),
        ("q: {type: single}", "needs a column"),
        ("q: {column: a, asked_if: [z]}", "asked_if"),
        ("q: {column: a, type: numeric, columns: {x: y}}", "columns are option codes"),
        ("q: 3", "a question is keys"),
    ],
)
def test_a_codebook_that_cannot_be_meant(tmp_path: Path, line: str, words: str) -> None:
    """The place and what is wrong."""
    with pytest.raises(RuleBroken, match=words):
        wave_of(tmp_path, f"survey: s\nquestions:\n  {line}\n", "a\n1\n")


def test_an_empty_wave_is_a_sentence(tmp_path: Path) -> None:
    """A header and nothing below it."""
    with pytest.raises(InputRefused, match="the wave is empty"):
        wave_of(tmp_path, BOOK, HEAD)


def test_a_name_of_a_missing_codebook_is_a_sentence(tmp_path: Path) -> None:
    """Not a traceback."""
    with pytest.raises(InputRefused, match="cannot be read"):
        read_codebook(tmp_path / "none.yaml")
    (tmp_path / "s.csv").write_text("zzz\n1\n", encoding="utf-8")
    (tmp_path / "s.yaml").write_text(BOOK, encoding="utf-8")
    with pytest.raises(InputRefused, match="no column in common"):
        read_wave(tmp_path / "s.csv", read_codebook(tmp_path / "s.yaml"))
