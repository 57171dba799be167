"""An answer: rows with what they rest on, so that nobody reads a part as the whole.

Everything a user can look at is an `Answer`: the table, how many records could be counted at all, the query
or algorithm with its parameters, the snapshot it came from, and the statements it asserts.
"""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from mcgraph.errors import WrongUse
from mcgraph.model.namespaces import XSD, shorten

if TYPE_CHECKING:
    import pandas  # type: ignore[import-untyped]
    import polars as pl

Kind = Literal["table", "boolean", "triples"]
Cell = str | None

IRI_TYPE = "iri"
BLANK_TYPE = "bnode"
STRING_TYPE = XSD + "string"
_FORMULA = ("=", "+", "-", "@", "\t", "\n")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
# At most this many rows are drawn into a notebook cell or a Markdown table.
DRAWN_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many records the answer speaks about: `total` = `known` + `unknown`, and why some are unknown."""

    total: int
    known: int
    of: str = ""
    why: Mapping[str, int] = field(default_factory=dict)

    @property
    def unknown(self) -> int:
        """How many of `total` say nothing on the matter."""
        return self.total - self.known

    def to_json(self) -> dict[str, Any]:
        """The keys of the contract."""
        return {
            "of": self.of,
            "total": self.total,
            "known": self.known,
            "unknown": self.unknown,
            "why": dict(self.why),
        }

    def __str__(self) -> str:
        if not self.total:
            return f"no {self.of or 'record'} in this graph"
        text = f"known for {self.known:,} of {self.total:,} {self.of}".rstrip()
        text += f" ({100 * self.known / self.total:.0f} %)"
        missing = ", ".join(f"{reason}: {count:,}" for reason, count in self.why.items() if count)
        return f"{text}; not stated: {missing}" if missing else text


@dataclass(frozen=True, slots=True)
class Answer:
    """A result with its coverage, origin and evidence.

    `rows` hold IRIs and lexical forms as text, None where nothing is bound. `types` has the same form:
    `iri`, `bnode`, `@language` or the datatype IRI of each cell ("" where nothing is bound).
    `limit` names the bound that was hit when `truncated`. `plan` tells where the answer was read and what was
    asked in other words than the text says.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    types: tuple[tuple[str, ...], ...] = ()
    kind: Kind = "table"
    coverage: Coverage | None = None
    snapshot: str = ""
    name: str = ""
    query: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    evidence: tuple[Mapping[str, str], ...] = ()
    warnings: tuple[str, ...] = ()
    truncated: bool = False
    limit: str = ""
    seconds: float = 0.0
    plan: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.rows)

    def __bool__(self) -> bool:
        """An answer is always something, even with no rows; use `boolean` for the result of ASK."""
        return True

    @property
    def boolean(self) -> bool | None:
        """The result of an ASK query, None for any other."""
        return self.rows[0][0] == "true" if self.kind == "boolean" else None

    def records(self) -> Iterator[dict[str, Cell]]:
        """Each row as a dictionary by column."""
        return (dict(zip(self.columns, row, strict=True)) for row in self.rows)

    def to_json(self) -> dict[str, Any]:
        """W3C SPARQL 1.1 Query Results JSON with the keys of an answer beside `head` and `results`."""
        document: dict[str, Any] = {"head": {"vars": list(self.columns)}}
        if self.kind == "boolean":
            document = {"head": {}, "boolean": self.boolean}
        else:
            document["results"] = {"bindings": [self._binding(i) for i in range(len(self.rows))]}
        return document | self.envelope()

    def envelope(self) -> dict[str, Any]:
        """Every key of the contract but the rows."""
        return {
            "name": self.name,
            "kind": self.kind,
            "coverage": self.coverage.to_json() if self.coverage else None,
            "snapshot": self.snapshot,
            "query": self.query,
            "parameters": dict(self.parameters),
            "versions": dict(self.versions),
            "evidence": [dict(item) for item in self.evidence],
            "warnings": list(self.warnings),
            "truncated": self.truncated,
            "limit": self.limit,
            "plan": list(self.plan),
        }

    def _type(self, row: int, column: int) -> str:
        return self.types[row][column] if self.types else STRING_TYPE

    def _binding(self, row: int) -> dict[str, dict[str, str]]:
        return {
            name: _json_term(value, self._type(row, i))
            for i, (name, value) in enumerate(zip(self.columns, self.rows[row], strict=True))
            if value is not None
        }

    def to_csv(self) -> str:
        """Comma-separated text that a spreadsheet can open without running anything in it."""
        return self._separated(",")

    def to_tsv(self) -> str:
        """Tab-separated text, guarded in the same way."""
        return self._separated("\t")

    def _separated(self, delimiter: str) -> str:
        out = io.StringIO()
        writer = csv.writer(out, delimiter=delimiter, lineterminator="\r\n")
        writer.writerow(harmless(name) for name in self.columns)
        for row in self.rows:
            writer.writerow("" if value is None else harmless(value) for value in row)
        return out.getvalue()

    def shown(self) -> list[list[str]]:
        """Every cell as people read it: IRIs by prefix, nothing bound as an empty text."""
        return [[_shown(value, self._type(i, j)) for j, value in enumerate(row)] for i, row in enumerate(self.rows)]

    def notes(self) -> list[str]:
        """What must be said beside the rows: cut short, coverage, warnings, snapshot."""
        said = []
        if self.truncated:
            said.append(f"not complete: the limit {self.limit} was hit after {len(self.rows):,} rows")
        if self.coverage:
            said.append(str(self.coverage))
        said.extend(self.warnings)
        said.extend(self.plan)
        if self.snapshot:
            said.append(f"snapshot {self.snapshot}")
        return said

    def to_markdown(self) -> str:
        """A Markdown table followed by what must be said beside it."""
        lines = [_markdown_line(self.columns), _markdown_line(["---"] * len(self.columns))]
        lines += [_markdown_line(row) for row in self.shown()]
        return "\n".join([*lines, "", *(f"- {note}" for note in self.notes()), ""])

    def to_html(self) -> str:
        """A complete, script-free page with the table, its notes and the query."""
        head = f"<title>{html.escape(self.name or 'Answer')}</title>"
        return (
            f'<!doctype html><html lang="en"><head><meta charset="utf-8">{head}</head><body>'
            f"{self._table(len(self.rows))}<h2>Query</h2><pre>{html.escape(self.query)}</pre></body></html>\n"
        )

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        return self._table(DRAWN_ROWS)

    def _table(self, most: int) -> str:
        head = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in self.columns)
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in self.shown()[:most]
        )
        notes = self.notes()
        if len(self.rows) > most:
            notes.insert(0, f"the first {most:,} of {len(self.rows):,} rows are drawn")
        listed = "".join(f"<li>{html.escape(note)}</li>" for note in notes)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table><ul>{listed}</ul>"

    def to_ntriples(self) -> str:
        """The triples of a CONSTRUCT or DESCRIBE answer as N-Triples (which every Turtle reader takes).

        Raises `WrongUse` for a table: rows are not triples.
        """
        if self.kind != "triples":
            raise WrongUse("this answer is a table, not triples", fix="Write it as .csv, or ask with CONSTRUCT.")
        return "".join(
            " ".join(_ntriples_term(v or "", t) for v, t in zip(row, kinds, strict=True)) + " .\n"
            for row, kinds in zip(self.rows, self.types, strict=True)
        )

    def to_dataframe(self) -> pandas.DataFrame:
        """A pandas data frame with numbers as numbers and dates as dates.

        Raises `WrongUse` where pandas is not installed.
        """
        from mcgraph.model.frames import to_pandas

        return to_pandas(self)

    def to_polars(self) -> pl.DataFrame:
        """A polars data frame with numbers as numbers and dates as dates."""
        from mcgraph.model.frames import to_polars

        return to_polars(self)


