"""mcgraph: a knowledge graph of the microcredential ecosystem."""

__version__ = "0.1.0"
