"""Alignments to other standards: the SSSOM tables are the source, the Turtle beside them is made here.

    ontology/mappings/<standard>.sssom.tsv  →  ontology/alignments/<standard>.ttl

`python -m mcgraph.reasoning.alignments` writes the Turtle again; a test holds the two together.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mcgraph.errors import RuleBroken
from mcgraph.model import bundled
from mcgraph.model.namespaces import MC
from mcgraph.model.terms import escape, is_safe_iri
from mcgraph.model.yaml_text import NotYaml, read_yaml

COLUMNS = (
    "subject_id",
    "subject_label",
    "predicate_id",
    "object_id",
    "object_label",
    "mapping_justification",
    "confidence",
    "author_label",
    "comment",
)
# A class of another standard must be declared for OWL 2 DL where an axiom names it.
_DECLARED = {"rdfs:subClassOf": "owl:Class"}
_ONTOLOGY = "https://w3id.org/mcgraph/ontology"


@dataclass(frozen=True, slots=True)
class Mapping:
    """One row of an SSSOM table: a term of ours, how it relates, a term of theirs."""

    subject: str
    predicate: str
    object: str
    confidence: float
    comment: str


@dataclass(frozen=True, slots=True)
class MappingSet:
    """One SSSOM table: its metadata, its prefixes and its rows in the order of the file."""

    name: str
    title: str
    description: str
    version: str
    licence: str
    date: str
    source: str
    prefixes: dict[str, str]
    mappings: tuple[Mapping, ...]


def read(path: Path) -> MappingSet:
    """The SSSOM table at `path`.

    Raises `RuleBroken` with the line, where a column or a prefix is missing or a value has no sense.
    """
    lines = path.read_text(encoding="utf-8").splitlines()
    head = [line[1:] for line in lines if line.startswith("#")]
    about = _metadata(head, path)
    prefixes = {str(prefix): str(base) for prefix, base in about["curie_map"].items()}
    table = csv.DictReader(lines[len(head) :], delimiter="\t", quoting=csv.QUOTE_NONE)
    if tuple(table.fieldnames or ()) != COLUMNS:
        raise RuleBroken("the columns are not those of our SSSOM tables", where=path.name)
    rows = tuple(
        _row(row, prefixes, where=f"{path.name} · line {number}") for number, row in enumerate(table, len(head) + 2)
    )
    return MappingSet(
        name=path.name.removesuffix(".sssom.tsv"),
        title=str(about["mapping_set_title"]),
        description=str(about["mapping_set_description"]),
        version=str(about["mapping_set_version"]),
        licence=str(about["license"]),
        date=str(about["mapping_date"]),
        source=str(about["object_source"]),
        prefixes=prefixes,
        mappings=rows,
    )


def _metadata(head: list[str], path: Path) -> dict[str, Any]:
    try:
        about = read_yaml("\n".join(head), typed=True)
    except NotYaml as fault:
        raise RuleBroken(f"the metadata cannot be read: {fault}", where=path.name) from fault
    needed = {"curie_map", "mapping_set_title", "mapping_set_description", "mapping_set_version"}
    missing = (needed | {"license", "mapping_date", "object_source"}) - set(about or {})
    if missing:
        raise RuleBroken(f"the metadata lacks {', '.join(sorted(missing))}", where=path.name)
    return dict(about)


def _row(row: dict[str, str], prefixes: dict[str, str], *, where: str) -> Mapping:
    for column in ("subject_id", "predicate_id", "object_id", "mapping_justification"):
        prefix, _, local = (row[column] or "").partition(":")
        if prefix not in prefixes or not local or not is_safe_iri(prefixes[prefix] + local):
            raise RuleBroken(f"«{row[column]}» has no known prefix", where=where, fix="Add it to curie_map.")
    try:
        confidence = float(row["confidence"])
    except (TypeError, ValueError):
        raise RuleBroken(f"confidence is «{row['confidence']}»", where=where) from None
    if not 0 <= confidence <= 1:
        raise RuleBroken(f"confidence {confidence} is not between 0 and 1", where=where)
    return Mapping(row["subject_id"], row["predicate_id"], row["object_id"], confidence, row["comment"] or "")


def to_turtle(mappings: MappingSet) -> str:
    """The table as Turtle: the same table gives the same bytes."""
    prefixes = {
        **{prefix: base for prefix, base in mappings.prefixes.items() if prefix != "semapv"},
        "dcterms": "http://purl.org/dc/terms/",
        "owl": "http://www.w3.org/2002/07/owl#",
        "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
        "xsd": "http://www.w3.org/2001/XMLSchema#",
    }
    body = [_header(mappings), *_declarations(mappings.mappings), *_blocks(mappings.mappings)]
    used = [
        f"@prefix {prefix}: <{base}> ."
        for prefix, base in sorted(prefixes.items())
        if any(f"{prefix}:" in block for block in body)
    ]
    comment = f"# Made from ontology/mappings/{mappings.name}.sssom.tsv; change that file instead."
    return comment + "\n\n" + "\n".join(used) + "\n\n" + "\n\n".join(body) + "\n"


def _header(mappings: MappingSet) -> str:
    iri = f"{_ONTOLOGY}/alignments/{mappings.name}"
    return "\n".join(
        (
            f"<{iri}> a owl:Ontology ;",
            f'    dcterms:description "{escape(mappings.description)}"@en ;',
            f"    dcterms:license <{mappings.licence}> ;",
            f'    dcterms:modified "{mappings.date}"^^xsd:date ;',
            f"    dcterms:source <{mappings.source}> ;",
            f'    dcterms:title "{escape(mappings.title)}"@en ;',
            f"    owl:versionIRI <{iri}/{mappings.version}> ;",
            f'    owl:versionInfo "{mappings.version}" .',
        )
    )


def _declarations(mappings: Iterable[Mapping]) -> list[str]:
    kinds = {m.object: _DECLARED[m.predicate] for m in mappings if m.predicate in _DECLARED}
    return ["\n".join(f"{term} a {kind} ." for term, kind in sorted(kinds.items()))] if kinds else []


def _blocks(mappings: Iterable[Mapping]) -> list[str]:
    by_subject: dict[str, dict[str, set[str]]] = {}
    for mapping in mappings:
        by_subject.setdefault(mapping.subject, {}).setdefault(mapping.predicate, set()).add(mapping.object)
    return [
        f"{subject} "
        + " ;\n    ".join(f"{predicate} {', '.join(sorted(objects))}" for predicate, objects in sorted(links.items()))
        + " ."
        for subject, links in sorted(by_subject.items())
    ]


def tables() -> list[Path]:
    """The bundled SSSOM tables, by name."""
    return sorted(bundled.path("ontology", "mappings").glob("*.sssom.tsv"))


def mapped_terms() -> dict[str, list[tuple[str, Mapping]]]:
    """Per term of ours (IRI), its mappings with the name of their table."""
    found: dict[str, list[tuple[str, Mapping]]] = {}
    for path in tables():
        for mapping in read(path).mappings:
            found.setdefault(MC + mapping.subject.partition(":")[2], []).append((path.name, mapping))
    return found


def write_all() -> list[Path]:
    """Write the Turtle of every table again; returns the files written."""
    folder = bundled.path("ontology", "alignments")
    folder.mkdir(exist_ok=True)
    written = []
    for path in tables():
        mappings = read(path)
        target = folder / f"{mappings.name}.ttl"
        target.write_text(to_turtle(mappings), encoding="utf-8", newline="\n")
        written.append(target)
    return written


if __name__ == "__main__":
    for file in write_all():
        print(file)
