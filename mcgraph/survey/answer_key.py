"""Files that go with a response file: an answer key (codes and the texts they stand for), and the names of columns.

Answer key: a table with the columns `column`, `verbatim` and `short` (the Carpentries' form), or any table whose
headers say the same: which question, the text as given, the code. Names file: the full text of each column and its
short name, line by line in the order of the columns; or `Column2` and the name in two columns.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mcgraph.errors import InputRefused
from mcgraph.limits import Limits
from mcgraph.survey.codebook import Codebook, Question, Text

_QUESTION = ("column", "question", "variable", "name", "item")
_TEXT = ("verbatim", "text", "label", "answer", "full", "value")
_CODE = ("short", "code", "key")
_FULL = ("full", "text", "question", "label", "verbatim")
_SHORT = ("short", "name", "variable", "code")
_NUMBERED = re.compile(r"column ?_?(\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ColumnName:
    """What a column is really called, and the words of the questionnaire for it."""

    name: str
    text: str


def read_key(path: Path) -> Mapping[str, Mapping[str, str]]:
    """The answer key: question → text as given → code.

    Raises `InputRefused` where the file has no columns for question, text and code.
    """
    headers, rows = _table(path)
    places = [_place(headers, names) for names in (_QUESTION, _TEXT, _CODE)]
    if None in places or len(set(places)) < 3:
        raise InputRefused(
            "an answer key needs three columns: question, text and code", where=path.name,
            fix="Name them column, verbatim and short.",
        )  # fmt: skip
    key: dict[str, dict[str, str]] = {}
    for row in rows:
        question, text, code = (row[place or 0].strip() for place in places)
        if question and code:
            key.setdefault(question, {})[text or code] = code
    return key


def with_key(book: Codebook, path: Path) -> Codebook:
    """The codebook with the options that an answer key gives to its questions, found by identifier or column."""
    key = {name.casefold(): texts for name, texts in read_key(path).items()}
    return replace(book, questions=tuple(_with_options(one, key) for one in book.questions))


def _with_options(question: Question, key: Mapping[str, Mapping[str, str]]) -> Question:
    from mcgraph.survey.codebook_file import with_options

    texts = key.get(question.id.casefold()) or key.get(question.column.casefold()) or {}
    if question.type not in ("single", "multiple", "likert"):
        return question
    options: dict[str, Text] = {}
    for text, code in texts.items():
        options.setdefault(code, {"en": text})
    return with_options(question, options)


def read_names(path: Path, headers: Sequence[str]) -> list[ColumnName]:
    """The true name of every column of a response file, in the order of `headers`.

    Columns the file does not speak of keep their header. Raises `InputRefused` where it speaks of none of them.
    """
    said, rows = _table(path)
    full, short = _place(said, _FULL), _place(said, _SHORT)
    if short is None or full is None or short == full:
        full, short = 0, min(1, len(said) - 1)
    by_header = _by_header(rows, headers, said)
    if by_header:
        return [by_header.get(header.strip(), ColumnName(header, header)) for header in headers]
    found, known = [], 0
    for header in headers:
        number = _NUMBERED.fullmatch(header.strip())
        at = int(number.group(1)) - 1 if number else -1
        if 0 <= at < len(rows):
            known += 1
            found.append(ColumnName(rows[at][short].strip() or header, rows[at][full].strip() or header))
        else:
            found.append(ColumnName(header, header))
    if not known:
        raise InputRefused(
            "the names file speaks of none of the columns", where=path.name,
            fix="It needs the headers of the response file in one column, or a line for each of Column1, Column2 …",
        )  # fmt: skip
    return found


def _by_header(rows: Sequence[Sequence[str]], headers: Sequence[str], said: Sequence[str]) -> dict[str, ColumnName]:
    """Names by header, where one column of the names file holds headers of the response file."""
    known = {header.strip() for header in headers}
    hits = [sum(row[at].strip() in known for row in rows) for at in range(len(said))]
    best = max(range(len(said)), key=lambda at: hits[at], default=0)
    if not hits or hits[best] * 3 < min(len(known), len(rows)):
        return {}
    rest = [at for at in range(len(said)) if at != best]
    short = next((at for at in rest if said[at].strip().casefold() in _SHORT), best)
    text = next((at for at in rest if said[at].strip().casefold() in _FULL and at != short), None)
    if short == best and rest and text is None:
        short = rest[0]
    made: dict[str, ColumnName] = {}
    for row in rows:
        header = row[best].strip()
        words = row[text] if text is not None else row[best]
        made.setdefault(header, ColumnName(row[short].strip() or header, words.strip() or header))
    return made


def _table(path: Path) -> tuple[list[str], list[list[str]]]:
    from mcgraph.sources.reading import read_tables

    table = read_tables([path], Limits.from_environment())[0]
    return list(table.headers), [[cell or "" for cell in row] for row in table.cells.rows()]


def _place(headers: Sequence[str], names: Sequence[str]) -> int | None:
    folded = [header.strip().casefold() for header in headers]
    return next((folded.index(name) for name in names if name in folded), None)
