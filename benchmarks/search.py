"""Search over labels: making the index, then words, parts of words and words with a slip, beside two plain ways.

The labels are invented: words made of syllables, as frequent as words are (Zipf), four to a label, in six languages by
tag. Written as the batch file of a store; the triple index is not built, nothing here asks it.
"""

from __future__ import annotations

import random
import sqlite3
import statistics
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import numpy as np
import polars as pl

from mcgraph.model.namespaces import MC, RDF_TYPE
from mcgraph.store.graph import Graph

LANGUAGES = ("en", "de", "fr", "pl", "fi", "et")
WORDS = 60_000
QUESTIONS = 400
SLOW_QUESTIONS = 5


class Files:
    """What the index of labels needs of a store; nothing is asked of the triple index."""

    def __init__(self, path: Path) -> None:
        from mcgraph.store.manifest import Manifest, Submission

        known = Submission("bench", "made", {}, "bench", 0, 0, {}, False, "2026-01-01T00:00:00Z", synthetic=True)
        self.path = path
        self.snapshot = "s-bench"
        self.manifest = Manifest(1, self.snapshot, submissions=(known,))

    def rows(self, sparql: str) -> list[tuple[str | None, ...]]:
        """No model here."""
        return []


def measure(size: int, shared: Path) -> dict[str, Any]:
    """Seconds to make the index, milliseconds per search by kind of question, and the same questions to the peers."""
    del shared
    from mcgraph.search.index import FILE, folder_of, open_index
    from mcgraph.search.lookup import search

    with tempfile.TemporaryDirectory(prefix="mcgraph-bench-") as name:
        labels = _write(Path(name), size)
        graph = cast(Graph, Files(Path(name)))
        begun = time.perf_counter()
        with open_index(graph):
            built = time.perf_counter() - begun
        path = folder_of(graph) / FILE
        search(graph, "warm")
        figures = {
            kind: _times(lambda text: search(graph, text), questions) for kind, questions in _questions(labels).items()
        }
        found = _found(graph, labels)
        peers = _peers(Path(name), labels)
        megabytes = path.stat().st_size / 1e6
    return {
        "labels": len(labels),
        "seconds_to_build": round(built, 1),
        "index_mb": round(megabytes),
        "milliseconds": figures,
        "found": found,
        "peers": peers,
    }


def _write(root: Path, size: int) -> list[str]:
    draw = random.Random(3)
    syllables = [a + b for a in "bdfgklmnprstvz" for b in ("a", "e", "i", "o", "u", "än", "ów", "er")]
    vocabulary = sorted({"".join(draw.choices(syllables, k=draw.randint(2, 4))) for _ in range(WORDS)})
    draw.shuffle(vocabulary)
    picked = np.random.default_rng(3).zipf(1.2, size * 4) % len(vocabulary)
    labels = [" ".join(vocabulary[i] for i in row) for row in picked.reshape(size, 4)]
    subjects = pl.Series([f"https://w3id.org/mcgraph/id/bench/credential/{i}" for i in range(size)])
    language = pl.Series([LANGUAGES[i % len(LANGUAGES)] for i in range(size)])
    about = {"datatype": pl.lit(""), "table": pl.lit(0), "column": pl.lit(0)}
    titles = pl.DataFrame({"s": subjects, "o": labels, "lang": language}).with_columns(
        p=pl.lit(MC + "title"), kind=pl.lit("literal"), **about
    )
    classes = pl.DataFrame({"s": subjects}).with_columns(
        o=pl.lit(MC + "Credential"), lang=pl.lit(""), p=pl.lit(RDF_TYPE), kind=pl.lit("iri"), **about
    )
    folder = root / "batches" / "made"
    folder.mkdir(parents=True)
    columns = ("p", "s", "o", "kind", "datatype", "lang")
    pl.concat([titles.select(columns), classes.select(columns)]).write_parquet(folder / "triples.parquet")
    return labels


def _questions(labels: list[str]) -> dict[str, list[str]]:
    """Two words of a label; the beginning of one; a part of one; two words, each with a slip."""
    draw = random.Random(4)
    some = [draw.choice(labels).split() for _ in range(QUESTIONS)]
    return {
        "two words": [" ".join(draw.sample(words, 2)) for words in some],
        "beginning": [draw.choice(words)[:4] for words in some],
        "part": [max(words, key=len)[2:] for words in some],
        "with slips": [" ".join(_slip(word, draw) for word in draw.sample(words, 2)) for words in some],
    }


def _slip(word: str, draw: random.Random) -> str:
    at = draw.randrange(1, max(2, len(word) - 1))
    return word[:at] + word[at + 1 :] if len(word) > 5 else word


def _times(ask: Any, questions: list[str]) -> dict[str, float]:
    taken = []
    for text in questions:
        begun = time.perf_counter()
        ask(text)
        taken.append((time.perf_counter() - begun) * 1000)
    centiles = statistics.quantiles(taken, n=100)
    return {"median": round(centiles[49], 2), "p95": round(centiles[94], 2), "max": round(max(taken), 1)}


def _found(graph: Graph, labels: list[str]) -> dict[str, float]:
    """How often a whole label, typed with one slip in its longest word, is the first thing found."""
    from mcgraph.search.lookup import search

    draw = random.Random(5)
    hits = 0
    some = draw.sample(labels, min(200, len(labels)))
    for label in some:
        longest = max(label.split(), key=len)
        answer = search(graph, label.replace(longest, _slip(longest, draw), 1))
        hits += any(row[0] == label for row in answer.rows[:5])
    return {"tried": len(some), "in_first_five": hits}


def _peers(folder: Path, labels: list[str]) -> dict[str, Any]:
    """A trigram table over whole labels (SQLite), and every label compared with the text (rapidfuzz)."""
    from rapidfuzz import fuzz, process

    questions = _questions(labels)["with slips"][:SLOW_QUESTIONS]
    path = folder / "trigram.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;")
        connection.execute("CREATE VIRTUAL TABLE t USING fts5(text, tokenize='trigram')")
        begun = time.perf_counter()
        connection.executemany("INSERT INTO t(text) VALUES (?)", ((label,) for label in labels))
        connection.commit()
        built = time.perf_counter() - begun

        def trigrams(text: str) -> None:
            runs = {word[i : i + 3] for word in text.split() for i in range(len(word) - 2)}
            match = " OR ".join(f'"{run}"' for run in sorted(runs))
            connection.execute("SELECT text FROM t WHERE t MATCH ? ORDER BY rank LIMIT 20", (match,)).fetchall()

        fts = _times(trigrams, questions)
    fuzzy = _times(lambda text: process.extract(text, labels, scorer=fuzz.token_set_ratio, limit=20), questions)
    return {
        "SQLite FTS5 trigram over whole labels": {"seconds_to_build": round(built, 1), "milliseconds": fts},
        "rapidfuzz over every label": {"milliseconds": fuzzy},
    }
