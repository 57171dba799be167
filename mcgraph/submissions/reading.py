"""From the files of a submission to its batch, whatever describes them: a mapping or a survey's codebook."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from mcgraph.errors import WrongUse
from mcgraph.limits import Limits
from mcgraph.model.batch import Batch
from mcgraph.sources import read_submission
from mcgraph.sources.mapping import bundled_mappings, load_mapping
from mcgraph.sources.rdf import STDIN, format_of, read_rdf, standard_input
from mcgraph.sources.reading import expand_paths
from mcgraph.store.manifest import InputFile

SURVEY = "survey"


def read_batch(
    paths: Sequence[Path],
    mapping: str | None,
    source: str,
    *,
    limits: Limits | None = None,
    known: pl.DataFrame | None = None,
    syntax: str | None = None,
    open_answers: bool = False,
    personal: bool = False,
) -> Batch:
    """The batch of a submission: tables by a mapping, survey answers by their codebook, or RDF files as they are.

    `known` are records of the source that it may refer to besides its own.

    `mapping` is a bundled mapping's name, a mapping file, a codebook file, or `survey` for the codebook that
    stands beside the response file (`answers.csv` and `answers.codebook.yaml`). `syntax` names the RDF syntax
    where the files' endings do not. `open_answers` and `personal` let free text and personal answers of a survey in.
    """
    if mapping is None and _is_rdf(paths, syntax):
        return read_rdf(paths, source, given=syntax, limits=limits)
    from mcgraph.survey.codebook_file import is_codebook, read_codebook
    from mcgraph.survey.responses import read_survey

    codebook: Path | None = None
    if mapping == SURVEY:
        codebook = _beside(paths[0])
    elif mapping is not None and mapping not in bundled_mappings() and is_codebook(Path(mapping)):
        codebook = Path(mapping)
    if codebook is not None:
        return read_survey(
            expand_paths(paths), read_codebook(codebook), source, limits=limits, open_answers=open_answers,
            personal=personal,
        )  # fmt: skip
    return read_submission(paths, mapping, source, limits=limits, known=known)


def _is_rdf(paths: Sequence[Path], syntax: str | None) -> bool:
    kinds = [bool(format_of(path, syntax)) for path in paths]
    if any(kinds) and not all(kinds):
        raise WrongUse("RDF files and tables cannot be checked in one run", fix="Check them one after the other.")
    return all(kinds)


def is_synthetic(mapping: str | None, paths: Sequence[Path]) -> bool:
    """Whether the mapping, codebook or demo data says that the records are invented."""
    from mcgraph.survey.codebook_file import is_codebook, read_codebook

    if mapping == SURVEY:
        return read_codebook(_beside(paths[0])).synthetic
    if mapping is not None and mapping not in bundled_mappings():
        file = Path(mapping)
        return read_codebook(file).synthetic if is_codebook(file) else load_mapping(file).synthetic
    return any("synthetic" in path.name.casefold() for path in paths)


def input_files(paths: Sequence[Path], *, documents: bool = False) -> tuple[InputFile, ...]:
    """Name, checksum and size of each file of a submission; never its folder. `documents`: JSON in place of tables."""
    found = []
    for path in expand_paths(paths, documents=documents):
        if str(path) == STDIN:
            content = standard_input(Limits.from_environment().rdf_file_bytes + 1)
            found.append(InputFile(name=STDIN, sha256=hashlib.sha256(content).hexdigest(), size=len(content)))
            continue
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        found.append(InputFile(name=path.name, sha256=digest, size=path.stat().st_size))
    return tuple(found)


def of_documents(batch: Batch) -> bool:
    """Whether a submission was read from JSON documents."""
    return any(table.places is not None for table in batch.tables)



def _beside(path: Path) -> Path:
    """The codebook of a response file: same name, ending `.codebook.yaml`."""
    codebook = path.with_name(f"{path.stem}.codebook.yaml")
    if not codebook.is_file():
        raise WrongUse(
            f"there is no codebook {codebook.name} beside {path.name}",
            fix="Write one (docs/survey.md), or name it with --mapping.",
        )
    return codebook
