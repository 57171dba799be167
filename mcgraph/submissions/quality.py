"""A score of a submission's quality, made of three shares whose weights anybody can see.

    score = 100 × (0.5 × valid + 0.3 × complete + 0.2 × clean)

`valid` is the share of records without an error, `complete` the share of the mandatory elements of Annex I that
the credentials have, `clean` the share of records without a warning. What cannot be measured (a source without
credentials has no elements) is left out, and the weights of the others are scaled to 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import polars as pl

from mcgraph.model.batch import Batch
from mcgraph.validation import Report
from mcgraph.validation.ir import Constraint

WEIGHTS = {"valid": 0.5, "complete": 0.3, "clean": 0.2}
_ANNEX = "annex1-catalogue"
_MANDATORY = "Annex I, element"


def quality(batch: Batch, report: Report) -> dict[str, float]:
    """The score (0–100) and the shares (0–1) it is made of; empty for a submission without records."""
    if not report.read:
        return {}
    shares = {"valid": report.accepted / report.read, "clean": 1 - _warned(report) / report.read}
    complete = completeness(batch)
    if complete is not None:
        shares["complete"] = complete
    return {"score": score(shares), **{name: round(shares[name], 4) for name in WEIGHTS if name in shares}}


def score(shares: Mapping[str, float]) -> float:
    """The weighted mean of the shares that are known, of 100."""
    total = sum(WEIGHTS[name] for name in shares)
    return round(100 * sum(WEIGHTS[name] * share for name, share in shares.items()) / total, 1)


def formula() -> str:
    """The formula in one line, with the weights in force."""
    return " + ".join(f"{weight} × {name}" for name, weight in WEIGHTS.items())


def _warned(report: Report) -> int:
    warned = report.findings.frame.filter(pl.col("severity") == "warning", pl.col("record") != "")
    return min(report.read, warned.get_column("record").n_unique())


def completeness(batch: Batch) -> float | None:
    """The share of filled mandatory elements of Annex I over all credentials; None without a credential."""
    from mcgraph.validation import catalogue
    from mcgraph.validation.data import DataGraph
    from mcgraph.validation.engine import Engine
    from mcgraph.validation.run import superclasses

    profile = catalogue.profile(_ANNEX)
    sources = {rule.iri: rule.source for rule in catalogue.rules_in(profile.triples)}
    engine = Engine(DataGraph(batch.columns, superclasses()), profile.shapes)
    asked = missing = 0
    for shape in profile.shapes.targeted:
        elements = {
            inner
            for constraint in shape.constraints
            if constraint.component == "Property"
            for inner in constraint.shapes
            if _MANDATORY in sources.get(inner, "") and _counted(profile.shapes.shapes[inner].constraints)
        }
        nodes = engine.focus_nodes(shape) if elements else None
        if nodes is not None and len(nodes):
            results = engine.results(shape, nodes)
            asked += len(elements) * len(nodes)
            missing += results.filter(pl.col("component") == "MinCount", pl.col("shape").is_in(elements)).height
    return 1 - missing / asked if asked else None


def _counted(constraints: Iterable[Constraint]) -> bool:
    return any(one.component == "MinCount" and one.number > 0 for one in constraints)
