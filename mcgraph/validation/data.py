"""The batch as the engine sees it: triples by predicate with typed objects and the cell each came from.

A term is a pair of columns: `v` (IRI, `_:` blank node, or lexical form) and `t`, a small number for its
datatype and language (0 = IRI or blank node). `tc` is the triple column it came from (-1 = none), `row` its row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock

import polars as pl

from mcgraph.model.batch import STRING, Subjects, TripleColumn
from mcgraph.model.namespaces import RDF_TYPE, RDFS
from mcgraph.model.terms import few_distinct
from mcgraph.validation.ir import Term
from mcgraph.validation.parse import Triple

NODE_SCHEMA = {"n": pl.UInt32, "v": pl.String, "t": pl.Int32}
VALUE_SCHEMA = {"n": pl.UInt32, "v": pl.String, "t": pl.Int32, "tc": pl.Int32, "row": pl.UInt32}
EDGE_SCHEMA = {"s": pl.String, "v": pl.String, "t": pl.Int32, "tc": pl.Int32, "row": pl.UInt32}
NO_EDGES = pl.DataFrame(schema=EDGE_SCHEMA)
SUBCLASS = RDFS + "subClassOf"


@dataclass(frozen=True, slots=True)
class Nodes:
    """Distinct terms, numbered from 0 in their order: focus nodes, or values to check against a shape."""

    frame: pl.DataFrame
    are_resources: bool = False
    subjects: Subjects | None = None  # which subject of a file each node is, where that is known

    @classmethod
    def of(cls, terms: pl.DataFrame) -> Nodes:
        """The distinct terms of a frame with `v` and `t`."""
        pairs = terms.select("v", "t")
        if pairs.get_column("v").n_unique() < pairs.height:
            pairs = pairs.unique(maintain_order=True)
        return cls.numbered(pairs)

    @classmethod
    def numbered(cls, pairs: pl.DataFrame, subjects: Subjects | None = None) -> Nodes:
        """As `of`, for a frame of `v` and `t` that repeats no term; `subjects` are the numbers of its rows."""
        n = pl.Series("n", range(pairs.height), dtype=pl.UInt32)
        frame = pl.DataFrame([n, pairs.get_column("v"), pairs.get_column("t")])
        return cls(frame, not pairs.height or pairs.get_column("t").max() == 0, subjects)

    def __len__(self) -> int:
        return self.frame.height

    def as_values(self) -> pl.DataFrame:
        """The nodes as value nodes of themselves."""
        none = pl.lit(None, dtype=pl.UInt32)
        return self.frame.with_columns(pl.lit(-1, dtype=pl.Int32).alias("tc"), none.alias("row"))


class DataGraph:
    """Triples by predicate, with the classes and subclasses that targets need."""

    def __init__(
        self,
        columns: Sequence[TripleColumn],
        above: Mapping[str, frozenset[str]] | None = None,
        known: Sequence[TripleColumn] = (),
    ) -> None:
        """Index `columns`; `above` gives the direct superclasses that an ontology knows of each class.

        `known` is what is known from elsewhere: it counts when a value is looked up, but is not itself checked.
        """
        self.columns = (*columns, *known)
        self._own = len(columns)
        self.types: list[tuple[str, str]] = [("", "")]
        self._lock = Lock()
        self._number: dict[tuple[str, str], int] = {("", ""): 0}
        self._by_predicate: dict[str, list[int]] = {}
        for index, column in enumerate(self.columns):
            self._by_predicate.setdefault(column.predicate, []).append(index)
            self.type_of(column)
        self._edges: dict[str, pl.DataFrame] = {}
        self._below = self._subclasses(above or {})
        self._instances: dict[str, tuple[pl.DataFrame, Subjects | None]] = {}
        self._classes: dict[int, list[str]] = {}
        self._few: dict[int, pl.Series | None] = {}

    @property
    def predicates(self) -> list[str]:
        """Every predicate that has a column, in order."""
        return sorted(self._by_predicate)

    def columns_of(self, predicate: str) -> list[int]:
        """The numbers of the triple columns of a predicate."""
        return self._by_predicate.get(predicate, [])

    def type_of(self, column: TripleColumn) -> int:
        """The type number of a column's objects."""
        if column.kind == "iri":
            return 0
        return self.type_number(column.datatype, column.language)

    def type_number(self, datatype: str, language: str = "") -> int:
        """The number of a datatype with language (tags compare without case)."""
        key = (datatype, language.lower())
        with self._lock:
            if key not in self._number:
                self._number[key] = len(self.types)
                self.types.append(key)
            return self._number[key]

    def term(self, term: Term) -> tuple[str, int]:
        """A term of a shapes file as value and type number."""
        return term.value, self.type_number(term.datatype, term.language) if term.is_literal else 0

    def terms(self, terms: Iterable[Term]) -> pl.DataFrame:
        """Terms of a shapes file as a frame of `v` and `t`."""
        rows = [self.term(term) for term in terms]
        return pl.DataFrame(rows, schema={"v": pl.String, "t": pl.Int32}, orient="row")

    def edges(self, predicate: str) -> pl.DataFrame:
        """The triples of a predicate: `s`, `v`, `t`, `tc`, `row`."""
        if predicate not in self._edges:
            frames = [self.column_edges(index) for index in self.columns_of(predicate) if len(self.columns[index])]
            self._edges[predicate] = pl.concat(frames) if frames else NO_EDGES
        return self._edges[predicate]

    def own_edges(self, predicate: str) -> pl.DataFrame:
        """The triples of a predicate that are here to be checked."""
        edges = self.edges(predicate)
        return edges if self._own == len(self.columns) else edges.filter(pl.col("tc") < self._own)

    def column_edges(self, index: int) -> pl.DataFrame:
        """The triples of one column: `s`, `v`, `t`, `tc`, `row`."""
        frame, kind = self.columns[index].frame, self.type_of(self.columns[index])
        row = frame.get_column("row")
        return pl.DataFrame(
            [
                frame.get_column("s"),
                frame.get_column("o").alias("v"),
                constant("t", kind, pl.Int32, frame.height),
                constant("tc", index, pl.Int32, frame.height),
                row if row.dtype == pl.UInt32 else row.cast(pl.UInt32),
            ]
        )

    def as_edges(self, index: int) -> list[pl.Expr]:
        """What makes the frame of a column one of edges."""
        return [
            pl.col("s"),
            pl.col("o").alias("v"),
            pl.lit(self.type_of(self.columns[index]), dtype=pl.Int32).alias("t"),
            pl.lit(index, dtype=pl.Int32).alias("tc"),
            pl.col("row").cast(pl.UInt32),
        ]

    def links(self, predicate: str) -> pl.DataFrame:
        """The triples of a predicate whose object is an IRI: `s`, `v`, `tc`, `row`."""
        return self.edges(predicate).filter(pl.col("t") == 0).drop("t")

    def _subclasses(self, above: Mapping[str, frozenset[str]]) -> dict[str, set[str]]:
        direct: dict[str, set[str]] = {}
        for lower, uppers in above.items():
            for upper in uppers:
                direct.setdefault(upper, set()).add(lower)
        if self.columns_of(SUBCLASS):
            for lower, upper in self.links(SUBCLASS).select("s", "v").iter_rows():
                direct.setdefault(upper, set()).add(lower)
        return direct

    def classes(self, cls: str) -> list[str]:
        """A class with all of its subclasses."""
        found, todo = {cls}, [cls]
        while todo:
            for lower in self._below.get(todo.pop(), ()):
                if lower not in found:
                    found.add(lower)
                    todo.append(lower)
        return sorted(found)

    def few_objects(self, index: int) -> pl.Series | None:
        """The distinct objects of a column that repeats a few, else None."""
        if index not in self._few:
            self._few[index] = few_distinct(self.columns[index].frame.get_column("o"))
        return self._few[index]

    def subjects_differ(self, predicate: str) -> bool:
        """Whether the reader knows that no subject has the predicate twice."""
        filled = [self.columns[index] for index in self.columns_of(predicate) if len(self.columns[index])]
        return not filled or (len(filled) == 1 and filled[0].single)

    def instances(self, cls: str) -> pl.DataFrame:
        """The distinct instances of a class or its subclasses, as `v` and `t`."""
        return self._instances_of(cls)[0]

    def _instances_of(self, cls: str) -> tuple[pl.DataFrame, Subjects | None]:
        """The instances, and their numbers where one file tells them all."""
        if cls not in self._instances:
            found = self._typed(self.classes(cls))
            v = pl.concat([pl.Series("v", [], pl.String), *(frame.get_column("s").alias("v") for frame, _, _ in found)])
            subjects = _together([one for _, _, one in found])
            if subjects is not None:
                first = subjects.firsts()
                if first is not None:
                    v, subjects = v[first], Subjects(subjects.numbers[first], subjects.texts)
            elif not (len(found) == 1 and found[0][1]) and v.n_unique() < len(v):
                v = v.unique(maintain_order=True)
            self._instances[cls] = pl.DataFrame([v, constant("t", 0, pl.Int32, len(v))]), subjects
        return self._instances[cls]

    def _typed(self, classes: list[str]) -> list[tuple[pl.DataFrame, bool, Subjects | None]]:
        """The type triples of some classes by column, whether their subjects are known to differ, and their numbers."""
        found = []
        for index in self.columns_of(RDF_TYPE):
            column = self.columns[index]
            if column.kind == "iri" and len(column):
                named = self._type_names(index)
                wanted = [name for name in named if name in classes]
                if len(wanted) == len(named):
                    found.append((column.frame, column.single, column.subjects))
                elif wanted:
                    is_one, subjects = column.frame.get_column("o").is_in(wanted), column.subjects
                    if subjects is not None:
                        subjects = Subjects(subjects.numbers[is_one.to_numpy()], subjects.texts)
                    found.append((column.frame.filter(is_one), column.single, subjects))
        return found

    def _type_names(self, index: int) -> list[str]:
        """The classes that a type column names."""
        if index not in self._classes:
            self._classes[index] = self.columns[index].frame.get_column("o").unique().to_list()
        return self._classes[index]

    def target_nodes(self, cls: str) -> Nodes:
        """The instances of a class that are here to be checked, as focus nodes."""
        own = self._own == len(self.columns)
        return Nodes.numbered(self.targets(cls), self._instances_of(cls)[1] if own else None)

    def targets(self, cls: str) -> pl.DataFrame:
        """The instances of a class that are here to be checked."""
        if self._own == len(self.columns):
            return self.instances(cls)
        own = self.edges(RDF_TYPE).filter(pl.col("tc") < self._own).select(pl.col("s").alias("v")).unique()
        return self.instances(cls).join(own, on="v", how="semi", maintain_order="left")


