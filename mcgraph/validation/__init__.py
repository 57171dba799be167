"""Shapes, references and cross-record rules over a batch: findings with their cells.

`validate(batch, profile=…, date=…)` gives a `Report`, `validate_profiles(batch, […], date=…)` a `Matrix`; `rules()` and
`profiles()` give the catalogue.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mcgraph.validation.catalogue import Profile, Rule, profiles, rules
    from mcgraph.validation.findings import Findings
    from mcgraph.validation.groups import Group
    from mcgraph.validation.matrix import Matrix, validate_profiles
    from mcgraph.validation.report import Report
    from mcgraph.validation.run import validate

_HOMES = {
    "Findings": "findings", "Group": "groups", "Matrix": "matrix", "Profile": "catalogue",
    "Report": "report", "Rule": "catalogue",
    "profiles": "catalogue", "rules": "catalogue", "validate": "run", "validate_profiles": "matrix",
}  # fmt: skip

__all__ = [
    "Findings", "Group", "Matrix", "Profile", "Report", "Rule", "profiles", "rules", "validate", "validate_profiles",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Import on first use, so that the command line starts quickly."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"mcgraph.validation.{_HOMES[name]}"), name)
