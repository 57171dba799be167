"""Questions with names, and any SPARQL, asked safely."""

from mcgraph.queries.engine import Engine, Source
from mcgraph.queries.execute import ask
from mcgraph.queries.library import NamedQuestion, library, named

__all__ = ["Engine", "NamedQuestion", "Source", "ask", "library", "named"]
