"""From what somebody types to the things they may mean, the likeliest first.

Each typed word becomes words of the index: itself, longer ones that begin with it, ones it is a part of, and, where
it is not there at all, ones that are spelled nearly so. A label is found when it has one of them for every typed word;
where none has, labels with the most of the typed words are given and that is said.

Nearly: at most one change in a word of four to eight letters, at most two in a longer one (Damerau and Levenshtein:
a letter missing, too many, another, or two swapped). A change touches at most four of a word's runs of three letters,
so a word within `e` changes shares one of any `4e + 1` of them: the rarest are looked up, the rest compared exactly.
"""

from __future__ import annotations

import itertools
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcgraph.errors import LimitReached, WrongUse
from mcgraph.search.words import grams, words

if TYPE_CHECKING:
    from mcgraph.limits import Limits
    from mcgraph.model.answer import Answer
    from mcgraph.store.graph import Graph

COLUMNS = ("label", "language", "property", "kind", "iri", "match")
METHOD = "labels with all words (exact, beginning, part, or nearly so), nearest first"
# Most words of the index that stand for one typed word, and most labels that are compared with the whole text.
_STAND_INS = 24
_COMPARED = 200
_ENOUGH = 20
_RUNS_READ = 60_000
# How many steps of SQLite pass before the clock is looked at: some tenths of a millisecond.
_STEPS = 10_000
# Where the signs of Chinese, Japanese and Korean begin.
_IDEOGRAPHS = "\u2e80"
_OF_KIND = "instr(' ' || subject.kinds || ' ', ' ' || ? || ' ') > 0"


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of the index in the place of a typed one: how near it is (1 = the same), and in how many labels."""

    word: str
    nearness: float
    labels: int


def search(
    graph: Graph, text: str, *, language: str = "", kind: str = "", limit: int = 20, limits: Limits | None = None
) -> Answer:
    """The things whose labels match `text`, as an answer with the columns of `COLUMNS`; `match` is 0 to 1.

    `language` keeps labels in one language (a tag such as `de`; `de` also keeps `de-AT`), `kind` things of a class
    (`Credential`, a prefixed name or an IRI). `limit` is the most things given; where there are more, the answer is
    marked as truncated. Of a text with many words the first are searched, and the others are named.

    Raises `WrongUse` for a text without a letter or digit, or too long, and for a class that is none; `LimitReached`
    where the labels are not found within `limits.query_seconds`.
    """
    from mcgraph import __version__
    from mcgraph.limits import Limits
    from mcgraph.model.answer import IRI_TYPE, STRING_TYPE, Answer
    from mcgraph.model.namespaces import shorten
    from mcgraph.search.index import open_index

    limits = limits or Limits.from_environment()
    most = limits.search_characters
    if len(text) > most:
        raise WrongUse(f"the text to search has {len(text):,} characters; at most {most:,} are searched")
    typed = list(dict.fromkeys(words(text)))
    if not typed:
        raise WrongUse("there is no letter or digit to search for", fix="Give a word or two of a label.")
    typed, left_out = typed[: limits.search_words], typed[limits.search_words :]
    wanted = class_iri(kind)
    begun = time.perf_counter()
    with open_index(graph) as index:
        begun = time.perf_counter()
        with _ended_after(index, limits.query_seconds) as in_time:
            found, notes = _find(index, typed, language.lower(), wanted, limit + 1, in_time)
            if wanted and not found and not _is_there(index, wanted):
                notes.append(f"nothing with a label is of the class {shorten(wanted)}")
    if left_out:
        notes.append(f"only the first {len(typed)} words are searched; left out: {' '.join(left_out)}")
    types = tuple(
        (f"@{row[1]}" if row[1] else STRING_TYPE, STRING_TYPE, IRI_TYPE, IRI_TYPE, IRI_TYPE, STRING_TYPE)
        for row in found
    )
    return Answer(
        columns=COLUMNS,
        rows=tuple(found[:limit]),
        types=types[:limit],
        snapshot=graph.snapshot,
        name="search",
        query=METHOD,
        parameters={"text": text, "language": language, "kind": kind},
        versions={"mcgraph": __version__},
        warnings=tuple(notes),
        truncated=len(found) > limit,
        limit="limit" if len(found) > limit else "",
        seconds=time.perf_counter() - begun,
    )


@contextmanager
def _ended_after(index: sqlite3.Connection, seconds: float) -> Iterator[Callable[[], None]]:
    """Give a search so many seconds: SQLite is interrupted then, and what is called between its queries raises.

    Raises `LimitReached`.
    """
    end = time.monotonic() + seconds

    def is_over() -> bool:
        return time.monotonic() > end

    def in_time() -> None:
        if is_over():
            raise _too_long(seconds)

    index.set_progress_handler(is_over, _STEPS)
    try:
        yield in_time
    except sqlite3.OperationalError:
        if is_over():
            raise _too_long(seconds) from None
        raise
    finally:
        index.set_progress_handler(None, 0)


def _too_long(seconds: float) -> LimitReached:
    return LimitReached(
        f"the search was stopped after {seconds:g} s", fix="Search for fewer or longer words.", limit="query_seconds"
    )


def class_iri(kind: str) -> str:
    """The IRI of a class given by its name in the model, a prefixed name or an IRI; "" for none.

    Raises `WrongUse` for a prefix nobody knows.
    """
    from mcgraph.model.namespaces import MC, PREFIXES, expand

    bare = kind.removeprefix("<").removesuffix(">")
    prefix, colon, _ = bare.partition(":")
    if not colon:
        return MC + bare if bare else ""
    if prefix in PREFIXES:
        return expand(bare)
    if bare != kind or "://" in bare or prefix == "urn":
        return bare
    raise WrongUse(
        f"«{kind[:80]}» is no class: «{prefix[:40]}» is none of our prefixes",
        fix="Give a name such as Credential, a prefixed name such as mc:Credential, or an IRI.",
    )


def _find(
    index: sqlite3.Connection,
    typed: Sequence[str],
    language: str,
    kind: str,
    most: int,
    in_time: Callable[[], None],
) -> tuple[list[tuple[str | None, ...]], list[str]]:
    stand_ins = []
    for word in typed:
        in_time()
        stand_ins.append(_stand_ins(index, word))
    notes = [f"nothing is spelled like «{word}»" for word, found in zip(typed, stand_ins, strict=True) if not found]
    for word, found in zip(typed, stand_ins, strict=True):
        if found and all(each.nearness < 0.8 for each in found) and not any(word in each.word for each in found):
            notes.append(f"«{word}» is in no label; spelled nearly so: {', '.join(each.word for each in found[:3])}")
    known = [found for found in stand_ins if found]
    if not known:
        return [], notes
    rows: list[tuple[str | None, ...]] = []
    same = [[each for each in found if each.nearness == 1] for found in known]
    for size in range(len(known), 0, -1):
        # Labels with the very words first: they fit best, and often they are enough.
        if size == len(known) and all(same):
            rows += _labels(index, same, typed, language, kind, most, in_time)
        if len({row[4] for row in rows}) < most:
            for chosen in itertools.islice(itertools.combinations(known, size), 8):
                rows += _labels(index, chosen, typed, language, kind, most, in_time)
        if rows:
            if size < len(typed) and not notes:
                notes.append(f"no label has all {len(typed)} words; these have {size}")
            break
    rows.sort(key=lambda row: (-float(row[5] or 0), len(row[0] or ""), row[0] or "", row[4] or "", row[2] or ""))
    # A thing is given once, by the label that fits best.
    best = list({row[4]: row for row in reversed(rows)}.values())
    return best[::-1][:most], notes


def _labels(
    index: sqlite3.Connection,
    chosen: Sequence[Sequence[_Word]],
    typed: Sequence[str],
    language: str,
    kind: str,
    most: int,
    in_time: Callable[[], None],
) -> list[tuple[str | None, ...]]:
    """The things whose labels have a word of each list, scored; the shortest labels are read first."""
    in_time()
    match = " AND ".join("(" + " OR ".join(f'"{each.word}"' for each in found) + ")" for found in chosen)
    conditions, values = ["words MATCH ?"], [match]
    if language:
        conditions.append("substr(lower(label.language) || '-', 1, length(?) + 1) = ? || '-'")
        values += [language, language]
    numbers = index.execute(
        "SELECT label.id, label.text, label.language FROM words JOIN label ON label.id = words.rowid "
        f"WHERE {' AND '.join(conditions)} LIMIT {_COMPARED}",
        values,
    ).fetchall()
    nearness = {each.word: each.nearness for found in chosen for each in found}
    scored = sorted(((_score(text, typed, nearness), number, text, tag) for number, text, tag in numbers), reverse=True)
    rows: list[tuple[str | None, ...]] = []
    things: set[str] = set()
    for score, number, text, tag in scored:
        in_time()
        for iri, kinds, by in _bearers(index, number, kind, most):
            rows.append((text, tag, by, _kind(kinds), iri, f"{score:.2f}"))
            things.add(iri)
        if len(things) >= most:
            break
    return rows


def _bearers(index: sqlite3.Connection, label: int, kind: str, most: int) -> list[tuple[str, str, str]]:
    condition = f"AND {_OF_KIND}" if kind else ""
    return index.execute(
        "SELECT subject.iri, subject.kinds, property.iri FROM bearer "
        "JOIN subject ON subject.id = bearer.subject JOIN property ON property.id = bearer.property "
        f"WHERE bearer.label = ? {condition} ORDER BY bearer.property, bearer.subject LIMIT ?",
        (label, kind, most) if kind else (label, most),
    ).fetchall()


def _is_there(index: sqlite3.Connection, kind: str) -> bool:
    return index.execute(f"SELECT 1 FROM subject WHERE {_OF_KIND} LIMIT 1", (kind,)).fetchone() is not None


def _kind(kinds: str) -> str:
    """The class that tells most: the first that is one of the model's own, and not the general one."""
    from mcgraph.model.namespaces import MC

    said = kinds.split(" ")
    ours = [iri for iri in said if iri.startswith(MC)]
    telling = [iri for iri in ours if iri not in (MC + "Credential", MC + "Organisation", MC + "Agent")]
    return (telling or ours or said)[0]