def harmless(text: str) -> str:
    """`text` as a cell no spreadsheet runs: a quote goes before a formula sign, numbers stay as they are.

    >>> harmless("=1+1"), harmless("-2.5"), harmless("plain")
    ("'=1+1", '-2.5', 'plain')
    """
    # The csv module does not quote a bare carriage return, which would end the row and begin a cell after it.
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "'" + text if text.startswith(_FORMULA) and not _NUMBER.fullmatch(text) else text


def _json_term(value: str, kind: str) -> dict[str, str]:
    if kind == IRI_TYPE:
        return {"type": "uri", "value": value}
    if kind == BLANK_TYPE:
        return {"type": "bnode", "value": value}
    term = {"type": "literal", "value": value}
    if kind.startswith("@"):
        term["xml:lang"] = kind[1:]
    elif kind and kind != STRING_TYPE:
        term["datatype"] = kind
    return term


def _ntriples_term(value: str, kind: str) -> str:
    from mcgraph.model.terms import literal

    if kind == IRI_TYPE:
        return f"<{value}>"
    if kind == BLANK_TYPE:
        return f"_:{value}"
    if kind.startswith("@"):
        return literal(value, language=kind[1:])
    return literal(value, datatype="" if kind == STRING_TYPE else kind)


def _shown(value: Cell, kind: str) -> str:
    if value is None:
        return ""
    return shorten(value) if kind == IRI_TYPE else value


def _markdown_line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(_markdown_cell(cell) for cell in cells) + " |"


def _markdown_cell(text: str) -> str:
    """One table cell: no line breaks, pipes, tags or links of the data's own making."""
    plain = " ".join(text.split())
    return re.sub(r"([\\|<>`\[\]*_])", r"\\\1", plain)
