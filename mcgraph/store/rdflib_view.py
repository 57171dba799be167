"""A snapshot for people who want rdflib: a read-only store plugin that asks the index.

Nothing is copied: a pattern is looked up in Oxigraph, and `query` runs there too. Walking all triples in
Python costs about 10 µs each and rdflib objects for those that are kept; `len` is a number from the stamp,
known at once (pySHACL asks for it hundreds of times). Values come as Oxigraph holds them: numbers and dates
in their canonical spelling.
"""

from __future__ import annotations

import io
from collections.abc import Generator, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox
import rdflib
from rdflib.graph import DATASET_DEFAULT_GRAPH_ID
from rdflib.graph import Graph as RdfGraph
from rdflib.query import Result
from rdflib.store import Store
from rdflib.term import BNode, Literal, Node, URIRef

from mcgraph.errors import WrongUse
from mcgraph.model.namespaces import PREFIXES

if TYPE_CHECKING:
    from mcgraph.store.graph import Graph


def dataset(graph: Graph) -> rdflib.Dataset:
    """The snapshot as an rdflib `Dataset` whose default graph is the union of the named ones."""
    return rdflib.Dataset(store=_View(graph), default_union=True)


class _View(Store):
    """rdflib's store interface over a sealed index; every change is refused."""

    context_aware = True
    graph_aware = True
    formula_aware = False
    transaction_aware = False

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._prefixes = dict(PREFIXES)
        super().__init__()

    def triples(self, triple_pattern: Any, context: Any = None) -> Iterator[Any]:
        """The triples that match, each with the graphs it stands in."""
        name = _graph_name(context)
        subject, predicate, value = (_to_ox(term) for term in triple_pattern)
        if _cannot_be(subject, predicate, value):
            return
        seen: set[Any] = set()
        for quad in self._graph.store.quads_for_pattern(subject, predicate, value, name):
            triple = (_to_rdflib(quad.subject), _to_rdflib(quad.predicate), _to_rdflib(quad.object))
            if name is None:
                # The union has a triple once, however many graphs say it.
                key = (quad.subject, quad.predicate, quad.object)
                if key in seen:
                    continue
                seen.add(key)
            yield triple, iter((context,))

    def __len__(self, context: Any = None) -> int:
        """Triples in all named graphs, or in one; not counted but known."""
        name = _graph_name(context)
        return self._graph.triples if name is None else int(self._graph.graphs.get(name.value, 0))

    def contexts(self, triple: Any = None) -> Generator[Any, None, None]:
        """The named graphs, or those that hold a triple."""
        for name in self._graph.graphs:
            if triple is None or triple == (None, None, None) or self._holds(name, triple):
                yield RdfGraph(store=self, identifier=URIRef(name))

    def _holds(self, name: str, triple: Any) -> bool:
        subject, predicate, value = (_to_ox(term) for term in triple)
        if _cannot_be(subject, predicate, value):
            return False
        found = self._graph.store.quads_for_pattern(subject, predicate, value, ox.NamedNode(name))
        return next(iter(found), None) is not None

    def query(
        self,
        query: Any,
        initNs: Mapping[str, Any] | None = None,
        initBindings: Mapping[str, Any] | None = None,
        queryGraph: str = "",
        **options: Any,
    ) -> Result:
        """Answer SPARQL text in Oxigraph; rdflib's own evaluator takes what is bound or prepared."""
        if not isinstance(query, str) or initBindings:
            raise NotImplementedError
        prefixes = {**self._prefixes, **{k: str(v) for k, v in (initNs or {}).items()}}
        found = self._graph.query(query, prefixes=prefixes)
        if isinstance(found, ox.QueryTriples):
            result = Result("CONSTRUCT")
            result.graph = RdfGraph()
            for triple in found:
                result.graph.add(tuple(map(_to_rdflib, (triple.subject, triple.predicate, triple.object))))
            return result
        text = found.serialize(format=ox.QueryResultsFormat.JSON)
        return Result.parse(io.BytesIO(text), format="json")

    def bind(self, prefix: str, namespace: URIRef, override: bool = True) -> None:
        """Remember a prefix for output."""
        if override or prefix not in self._prefixes:
            self._prefixes[prefix] = str(namespace)

    def namespace(self, prefix: str) -> URIRef | None:
        """The namespace of a prefix."""
        found = self._prefixes.get(prefix)
        return None if found is None else URIRef(found)

    def prefix(self, namespace: URIRef) -> str | None:
        """The prefix of a namespace."""
        return next((p for p, known in self._prefixes.items() if known == str(namespace)), None)

    def namespaces(self) -> Iterator[tuple[str, URIRef]]:
        """All prefixes."""
        return iter([(prefix, URIRef(known)) for prefix, known in self._prefixes.items()])

    def add(self, *_: Any, **__: Any) -> None:
        """Refuse."""
        raise _refused()

    def addN(self, quads: Any) -> None:
        """Refuse."""
        raise _refused()

    def remove(self, *_: Any, **__: Any) -> None:
        """Refuse."""
        raise _refused()

    def update(self, *_: Any, **__: Any) -> None:
        """Refuse."""
        raise _refused()

    def add_graph(self, graph: Any) -> None:
        """Accept rdflib's mention of a graph; nothing is stored."""

    def remove_graph(self, graph: Any) -> None:
        """Refuse."""
        raise _refused()


def _refused() -> WrongUse:
    return WrongUse("this view of the store is read-only", fix="Change the store with `mcgraph load`.")


_IMPOSSIBLE = object()


def _cannot_be(subject: Any, predicate: Any, value: Any) -> bool:
    """Whether no triple has these terms: rdflib and pySHACL do ask for literals as subjects."""
    if _IMPOSSIBLE in (subject, predicate, value) or isinstance(subject, ox.Literal):
        return True
    return predicate is not None and not isinstance(predicate, ox.NamedNode)


def _graph_name(context: Any) -> ox.NamedNode | None:
    """The named graph that is meant; None for the union."""
    identifier = getattr(context, "identifier", context)
    if isinstance(identifier, URIRef) and identifier != DATASET_DEFAULT_GRAPH_ID:
        return ox.NamedNode(str(identifier))
    return None


def _to_ox(term: Node | None) -> Any:
    """The term as Oxigraph knows it; `_IMPOSSIBLE` for one no store of ours can hold."""
    if term is None:
        return None
    try:
        if isinstance(term, URIRef):
            return ox.NamedNode(str(term))
        if isinstance(term, BNode):
            return ox.BlankNode(str(term))
        if isinstance(term, Literal):
            if term.language:
                return ox.Literal(str(term), language=term.language)
            return ox.Literal(str(term), datatype=ox.NamedNode(str(term.datatype)) if term.datatype else None)
    except ValueError:
        return _IMPOSSIBLE
    return _IMPOSSIBLE


def _to_rdflib(term: Any) -> Any:
    if isinstance(term, ox.NamedNode):
        return URIRef(term.value)
    if isinstance(term, ox.BlankNode):
        return BNode(term.value)
    if term.language:
        return Literal(term.value, lang=term.language, normalize=False)
    if term.datatype.value == "http://www.w3.org/2001/XMLSchema#string":
        return Literal(term.value)
    return Literal(term.value, datatype=URIRef(term.datatype.value), normalize=False)
