"""What is said about a document that could not be read whole: a finding for everything that was left out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mcgraph.errors import LimitReached, McgraphError
from mcgraph.model.finding import Finding, Place, RecordRef
from mcgraph.sources.jsontree import Document, Node

SHOWN = 80


def at(document: Document, node: Node) -> Place:
    """The place of a node."""
    return Place(file=document.file, pointer=node.pointer)


def not_json(path: Path, fault: McgraphError) -> Finding:
    """A file among several that cannot be parsed."""
    return Finding(
        code="FILE-JSON-001",
        severity="error",
        message="The file is no JSON and was not read",
        where=Place(file=path.name),
        expected="a JSON document in UTF-8",
        found=f"{fault.where}: {fault.message}"[:200],
        fix="Correct it at that place, or export the file again.",
    )


def others(paths: Sequence[Path]) -> Finding:
    """Files of a folder that are no documents."""
    names = ", ".join(path.name for path in paths[:5])
    return Finding(
        code="FILE-SKIPPED-001",
        severity="info",
        message="Files that are no JSON documents were not read",
        where=Place(file=paths[0].name),
        expected="files that begin with { or [",
        found=names + (f" … (+{len(paths) - 5})" if len(paths) > 5 else ""),
        fix="Nothing, if they are notes; else load them with their own mapping.",
        affects=len(paths),
    )


def repeated_keys(document: Document) -> Finding:
    """Keys that stand twice in one object, of which the last was read."""
    return Finding(
        code="DOC-REPEAT-001",
        severity="warning",
        message="An object has the same key twice; only the last value was read",
        where=Place(file=document.file, pointer=""),
        expected="each key once",
        found=", ".join(dict.fromkeys(document.repeated))[:SHOWN],
        fix="Write the values as a list under one key.",
        affects=len(document.repeated),
    )


def too_many(document: Document, node: Node, fault: LimitReached) -> Finding:
    """Nested conditions that multiply out too far."""
    return Finding(
        code="DOC-CONDITIONS-001",
        severity="error",
        message="The nested conditions have too many alternatives and were not read",
        where=at(document, node),
        expected=fault.message,
        found="",
        fix="State the choice with fewer levels, or raise the limit (mcgraph config lists them).",
    )


def unread_type(document: Document, node: Node, name: str, count: int) -> Finding:
    """Nodes of a type that the mapping does not know."""
    return Finding(
        code="DOC-TYPE-001",
        severity="info",
        message=f"Objects of the type «{name[:SHOWN]}» were not read",
        where=at(document, node),
        expected="a type of the mapping",
        found=name[:SHOWN],
        fix="Nothing, if they are of no use here; else add a table for them to the mapping.",
        affects=count,
    )


def unread_key(document: Document, node: Node, name: str, count: int) -> Finding:
    """A key of a node that was read, but which no column asks for."""
    return Finding(
        code="DOC-KEY-001",
        severity="info",
        message=f"The key «{name[:SHOWN]}» is not of the mapping and was not read",
        where=at(document, node),
        expected="a key of the mapping",
        found=name[:SHOWN],
        fix="Nothing, if it is of no use here; else add a column for it to the mapping.",
        affects=count,
    )


def private(document: Document, node: Node, name: str, count: int) -> Finding:
    """Data about persons that were left out on purpose."""
    return Finding(
        code="DOC-PERSON-001",
        severity="info",
        message=f"Data about persons («{name[:SHOWN]}») were left out",
        where=at(document, node),
        expected="what can be earned, not who earned it",
        found=f"{count} times",
        fix="Use the mapping that keeps awards under pseudonyms, if you may.",
        affects=count,
    )


def unreadable(document: Document, node: Node, count: int) -> Finding:
    """An object or text where something else is needed."""
    found = f"an object with {', '.join(list(node.value)[:4])}" if isinstance(node.value, dict) else str(node.value)
    return Finding(
        code="DOC-VALUE-001",
        severity="warning",
        message="A text or identifier was expected; what stands there was not read",
        where=at(document, node),
        expected="a text, number or identifier",
        found=found[:SHOWN],
        fix="Give the value itself, or an object with an id.",
        affects=count,
    )


def languages(document: Document, node: Node, count: int) -> Finding:
    """Texts in further languages beside the one that was kept."""
    return Finding(
        code="DOC-LANGUAGE-001",
        severity="info",
        message="Texts in further languages were not read",
        where=at(document, node),
        expected="one language for each text",
        found=", ".join(node.value)[:SHOWN],
        fix="Nothing, if one language is enough.",
        affects=count,
    )


def empty_texts(document: Document, node: Node, count: int) -> Finding:
    """Language maps that name a language and give no text."""
    return Finding(
        code="DOC-EMPTY-001",
        severity="info",
        message="A text names its language and says nothing (null)",
        where=at(document, node),
        expected="a text",
        found=", ".join(node.value)[:SHOWN],
        fix="Leave the key out where there is no text.",
        affects=count,
    )


def undeclared(document: Document, node: Node, count: int) -> Finding:
    """Identifiers with a prefix that the document does not declare (a remote context may; none is fetched)."""
    return Finding(
        code="DOC-PREFIX-001",
        severity="warning",
        message="Identifiers have a prefix that the document does not declare; they count within their source only",
        where=at(document, node),
        expected="a whole IRI, or a prefix of the document's own context",
        found=str(node.value)[:SHOWN],
        fix="Write the whole IRI, or declare the prefix in the document.",
        affects=count,
    )


def malformed(document: Document, node: Node, text: str, form: str) -> Finding:
    """An identifier that has not the form its standard asks for; it is kept as it is."""
    return Finding(
        code="DOC-FORM-001",
        severity="warning",
        message="The identifier does not have the form of its standard; it is kept as it is",
        where=at(document, node),
        expected=form,
        found=text[:SHOWN],
        fix="Compare it with the register.",
        record=RecordRef(id=text[:SHOWN]),
    )


def kept_apart(document: Document, node: Node, identifier: str, count: int) -> Finding:
    """One identifier for things that are described as different."""
    return Finding(
        code="DOC-IDENTITY-001",
        severity="warning",
        message="Documents describe different things under one identifier; they are kept apart",
        where=at(document, node),
        expected="one thing for each identifier",
        found=f"{identifier[:SHOWN]}: {count} descriptions",
        fix="Give each its own identifier.",
        affects=count,
    )


def lacking(file: str, pointer: str, table: str, path: str, count: int) -> Finding:
    """Nodes that are no record because what makes them one is empty, such as an unfilled form."""
    return Finding(
        code="DOC-LACKING-001",
        severity="info",
        message=f"Entries without «{path}» are no records and were not read",
        where=Place(file=file, pointer=pointer),
        expected=f"a value for «{path}» in each entry of {table}",
        found=f"{count:,} entries",
        fix="Fill them in, or delete them.",
        affects=count,
    )
