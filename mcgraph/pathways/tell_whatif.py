"""A what-if as text and as a JSON document."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from mcgraph import __version__
from mcgraph.pathways.answer import coverage, document, evidence_of, named, plain, plan_document, reason_document
from mcgraph.pathways.compare import Best, Difference, Effect
from mcgraph.pathways.profile import Profile, best
from mcgraph.pathways.route import Route
from mcgraph.pathways.tell import one_line, summary, unit_name
from mcgraph.pathways.trace import short, statements

SHOWN = 12
WORDS = {"opens": "opened", "closes": "closed", "shorter": "shorter", "longer": "longer"}
PROFILE_WORDS = {
    "opens": "opens", "closes": "closes", "shorter": "gets shorter", "longer": "gets longer", "differs": "differs",
}  # fmt: skip


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
    if found.profile:
        yield from _profile(found, found.profile)
    if found.learner:
        yield "\n the best plan"
        for when, answer in zip(("before", "after"), found.learner, strict=True):
            text = summary(answer.plans[0]) if answer.plans else "no plan"
            yield f"    {when}: {text}"
        yield from (f"      {step.number}. {step.text}" for plan in found.learner[1].plans[:1] for step in plan.steps)
    yield f"\n as of {found.before.date.isoformat()} · nothing that is stored was changed"


def _profile(found: Difference, profile: Profile) -> Iterator[str]:
    """What changes for one holder, with what falls away, what is new, and why."""
    held = ", ".join(_label(found, one) for one in profile.held) or "nothing"
    same = f"{profile.unchanged} of {profile.compared} targets stay as they are"
    yield f"\n for who holds {held} · {same}"
    for turn in profile.turns[:SHOWN]:
        left, right = best(turn.before), best(turn.after)
        sizes = f"{_size(left)} → {_size(right)}{_saved(turn.saved)}"
        yield f"    {_label(found, turn.target)} {PROFILE_WORDS[turn.what]}: {sizes}"
        yield from (f"      − {step.text}" for step in turn.dropped)
        yield from (f"      + {step.text}" for step in turn.added)
        yield from (f"      why: {one.text}" for one in turn.reasons)
    if len(profile.turns) > SHOWN:
        yield f"    … and {len(profile.turns) - SHOWN} more (--json)"
    if profile.truncated:
        yield f" Not all targets were compared: the limit {profile.truncated} was reached."


def _label(found: Difference, iri: str) -> str:
    return (found.after if iri in found.after.credentials else found.before).label(iri)


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {WORDS[what]}" for what, count in counts.items())


def _effect(found: Difference, effect: Effect) -> str:
    holder = f"holders of {_label(found, effect.holder)}" if effect.holder else "anybody"
    both = effect.before is not None and effect.after is not None
    sizes = f"{_size(effect.before)} → {_size(effect.after)}{_saved(effect.saved if both else None)}"
    return f"{_label(found, effect.target)} for {holder}: {sizes}"


def _size(plan: Best | Route | None) -> str:
    if plan is None:
        return "no way"
    points = "".join(f", {plain(amount)} {unit_name(system)}" for system, amount in plan.cost.credits)
    return f"{plan.cost.new} new{points}"


def _saved(saved: tuple[int, Decimal, Decimal] | None) -> str:
    if saved is None or not any(saved):
        return ""
    losing = saved < (0, Decimal(0), Decimal(0))
    sign = -1 if losing else 1
    new, points, hours = sign * saved[0], sign * saved[1], sign * saved[2]
    parts = [f"{new} new"] if new else []
    parts += [f"{plain(points)} credits"] if points else []
    parts += [f"{plain(hours)} h"] if hours else []
    return f"  ({'more' if losing else 'saved'}: {', '.join(parts)})"


def whatif_document(found: Difference) -> dict[str, Any]:
    """`whatif FILE --json`."""
    both = [best for effect in found.effects for best in (effect.before, effect.after) if best]
    said = [one for best in both for one in statements(best.steps)]
    for turn in found.profile.turns if found.profile else ():
        said += statements((*turn.dropped, *turn.added))
    before, after = found.learner or (None, None)
    return {
        "changes": list(found.changes),
        "effects": [_effect_document(found, effect) for effect in found.effects],
        "compared": found.compared,
        "groups": {"country": found.groups(found.country), "provider_type": found.groups(found.provider_type)},
        "profile": _profile_document(found, found.profile) if found.profile else None,
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


def _profile_document(found: Difference, profile: Profile) -> dict[str, Any]:
    """What changes for one holder: plans before and after, steps that fall away and are new, and the reasons."""
    return {
        "held": [named(found.after, one) for one in profile.held],
        "compared": profile.compared,
        "unchanged": profile.unchanged,
        "limit": profile.truncated,
        "turns": [
            {
                "what": turn.what,
                "target": named(found.after if turn.target in found.after.credentials else found.before, turn.target),
                "before": plan_document(found.before, one) if (one := best(turn.before)) else None,
                "after": plan_document(found.after, one) if (one := best(turn.after)) else None,
                "saved": _saved_document(turn.saved),
                "dropped": [step.text for step in turn.dropped],
                "added": [step.text for step in turn.added],
                "reasons": [reason_document(found.after, one) for one in turn.reasons],
            }
            for turn in profile.turns
        ],
    }


def _saved_document(saved: tuple[int, Decimal, Decimal] | None) -> dict[str, Any] | None:
    if saved is None:
        return None
    new, points, hours = saved
    return {"new": new, "credits": plain(points), "hours": plain(hours)}


def _effect_document(found: Difference, effect: Effect) -> dict[str, Any]:
    both = effect.before is not None and effect.after is not None
    return {
        "what": effect.what,
        "holder": named(found.after, effect.holder) if effect.holder else None,
        "target": named(found.after, effect.target),
        "before": _best(effect.before),
        "after": _best(effect.after),
        "saved": _saved_document(effect.saved if both else None),
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
