"""Questions to a SPARQL 1.1 store at an address, in the place of a worker on this machine."""

from __future__ import annotations

import re
from types import TracebackType
from typing import TYPE_CHECKING

from mcgraph.limits import Limits
from mcgraph.model.namespaces import PREFIXES
from mcgraph.queries.engine import Rows
from mcgraph.queries.guard import declared_prefixes, masked
from mcgraph.queries.remote_rewriting import for_servers

if TYPE_CHECKING:
    from mcgraph.store.remote import RemoteGraph

_IRI = re.compile(r"<[^<>\"{}|^`\x00-\x20]*>")
_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
_NEVER_IN_IRI = frozenset('<>"{}|^`\\')
_FORM = re.compile(r"\b(SELECT|ASK|CONSTRUCT|DESCRIBE)\b(?!\s*:)", re.IGNORECASE)


class RemoteEngine:
    """Asks the endpoint of a remote graph over the graphs of its snapshot; the server's own limits hold too."""

    def __init__(self, graph: RemoteGraph, limits: Limits, graphs: tuple[str, ...] | None = None) -> None:
        """`graphs` are asked in the place of those of the snapshot."""
        self._graph = graph
        self._limits = limits
        self._graphs = graph.graphs if graphs is None else graphs

    def __enter__(self) -> RemoteEngine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Nothing to give back: the connection is the graph's."""

    def run(self, text: str, *, rows: int | None = None) -> Rows:
        """The rows of one query, at most `rows` of them.

        Raises `WrongUse` for a text that the server refuses, `LimitReached` where it takes too long,
        `StoreUnavailable` where it cannot be reached.
        """
        most = self._limits.rows_returned if rows is None else rows
        seconds = float(self._limits.query_seconds)
        whole = _with_prefixes(for_servers(plain_text(text), PREFIXES))
        form = _FORM.search(masked(text))
        if form and form[1].upper() in ("CONSTRUCT", "DESCRIBE"):
            return _triples(self._graph.endpoint.triples(whole, graphs=self._graphs, seconds=seconds), most)
        found = self._graph.endpoint.query(whole, graphs=self._graphs, seconds=seconds)
        if found.boolean is not None:
            word = "true" if found.boolean else "false"
            return Rows(("boolean",), ((word,),), (("http://www.w3.org/2001/XMLSchema#boolean",),), "boolean")
        kept = found.rows[:most]
        return Rows(
            found.columns,
            tuple(tuple(term[0] if term else None for term in row) for row in kept),
            tuple(tuple(term[1] if term else "" for term in row) for row in kept),
            limit="rows_returned" if len(found.rows) > most else "rows of the server" if found.is_cut else "",
        )


def plain_text(text: str) -> str:
    """The text without its header, and with IRIs as they are.

    Binding writes every sign of a value that is no letter as `\\uXXXX`, which SPARQL allows anywhere (§19.2) and some
    servers only in strings. Inside an IRI it is written out again, unless it is one that no IRI may have.
    """
    bare = "\n".join(line for line in text.split("\n") if not line.startswith("#+"))
    return _IRI.sub(lambda found: _ESCAPE.sub(_sign, found[0]), bare)


def _sign(found: re.Match[str]) -> str:
    sign = chr(int(found[1] or found[2], 16))
    return found[0] if sign in _NEVER_IN_IRI or sign <= " " else sign


def _with_prefixes(text: str) -> str:
    """The text with our prefixes declared where it uses them and does not declare them itself."""
    own = declared_prefixes(text, {})
    structure = masked(text)
    used = [name for name in PREFIXES if name not in own and re.search(rf"(?<![\w-]){re.escape(name)}:", structure)]
    return "".join(f"PREFIX {name}: <{PREFIXES[name]}>\n" for name in used) + text


def _triples(content: bytes, most: int) -> Rows:
    import pyoxigraph as ox

    quads = list(ox.parse(input=content, format=ox.RdfFormat.N_TRIPLES))
    kept = quads[:most]
    terms = [(quad.subject, quad.predicate, quad.object) for quad in kept]
    return Rows(
        ("subject", "predicate", "object"),
        tuple(tuple(_text(term) for term in triple) for triple in terms),
        tuple(tuple(_kind(term) for term in triple) for triple in terms),
        "triples",
        "rows_returned" if len(quads) > most else "",
    )


def _text(term: object) -> str:
    import pyoxigraph as ox

    return f"_:{term.value}" if isinstance(term, ox.BlankNode) else str(getattr(term, "value", term))


def _kind(term: object) -> str:
    import pyoxigraph as ox

    if isinstance(term, ox.Literal):
        return f"@{term.language}" if term.language else term.datatype.value
    return "bnode" if isinstance(term, ox.BlankNode) else "iri"
