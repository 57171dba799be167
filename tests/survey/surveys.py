"""Small surveys for tests: a codebook and answers as text, read as a wave."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mcgraph.survey.codebook_file import read_codebook
from mcgraph.survey.wave import Wave, read_wave


def wave_of(folder: Path, book: str, answers: str, name: str = "s") -> Wave:
    """A wave from the text of a codebook and of a CSV file."""
    (folder / f"{name}.csv").write_text(answers, encoding="utf-8")
    (folder / f"{name}.codebook.yaml").write_text(book, encoding="utf-8")
    return read_wave(folder / f"{name}.csv", read_codebook(folder / f"{name}.codebook.yaml"))


def counted(folder: Path, cells: Sequence[Sequence[int]], kind: str = "single", missing: Sequence[int] = ()) -> Wave:
    """A wave whose table has these counts: `cells[group][option]` responses, and `missing[group]` without an answer."""
    options = [f"o{at}" for at in range(len(cells[0]))]
    lines = ["grp,q"]
    for at, row in enumerate(cells):
        for option, count in zip(options, row, strict=True):
            lines += [f"g{at},{option}"] * count
        lines += [f"g{at},"] * (missing[at] if missing else 0)
    listed = ", ".join(f"{one}: {{en: {one}}}" for one in options)
    book = (
        "survey: s\nrespondent: {group: grp}\nquestions:\n"
        f"  q: {{column: q, type: {kind}, text: {{en: Which}}, options: {{{listed}}}}}\n"
    )
    return wave_of(folder, book, "\n".join(lines) + "\n")