def _score(text: str, typed: Sequence[str], nearness: dict[str, float]) -> float:
    """How well a label fits, 0 to 1: its words against the typed ones, both ways."""
    have = words(text)
    if not have:
        return 0.0
    hits = [nearness.get(word, 0.0) for word in have]
    covered = sum(sorted(hits, reverse=True)[: len(typed)]) / len(typed)
    return round(0.8 * covered + 0.2 * sum(hits) / len(have), 4)


def _stand_ins(index: sqlite3.Connection, typed: str) -> list[_Word]:
    """The words of the index a typed word may stand for, the nearest first."""
    found: dict[str, _Word] = {}
    # U+10FFFF is above every letter: the words that begin with the typed one are one stretch of the index of words.
    beginning = index.execute(
        "SELECT word, labels FROM term WHERE word >= ? AND word < ? ORDER BY word LIMIT 2000",
        (typed, typed + "\U0010ffff"),
    ).fetchall()
    for word, labels in sorted(beginning, key=lambda one: (len(one[0]), one[0]))[:_STAND_INS]:
        found[word] = _Word(word, 1.0 if word == typed else 0.95 - 0.1 * (1 - len(typed) / len(word)), labels)
    if (len(typed) >= 3 or _without_spaces(typed)) and len(found) < _STAND_INS:
        for each in _holding(index, typed):
            found.setdefault(each.word, each)
    # A word that is there, or inside words of many labels, is no slip.
    well_known = typed in found or sum(each.labels for each in found.values()) >= _ENOUGH
    if not well_known and not any(mark.isdigit() for mark in typed):
        for each in _nearly(index, typed):
            found.setdefault(each.word, each)
    return sorted(found.values(), key=lambda one: (-one.nearness, -one.labels, one.word))[:_STAND_INS]


