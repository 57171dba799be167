"""Where recognition is missing: complete records that nobody recognises, and agreements that would open most."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import polars as pl

from mcgraph.model.answer import Coverage
from mcgraph.model.namespaces import MC
from mcgraph.pathways.arrays import TAKE
from mcgraph.pathways.hypergraph import Hypergraph, whole_book
from mcgraph.pathways.paid_once import gates_of
from mcgraph.pathways.reachability import Workspace, close, spread
from mcgraph.pathways.rulebook import RuleBook
from mcgraph.recognition.columns import read_columns
from mcgraph.recognition.matching import alike
from mcgraph.recognition.readiness import ReadinessTable, assess_source
from mcgraph.recognition.register import Register
from mcgraph.recognition.statement import GRANTING, Party

# What makes a record complete enough that its not being recognised is a gap.
COMPLETE = ("quality", "level", "learning-outcomes", "assessment")


@dataclass(frozen=True, slots=True)
class Unrecognised:
    """A complete credential that no statement in force grants anything to."""

    credential: Party
    body: Party | None
    country: str
    was: str = ""


@dataclass(frozen=True, slots=True)
class Agreement:
    """What would follow if `recogniser` recognised credentials of `awarding` in full.

    `pairs` are (credential, what it would count as). `helped` credentials would count somewhere new; `opens` are the
    credentials that would then follow from one of them alone, by rule or further recognition; `counts_in` the larger
    credentials of whose rules they would become a part. `learners` counts the awards that are known of the helped
    credentials, None where no source counts them.
    """

    recogniser: Party
    awarding: Party
    pairs: tuple[tuple[Party, Party], ...]
    helped: int
    opens: int
    counts_in: int
    learners: int | None = None
    refused: int = 0


@dataclass(frozen=True, slots=True)
class GapAnswer:
    """The gaps of a register, how many records could be judged, and what was cut."""

    register: Register
    unrecognised: tuple[Unrecognised, ...]
    unrecognised_total: int
    coverage: Coverage
    agreements: tuple[Agreement, ...]
    agreements_total: int
    pairs: int
    pairs_total: int
    truncated: str = ""


def find_gaps(register: Register, book: RuleBook, *, most: int = 50, most_pairs: int = 20_000) -> GapAnswer:
    """Complete records nobody recognises, and agreements ranked by how many credentials they would help.

    One agreement is tried at a time: what follows from a credential when it counts as one of the recogniser's is the
    closure of the rules with both held. At most `most_pairs` pairs of alike credentials are tried, the most alike
    first; the answer says how many there are.
    """
    table = assess_source(register)
    complete = _complete(table)
    granted = granted_credentials(register)
    gaps = complete.join(granted, on="iri", how="anti").get_column("iri")
    parts = pl.Series(
        sorted({m for rule in book.rules for group in rule.groups for m in group.members}), dtype=pl.String
    )
    pairs, total = alike(register, complete.get_column("iri"), parts, most_pairs)
    agreements = _agreements(register, book, pairs)
    cut = "recognition_pairs" if total > pairs.height else "recognition_gaps" if len(gaps) > most else ""
    return GapAnswer(
        register=register,
        unrecognised=tuple(_unrecognised(register, gaps.sort().head(most).to_list())),
        unrecognised_total=len(gaps),
        coverage=_coverage(table),
        agreements=tuple(agreements[:most]),
        agreements_total=len(agreements),
        pairs=pairs.height,
        pairs_total=total,
        truncated=cut,
    )


def _complete(table: ReadinessTable) -> pl.DataFrame:
    return table.frame.filter(pl.all_horizontal(pl.col(name) == "met" for name in COMPLETE)).select("iri")


def _coverage(table: ReadinessTable) -> Coverage:
    """Whether a record is complete cannot be said where something is not stated."""
    complete = table.frame.filter(pl.all_horizontal(pl.col(name) == "met" for name in COMPLETE)).height
    lacking = table.frame.filter(pl.any_horizontal(pl.col(name) == "not met" for name in COMPLETE)).height
    total = table.frame.height
    why = {
        f"no {name.replace('-', ' ')} stated": table.frame.filter(pl.col(name) == "unknown").height for name in COMPLETE
    }
    return Coverage(total, complete + lacking, "credentials", {reason: count for reason, count in why.items() if count})


def granted_credentials(register: Register) -> pl.DataFrame:
    """`iri`: credentials that a granting statement in force speaks of, itself or through their body."""
    return register.granting.select(pl.col("s").cast(pl.String).alias("iri")).unique()


def _unrecognised(register: Register, iris: list[str]) -> Iterable[Unrecognised]:
    owners = dict(register.owners.sort("s", "body", descending=[False, True]).rows())
    countries = dict(register.countries.sort("s", "country", descending=[False, True]).rows())
    said = register.linked("recognisedCredential").join(register.frame.select("iri", "effect", "state"), on="iri")
    was = {s: f"{effect}, {state}" for s, effect, state in said.sort("iri").select("o", "effect", "state").rows()}
    for iri in iris:
        body = register.party(owners[iri], "organisation") if iri in owners else None
        yield Unrecognised(register.party(iri, "credential"), body, countries.get(iri, ""), was.get(iri, ""))


def _agreements(register: Register, book: RuleBook, pairs: pl.DataFrame) -> list[Agreement]:
    """The pairs put together by (recogniser, awarding body), less what is granted already, best first."""
    owners = register.owners.cast(pl.String).unique()
    placed = (
        pairs.join(owners.rename({"body": "awarding"}), left_on="x", right_on="s")
        .join(owners.rename({"body": "recogniser"}), left_on="m", right_on="s")
        .filter(pl.col("awarding") != pl.col("recogniser"))
    )
    new = placed.join(_between(register, GRANTING), on=["x", "recogniser"], how="anti")
    refused = set(_between(register, ("refused",)).rows())
    reach = _Reach(book)
    learners = _awards(register)
    found = []
    # Of each pair of bodies the most alike for each credential, chosen for all at once.
    best = new.sort("shared", "m", descending=[True, False])
    best = best.unique(["recogniser", "awarding", "x"], keep="first", maintain_order=True)
    rows = best.select("recogniser", "awarding", "x", "m").sort("recogniser", "awarding", "x").rows()
    for (recogniser, awarding), part in groupby(rows, key=lambda row: row[:2]):
        said = [(x, m) for _, _, x, m in part]
        opened = set().union(*(reach.opens(x, m) for x, m in said))
        counts = [learners[x] for x, _ in said if x in learners]
        found.append(
            Agreement(
                recogniser=register.party(str(recogniser), "organisation"),
                awarding=register.party(str(awarding), "organisation"),
                pairs=tuple((register.party(x, "credential"), register.party(m, "credential")) for x, m in said),
                helped=len(said),
                opens=len(opened),
                counts_in=len(set().union(*(reach.wholes(m) for _, m in said))),
                learners=sum(counts) if counts else None,
                refused=sum((x, recogniser) in refused for x, _ in said),
            )
        )
    return sorted(
        found, key=lambda one: (-one.helped, -one.opens, -one.counts_in, one.recogniser.iri, one.awarding.iri)
    )


def _between(register: Register, effects: tuple[str, ...]) -> pl.DataFrame:
    """`x`, `recogniser`: credentials on which a body made a statement in force with one of the effects."""
    force = register.frame.filter((pl.col("state") == "in-force") & pl.col("effect").is_in(effects)).select("iri")
    direct = register.linked("recognisedCredential").rename({"o": "x"})
    whole = register.linked("recognisedOrganisation").join(register.owners, left_on="o", right_on="body")
    spoken = pl.concat([direct, whole.select("iri", pl.col("s").alias("x"))])
    bodies = register.linked("recogniser").rename({"o": "recogniser"})
    return spoken.join(force, on="iri").join(bodies, on="iri").select("x", "recogniser").cast(pl.String).unique()


def _awards(register: Register) -> dict[str, int]:
    """Per credential the awards that its sources count."""
    if register.graph is None:
        return {}
    facts = read_columns(register.graph, [MC + "awardOf", MC + "awardCount"]).unique()
    of = facts.filter(pl.col("p") == MC + "awardOf").select("s", credential="o")
    count = facts.filter(pl.col("p") == MC + "awardCount").select("s", n=pl.col("o").cast(pl.Int64, strict=False))
    summed = of.join(count, on="s").drop_nulls("n").group_by("credential").agg(pl.col("n").sum())
    return dict(summed.rows())


class _Reach:
    """What follows from one credential, with and without counting as another, each looked for once.

    It is spread over the state in which nothing is held, so the work is what opens, however large the book.
    """

    def __init__(self, book: RuleBook) -> None:
        self.graph: Hypergraph = whole_book(book)
        gates = gates_of(self.graph)
        self.allowed = np.asarray(gates.r_kind != TAKE, dtype=np.uint8)
        self.state, self.space = close(gates, (), self.allowed), Workspace(gates)
        self.known: dict[tuple[str, ...], frozenset[int]] = {}

    def opens(self, x: str, m: str) -> frozenset[int]:
        """What is attained when holding `x` counts as holding `m`, and was not before."""
        return self._close(x, m) - self._close(x)

    def wholes(self, m: str) -> frozenset[int]:
        """The credentials of whose rules `m` is a part."""
        at = self.graph.position.get(m)
        if at is None:
            return frozenset()
        return frozenset(self.graph.head[self.graph.rule_of[group]] for group, _ in self.graph.uses[at])

    def _close(self, *held: str) -> frozenset[int]:
        if held not in self.known:
            own = [self.graph.position[one] for one in held if one in self.graph.position]
            opened = spread(self.space, self.state, own, self.allowed)
            self.known[held] = frozenset(opened.tolist())
        return self.known[held]
