"""What a document holds that its mapping does not read: types, keys, and data about persons."""

from __future__ import annotations

import fnmatch
from collections import Counter
from collections.abc import Iterable, Sequence

from mcgraph.model.finding import Finding
from mcgraph.sources import documentfindings as told
from mcgraph.sources.documentspec import DocumentSpec
from mcgraph.sources.jsontree import Document, Node
from mcgraph.sources.mapping import Mapping


class Leftovers:
    """Counts, per document, what is passed by while its nodes are walked in order."""

    def __init__(self, document: Document, mapping: Mapping) -> None:
        self.document = document
        self.spec = mapping.documents
        self.counts: Counter[tuple[str, str]] = Counter()
        self.first: dict[tuple[str, str], Node] = {}
        self.read_below: list[str] = []

    def see(self, node: Node, specs: Sequence[DocumentSpec]) -> None:
        """A node with a type, and the tables that take rows from it."""
        types = self.document.types(node)
        if specs:
            self._keys(node, {key for spec in specs for key in _first_steps(spec)})
            if not self._is_below(node.pointer):
                self.read_below.append(node.pointer)
        elif types and not self._is_below(node.pointer):
            for name in types:
                self._count("person" if self._is_private(name) else "type", name, node)

    def see_path(self, node: Node, spec: DocumentSpec) -> None:
        """A node that a path led to."""
        if isinstance(node.value, dict):
            self._keys(node, set(_first_steps(spec)))

    def _is_below(self, pointer: str) -> bool:
        """Whether the node stands inside one that was read: nodes come in the order of the file, so a stack tells."""
        while self.read_below and not pointer.startswith(f"{self.read_below[-1]}/"):
            self.read_below.pop()
        return bool(self.read_below)

    def _is_private(self, name: str) -> bool:
        return any(fnmatch.fnmatchcase(name, pattern) for pattern in self.spec.private)

    def _keys(self, node: Node, known: set[str]) -> None:
        for member in node.members():
            name = self.document.name(member.key)
            if name in known or name in ("id", "type", "@context"):
                continue
            if self._is_private(name):
                self._count("person", name, member)
            elif not any(fnmatch.fnmatchcase(name, pattern) for pattern in self.spec.drops):
                self._count("key", name, member)

    def _count(self, kind: str, name: str, node: Node) -> None:
        if kind == "type" and any(fnmatch.fnmatchcase(name, pattern) for pattern in self.spec.drops):
            return
        self.counts[kind, name] += 1
        self.first.setdefault((kind, name), node)

    def findings(self) -> list[Finding]:
        """One finding for each kind of thing that was left, with how many there are."""
        tell = {"type": told.unread_type, "key": told.unread_key, "person": told.private}
        return [
            tell[kind](self.document, self.first[kind, name], name, count)
            for (kind, name), count in sorted(self.counts.items())
        ]


def _first_steps(spec: DocumentSpec) -> Iterable[str]:
    paths = [path for paths in spec.fields.values() for path in paths]
    if spec.each:
        # Paths of an `each` table start at its value; those that come back up read the node around it.
        yield spec.each.split("/")[0]
        paths = [path.removeprefix("../") for path in paths if path.startswith("../")]
    for path in (*paths, *spec.requires):
        yield path.split("|")[0].split("/")[0]
    if spec.conditions is not None:
        yield from (key.split("/")[0] for key in spec.conditions.start)
