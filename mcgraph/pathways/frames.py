"""Answers about pathways as tables (polars): a row per step of a plan, effect of a what-if, credential in reach."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mcgraph.pathways.compare import Difference
from mcgraph.pathways.route import ReachAnswer, RouteAnswer

if TYPE_CHECKING:
    import polars as pl

STEPS = {
    "plan": "i64", "step": "i64", "layer": "i64", "kind": "str", "credential": "str", "id": "str", "title": "str",
    "reason": "str", "rule": "str", "claim": "str", "claimant": "str", "source": "str", "value": "f64",
    "bound": "f64", "proven": "bool", "weakest": "str",
}  # fmt: skip
EFFECTS = {
    "what": "str", "holder": "str", "target": "str", "title": "str", "new_before": "i64", "new_after": "i64",
    "saved_new": "i64", "saved_credits": "f64", "saved_hours": "f64",
}  # fmt: skip
REACH = {"how": "str", "credential": "str", "id": "str", "title": "str", "opened_by": "str"}


def steps_frame(answer: RouteAnswer) -> pl.DataFrame:
    """A row per step of each plan: what to do, why it holds, who says so; no rows where there is no plan."""
    book = answer.book
    rows = []
    for number, plan in enumerate(answer.plans, start=1):
        for step in plan.steps:
            one, said = book.credential(step.credential), step.evidence[0] if step.evidence else None
            rows.append((
                number, step.number, step.layer, step.kind, step.credential, one.id, one.title, step.text, step.rule,
                said.claim if said else "", said.claimant if said else "", said.source if said else "",
                float(plan.value), float(plan.bound), plan.proven, plan.confidence or "",
            ))  # fmt: skip
    return _frame(rows, STEPS)


def effects_frame(found: Difference) -> pl.DataFrame:
    """A row per pair of holder and target for which a what-if changes something."""
    rows = []
    for effect in found.effects:
        both = effect.before is not None and effect.after is not None
        new, points, hours = effect.saved
        known = found.after if effect.target in found.after.credentials else found.before
        rows.append((
            effect.what, effect.holder or None, effect.target, known.label(effect.target),
            effect.before.cost.new if effect.before else None, effect.after.cost.new if effect.after else None,
            new if both else None, float(points) if both else None, float(hours) if both else None,
        ))  # fmt: skip
    return _frame(rows, EFFECTS)


def reach_frame(answer: ReachAnswer) -> pl.DataFrame:
    """A row per credential that is awarded now, one away (with what opens it), or within reach at all."""
    book = answer.book
    pairs = [("awarded", step.credential, "") for step in answer.attained]
    pairs += [("one away", iri, unlock.take) for unlock in answer.unlocks for iri in unlock.opens]
    pairs += [("within reach", iri, "") for iri in answer.reachable]
    rows = [(how, iri, book.credential(iri).id, book.credential(iri).title, by) for how, iri, by in pairs]
    return _frame(rows, REACH)


def _frame(rows: Sequence[tuple[object, ...]], columns: dict[str, str]) -> pl.DataFrame:
    import polars as pl

    types = {"i64": pl.Int64, "f64": pl.Float64, "bool": pl.Boolean, "str": pl.String}
    return pl.DataFrame(rows, schema={name: types[kind] for name, kind in columns.items()}, orient="row")
