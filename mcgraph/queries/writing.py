"""An answer as a file, in the format its name ends with."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from mcgraph.errors import WrongUse
from mcgraph.model.answer import Answer

_AS_TEXT: dict[str, Callable[[Answer], str]] = {
    # The mark at the start lets a spreadsheet know the text is UTF-8.
    ".csv": lambda answer: "\ufeff" + answer.to_csv(),
    ".tsv": Answer.to_tsv,
    ".json": lambda answer: json.dumps(answer.to_json(), ensure_ascii=False, indent=2) + "\n",
    ".md": Answer.to_markdown,
    ".html": Answer.to_html,
    ".ttl": Answer.to_ntriples,
    ".nt": Answer.to_ntriples,
}
SUFFIXES = (*_AS_TEXT, ".parquet")


def check_output(output: Path | None, force: bool, suffixes: tuple[str, ...] = SUFFIXES) -> None:
    """Refuse a file that exists, or a format nobody writes, before any work is done.

    Raises `WrongUse` with what to do.
    """
    if output is None:
        return
    if output.suffix.lower() not in suffixes:
        raise WrongUse(f"no format is known for «{output.name}»", fix=f"Use one of {' '.join(suffixes)}.")
    if output.exists() and not force:
        raise WrongUse(f"{output} exists already", fix="Give another name, or --force to overwrite it.")
    if not output.parent.is_dir():
        raise WrongUse(f"the folder {output.parent} does not exist")


def write_answer(answer: Answer, output: Path) -> None:
    """Write the answer; the suffix decides the format.

    Raises `WrongUse` for a file that cannot be written, and for a table as triples.
    """
    suffix = output.suffix.lower()
    try:
        if suffix == ".parquet":
            from mcgraph.model.frames import write_parquet

            write_parquet(answer, output)
        else:
            output.write_text(_AS_TEXT[suffix](answer), encoding="utf-8", newline="")
    except OSError as fault:
        raise WrongUse(f"{output} cannot be written: {fault.strerror or fault}") from None
