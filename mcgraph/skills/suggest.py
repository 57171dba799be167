"""Which skill a learning outcome speaks of, by its label: suggestions with a confidence, never facts.

Texts are compared within a language; a text without one is compared with all. A text that reads as a label is an exact
match; else the words of both are compared in any order (rapidfuzz's token sort ratio), and only what is close is told.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import polars as pl

from mcgraph.errors import WrongUse
from mcgraph.model.review import Link, by_rank
from mcgraph.skills.labels import Texts

EXACT, ALTERNATIVE, FUZZY = "exact-label", "exact-alternative-label", "fuzzy-label"
# An alternative label names a skill less surely than the preferred one; a near match never as surely as an exact one.
_SURE = {EXACT: 1.0, ALTERNATIVE: 0.97}
_FUZZY_MOST = 0.95
_AT_ONCE = 500


def suggest(texts: Texts, *, at_least: float = 0.8, most: int = 3) -> tuple[Link, ...]:
    """The likeliest skills of each learning outcome, at most `most` of them with a confidence of `at_least`.

    Raises `WrongUse` where `at_least` is not between 0 and 1 or `most` is below 1.
    """
    if not 0 < at_least <= 1 or most < 1:
        raise WrongUse("the least confidence lies between 0 and 1, and at least one skill is told")
    best: dict[tuple[str, str], Link] = {}
    for link in (*_exact(texts), *_fuzzy(texts, at_least)):
        known = best.get(link.pair)
        if link.confidence >= at_least and (known is None or link.confidence > known.confidence):
            best[link.pair] = link
    kept: list[Link] = []
    counts: dict[str, int] = {}
    for link in by_rank(best.values()):
        counts[link.subject] = counts.get(link.subject, 0) + 1
        if counts[link.subject] <= most:
            kept.append(link)
    return tuple(kept)


def _same_language(left: str, right: str) -> pl.Expr:
    def base(name: str) -> pl.Expr:
        return pl.col(name).str.split("-").list.first()

    return (pl.col(left) == "") | (pl.col(right) == "") | (base(left) == base(right))


def _exact(texts: Texts) -> Iterable[Link]:
    joined = texts.outcomes.join(texts.skills, on="key", suffix="_skill").filter(_same_language("lang", "lang_skill"))
    for row in joined.iter_rows(named=True):
        method = EXACT if row["rank_skill"] == "preferred" else ALTERNATIVE
        yield Link(row["iri"], row["iri_skill"], _SURE[method], method, row["text"], row["text_skill"])


def _fuzzy(texts: Texts, at_least: float) -> Iterable[Link]:
    from rapidfuzz import fuzz, process

    for lang in sorted(set(texts.outcomes.get_column("lang"))):
        outcomes = texts.outcomes.filter(pl.col("lang") == lang)
        skills = texts.skills
        if lang:
            base = lang.split("-")[0]
            skills = skills.filter((pl.col("lang") == "") | (pl.col("lang").str.split("-").list.first() == base))
        keys = outcomes.get_column("key").unique().sort()
        labels = [" ".join(sorted(key.split())) for key in skills.get_column("key")]
        rows = skills.select("iri", "text").rows()
        by_key = outcomes.partition_by("key", as_dict=True)
        cutoff = 100 * at_least / _FUZZY_MOST
        for start in range(0, len(keys), _AT_ONCE):
            part = keys[start : start + _AT_ONCE].to_list()
            words = [" ".join(sorted(key.split())) for key in part]
            scores = process.cdist(words, labels, scorer=fuzz.ratio, score_cutoff=cutoff, workers=-1, dtype=np.float32)
            for at, number in zip(*np.nonzero(scores), strict=True):
                confidence = round(float(scores[at, number]) / 100 * _FUZZY_MOST, 3)
                skill, label = rows[int(number)]
                for iri, text in by_key[(part[int(at)],)].select("iri", "text").iter_rows():
                    yield Link(iri, skill, confidence, FUZZY, text, label)
