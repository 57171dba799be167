"""The register itself: the statements that speak of a party, or all of them, with how they are spread."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from mcgraph.model.answer import Coverage
from mcgraph.recognition.contradictions import Contradiction, find_contradictions
from mcgraph.recognition.register import CODE, Register
from mcgraph.recognition.statement import Party, Statement

NOTHING_STATED = "No source in this store states any recognition: nothing can be said about who recognises what."


@dataclass(frozen=True, slots=True)
class ListAnswer:
    """Statements with their evidence, how many there are by effect and state, and those that contradict each other."""

    register: Register
    party: Party | None
    statements: tuple[Statement, ...]
    total: int
    counts: tuple[tuple[str, str, int], ...]
    contradictions: tuple[Contradiction, ...]
    coverage: Coverage
    notes: tuple[str, ...] = field(default=())
    truncated: str = ""


def list_statements(register: Register, party: Party | None = None, *, most: int = 100) -> ListAnswer:
    """The statements of a register, those in force first; with `party`, those that speak of it or that it makes."""
    iris = (
        register.frame.get_column("iri")
        if party is None
        else pl.Series(sorted(_about(register, party)), dtype=pl.String)
    )
    own = register.frame.join(iris.cast(CODE).to_frame("iri"), on="iri", how="semi")
    order = pl.col("state").replace_strict({"in-force": 0}, default=1, return_dtype=pl.Int8)
    chosen = own.sort(order, "iri").head(most).get_column("iri").to_list()
    counts = own.group_by(pl.col("effect").fill_null("not-stated"), "state").len().sort("effect", "state").rows()
    values = {one.iri: one for one in register.statements(chosen)}
    wanted = set(iris.to_list())
    clashes = tuple(
        one for one in find_contradictions(register, most) if one.granted.iri in wanted or one.refused.iri in wanted
    )
    return ListAnswer(
        register=register,
        party=party,
        statements=tuple(values[iri] for iri in chosen),
        total=own.height,
        counts=tuple(counts),
        contradictions=clashes,
        coverage=register.coverage(),
        notes=_notes(register, own),
        truncated="recognition_statements" if own.height > most else "",
    )


def _about(register: Register, party: Party) -> set[str]:
    """Statements on or towards a credential (or on its bodies), on or by an organisation, from or in a country."""
    from mcgraph.recognition.places import ends

    if party.kind == "country":
        pairs = ends(register, "country").filter((pl.col("a") == party.id) | (pl.col("b") == party.id))
        return set(pairs.get_column("iri").to_list())
    links = register.links.filter(pl.col("o") == party.iri)
    if party.kind == "credential":
        bodies = register.owners.filter(pl.col("s") == party.iri).select(pl.col("body").alias("o"))
        whole = register.linked("recognisedOrganisation").join(bodies, on="o")
        return set(links.get_column("iri").to_list()) | set(whole.get_column("iri").to_list())
    own = register.owners.filter(pl.col("body") == party.iri).select(pl.col("s").alias("o"))
    theirs = register.linked("recognisedCredential").join(own, on="o")
    return set(links.get_column("iri").to_list()) | set(theirs.get_column("iri").to_list())


def _notes(register: Register, own: pl.DataFrame) -> tuple[str, ...]:
    """What must be said beside a list in which nothing is in force."""
    if not len(register):
        return (NOTHING_STATED,)
    if own.is_empty():
        return ("No statement speaks of it: that is not a refusal.",)
    if own.filter(pl.col("state") == "in-force").height:
        return ()
    day = register.completed or register.as_of
    first = min(own.get_column("valid_from").drop_nulls().to_list(), default="")
    last = max(own.get_column("valid_until").drop_nulls().to_list(), default="")
    window = f"their dates run from {first or 'an open beginning'} to {last or 'an open end'}"
    return (f"No statement counts on {day.isoformat()}: {window}.",)
