"""The answers of the named questions on the demo data, worked out from the CSV files by plain Python.

Nothing here uses SPARQL, the store or `mcgraph.queries`: what a question should say is derived a second time,
from the cells a spreadsheet shows.
"""
