"""Files in, triple columns out: guarded, read, matched to a mapping, and mapped with every cell remembered."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mcgraph.limits import Limits
from mcgraph.model.batch import Batch
from mcgraph.sources.reading import choose_mapping, expand_paths, read_tables

if TYPE_CHECKING:
    import polars as pl

__all__ = ["read_submission", "read_tables"]


def read_submission(
    paths: Sequence[Path],
    mapping: str | Path | None,
    source: str,
    *,
    limits: Limits | None = None,
    known: pl.DataFrame | None = None,
) -> Batch:
    """The records of one submission, as triple columns.

    `paths` are files or folders of one submission; `mapping` names a bundled mapping or a YAML file, or is
    None to find the bundled one that fits best; `source` says whose data this is;
    `known` are records (`RECORD_SCHEMA`) of the same source that references may name besides.
    Raises `InputRefused` or `LimitReached` when a file cannot be read, `WrongUse` when no mapping fits.
    """
    from mcgraph.sources.build import build_batch
    from mcgraph.sources.mapping import load_mapping
    from mcgraph.sources.matching import match_tables

    bounds = limits or Limits.from_environment()
    chosen = load_mapping(mapping) if mapping is not None else None
    tables = read_tables(expand_paths(paths), bounds, chosen)
    chosen = chosen or choose_mapping(tables)
    return build_batch(match_tables(tables, chosen), chosen, source, known)
