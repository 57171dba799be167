"""A survey of a million respondents and fifty questions: file → weighted tables with intervals, beside pandas.

The answers are invented. They are written as the CSV file a survey platform exports; both sides read that file and
make the same tables: each question with options by group, weighted. pandas counts shares only: it has no base, no
missing share, no interval and hides nothing.
"""

from __future__ import annotations

import resource
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.measuring import timed

SINGLE, SCALES, SEVERAL, NUMERIC = 25, 12, 8, 5
GROUPS = ("provider", "employer", "learner", "agency", "union")
LANDS = ("IRL", "FIN", "FRA", "DEU", "ITA", "ESP", "PRT", "POL")
_NOT_SAID = 0.08


def write_survey(size: int, folder: Path, seed: int = 1) -> Path:
    """The response file and its codebook; options are chosen with very different frequencies, and some not said."""
    chance = np.random.default_rng(seed)

    def drawn(values: tuple[str, ...], missing: float = _NOT_SAID) -> pl.Series:
        likely = 1 / np.arange(1, len(values) + 1) ** 1.5
        at = chance.choice(len(values), size, p=likely / likely.sum()).astype(np.uint32)
        said = pl.Series(values, dtype=pl.String).gather(at)
        return pl.select(pl.when(pl.Series(chance.random(size) >= missing)).then(said)).to_series()

    columns = {
        "respondent": pl.Series([f"r{i}" for i in range(size)]), "grp": drawn(GROUPS, 0.01), "land": drawn(LANDS, 0.01),
        "w": pl.Series(np.round(chance.uniform(0.4, 2.5, size), 3)).cast(pl.String),
    }  # fmt: skip
    book = ["survey: bench", "synthetic: true",
            "respondent: {id: respondent, group: grp, country: land, weight: w}", "questions:"]  # fmt: skip
    for at in range(SINGLE):
        codes = tuple(f"a{n}" for n in range(3 + at % 6))
        columns[f"s{at}"] = drawn(codes)
        book.append(f"  s{at}: {{column: s{at}, type: single, options: {{{_listed(codes)}}}}}")
    for at in range(SCALES):
        columns[f"l{at}"] = drawn(("3", "4", "2", "5", "1"))
        book.append(f"  l{at}: {{column: l{at}, type: likert, options: {{{_listed('12345')}}}}}")
    for at in range(SEVERAL):
        columns[f"m{at}"] = drawn(("a", "b", "a;b", "c", "b;c", "a;b;c", "d", "a;d"))
        book.append(f"  m{at}: {{column: m{at}, type: multiple, options: {{{_listed('abcd')}}}}}")
    for at in range(NUMERIC):
        values = pl.Series(chance.integers(1, 400, size)).cast(pl.String)
        shown = pl.Series(chance.random(size) >= _NOT_SAID)
        columns[f"n{at}"] = pl.select(pl.when(shown).then(values)).to_series()
        book.append(f"  n{at}: {{column: n{at}, type: numeric}}")
    pl.DataFrame(columns).write_csv(folder / "answers.csv")
    (folder / "answers.codebook.yaml").write_text("\n".join(book) + "\n", encoding="utf-8")
    return folder / "answers.csv"


def _listed(codes: tuple[str, ...] | str) -> str:
    return ", ".join(f'"{code}": {{en: Option {code}}}' for code in codes)


def measure(size: int, shared: Path | None = None) -> dict[str, Any]:
    """The figures of one run on `size` invented respondents."""
    del shared
    from mcgraph.survey.codebook_file import read_codebook
    from mcgraph.survey.table import make_table
    from mcgraph.survey.wave import read_wave

    figures: dict[str, Any] = {"respondents": size, "questions": SINGLE + SCALES + SEVERAL + NUMERIC}
    with tempfile.TemporaryDirectory(prefix="mcgraph-synthetic-") as name:
        file = write_survey(size, Path(name))
        figures["file_mb"] = round(file.stat().st_size / 1e6, 1)
        book = read_codebook(file.with_name("answers.codebook.yaml"))
        wave = timed(figures, "read", lambda: read_wave(file, book))
        parts = [question.id for question in book.parts()]
        made = timed(
            figures, "tables_by_group_weighted",
            lambda: {one: make_table(wave, one, by=["group"], weight="weight") for one in parts},
        )  # fmt: skip
        again = [*parts]
        timed(figures, "again", lambda: [make_table(wave, one, by=["group"], weight="weight") for one in again])
        crossed = timed(figures, "one_by_group_and_country", lambda: make_table(wave, "s5", by=["group", "country"]))
        figures["hidden_cells"] = sum(table.hidden for table in made.values()) + crossed.hidden
        figures["findings"] = len(wave.findings)
        figures["rss_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        figures["peers"] = {"pandas, weighted shares only": _pandas(file, made, figures)}
    return figures


def _pandas(file: Path, made: dict[str, Any], ours: dict[str, Any]) -> dict[str, Any]:
    """The same weighted shares by pandas, and whether they are the same wherever ours are shown."""
    try:
        import pandas
    except ImportError:
        return {"reason": "pandas is not installed"}
    figures: dict[str, Any] = {}
    frame = timed(figures, "read", lambda: pandas.read_csv(file, dtype=str, keep_default_na=False, na_values=[""]))
    frame["w"] = frame["w"].astype(float)

    def shares() -> dict[str, Any]:
        found = {}
        for name, table in made.items():
            if table.question.type == "numeric":
                numbers = frame[name].astype(float)
                weighted = (numbers * frame["w"]).groupby(frame["grp"]).sum()
                found[name] = weighted / frame["w"].where(numbers.notna()).groupby(frame["grp"]).sum()
            elif table.question.type == "multiple":
                marks = frame[name].str.get_dummies(sep=";").where(frame[name].notna()).mul(frame["w"], axis=0)
                base = frame["w"].where(frame[name].notna()).groupby(frame["grp"]).sum()
                found[name] = marks.groupby(frame["grp"]).sum().div(base, axis=0).T
            else:
                found[name] = pandas.crosstab(frame[name], frame["grp"], frame["w"], aggfunc="sum", normalize="columns")
        return found

    theirs = timed(figures, "tables_by_group_weighted", shares)
    seconds = ours["read_seconds"] + ours["tables_by_group_weighted_seconds"]
    figures["ratio"] = round((figures["read_seconds"] + figures["tables_by_group_weighted_seconds"]) / seconds, 2)
    figures["same_result"] = all(_is_same(table, theirs[name]) for name, table in made.items())
    return figures


def _is_same(table: Any, theirs: Any) -> bool:
    """Whether every share or mean that is shown is theirs, to nine places."""
    for column in table.groups:
        if column.code == "":
            continue
        if table.question.type == "numeric":
            if column.summary is not None and abs(column.summary.mean - theirs[column.code]) > 1e-6:
                return False
            continue
        for cell in column.cells:
            given = theirs[column.code].get(cell.code, 0.0)
            if cell.share is not None and abs(cell.share - given) > 1e-9:
                return False
    return True
