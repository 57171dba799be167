"""What stands in each named graph of a snapshot, as columns: the index is only a copy of this.

graph/source/<source>   the triples of the source's batch (`frameworks` and `inferred`: graph/<name>)
graph/provenance        one entity per submission and input file, one link per record to its row
graph/inferred          mc:stacksInto from the stacking rules, and what a reasoner handed in
graph/ontology          the Turtle files of the model, kept as one N-Triples file
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from mcgraph.errors import RuleBroken, StoreUnavailable
from mcgraph.model.namespaces import DCTERMS, GRAPH, MC, PROV, RDF_TYPE, XSD
from mcgraph.store import batches, files
from mcgraph.store.manifest import Manifest, Submission

if TYPE_CHECKING:
    import polars as pl

ONTOLOGY_GRAPH = GRAPH + "ontology"
PROVENANCE_GRAPH = GRAPH + "provenance"
INFERRED_GRAPH = GRAPH + "inferred"
INFERRED = "inferred"
RESERVED = (INFERRED, "ontology", "provenance")
NODE = "https://w3id.org/.well-known/genid/mcgraph/"
STACKS_INTO = MC + "stacksInto"


def graph_of(source: str) -> str:
    """The IRI of the named graph that holds a source."""
    from mcgraph.model.terms import local_name

    if source in ("frameworks", INFERRED):
        return GRAPH + source
    return f"{GRAPH}source/{local_name(source)}"


def of_submission(root: Path, known: Submission) -> pl.LazyFrame:
    """The triples of a source as it was submitted."""
    return batches.triples(root / "batches" / known.batch).select(batches.KEYS)


def provenance(root: Path, known: Submission) -> pl.LazyFrame:
    """What the graph says about a submission and where each of its records came from.

    The submission's IRI names the source, not the content, so that a reload in which three rows changed
    changes a few provenance triples and not one for each record.
    """
    import polars as pl

    from mcgraph.model.terms import local_name

    if known.source == INFERRED:
        return _frame(_about(known))
    folder = root / "batches" / known.batch
    base = batches.submission_iri(known.source)
    names = [base + "/" + local_name(name) for name in table_names(folder)]
    records = batches.frame(folder, "records").lazy()
    table = pl.col("table").replace_strict(
        pl.Series(range(len(names)), dtype=pl.Int16), pl.Series(names, dtype=pl.String), default=base
    )
    row = (pl.lit("#row=") + pl.col("row").cast(pl.String)).fill_null("")
    origins = records.select(
        pl.col("iri").alias("s"),
        pl.lit(PROV + "wasDerivedFrom").alias("p"),
        pl.concat_str(table.cast(pl.String), row).alias("o"),
        pl.lit("iri").alias("kind"),
        pl.lit("").alias("datatype"),
        pl.lit("").alias("lang"),
    )
    return pl.concat([_frame(_about(known)), origins])


def table_names(folder: Path) -> list[str]:
    """A name for each table of a batch: its own, its sheet's, or its file's."""
    import json

    tables = json.loads((folder / "tables.json").read_bytes())
    return [str(t["name"] or t["sheet"] or Path(t["file"]).stem) for t in tables]


def _about(known: Submission) -> list[tuple[str, str, str, str, str]]:
    from mcgraph.model.terms import local_name

    me = batches.submission_iri(known.source)
    said = [
        (me, RDF_TYPE, MC + "Submission", "iri", ""),
        (me, RDF_TYPE, PROV + "Entity", "iri", ""),
        (me, DCTERMS + "source", known.source, "literal", XSD + "string"),
        (me, MC + "mapping", known.mapping, "literal", XSD + "string"),
        (me, MC + "recordCount", str(known.records), "literal", XSD + "integer"),
        (me, MC + "tripleCount", str(known.triples), "literal", XSD + "integer"),
        (me, MC + "isSynthetic", str(known.synthetic).lower(), "literal", XSD + "boolean"),
        (me, PROV + "generatedAtTime", known.time, "literal", XSD + "dateTime"),
    ]
    for given in known.files:
        part = f"{me}/file/{local_name(given.name)}"
        said += [
            (me, DCTERMS + "hasPart", part, "iri", ""),
            (me, MC + "fileName", given.name, "literal", XSD + "string"),
            (part, RDF_TYPE, PROV + "Entity", "iri", ""),
            (part, MC + "fileName", given.name, "literal", XSD + "string"),
        ]
        if given.sha256:
            said += [
                (me, MC + "sha256", given.sha256, "literal", XSD + "string"),
                (part, MC + "sha256", given.sha256, "literal", XSD + "string"),
            ]
    return said


def _frame(said: list[tuple[str, str, str, str, str]]) -> pl.LazyFrame:
    import polars as pl

    columns = ["s", "p", "o", "kind", "datatype"]
    frame = pl.DataFrame(said, schema=dict.fromkeys(columns, pl.String), orient="row")
    return frame.lazy().with_columns(pl.lit("").alias("lang")).select(batches.KEYS)


def stacks_into(root: Path, known: Submission) -> pl.LazyFrame:
    """Part → whole for every member of a requirement group of a stacking rule."""
    import polars as pl

    def links(predicate: str, subject: str, thing: str) -> pl.LazyFrame:
        wanted = pl.col("p") == MC + predicate
        found = batches.triples(root / "batches" / known.batch).filter(wanted, pl.col("kind") == "iri")
        return found.select(pl.col("s").alias(subject), pl.col("o").alias(thing))

    members = links("groupMember", "group", "s")
    groups = links("requirementGroup", "rule", "group")
    wholes = links("stackingWhole", "rule", "o")
    joined = members.join(groups, on="group").join(wholes, on="rule").select("s", "o").unique()
    return joined.select(
        "s",
        pl.lit(STACKS_INTO).alias("p"),
        "o",
        pl.lit("iri").alias("kind"),
        pl.lit("").alias("datatype"),
        pl.lit("").alias("lang"),
    )


def inferred(root: Path, manifest: Manifest) -> pl.LazyFrame:
    """All of the inferred graph of a snapshot, each triple once."""
    frames = [stacks_into(root, known) for known in manifest.submissions if known.has_rules]
    handed_in = manifest.of(INFERRED)
    if handed_in is not None:
        frames.append(of_submission(root, handed_in))
    return batches.pl_concat(frames).select(batches.KEYS).unique()


def keep_ontology(root: Path, folder: Path | None) -> str:
    """Store the model's Turtle files as one N-Triples file and return its checksum, which is its name.

    Raises `RuleBroken` where a file of the model cannot be read.
    """
    text = _ontology_text(folder)
    if not text:
        return ""
    name = hashlib.sha256(text).hexdigest()
    path = root / "ontology" / f"{name}.nt"
    if not path.exists() or files.checksum(path) != name:
        files.write(path, text)
    return name


def ontology_path(root: Path, name: str) -> Path:
    """The stored model of a snapshot, once it is known to be what was written.

    Raises `StoreUnavailable` where it was damaged.
    """
    path = root / "ontology" / f"{name}.nt"
    if not path.exists() or files.checksum(path) != name:
        raise StoreUnavailable("the stored copy of the model is missing or damaged", where=str(path))
    return path


def _ontology_text(folder: Path | None) -> bytes:
    """N-Triples in the order of the files.

    Blank nodes become IRIs named by file and order of appearance (RDF 1.1 §3.5): an index that is built
    again would name blank nodes otherwise, and the same snapshot must give the same answers.
    """
    import pyoxigraph as ox

    from mcgraph.model.terms import local_name

    if folder is None:
        from mcgraph.model import bundled

        folder = bundled.path("ontology")
    lines: list[str] = []
    for path in sorted(folder.rglob("*.ttl")):
        part = local_name(path.relative_to(folder).with_suffix("").as_posix())
        seen: dict[str, str] = {}

        def named(term: object, seen: dict[str, str] = seen, part: str = part) -> str:
            if isinstance(term, ox.BlankNode):
                return seen.setdefault(term.value, f"<{NODE}{part}/{len(seen) + 1}>")
            return str(term)

        try:
            for quad in ox.parse(path=str(path), format=ox.RdfFormat.TURTLE):
                lines.append(f"{named(quad.subject)} {quad.predicate} {named(quad.object)} .\n")
        except (SyntaxError, OSError, ValueError) as fault:
            raise RuleBroken(f"this file of the model cannot be read: {fault}", where=str(path)) from fault
    return "".join(lines).encode()
