"""The store: batch files and manifests are the truth, an Oxigraph index is derived from them.

from mcgraph.store import open_graph

with open_graph("mcgraph-store", create=True, read_only=False) as graph:
    print(graph.load(batch, SubmissionInfo(files=(InputFile("register.csv", sha256, size),))))
    print(graph.rows("SELECT ?s WHERE { ?s a mc:Credential }", prefixes=PREFIXES))
"""

from mcgraph.store.graph import Graph, open_graph
from mcgraph.store.manifest import Event, InputFile, Manifest, Submission, SubmissionInfo
from mcgraph.store.writer import LoadResult

__all__ = [
    "Event",
    "Graph",
    "InputFile",
    "LoadResult",
    "Manifest",
    "Submission",
    "SubmissionInfo",
    "open_graph",
]
