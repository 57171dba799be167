"""Names for blank nodes that depend on what is said of them, not on how a file numbers them.

Two graphs that are the same but for the labels of blank nodes get the same names, so that they can be compared
statement by statement. Blank nodes that are joined by statements are named together: each is told apart by what is
said of it and around it (colour refinement); where that leaves several alike, one after another is singled out, and
the smallest result of all ways counts (as in RDF Dataset Canonicalization, https://www.w3.org/TR/rdf-canon/).
Around a tree, any way is as good as another; elsewhere the ways are tried up to a bound, and then it is said.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

# s, p, o, kind (`iri` or `literal`), datatype, language; a blank node is `_:…`, in the object with kind `iri`.
Row = tuple[str, str, str, str, str, str]
WAYS = 400


def is_blank(term: str) -> bool:
    """Whether a subject, or an object of kind `iri`, is a blank node."""
    return term.startswith("_:")


@dataclass(slots=True)
class Naming:
    """The new name of each blank node, and how many nodes could not be told apart within the bound."""

    names: dict[str, str] = field(default_factory=dict)
    undecided: int = 0


def names_by_content(rows: Iterable[Row], *, ways: int = WAYS) -> Naming:
    """A name for every blank node in the rows; rows without one are not needed and do no harm.

    Equal groups of blank nodes are numbered, so that nothing is merged.
    """
    told = [row for row in rows if is_blank(row[0]) or (row[3] == "iri" and is_blank(row[2]))]
    naming = Naming()
    groups: list[tuple[str, list[str]]] = []
    for own in _joined(told):
        group = _Group(own, ways)
        certificate, order = group.best()
        naming.undecided += 0 if group.is_decided else len(order)
        groups.append((certificate, order))
    seen: Counter[str] = Counter()
    for certificate, order in sorted(groups):
        number = seen[certificate]
        seen[certificate] += 1
        for at, node in enumerate(order):
            naming.names[node] = f"_:{certificate}-{number}-{at}"
    return naming


def _joined(rows: Sequence[Row]) -> list[list[Row]]:
    """The rows by groups of blank nodes that hang together."""
    above: dict[str, str] = {}

    def top(node: str) -> str:
        while above.setdefault(node, node) != node:
            above[node] = node = above[above[node]]
        return node

    for s, _, o, kind, _, _ in rows:
        ends = [end for end, blank in ((s, is_blank(s)), (o, kind == "iri" and is_blank(o))) if blank]
        above[top(ends[0])] = top(ends[-1])
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[top(row[0] if is_blank(row[0]) else row[2])].append(row)
    return list(found.values())


class _Group:
    """Blank nodes that hang together, and all that is said with them."""

    def __init__(self, rows: Sequence[Row], ways: int) -> None:
        self._rows = sorted(set(rows))
        self._around: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
        edges = 0
        for s, p, o, kind, datatype, language in self._rows:
            blank = kind == "iri" and is_blank(o)
            said = "\x1f".join((p, "" if blank else o, kind, datatype, language))
            if is_blank(s):
                self._around[s].append(("says", said, o if blank else ""))
            if blank:
                edges += is_blank(s)
                by = "" if is_blank(s) else s
                self._around[o].append(("is said", f"{p}\x1f{by}", "" if by else s))
        self._is_tree = edges == len(self._around) - 1
        self._left = ways
        self.is_decided = True

    def best(self) -> tuple[str, list[str]]:
        """The smallest certificate of the group, and its blank nodes in the order it gives them."""
        return self._decide(self._refine(dict.fromkeys(self._around, "")))

    def _refine(self, colours: Mapping[str, str]) -> dict[str, str]:
        """Tell nodes apart by what is around them, until that tells no more apart."""
        now = dict(colours)
        count = len(set(now.values()))
        while True:
            following = {
                node: _hash([now[node], *sorted(f"{w}\x1e{said}\x1e{now.get(other, '')}" for w, said, other in around)])
                for node, around in self._around.items()
            }
            told = len(set(following.values()))
            now = following
            if told in (count, len(now)):
                return now
            count = told

    def _decide(self, colours: Mapping[str, str]) -> tuple[str, list[str]]:
        alike: dict[str, list[str]] = defaultdict(list)
        for node, colour in colours.items():
            alike[colour].append(node)
        unclear = [(len(nodes), colour) for colour, nodes in alike.items() if len(nodes) > 1]
        if not unclear:
            order = sorted(colours, key=lambda node: colours[node])
            return self._certificate(order), order
        nodes = alike[min(unclear)[1]]
        tried = nodes[:1] if self._is_tree else nodes
        results: list[tuple[str, list[str]]] = []
        for node in tried:
            if results and self._left <= 0:
                self.is_decided = False
                break
            self._left -= 1
            results.append(self._decide(self._refine({**colours, node: colours[node] + "*"})))
        return min(results, key=lambda one: one[0])

    def _certificate(self, order: Sequence[str]) -> str:
        """A hash of all that is said, with the nodes by their places in the order."""
        at = {node: f"_:{place}" for place, node in enumerate(order)}
        said = sorted(
            "\x1f".join((at.get(s, s), p, at.get(o, o) if kind == "iri" else o, kind, datatype, language))
            for s, p, o, kind, datatype, language in self._rows
        )
        return _hash(said)


def _hash(parts: Iterable[str]) -> str:
    digest = hashlib.blake2b(digest_size=12)
    for part in parts:
        text = part.encode("utf-8", "surrogatepass")
        digest.update(len(text).to_bytes(4, "big") + text)
    return digest.hexdigest()