def _together(found: list[Subjects | None]) -> Subjects | None:
    """The numbers of several columns as those of one, where all count the subjects of one file."""
    import numpy as np

    known = [one for one in found if one is not None]
    if not known or len(known) < len(found) or any(one.texts is not known[0].texts for one in known):
        return None
    return Subjects(np.concatenate([one.numbers for one in known]), known[0].texts)


def alone(frame: pl.DataFrame) -> pl.DataFrame:
    """The same rows, without the texts of the longer columns they were filtered from, which they would keep."""
    return frame[pl.int_range(frame.height, dtype=pl.UInt32, eager=True)]


def constant(name: str, value: object, dtype: type[pl.DataType], height: int) -> pl.Series:
    """A column of one value; made without a plan, which a column of a few rows would wait for."""
    return pl.Series(name, [value], dtype=dtype).new_from_index(0, height)


def distinct(values: pl.DataFrame) -> pl.DataFrame:
    """Value nodes as a set per focus node; the first cell that says a value keeps it."""
    n = values.get_column("n")
    # Most paths give one value to each node, in the order of the nodes: seen by one pass over numbers.
    numbers = n.to_numpy()
    if bool((numbers[1:] > numbers[:-1]).all()) or n.n_unique() == len(n):
        return values
    return values.unique(["n", "v", "t"], keep="first", maintain_order=True)


