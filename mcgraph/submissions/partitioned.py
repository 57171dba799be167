"""Submissions larger than memory: recognised by their size, and checked in partitions."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mcgraph.limits import Limits
from mcgraph.model.batch import Batch
from mcgraph.sources.mapping import bundled_mappings, load_mapping
from mcgraph.sources.rdf import format_of, is_by_line
from mcgraph.sources.reading import expand_paths
from mcgraph.submissions.reading import SURVEY

if TYPE_CHECKING:
    from mcgraph.validation import Report
    from mcgraph.validation.context import Graph
    from mcgraph.validation.waivers import Waiver


def needs_partitions(
    paths: Sequence[Path], mapping: str | None, *, syntax: str | None = None, limits: Limits | None = None
) -> bool:
    """Whether the tables or N-Triples of a submission have more bytes together than are checked in one piece.

    Surveys, JSON documents and RDF files of other syntaxes have bounds of their own and are read whole.
    """
    bounds = limits or Limits.from_environment()
    if mapping == SURVEY:
        return False
    if any(format_of(path, syntax) for path in paths):
        by_line = mapping is None and is_by_line(paths, syntax) and all(path.is_file() for path in paths)
        return by_line and sum(path.stat().st_size for path in paths) > bounds.rdf_whole_bytes
    files = [file for file in expand_paths(paths, documents=True) if file.is_file()]
    if sum(file.stat().st_size for file in files) <= bounds.whole_bytes:
        return False
    return not _documents(files, mapping)


def _documents(files: Sequence[Path], mapping: str | None) -> bool:
    """Whether these are JSON documents or the answers of a survey."""
    from mcgraph.sources.documents import looks_like_json
    from mcgraph.survey.codebook_file import is_codebook

    if mapping is not None and mapping not in bundled_mappings() and is_codebook(Path(mapping)):
        return True
    if mapping is not None and load_mapping(mapping).reads_documents:
        return True
    return any(file.is_file() and looks_like_json(file) for file in files)


def validate_large(
    paths: Sequence[Path], mapping: str | None, source: str, *, profile: str, date: datetime.date,
    context: Graph | None = None, lang: str = "en", waivers: Sequence[Waiver] = (), limits: Limits | None = None,
    say: Callable[[str], None] = lambda _: None, syntax: str | None = None,
) -> tuple[Report, Batch, int]:
    """The report of tables or N-Triples checked in partitions, a batch with what it speaks of, and how many there were.

    `profile` may be empty for the mapping's own; `say` is told what is being done.
    Raises what reading and checking in one piece raise, and `LimitReached` where the disk has no room for the
    partitions or a shape needs all of the graph at once.
    """
    from mcgraph.sources.sliced import open_sliced
    from mcgraph.sources.slicedrdf import SlicedRdf
    from mcgraph.validation.partitions import validate_partitions

    bounds = limits or Limits.from_environment()
    if mapping is None and is_by_line(paths, syntax):
        say("Reading through the triples")
        return validate_partitions(
            lambda folder: SlicedRdf(source, paths, syntax, bounds, folder),
            profile=profile, date=date, context=context, lang=lang, waivers=waivers, say=say,
        )  # fmt: skip
    chosen = load_mapping(mapping) if mapping is not None else None
    files = expand_paths(paths)
    say("Reading through the tables")
    return validate_partitions(
        lambda folder: open_sliced(files, chosen, source, bounds, folder),
        profile=profile, date=date, context=context, lang=lang, waivers=waivers, say=say,
    )  # fmt: skip
