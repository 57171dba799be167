"""Chains of recognition from A to B: every way in which a credential of A comes to count in B, shortest first.

The state of the search is (credential, recognitions used). A chain never visits a credential twice, so two bodies
that recognise each other justify nothing. Credentials from which B cannot be reached in time are never entered.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import polars as pl

from mcgraph.model.answer import Coverage
from mcgraph.recognition.granted import Granted, granted_by
from mcgraph.recognition.network import Network
from mcgraph.recognition.places import effects
from mcgraph.recognition.register import CLAIMS, CODE, Register
from mcgraph.recognition.statement import EFFECTS, GRANTING, Party, Statement


@dataclass(frozen=True, slots=True)
class Link:
    """One step: `start` counts as `end` by the statement, or in the place `end` for the last one.

    `rule` names a stacking rule that `start` alone fulfils, where the step is no recognition. `granted` says how much
    credit a recognition in part gives.
    """

    start: Party
    end: Party
    statement: Statement | None = None
    rule: str = ""
    granted: Granted | None = None

    @property
    def claim(self) -> str:
        """Who stands behind the step; a stacking rule speaks for itself."""
        return self.statement.claim if self.statement else "by-provider"

    @property
    def effect(self) -> str:
        """What the step grants; a fulfilled rule gives the whole."""
        return self.statement.effect if self.statement else "full"


@dataclass(frozen=True, slots=True)
class Chain:
    """A way from a credential to a place, with the link it rests on least safely.

    `also` are further credentials of A that the same statements bring the same way.
    """

    links: tuple[Link, ...]
    also: tuple[Party, ...] = ()

    @property
    def recognitions(self) -> int:
        """How many of its links are recognitions."""
        return sum(link.statement is not None for link in self.links)

    @property
    def weakest(self) -> Link:
        """The link with the weakest claim; of equal ones that with the least effect, then the last."""
        ranked = [(_claim_rank(link.claim), _effect_rank(link.effect), at) for at, link in enumerate(self.links)]
        return self.links[max(ranked)[2]]

    @property
    def confidence(self) -> str:
        """The weakest claim of the chain."""
        return self.weakest.claim

    @property
    def effect(self) -> str:
        """What the chain grants in the end."""
        return self.links[-1].effect


@dataclass(frozen=True, slots=True)
class ChainAnswer:
    """The chains from A to B, refusals and lapsed statements directly between them, and the reason of a no."""

    register: Register
    a: Party
    b: Party
    chains: tuple[Chain, ...]
    refused: tuple[Statement, ...] = ()
    lapsed: tuple[Statement, ...] = ()
    reason: str = ""
    coverage: Coverage = field(default_factory=lambda: Coverage(0, 0))
    truncated: str = ""


def find_chains(
    register: Register,
    a: Party,
    b: Party,
    *,
    most: int = 20,
    longest: int = 4,
    steps: int = 200_000,
    stacked: pl.DataFrame | None = None,
) -> ChainAnswer:
    """Chains of at most `longest` recognitions from `a` to `b`, the first `most` of them in order.

    Order: fewer recognitions, fewer links, stronger weakest claim, then the IRIs. `steps` bounds the search; a cut
    answer names its limit in `truncated`. `stacked` (`iri`, `s`, `o`) adds rules that one credential fulfils.
    """
    starts = _starts(register, a)
    network = Network.of(register, stacked).from_(starts, longest)
    ends = _last_statements(register, b)
    search = _Search(network, b, ends, longest, steps)
    paths = search.run(starts)
    found = _together(search.ordered(paths))
    direct = _direct(register, starts, a, ends)
    kept = {one.iri: one for one in register.statements(direct)}
    cut = "recognition_chain_steps" if search.is_cut else "recognition_chains" if len(found) > most else ""
    reachable = {path[0][0] for path in paths}
    return ChainAnswer(
        register=register,
        a=a,
        b=b,
        chains=tuple(search.chain(path, also) for path, also in found[:most]),
        refused=tuple(s for s in kept.values() if s.effect == "refused" and s.state == "in-force"),
        lapsed=tuple(s for s in kept.values() if s.effect != "refused" and s.state != "in-force"),
        reason="" if found else _reason(network, starts, ends, longest),
        coverage=_coverage(starts, reachable),
        truncated=cut,
    )


def _together(paths: list[Path]) -> list[tuple[Path, list[str]]]:
    """Paths that differ only in the credential they start from, as one with the others beside it."""
    same: dict[tuple[object, ...], tuple[Path, list[str]]] = {}
    for path in paths:
        key = (path[0][1:], path[1:])
        if key in same:
            same[key][1].append(path[0][0])
        else:
            same[key] = (path, [])
    return list(same.values())


def _coverage(starts: frozenset[str], reachable: set[str]) -> Coverage:
    left = len(starts) - len(reachable)
    why = {"no chain is known from them": left} if left else {}
    return Coverage(len(starts), len(reachable), "credentials", why)


def _starts(register: Register, a: Party) -> frozenset[str]:
    """The credentials of A."""
    if a.kind == "credential":
        return frozenset({a.iri})
    if a.kind == "organisation":
        own = register.owners.filter(pl.col("body") == a.iri)
    else:
        own = register.countries.filter(pl.col("country") == a.id)
        own = own.filter(pl.col("s").is_in(list(register.credentials)))
    return frozenset(own.get_column("s").to_list())


def _last_statements(register: Register, b: Party) -> pl.DataFrame:
    """`iri`: the statements by which something counts in B."""
    if b.kind == "credential":
        found = register.linked("recognisedTowards").filter(pl.col("o") == b.iri)
    elif b.kind == "organisation":
        found = register.linked("recogniser").filter(pl.col("o") == b.iri)
    else:
        found = effects(register, "country").filter(pl.col("b") == b.id)
    return found.select("iri").unique()


def _direct(register: Register, starts: frozenset[str], a: Party, ends: pl.DataFrame) -> list[str]:
    """Statements between A and B themselves, in force or not."""
    whole = {a.iri} if a.kind == "organisation" else set()
    own = pl.Series("s", sorted(starts), dtype=CODE).to_frame()
    bodies = register.owners.join(own, on="s", how="semi").get_column("body").cast(pl.String).to_list()
    spoken_of = pl.Series("o", sorted({*starts, *bodies, *whole}), dtype=CODE)
    about = register.about.of_names(spoken_of).join(ends, on="iri", how="semi")
    return about.get_column("iri").cast(pl.String).to_list()


def _reason(network: Network, starts: frozenset[str], ends: pl.DataFrame, longest: int) -> str:
    if not starts:
        return "no credential of the first is described"
    if network.granting.is_empty() and network.stacked.is_empty():
        return "no statement in force recognises what is held"
    if not _in_force(network.register, ends):
        return "no statement in force recognises anything in the second"
    return f"what is recognised does not lead there within {longest} recognitions"


def _in_force(register: Register, iris: pl.DataFrame) -> bool:
    own = register.frame.join(iris, on="iri", how="semi").filter(pl.col("state") == "in-force")
    return not own.filter(pl.col("effect").is_in(GRANTING)).is_empty()


Path = tuple[tuple[str, str, bool], ...]
"""(credential, statement or rule, is recognition) for every link."""


class _Search:
    """Breadth-first over paths, cut by what can still reach B."""

    def __init__(self, network: Network, b: Party, ends: pl.DataFrame, longest: int, steps: int) -> None:
        self.network = network
        self.b = b
        self.longest = longest
        self.left = steps
        self.is_cut = False
        self.final: dict[str, list[str]] = {}
        last = network.granting.select("s", pl.col("iri").cast(CODE)).join(ends, on="iri", how="semi")
        for one, iri in last.cast(pl.String).sort("s", "iri").iter_rows():
            self.final.setdefault(one, []).append(iri)
        self.useful = self._backwards()

    def _backwards(self) -> dict[str, int]:
        """Per credential the fewest recognitions, counted as steps, after which B can be reached from it."""
        goal = [self.b.iri] if self.b.kind == "credential" else []
        distance = dict.fromkeys((*self.final, *goal), 0)
        waiting = deque(distance)
        while waiting:
            one = waiting.popleft()
            for start in self.network.before.get(one, ()):
                if start not in distance:
                    distance[start] = distance[one] + 1
                    waiting.append(start)
        return distance

    def run(self, starts: Iterable[str]) -> list[Path]:
        """Every path from a start to B, by the number of its links."""
        found: list[Path] = []
        waiting: deque[tuple[str, frozenset[str], int, Path]] = deque(
            (one, frozenset({one}), 0, ()) for one in sorted(starts) if one in self.useful
        )
        while waiting:
            one, seen, used, path = waiting.popleft()
            if self.left <= 0:
                self.is_cut = True
                break
            if used < self.longest:
                finals = self._finals(one, seen)
                self.left -= len(finals)
                found += [(*path, (one, iri, True)) for iri in finals]
            for iri, end, is_recognition in self.network.next.get(one, ()):
                self.left -= 1
                spent = used + is_recognition
                if end in seen or spent > self.longest or end not in self.useful:
                    continue
                onwards: Path = (*path, (one, iri, is_recognition))
                if self.b.kind == "credential" and end == self.b.iri:
                    found.append(onwards)
                    continue
                waiting.append((end, seen | {end}, spent, onwards))
        return list(dict.fromkeys(found))

    def _finals(self, one: str, seen: frozenset[str]) -> list[str]:
        """Granting statements that make `one` count in B; a full one towards the credential B is a step already."""
        if self.b.kind != "credential":
            return self.final.get(one, [])
        steps = {
            iri for iri, end, is_recognition in self.network.next.get(one, ()) if is_recognition and end == self.b.iri
        }
        return [iri for iri in self.final.get(one, []) if iri not in steps and self.b.iri not in seen]

    def ordered(self, paths: list[Path]) -> list[Path]:
        """Paths by recognitions, links, weakest claim, last effect, and the IRIs of their statements."""
        used = {iri for path in paths for _, iri, is_recognition in path if is_recognition}
        rows = self.network.register.by_iri.of_names(pl.Series("iri", sorted(used), dtype=CODE))
        frame = rows.select(pl.col("iri").cast(pl.String), "claim", "effect")
        said = {iri: (_claim_rank(claim or ""), _effect_rank(effect or "")) for iri, claim, effect in frame.iter_rows()}
        own = (_claim_rank("by-provider"), _effect_rank("full"))

        def key(path: Path) -> tuple[int, int, int, int, tuple[str, ...]]:
            ranks = [said.get(iri, own) if is_recognition else own for _, iri, is_recognition in path]
            recognitions = sum(is_recognition for _, _, is_recognition in path)
            names = tuple(part for start, iri, _ in path for part in (start, iri))
            return (recognitions, len(path), max(claim for claim, _ in ranks), ranks[-1][1], names)

        return sorted(paths, key=key)

    def chain(self, path: Path, also: Sequence[str] = ()) -> Chain:
        """A path as links with their statements."""
        register = self.network.register
        values = {one.iri: one for one in register.statements(iri for _, iri, is_rec in path if is_rec)}
        links = []
        for at, (start, iri, is_recognition) in enumerate(path):
            after = register.party(path[at + 1][0], "credential") if at + 1 < len(path) else self.b
            statement = values.get(iri) if is_recognition else None
            granted = granted_by(register, iri, statement.effect, start) if statement else None
            rule = "" if is_recognition else iri
            links.append(Link(register.party(start, "credential"), after, statement, rule, granted))
        return Chain(tuple(links), tuple(register.party(one, "credential") for one in also))


def _claim_rank(claim: str) -> int:
    return CLAIMS.index(claim) if claim in CLAIMS else len(CLAIMS) - 1


def _effect_rank(effect: str) -> int:
    return EFFECTS.index(effect) if effect in EFFECTS else len(EFFECTS)
