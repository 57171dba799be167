"""Finding things by their labels, in all languages, with typing errors forgiven."""

from mcgraph.search.lookup import search

__all__ = ["search"]
