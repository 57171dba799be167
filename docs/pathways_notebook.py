"""Plans with proof, and what if: a notebook in percent cells."""

# %% [markdown]
# # Plans with proof, and what if
# A notebook in percent cells: open it in Jupyter (jupytext) or an editor, or run it as a script.
# It uses a small book written by hand; `RuleBook.read(graph, date=…)` gives the same for a store.

# %%
from mcgraph.pathways import Budget, Constraints, RuleBook, WhatIf, plan_routes

book = RuleBook.of(
    "10 cr of data, ethics, stats, visual -> certificate [recognised-share-cap 0.5]",
    "certificate + thesis -> diploma",
    "course-x => data [by University U]",
    "course-y => ethics [by University U]",
    credits={"data": 5, "ethics": 5, "stats": 5, "visual": 5, "certificate": 10, "thesis": 15},
    hours={"data": 130, "ethics": 125, "stats": 150, "visual": 140, "thesis": 400},
)

# %% [markdown]
# ## The best plans
# Both courses are recognised, but at most half of the certificate may come from recognition:
# one course is still to take.

# %%
answer = plan_routes(book, ["course-x", "course-y"], "certificate", plans=3)
for plan in answer.plans:
    print(plan.takes, plan.cost.new, plan.bound, plan.proven)
    for step in plan.steps:
        print("  ", step.number, step.text)
assert answer.plans[0].cost.new == 1 and answer.plans[0].proven

# %% [markdown]
# ## Wishes, and what stands in the way

# %%
tight = plan_routes(book, [], "diploma", by="hours", wishes=Constraints(Budget(hours=600)))
print(tight.plans, [conflict.text for conflict in tight.conflicts])
assert not tight.plans and tight.conflicts[0].names == ("hours",)

# %% [markdown]
# ## A timetable

# %%
timed = plan_routes(book, [], "diploma", wishes=Constraints(per_term=15))
table = timed.plans[0].schedule
print([(slot.term, slot.credential) for slot in table.slots], table.proven)
assert table.terms == 2

# %% [markdown]
# ## Courses that are taken together
# The lecture asks for its laboratory and the laboratory for the lecture, each at the latest at the same time.

# %%
pair = RuleBook.of(
    "maths ~> lecture", "lab ~~> lecture", "lecture ~~> lab", "lecture -> module",
    credits={"maths": 5, "lecture": 5, "lab": 5},
)
together = plan_routes(pair, [], "module", wishes=Constraints(per_term=10)).plans[0]
print([step.text for step in together.steps])
terms = {slot.credential: slot.term for slot in together.schedule.slots}
assert together.takes == ("lab", "lecture", "maths") and terms == {"maths": 1, "lecture": 2, "lab": 2}

# %% [markdown]
# ## What if the agreement on course-x ended?

# %%
with WhatIf(book) as w:
    w.expire("rule-3")
    found = w.compare(held=["course-x"], to="diploma")
for effect in found.effects:
    print(effect.what, effect.holder or "anybody", "→", effect.target, effect.saved)
before, after = found.learner
assert after.plans[0].cost.new == before.plans[0].cost.new + 1

# %% [markdown]
# ## For one holder: what turns, what falls away, and why

# %%
turn = next(turn for turn in found.profile.turns if turn.target == "diploma")
print(turn.what, turn.saved, [step.text for step in turn.dropped], [reason.text for reason in turn.reasons])
assert turn.what == "longer" and any(step.rule == "rule-3" for step in turn.dropped)

# %% [markdown]
# ## As tables

# %%
from mcgraph.pathways.frames import effects_frame, steps_frame  # noqa: E402

print(steps_frame(answer).select("plan", "step", "kind", "title", "reason"))
print(effects_frame(found).group_by("what").len())
assert set(effects_frame(found).get_column("what")) <= {"opens", "closes", "shorter", "longer"}