def _holding(index: sqlite3.Connection, typed: str) -> list[_Word]:
    """Words that have the typed one inside them, as German and Finnish compounds do."""
    runs = [typed[start : start + 3] for start in range(len(typed) - 2)]
    if runs:
        rows = index.execute(
            "SELECT term.word, term.labels FROM grams JOIN term ON term.id = grams.rowid "
            "WHERE grams MATCH ? AND instr(term.word, ?) > 0 LIMIT 200",
            (" AND ".join(f'"{run}"' for run in dict.fromkeys(runs)), typed),
        ).fetchall()
    else:
        rows = index.execute(
            "SELECT word, labels FROM term WHERE word > ? AND instr(word, ?) > 0 LIMIT 200", (_IDEOGRAPHS, typed)
        ).fetchall()
    near = [_Word(word, 0.85 - 0.25 * (1 - len(typed) / len(word)), labels) for word, labels in rows]
    return sorted(near, key=lambda one: (-one.nearness, one.word))


def _swapped(index: sqlite3.Connection, typed: str) -> list[tuple[str, int]]:
    """Words with two neighbours swapped: in a word of four letters that may touch every one of its runs."""
    tried = [typed[:at] + typed[at + 1] + typed[at] + typed[at + 2 :] for at in range(len(typed) - 1)]
    marks = ",".join("?" * len(tried))
    return index.execute(f"SELECT word, labels FROM term WHERE word IN ({marks})", tried).fetchall()


def _without_spaces(typed: str) -> bool:
    """Whether the script writes words of one or two signs with no space around them, as Chinese and Japanese do."""
    return all(mark >= _IDEOGRAPHS for mark in typed)


def _nearly(index: sqlite3.Connection, typed: str) -> list[_Word]:
    """Words within one or two changes of the typed one."""
    from rapidfuzz.distance import OSA

    if len(typed) < 4:
        return []
    changes = 1 if len(typed) < 9 else 2
    runs = dict.fromkeys(grams(typed))
    marks = ",".join("?" * len(runs))
    counts = dict(index.execute(f"SELECT term, doc FROM gram WHERE term IN ({marks})", list(runs)).fetchall())
    # A run in no word is as rare as can be: it counts towards the runs of which one must be shared.
    rarest = sorted(runs, key=lambda run: counts.get(run, 0))[: 4 * changes + 1]
    chosen: list[str] = []
    read = 0
    for run in rarest:
        read += counts.get(run, 0)
        if read > _RUNS_READ and chosen:
            break
        if run in counts:
            chosen.append(run)
    rows = _swapped(index, typed) if len(typed) == 4 else []
    if chosen:
        rows += index.execute(
            "SELECT term.word, term.labels FROM grams JOIN term ON term.id = grams.rowid "
            "WHERE grams MATCH ? AND length(term.word) BETWEEN ? AND ?",
            (" OR ".join(f'"{run}"' for run in chosen), len(typed) - changes, len(typed) + changes),
        ).fetchall()
    near = []
    for word, labels in dict.fromkeys(rows):
        distance = OSA.distance(typed, word, score_cutoff=changes)
        if distance <= changes:
            near.append(_Word(word, 0.8 * (1 - distance / len(typed)), labels))
    return sorted(near, key=lambda one: (-one.nearness, -one.labels, one.word))
