"""The index of labels: one SQLite file per snapshot, made on first use and thrown away with the snapshot.

    label     every different text with its language, the shortest first: its number is its rank
    bearer    which subject has the label, by which property
    words     FTS5 over the words of the labels (contentless: the texts stand in `label`)
    term      every different word with the number of labels that have it
    grams     FTS5 over the runs of three characters of the words without digits: for typing errors and parts of words

Words are folded before they go in (`words.fold`), so that SQLite need not know Unicode.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from mcgraph.errors import StoreUnavailable
from mcgraph.search.words import grams, words

if TYPE_CHECKING:
    import polars as pl

    from mcgraph.store.graph import Graph

# Raised whenever the tables, the folding or the labels change.
VERSION = 1
KEPT = 2
FILE = "labels.db"
_TABLES = """
CREATE TABLE label (id INTEGER PRIMARY KEY, text TEXT NOT NULL, language TEXT NOT NULL);
CREATE TABLE subject (id INTEGER PRIMARY KEY, iri TEXT NOT NULL, kinds TEXT NOT NULL);
CREATE TABLE property (id INTEGER PRIMARY KEY, iri TEXT NOT NULL);
CREATE TABLE bearer (label INTEGER, property INTEGER, subject INTEGER, PRIMARY KEY (label, property, subject))
  WITHOUT ROWID;
CREATE TABLE term (id INTEGER PRIMARY KEY, word TEXT NOT NULL UNIQUE, labels INTEGER NOT NULL);
CREATE VIRTUAL TABLE words USING fts5(text, content='', detail=none, tokenize='unicode61 remove_diacritics 0');
CREATE VIRTUAL TABLE grams USING fts5(runs, content='', detail=none,
  tokenize="unicode61 remove_diacritics 0 tokenchars '^$'");
CREATE VIRTUAL TABLE gram USING fts5vocab('grams', 'row');
"""


@contextmanager
def open_index(graph: Graph) -> Iterator[sqlite3.Connection]:
    """The index of the graph's snapshot, made now where there is none that is whole.

    A store that cannot be written gets one in a temporary folder that goes with the block. Raises
    `StoreUnavailable` where a batch file of the store is damaged.
    """
    folder = folder_of(graph)
    if not _usable(folder, graph.snapshot):
        from mcgraph.store import derived

        try:
            about = {"version": VERSION, "snapshot": graph.snapshot}
            derived.keep(folder, about, lambda beside: build(graph, beside), kept=KEPT)
        except OSError:
            with _in_passing(graph) as connection:
                yield connection
            return
    with closing(_connect(folder / FILE)) as connection:
        try:
            yield connection
        except sqlite3.DatabaseError as fault:
            raise StoreUnavailable(
                f"the index of labels is damaged ({fault})",
                where=str(folder),
                fix="Remove that folder: it is a copy and is made again.",
            ) from fault


def stands(graph: Graph) -> bool:
    """Whether the index of the graph's snapshot is there."""
    return _usable(folder_of(graph), graph.snapshot)


def folder_of(graph: Graph) -> Path:
    """Where the index of the graph's snapshot stands."""
    from mcgraph.store import derived

    return derived.place(graph.path, "search", f"{graph.snapshot}-v{VERSION}")


def _usable(folder: Path, snapshot: str) -> bool:
    from mcgraph.store import derived

    about = derived.stamp(folder, whole=False)
    return about is not None and (about.get("version"), about.get("snapshot")) == (VERSION, snapshot)


@contextmanager
def _in_passing(graph: Graph) -> Iterator[sqlite3.Connection]:
    import tempfile

    with tempfile.TemporaryDirectory(prefix="mcgraph-search-") as name:
        build(graph, Path(name))
        with closing(_connect(Path(name) / FILE)) as connection:
            yield connection


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
    connection.execute("PRAGMA mmap_size = 1000000000")
    return connection


def build(graph: Graph, folder: Path) -> None:
    """Write the index of the graph's snapshot into `folder`."""
    import polars as pl

    from mcgraph.search.labels import kinds_of, labels_of

    found = labels_of(graph).filter(pl.col("text").str.strip_chars().str.len_chars() > 0)
    texts = (
        found.select("text", "language")
        .unique()
        .with_columns(pl.col("text").str.len_chars().alias("size"))
        .sort("size", "text", "language")
        .drop("size")
        .with_row_index("label", 1)
    )
    subjects = found.select("subject").unique().sort("subject").with_row_index("id", 1)
    kinds = (
        kinds_of(graph)
        .join(subjects.select("subject"), on="subject", how="semi")
        .group_by("subject")
        .agg(pl.col("kind").sort().str.join(" ").alias("kinds"))
    )
    with closing(sqlite3.connect(folder / FILE)) as connection:
        connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -200000;")
        connection.executescript(_TABLES)
        with connection:
            _fill_things(connection, found, texts, subjects.join(kinds, on="subject", how="left").sort("id"))
            _fill_words(connection, texts)
        for name in ("words", "grams"):
            connection.execute(f"INSERT INTO {name}({name}) VALUES ('optimize')")
        connection.commit()


def _fill_things(
    connection: sqlite3.Connection, found: pl.DataFrame, texts: pl.DataFrame, subjects: pl.DataFrame
) -> None:
    import polars as pl

    properties = found.select("property").unique().sort("property").with_row_index("pid", 1)
    bearers = (
        found.join(texts, on=["text", "language"])
        .join(properties, on="property")
        .join(subjects.select("id", "subject"), on="subject")
        .select("label", "pid", "id")
        .sort("label", "pid", "id")
    )
    connection.executemany("INSERT INTO label VALUES (?, ?, ?)", texts.select("label", "text", "language").iter_rows())
    typed = subjects.select("id", "subject", pl.col("kinds").fill_null(""))
    connection.executemany("INSERT INTO subject VALUES (?, ?, ?)", typed.iter_rows())
    connection.executemany("INSERT INTO property VALUES (?, ?)", properties.select("pid", "property").iter_rows())
    connection.executemany("INSERT INTO bearer VALUES (?, ?, ?)", bearers.iter_rows())


def _fill_words(connection: sqlite3.Connection, texts: pl.DataFrame) -> None:
    """The words of each label, then each different word with how many labels have it."""
    seen: Counter[str] = Counter()

    def folded() -> Iterator[tuple[int, str]]:
        for number, text in texts.select("label", "text").iter_rows():
            mine = words(text)
            seen.update(set(mine))
            yield number, " ".join(mine)

    connection.executemany("INSERT INTO words(rowid, text) VALUES (?, ?)", folded())
    terms = [(number, word, seen[word]) for number, word in enumerate(sorted(seen), 1)]
    connection.executemany("INSERT INTO term VALUES (?, ?, ?)", terms)
    # A number with a typing error is another number: only words without digits are guessed at.
    connection.executemany(
        "INSERT INTO grams(rowid, runs) VALUES (?, ?)",
        ((number, " ".join(grams(word))) for number, word, _ in terms if not any(mark.isdigit() for mark in word)),
    )
