"""A what-if as text and as a JSON document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mcgraph import __version__
from mcgraph.pathways.answer import coverage, document, evidence_of, named, plain
from mcgraph.pathways.compare import Best, Difference, Effect
from mcgraph.pathways.tell import one_line, summary, unit_name
from mcgraph.pathways.trace import short, statements

SHOWN = 12
WORDS = {"opens": "opened", "closes": "closed", "shorter": "shorter", "longer": "longer"}


def tell_whatif(found: Difference) -> str:
    """The answer in words: the changes, the targets that open or close, who gains and who loses."""
    return "\n".join(one_line(line) for line in _lines(found))


def _lines(found: Difference) -> Iterator[str]:
    yield "What if"
    yield from (f"    {text}" for text in found.changes)
    counts = {what: sum(effect.what == what for effect in found.effects) for what in WORDS}
    told = ", ".join(f"{count} {WORDS[what]}" for what, count in counts.items() if count)
    yield f"\n {told or 'Nothing changes'} · {found.compared} pairs of holder and target compared"
    for what, words in WORDS.items():
        mine = [effect for effect in found.effects if effect.what == what]
        if mine:
            yield f"\n {words}"
            yield from (f"    {_effect(found, effect)}" for effect in mine[:SHOWN])
            if len(mine) > SHOWN:
                yield f"    … and {len(mine) - SHOWN} more (--json)"
    for title, key in (("by country", found.country), ("by type of provider", found.provider_type)):
        groups = found.groups(key)
        if groups:
            yield f"\n {title} of what is held"
            yield from (f"    {name}: {_counts(counts)}" for name, counts in groups.items())
    if found.truncated:
        yield f" Not all pairs were compared: the limit {found.truncated} was reached."
    if found.learner:
        yield "\n for what you hold"
        for when, answer in zip(("before", "after"), found.learner, strict=True):
            text = summary(answer.plans[0]) if answer.plans else "no plan"
            yield f"    {when}: {text}"
        yield from (f"      {step.number}. {step.text}" for plan in found.learner[1].plans[:1] for step in plan.steps)
    yield f"\n as of {found.before.date.isoformat()} · nothing that is stored was changed"


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {WORDS[what]}" for what, count in counts.items())


def _effect(found: Difference, effect: Effect) -> str:
    book = found.after if effect.target in found.after.credentials else found.before
    holder = f"holders of {book.label(effect.holder)}" if effect.holder else "anybody"
    return f"{book.label(effect.target)} for {holder}: {_size(effect.before)} → {_size(effect.after)}{_saved(effect)}"


def _size(best: Best | None) -> str:
    if best is None:
        return "no way"
    points = "".join(f", {plain(amount)} {unit_name(system)}" for system, amount in best.cost.credits)
    return f"{best.cost.new} new{points}"


def _saved(effect: Effect) -> str:
    new, points, hours = effect.saved
    if effect.before is None or effect.after is None:
        return ""
    parts = [f"{new:+d} new"] if new else []
    parts += [f"{plain(points):+} credits"] if points else []
    parts += [f"{plain(hours):+} h"] if hours else []
    return f"  (saved: {', '.join(parts)})"


def whatif_document(found: Difference) -> dict[str, Any]:
    """`whatif FILE --json`."""
    both = [best for effect in found.effects for best in (effect.before, effect.after) if best]
    said = [one for best in both for one in statements(best.steps)]
    before, after = found.learner or (None, None)
    return {
        "changes": list(found.changes),
        "effects": [_effect_document(found, effect) for effect in found.effects],
        "compared": found.compared,
        "groups": {"country": found.groups(found.country), "provider_type": found.groups(found.provider_type)},
        "before": document(before) if before else None,
        "after": document(after) if after else None,
        "coverage": coverage(found.before),
        "snapshot": found.before.snapshot,
        "evidence": [evidence_of(one) for one in dict.fromkeys(said)],
        "truncated": bool(found.truncated),
        "limit": found.truncated,
        "versions": {"mcgraph": __version__},
        "algorithm": {
            "name": "cheapest plans before and after, for holders of what the changes name",
            "parameters": {"date": found.before.date.isoformat(), "order": ["new", "credits", "hours"]},
            "proof": "Pairs are compared by the groups of the rules; side conditions are held to in before and after.",
        },
    }


def _effect_document(found: Difference, effect: Effect) -> dict[str, Any]:
    new, points, hours = effect.saved
    both = effect.before is not None and effect.after is not None
    saved = {"new": new, "credits": plain(points), "hours": plain(hours)}
    return {
        "what": effect.what,
        "holder": named(found.after, effect.holder) if effect.holder else None,
        "target": named(found.after, effect.target),
        "before": _best(effect.before),
        "after": _best(effect.after),
        "saved": saved if both else None,
    }


def _best(best: Best | None) -> dict[str, Any] | None:
    if best is None:
        return None
    return {
        "new": best.cost.new,
        "credits": {short(system) or "not stated": plain(amount) for system, amount in best.cost.credits},
        "hours": plain(best.cost.hours),
        "proven": best.proven,
        "steps": [step.text for step in best.steps],
        "evidence": [found.statement for found in statements(best.steps)],
    }
