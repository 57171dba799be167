"""What a store at an address is sent, and under which names its graphs stand there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mcgraph.model.namespaces import GRAPH
from mcgraph.store import batches, content
from mcgraph.store.manifest import Submission, SubmissionInfo
from mcgraph.store.writer import now

if TYPE_CHECKING:
    import polars as pl

    from mcgraph.model.batch import Batch

PLACES = ("source", "provenance", "inferred")
LOADING = GRAPH + "loading/"
# Triples and bytes of one update: servers compile an update whole.
_TRIPLES_AT_ONCE = 1_000
_BYTES_AT_ONCE = 400_000


def graph_at(kind: str, source: str) -> str:
    """The named graph of a source: its own triples, its provenance or what follows from its rules."""
    return content.graph_of(source) if kind == "source" else f"{GRAPH}{kind}/{_local(source)}"


def staged_at(mark: str, kind: str, source: str) -> str:
    """Where the writer with a mark fills such a graph before it takes its place."""
    return f"{LOADING}{mark}/{kind}/{_local(source)}"


def _local(source: str) -> str:
    from mcgraph.model.terms import local_name

    return local_name(source) if source else ""


def quoted(text: str) -> str:
    """A text as a literal of an update."""
    from mcgraph.model.terms import literal

    return literal(text)


def without_blanks(triples: pl.LazyFrame) -> pl.LazyFrame:
    """Blank nodes as IRIs (RDF 1.1 §3.5): sent in two pieces, one would become two."""
    import polars as pl

    def named(column: str) -> pl.Expr:
        return pl.concat_str(pl.lit(content.NODE), pl.col(column).str.slice(2))

    subject = pl.when(pl.col("s").str.starts_with("_:")).then(named("s")).otherwise(pl.col("s"))
    blank = (pl.col("kind") == "iri") & pl.col("o").str.starts_with("_:")
    return triples.with_columns(
        subject.alias("s"), pl.when(blank).then(named("o")).otherwise(pl.col("o")).alias("o")
    )


def submission_of(root: Path, batch: Batch, info: SubmissionInfo) -> Submission:
    """What the manifest says of a batch, whose files are written under `root`."""
    told = batches.write(root, batch, name=batches.content_name(batch))
    return Submission(
        source=batch.source, batch=told.name, sums=told.sums, mapping=batch.mapping, triples=told.triples,
        records=told.records, kinds=told.kinds, has_rules=told.has_rules, time=info.time or now(),
        synthetic=info.synthetic, files=info.files, rules=dict(info.rules),
        records_read=info.records_read or told.records, records_rejected=info.records_rejected,
        findings=dict(info.findings), quality=dict(info.quality),
    )  # fmt: skip


def placed(before: tuple[Submission, ...], new: Submission) -> tuple[Submission, ...]:
    """The submissions with a new one in the place of its source's last one."""
    if any(known.source == new.source for known in before):
        return tuple(new if known.source == new.source else known for known in before)
    return (*before, new)


def pieces(lines: Sequence[bytes]) -> Iterator[bytes]:
    """N-Triples lines in texts that one update takes."""
    part: list[bytes] = []
    size = 0
    for line in lines:
        if part and (len(part) >= _TRIPLES_AT_ONCE or size + len(line) > _BYTES_AT_ONCE):
            yield b"".join(part)
            part, size = [], 0
        part.append(line)
        size += len(line)
    if part:
        yield b"".join(part)
