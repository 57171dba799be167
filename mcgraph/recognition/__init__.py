"""Recognition: who recognises what, since when, with which effect, and where nobody does.

columns ← register ← states, places          the statements of a store as columns, on a day, between whom
matrix, chains, contradictions, readiness     questions to the register
matching ← gaps                               what one more agreement would open (uses the pathway closure)
names, answer, tell, sheet, heatmap           names of parties, JSON, text, CSV, drawings
"""

from __future__ import annotations

from mcgraph.recognition.chains import Chain, ChainAnswer, find_chains
from mcgraph.recognition.gaps import GapAnswer, find_gaps
from mcgraph.recognition.matrix import Cell, MatrixAnswer, make_matrix
from mcgraph.recognition.readiness import Readiness, ReadinessTable, assess, assess_source
from mcgraph.recognition.register import Register, read_register
from mcgraph.recognition.statement import Party, Statement

__all__ = [
    "Cell",
    "Chain",
    "ChainAnswer",
    "GapAnswer",
    "MatrixAnswer",
    "Party",
    "Readiness",
    "ReadinessTable",
    "Register",
    "Statement",
    "assess",
    "assess_source",
    "find_chains",
    "find_gaps",
    "make_matrix",
    "read_register",
]
