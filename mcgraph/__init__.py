"""mcgraph: a knowledge graph of the microcredential ecosystem.

>>> import mcgraph as mg
>>> graph = mg.open("store/")                                   # doctest: +SKIP
>>> mg.validate("submission.xlsx", context=graph).conforms      # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mcgraph.api import Checked, Store, classify, open, validate
    from mcgraph.api_survey import propose_codebook, read_survey, survey_trend
    from mcgraph.pathways.constraints import Budget, Constraints
    from mcgraph.pathways.whatif import WhatIf

__version__ = "0.1.0"

_HOMES = {
    "Budget": "mcgraph.pathways.constraints", "Checked": "mcgraph.api", "Constraints": "mcgraph.pathways.constraints",
    "Store": "mcgraph.api", "WhatIf": "mcgraph.pathways.whatif", "classify": "mcgraph.api", "open": "mcgraph.api",
    "propose_codebook": "mcgraph.api_survey", "read_survey": "mcgraph.api_survey",
    "survey_trend": "mcgraph.api_survey", "validate": "mcgraph.api",
}  # fmt: skip

__all__ = [
    "Budget", "Checked", "Constraints", "Store", "WhatIf", "__version__", "classify", "open", "propose_codebook",
    "read_survey", "survey_trend", "validate",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Import on first use, so that the command line starts quickly."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOMES[name]), name)
