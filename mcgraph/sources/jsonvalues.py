"""From the nodes of a document to the text of a cell: language maps, identifiers, numbers, lists in a text."""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mcgraph.errors import RuleBroken
from mcgraph.limits import Limits
from mcgraph.model.finding import Finding
from mcgraph.sources import documentfindings as told
from mcgraph.sources.documentspec import FILTERS, SEPARATOR, DocumentSpec
from mcgraph.sources.jsontree import Document, Node, is_language_map

_DAY = re.compile(r"^\d{4}-\d{2}-\d{2}(?=T|\s|$)")

Renames = Mapping[tuple[str, str], str]
"""(file, identifier) → the identifier under which it is kept apart."""


@dataclass(slots=True)
class Values:
    """Makes cells, and remembers what could not be made into one."""

    renames: Renames
    limits: Limits
    unread: dict[str, Node] = field(default_factory=dict)
    further: dict[str, Node] = field(default_factory=dict)
    empty: dict[str, Node] = field(default_factory=dict)
    undeclared: dict[str, Node] = field(default_factory=dict)

    def cell(self, document: Document, node: Node, paths: Sequence[str]) -> tuple[str | None, str]:
        """The text of the first path that has a value, and the pointer of what says it."""
        for path in paths:
            steps, *filters = path.split("|")
            found = document.find(node, steps)
            texts = [
                (text.replace(SEPARATOR, " "), one)
                for one in found
                for text in self._texts(document, one, filters)
                if text.strip()
            ]
            if texts:
                said, where = [text for text, _ in texts], texts[0][1]
                many = len(said) > 1 and where.around is not None and isinstance(where.around.value, list)
                place = where.around.pointer if many and where.around is not None else where.pointer
                return SEPARATOR.join(said)[: self.limits.cell_characters], place
        return None, node.pointer

    def identity(self, document: Document, node: Node) -> str:
        """The identifier of an object or reference; one without gets its file and place."""
        value = node.value
        if isinstance(value, dict):
            value = next((one.value for one in document.find(node, "id")), None)
        text = value if isinstance(value, str) and value.strip() else f"_:{node.pointer}"
        whole = document.identifier(text.strip())
        if whole.startswith("["):
            self.undeclared.setdefault(node.pointer, Node(text, node.pointer))
        return self.renames.get((document.file, whole), whole)

    def _texts(self, document: Document, node: Node, filters: Sequence[str]) -> list[str]:
        is_named = isinstance(node.value, str) and bool(node.value.strip())
        if "iri" in filters and (is_named or isinstance(node.value, dict)):
            return [self.identity(document, node)]
        texts = self._plain(document, node, "language" in filters)
        for name in filters:
            texts = [one for text in texts for one in _filtered(name, text)]
        return texts

    def _plain(self, document: Document, node: Node, language: bool) -> list[str]:
        value = node.value
        if isinstance(value, bool):
            return ["true" if value else "false"]
        if isinstance(value, str):
            return [] if language else [value]
        if value is None:
            return []
        if is_language_map(value):
            return self._in_one_language(node, language)
        inner = [one for one in document.find(node, "value") if isinstance(one.value, (str, bool))]
        if inner:
            tags = [str(one.value) for one in document.find(node, "@language")]
            return tags if language else [str(inner[0].value)]
        if document.is_linked and document.find(node, "id"):
            return [] if language else [self.identity(document, node)]
        self.unread.setdefault(node.pointer, node)
        return []

    def _in_one_language(self, node: Node, language: bool) -> list[str]:
        """English where it is there, else the first; `language` asks for its tag."""
        said = {
            tag: text
            for tag, texts in node.value.items()
            for text in (texts if isinstance(texts, list) else [texts])[:1]
            if isinstance(text, str) and text.strip()
        }
        if not said:
            self.empty.setdefault(node.pointer, node)
            return []
        if len(said) > 1 and not language:
            self.further.setdefault(node.pointer, node)
        tag = min(said, key=lambda one: not one.lstrip("@").casefold().startswith("en"))
        if language:
            return [] if tag == "@none" else [re.sub("[_:]", "-", tag.lstrip("@"))]
        return [said[tag]]

    def findings(self, document: Document) -> list[Finding]:
        """What was noticed since the last time; what was noticed is forgotten."""
        tell = (
            (told.unreadable, self.unread),
            (told.languages, self.further),
            (told.empty_texts, self.empty),
            (told.undeclared, self.undeclared),
        )
        found = [say(document, next(iter(nodes.values())), len(nodes)) for say, nodes in tell if nodes]
        self.unread, self.further, self.empty, self.undeclared = {}, {}, {}, {}
        return found


def _filtered(name: str, text: str) -> list[str]:
    if name == "list":
        return _listed(text)
    if name == "name":
        return [re.split(r"[/#:]", text.rstrip("/#:"))[-1]]
    if name == "day":
        return [text[:10] if _DAY.match(text) else text]
    if name == "primary":
        return [text.split("-")[0]]
    if name == "digest":
        return [hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).hexdigest()]
    if name in FILTERS:
        return [text]
    raise RuleBroken(f"«{name}» is not a filter of documents", fix=f"Known are {', '.join(FILTERS)}.")


def _listed(text: str) -> list[str]:
    """The members of a list that was written into a text, as JSON or as Python writes it."""
    if not text.lstrip().startswith("["):
        return [text]
    try:
        made = ast.literal_eval(text) if len(text) <= 65_536 else None
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return [text]
    return [str(one) for one in made] if isinstance(made, list) else [text]


def renamed(documents: Sequence[Document], spec: DocumentSpec, findings: list[Finding]) -> Renames:
    """New identifiers for nodes that share one but differ in the column `spec.apart`."""
    values = Values({}, Limits())
    seen: dict[str, dict[str, list[tuple[Document, Node]]]] = {}
    for document in documents:
        for node in document.walk():
            if set(document.types(node)) & set(spec.types):
                said = values.cell(document, node, spec.fields[spec.apart])[0]
                if said:
                    identifier = values.identity(document, node)
                    seen.setdefault(identifier, {}).setdefault(said, []).append((document, node))
    new: dict[tuple[str, str], str] = {}
    for identifier, meanings in seen.items():
        if len(meanings) > 1:
            document, node = next(iter(meanings.values()))[0]
            findings.append(told.kept_apart(document, node, identifier, len(meanings)))
            for said, places in meanings.items():
                digest = hashlib.blake2b(said.encode("utf-8", "replace"), digest_size=6).hexdigest()
                new |= {(document.file, identifier): f"{digest}#{identifier}" for document, _ in places}
    return new
