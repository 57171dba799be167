"""The triples of one submission as columns that remember their cells.

A source column becomes a triple column: per predicate, arrays of subject, object and row. Readers make
batches; the validator, the store and exports take them. A million records are arrays, never a million objects.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import IO, TYPE_CHECKING, Any, Literal

import polars as pl

from mcgraph.model.finding import Finding, Place, column_letters
from mcgraph.model.namespaces import RDF, RDF_TYPE, XSD
from mcgraph.model.terms import escape_expr

if TYPE_CHECKING:
    import numpy as np

Kind = Literal["iri", "literal"]

ROW = pl.UInt32
TRIPLE_SCHEMA = pl.Schema({"s": pl.String(), "o": pl.String(), "row": ROW()})
RECORD_SCHEMA = pl.Schema(
    {
        "iri": pl.String(),
        "class": pl.String(),
        "id": pl.String(),
        "label": pl.String(),
        "table": pl.Int16(),
        "row": ROW(),
    }
)
PART_SCHEMA = pl.Schema({"node": pl.String(), "record": pl.String()})
NOTE_SCHEMA = pl.Schema(
    {
        "table": pl.Int16(),
        "row": ROW(),
        "column": pl.Int16(),
        "code": pl.String(),
        "found": pl.String(),
        "became": pl.String(),
    }
)
LANG_STRING = RDF + "langString"
STRING = XSD + "string"


@dataclass(frozen=True, slots=True)
class SourceTable:
    """One sheet or text file, as its owner sees it.

    `headers` are as written; `rows` counts data rows; `line` gives the physical line of each data row of a
    text file (a `UInt32` series beside `row` numbers), or None where rows and lines are the same thing. For rows of
    documents `places` has per row (counted from 1) the `file`, the JSON Pointer `at`, and `c0`, `c1` … for each cell.
    An RDF file has no rows: it is `numbered` by line.
    """

    file: str
    sheet: str
    headers: tuple[str, ...]
    rows: int
    name: str = ""
    line: pl.Series | None = None
    row: pl.Series | None = None
    places: pl.DataFrame | None = None
    numbered: Literal["row", "line"] = "row"

    def place(self, row: int | None, column: int = -1) -> Place:
        """The place of a row (as the spreadsheet counts, header = 1) and column index (from 0, -1 = none)."""
        if self.numbered == "line":
            return Place(file=self.file, line=row)
        header = self.headers[column] if 0 <= column < len(self.headers) else ""
        if self.places is not None:
            return self._in_document(row, column, header)
        cell = f"{column_letters(column)}{row}" if row and column >= 0 else ""
        return Place(
            file=self.file, sheet=self.sheet, row=row, line=self._line(row), column=header, cell=cell
        )

    def _in_document(self, row: int | None, column: int, header: str) -> Place:
        """A node of a document: its file and JSON Pointer in place of row and cell."""
        if self.places is None or row is None or not 1 <= row <= self.places.height:
            return Place(file=self.file, column=header)
        cell = f"c{column}"
        file, at = self.places.item(row - 1, "file"), self.places.item(row - 1, "at")
        pointer = self.places.item(row - 1, cell) if cell in self.places.columns else at
        return Place(file=file or self.file, column=header, pointer=at if pointer is None else pointer)

    def _line(self, row: int | None) -> int | None:
        if row is None or self.line is None or self.row is None:
            return None
        # Rows mostly follow each other without a gap; only elsewhere is there something to search.
        index = row - int(self.row[0]) if len(self.row) else 0
        if not 0 <= index < len(self.row) or self.row[index] != row:
            index = self.row.search_sorted(row)
        return int(self.line[index]) if index < len(self.row) and self.row[index] == row else None


def _resource(name: str) -> pl.Expr:
    blank = pl.col(name).str.starts_with("_:")
    return pl.when(blank).then(pl.col(name)).otherwise(pl.concat_str(pl.lit("<"), name, pl.lit(">")))


@dataclass(frozen=True, slots=True, eq=False)
class Subjects:
    """Which subject each triple of a column has, by number: `texts[numbers[i]]` is the subject of row `i`.

    Columns of one file share `texts`, in which no text stands twice.
    """

    numbers: np.ndarray[Any, Any]
    texts: pl.Series

    def firsts(self) -> np.ndarray[Any, Any] | None:
        """Where each subject stands first, in order; None where none stands twice."""
        import numpy as np

        return None if self.differ() else np.sort(np.unique(self.numbers, return_index=True)[1])

    def differ(self) -> bool:
        """Whether no subject stands twice."""
        import numpy as np

        if bool((self.numbers[1:] > self.numbers[:-1]).all()):
            return True
        return bool(np.bincount(self.numbers).max(initial=0) <= 1)


@dataclass(frozen=True, slots=True)
class TripleColumn:
    """Triples of one predicate and one kind of object, from one source column.

    `frame` has `s` (subject IRI), `o` (object IRI or lexical form) and `row` (as the spreadsheet counts).
    `table` indexes `Batch.tables`; `column` is the source column from 0, or -1 where the row as a whole says
    it. `datatype` is an IRI; `language` is set only together with rdf:langString. `subjects` number the rows of
    `frame` where a reader knows them: who changes the frame leaves them out.
    """

    predicate: str
    kind: Kind
    frame: pl.DataFrame
    datatype: str = STRING
    language: str = ""
    table: int = -1
    column: int = -1
    single: bool = False
    subjects: Subjects | None = None

    def __len__(self) -> int:
        return self.frame.height

    def ntriples(self) -> pl.Series:
        """The column as N-Triples lines without their newlines."""
        if self.kind == "iri":
            tail = pl.concat_str(_resource("o"), pl.lit(" ."))
        elif self.language:
            tail = pl.concat_str(pl.lit('"'), escape_expr("o"), pl.lit(f'"@{self.language} .'))
        elif self.datatype == STRING:
            tail = pl.concat_str(pl.lit('"'), escape_expr("o"), pl.lit('" .'))
        else:
            tail = pl.concat_str(pl.lit('"'), escape_expr("o"), pl.lit(f'"^^<{self.datatype}> .'))
        line = pl.concat_str(_resource("s"), pl.lit(f" <{self.predicate}> "), tail).alias("line")
        return self.frame.select(line).to_series()


RDF_MAPPING = "rdf"  # the mapping of a batch that came as RDF, and so by none


@dataclass(frozen=True, slots=True)
class Batch:
    """One submission as columns.

    `records` has one row per record and place (`RECORD_SCHEMA`); `parts` names the record that owns a
    sub-node such as a requirement group or learning outcome; `notes` tells each value that was normalised;
    `findings` are those the reader and the mapping made (file, header, cell and reference layers).
    """

    source: str
    mapping: str
    tables: tuple[SourceTable, ...]
    columns: tuple[TripleColumn, ...]
    records: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=RECORD_SCHEMA))
    parts: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=PART_SCHEMA))
    notes: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=NOTE_SCHEMA))
    findings: tuple[Finding, ...] = ()
    profile: str = ""

    @property
    def size(self) -> int:
        """How many triples the columns hold, repeated ones included."""
        return sum(len(column) for column in self.columns)

    def with_predicate(self, predicate: str) -> Iterator[TripleColumn]:
        """The triple columns of one predicate (an IRI)."""
        return (column for column in self.columns if column.predicate == predicate)

    def instances(self, classes: Iterable[str]) -> pl.Series:
        """The distinct subjects typed with one of the class IRIs."""
        wanted = list(classes)
        frames = [
            column.frame.filter(pl.col("o").is_in(wanted)).get_column("s")
            for column in self.with_predicate(RDF_TYPE)
        ]
        return pl.concat(frames).unique(maintain_order=True) if frames else pl.Series("s", [], pl.String)

    def without(self, rejected: pl.Series) -> Batch:
        """This batch less the records (IRIs) of `rejected`, with all that belongs to them."""
        parts = self.parts.filter(pl.col("record").is_in(rejected.implode()))
        gone = pl.concat([rejected.cast(pl.String), parts.get_column("node")]).unique().to_frame("s")
        kept = tuple(
            replace(column, frame=column.frame.join(gone, on="s", how="anti", maintain_order="left"), subjects=None)
            for column in self.columns
        )
        records = self.records.join(gone, left_on="iri", right_on="s", how="anti", maintain_order="left")
        left = self.parts.join(gone, left_on="node", right_on="s", how="anti", maintain_order="left")
        return replace(self, columns=tuple(c for c in kept if len(c)), records=records, parts=left)

    def write_ntriples(self, out: IO[bytes]) -> int:
        """Write every triple as N-Triples and return how many lines were written."""
        for column in self.columns:
            column.ntriples().to_frame().write_csv(
                out, include_header=False, quote_style="never", line_terminator="\n"
            )
        return self.size
