"""The figures of a briefing on one snapshot: gathered from named questions and analyses, each with what it rests on.

figure                               a table with its base, unknowns, command, parameters, sources and snapshot
gathering                            one snapshot, one day, one language, one engine; makes figures of answers
offer, completeness, assurance,      the sections: each asks its questions and shapes the rows
recognised, stacking, definition,
surveyed, unknown
landscape                            all sections in order
"""

from __future__ import annotations

from mcgraph.briefing.figure import Briefing, Column, Drawing, Figure, Section
from mcgraph.briefing.landscape import gather

__all__ = ["Briefing", "Column", "Drawing", "Figure", "Section", "gather"]
