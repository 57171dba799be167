"""Answers about recognition for people: the sentences that stand above and below the tables."""

from __future__ import annotations

from mcgraph.model.synthetic import synthetic_mark
from mcgraph.recognition.chains import Chain, ChainAnswer, Link
from mcgraph.recognition.gaps import COMPLETE, GapAnswer
from mcgraph.recognition.listing import NOTHING_STATED, ListAnswer
from mcgraph.recognition.matrix import MatrixAnswer
from mcgraph.recognition.readiness import CRITERIA, SOURCES, Readiness
from mcgraph.recognition.register import Register
from mcgraph.recognition.sheet import RecognitionAnswer, code
from mcgraph.recognition.statement import Statement

CUT = "not complete: the limit {limit} was hit"


def heading(answer: RecognitionAnswer) -> list[str]:
    """What is asked, in one or two lines."""
    if isinstance(answer, ListAnswer):
        return _list_heading(answer)
    if isinstance(answer, MatrixAnswer):
        level = "countries" if answer.level == "country" else "bodies"
        head = f"Recognition between {level}, {_when(answer.register)}"
        if not len(answer.register):
            return [head, NOTHING_STATED, str(answer.register.coverage())]
        return [head, str(answer.coverage)]
    if isinstance(answer, ChainAnswer):
        return [f"From {answer.a.label} to {answer.b.label}, {_when(answer.register)}", *_chain_verdict(answer)]
    if isinstance(answer, GapAnswer):
        return _gap_heading(answer)
    if isinstance(answer, Readiness):
        known = sum(one.verdict != "unknown" for one in answer.judged)
        head = f"{answer.credential.label} ({answer.credential.id}) on {answer.as_of}"
        return [head, f"{answer.met} of {len(answer.judged)} criteria met, {len(answer.judged) - known} unknown"]
    source = f"of {answer.source}" if answer.source else "of all sources"
    return [f"Readiness for recognition: {answer.frame.height:,} credentials {source}, {_when(answer.register)}"]


def footing(answer: RecognitionAnswer) -> list[str]:
    """What must be said beside the table: limits, notes, where criteria come from, the snapshot."""
    lines: list[str] = []
    if isinstance(answer, ListAnswer):
        lines += [f"contradiction: {_contradicting(one.granted, one.refused)}" for one in answer.contradictions[:10]]
        lines += answer.notes
        if answer.truncated:
            lines.append(f"{len(answer.statements):,} of {answer.total:,} statements are listed")
    if isinstance(answer, GapAnswer):
        lines += _gap_notes(answer)
    if isinstance(answer, MatrixAnswer):
        lines.append(
            "mutual: the body that awards also recognises credentials of the recogniser; inferred: over others"
        )
        if any(one.credit.by_system for one in answer.cells):
            lines.append(
                "credit: sums of what recognitions in part grant, each in its own system (see --json for ECTS)"
            )
    if isinstance(answer, Readiness):
        lines += [f"{name}: {asks}" for name, asks in CRITERIA.items()]
    if isinstance(answer, (MatrixAnswer, ChainAnswer, GapAnswer)) and answer.truncated:
        lines.append(CUT.format(limit=answer.truncated))
    if not isinstance(answer, (ListAnswer, MatrixAnswer, ChainAnswer, GapAnswer)):
        lines.append(f"no score is made of them; criteria by {' and '.join(SOURCES)}")
    snapshot = answer.snapshot if isinstance(answer, Readiness) else answer.register.snapshot
    return [*lines, f"snapshot {snapshot}"] if snapshot else lines


def chain_lines(answer: ChainAnswer) -> list[str]:
    """Each chain, link by link, with who says it and which link is the weakest."""
    lines = []
    for number, chain in enumerate(answer.chains, start=1):
        lines.append(f"{number}. {_chain_head(chain)}")
        for link in chain.links:
            weak = "  ← weakest link" if link is chain.weakest and len(chain.links) > 1 else ""
            more = f" and {len(chain.also):,} more" if chain.also and link is chain.links[0] else ""
            lines.append(f"     {link.start.label} ({link.start.id}){more} → {code(link.end)}{weak}")
            lines.append(f"       {_link(link)}")
    for word, said in (("refused", answer.refused), ("not in force", answer.lapsed)):
        lines += [f"{word}: {one} · {_dates(one)} · {_by(one)}" for one in said[:10]]
    return lines


def _chain_head(chain: Chain) -> str:
    count = f"{chain.recognitions} recognition{'s' if chain.recognitions != 1 else ''}"
    return f"{chain.effect} · {count} · as sure as its weakest link: {chain.confidence}"


def _link(link: Link) -> str:
    if link.statement is None:
        return f"by its stacking rule alone · {link.rule}"
    one = link.statement
    credit = f" · {link.granted}" if link.granted else ""
    return f"{one.effect} by {one.recogniser.label}{credit} · {_dates(one)} · {_by(one)}"


def _by(one: Statement) -> str:
    where = f"{', '.join(one.sources)}{' · ' + one.origin if one.origin else ''}"
    said = f"{one.claim}{' (' + one.claimant + ')' if one.claimant else ''}"
    return " · ".join(part for part in (said, where, one.url) if part)


def _dates(one: Statement) -> str:
    if one.state == "withdrawn":
        return "withdrawn"
    if one.state == "proposed":
        return "proposed"
    return f"from {one.valid_from or 'an open date'} until {one.valid_until or 'further notice'}"


def _when(register: Register) -> str:
    done = f", learning completed on {register.completed.isoformat()}" if register.completed else ""
    return f"as of {register.as_of.isoformat()}{done}{synthetic_mark(register.synthetic)}"


def _list_heading(answer: ListAnswer) -> list[str]:
    about = f"{answer.party.label} ({answer.party.kind}): " if answer.party else ""
    head = f"{about}{answer.total:,} recognition statements, {_when(answer.register)}"
    counts: dict[str, list[str]] = {}
    for effect, state, count in answer.counts:
        counts.setdefault(state, []).append(f"{effect} {count:,}")
    spread = [f"{state}: {', '.join(parts)}" for state, parts in sorted(counts.items())]
    return [head, *spread, f"coverage: {answer.coverage}"]


def _chain_verdict(answer: ChainAnswer) -> list[str]:
    if not answer.chains:
        return [f"no chain: {answer.reason}", f"coverage: {answer.coverage}"]
    return [f"{len(answer.chains):,} chains, shortest first", f"coverage: {answer.coverage}"]


def _gap_heading(answer: GapAnswer) -> list[str]:
    return [
        f"{answer.unrecognised_total:,} complete credentials that nobody recognises, {_when(answer.register)}",
        f"complete: {', '.join(COMPLETE)}",
        f"completeness {answer.coverage}",
    ]


def _gap_notes(answer: GapAnswer) -> list[str]:
    lines = [
        f"{answer.agreements_total:,} agreements tried over {answer.pairs:,} of {answer.pairs_total:,} pairs of alike "
        "credentials (same EQF level, a common field or skill)",
        "helps: credentials that would count somewhere new · opens: what one of them alone would then bring · "
        "counts in: larger credentials of which they would become a part",
    ]
    if not any(one.learners is not None for one in answer.agreements):
        lines.append("learners: no source counts awards of these credentials")
    return lines


def _contradicting(granted: Statement, refused: Statement) -> str:
    return f"{granted.iri} ({_by(granted)}) grants what {refused.iri} ({_by(refused)}) refuses"