def among(frame: pl.DataFrame, wanted: pl.DataFrame, key: str = "s") -> pl.DataFrame:
    """The rows of a long frame whose `key` is in a short one; asked first, everything after it is cheap."""
    return frame.join(wanted.select(key), on=key, how="semi", maintain_order="left")


def beside(frame: pl.DataFrame, facts: pl.DataFrame) -> pl.DataFrame:
    """`frame` joined to `facts` (each `s` once, `row`, one fact) on `s`, in the order of the frame.

    Facts of one table mostly stand in the same rows, so that a look at the row numbers saves hashing the subjects.
    """
    import numpy as np

    fact = [name for name in facts.columns if name not in ("s", "row")]
    rows, known = frame.get_column("row"), facts.get_column("row")
    if not frame.height or not facts.height or rows.has_nulls() or known.has_nulls():
        return frame.join(facts.select("s", *fact), on="s", maintain_order="left")
    numbers = known.to_numpy()
    at = np.minimum(np.searchsorted(numbers, rows.to_numpy()), len(numbers) - 1) if known.is_sorted() else None
    if at is None:
        return frame.join(facts.select("s", *fact), on="s", maintain_order="left")
    found = facts[pl.Series(at.astype(np.uint32))]
    same = found.get_column("s") == frame.get_column("s")
    if 2 * int(same.sum()) < frame.height:
        return frame.join(facts.select("s", *fact), on="s", maintain_order="left")
    both = frame.with_columns(found.select(fact)).with_row_index("at").filter(same)
    other = frame.with_row_index("at").filter(~same)
    elsewhere = other.join(among(facts, other).select("s", *fact), on="s", maintain_order="left")
    return pl.concat([both, elsewhere]).sort("at").drop("at")


def first_each(frame: pl.DataFrame, key: str) -> pl.DataFrame:
    """The first row of each value of a column, in order; counting first is a fifth of the work where all differ."""
    if frame.get_column(key).n_unique() == frame.height:
        return frame
    return frame.unique(key, keep="first", maintain_order=True)


def columns_from(triples: Iterable[Triple]) -> tuple[TripleColumn, ...]:
    """Triple columns without cells, from the triples of an RDF file."""
    groups: dict[tuple[str, str, str, bool], tuple[list[str], list[str]]] = {}
    for subject, predicate, value in triples:
        key = (predicate, value.datatype or STRING, value.language, value.is_literal)
        subjects, objects = groups.setdefault(key, ([], []))
        subjects.append(subject.value)
        objects.append(value.value)
    return tuple(
        TripleColumn(
            predicate=predicate,
            kind="literal" if is_literal else "iri",
            frame=pl.DataFrame(
                {"s": s, "o": o, "row": [None] * len(s)}, schema={"s": pl.String, "o": pl.String, "row": pl.UInt32}
            ),
            datatype=datatype,
            language=language,
        )
        for (predicate, datatype, language, is_literal), (s, o) in groups.items()
    )
