"""Recognition at scale: the register, its matrices and chains, beside plain Python on the same statements.

The statements are generated, written as the batch files of a store, and read from them as any command reads them. The
store's index is not built: nothing here asks it.
"""

from __future__ import annotations

import datetime
import random
import resource
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.measuring import COUNTRY, ID, MC, TYPE, VOCAB, Files, column_of, timed, write_store

DAY = datetime.date(2026, 6, 1)
CODES = (
    "AUT", "BEL", "BGR", "CYP", "CZE", "DEU", "DNK", "ESP", "EST", "FIN", "FRA", "GRC", "HRV", "HUN", "IRL", "ITA",
    "LTU", "LUX", "LVA", "MLT", "NLD", "POL", "PRT", "ROU", "SVK", "SVN", "SWE",
)  # fmt: skip
EFFECTS = ("full", "credit", "partial", "exemption", "access", "refused")
GRANTING = frozenset(EFFECTS[:-1])
QUESTIONS = 50


@dataclass(frozen=True)
class Generated:
    """The same facts as plain Python tuples and as property columns."""

    country: dict[str, str]
    owner: dict[str, str]
    statements: list[tuple[str, str, str, str, str, str, str]]


def generate(size: int, seed: int = 1) -> Generated:
    """`size` statements over a tenth as many credentials and a thousandth as many bodies in 27 countries.

    A statement is (iri, recogniser, effect, credential, organisation, towards, last day); one in a hundred speaks of
    a whole body, three in ten of the others are full recognitions towards another credential.
    """
    chance = random.Random(seed)
    bodies = [f"{ID}organisation/{i}" for i in range(max(5, size // 1_000))]
    country = {body: CODES[i % len(CODES)] for i, body in enumerate(bodies)}
    owner = {f"{ID}credential/{i}": chance.choice(bodies) for i in range(max(20, size // 10))}
    credentials = list(owner)
    statements = []
    for number in range(size):
        is_whole = number % 100 == 0
        effect = chance.choice(EFFECTS)
        towards = chance.choice(credentials) if effect == "full" and not is_whole else ""
        recogniser = owner[towards] if towards else chance.choice(bodies)
        until = "2025-12-31" if chance.random() < 0.2 else ""
        what = ("", chance.choice(bodies)) if is_whole else (chance.choice(credentials), "")
        statements.append((f"{ID}recognition/{number}", recogniser, effect, *what, towards, until))
    return Generated(country, owner, statements)


def store_files(made: Generated, folder: Path) -> Files:
    """The facts as the batch files of a store."""
    iris, by, effects, whats, wholes, towards, ends = (list(part) for part in zip(*made.statements, strict=True))
    bodies, credentials = list(made.country), list(made.owner)
    columns = (
        column_of(TYPE, bodies, [MC + "Organisation"] * len(bodies)),
        column_of(MC + "country", bodies, [COUNTRY + code for code in made.country.values()]),
        column_of(TYPE, credentials, [MC + "Credential"] * len(credentials)),
        column_of(MC + "awardedBy", credentials, list(made.owner.values())),
        column_of(MC + "identifier", credentials, [one.rsplit("/", 1)[-1] for one in credentials], "literal"),
        column_of(TYPE, iris, [MC + "RecognitionStatement"] * len(iris)),
        column_of(MC + "recogniser", iris, by),
        column_of(MC + "recognitionEffect", iris, [f"{VOCAB}recognition-effect#{one}" for one in effects]),
        column_of(MC + "recognisedCredential", iris, whats),
        column_of(MC + "recognisedOrganisation", iris, wholes),
        column_of(MC + "recognisedTowards", iris, towards),
        column_of(MC + "validUntil", iris, ends, "literal"),
        *described(credentials, bodies),
    )
    return write_store(columns, folder)


def described(credentials: list[str], bodies: list[str]) -> list[Any]:
    """What readiness asks of credentials: most state it, each property is left out of some."""
    chance = random.Random(3)

    def some(share: float) -> list[str]:
        return [one for one in credentials if chance.random() < share]

    level, field, outcome, hours, test, form = (some(share) for share in (0.9, 0.9, 0.8, 0.9, 0.8, 0.5))
    assured = [body for body in bodies if chance.random() < 0.8]
    said = [f"{ID}quality-assurance/{number}" for number in range(len(assured))]
    return [
        column_of(MC + "eqfLevel", level, [f"http://data.europa.eu/snb/eqf/{chance.randint(3, 8)}" for _ in level]),
        column_of(MC + "fieldOfStudy", field, [f"{ID}field/{chance.randint(0, 79)}" for _ in field]),
        column_of(MC + "learningOutcome", outcome, [f"{one}-outcome" for one in outcome]),
        column_of(MC + "workloadHours", hours, ["60"] * len(hours), "literal"),
        column_of(MC + "assessmentType", test, ["http://data.europa.eu/snb/assessment/d6ba0d5cbb"] * len(test)),
        column_of(MC + "format", form, [f"{VOCAB}format#edc"] * len(form)),
        column_of(MC + "assuredOrganisation", said, assured),
        column_of(MC + "qaDecision", said, [f"{VOCAB}qa-decision#positive"] * len(said)),
    ]


def rules_over(made: Generated, register: Any) -> Any:
    """A rule book in which one credential in twenty is awarded for two of three others of its body."""
    from mcgraph.pathways import Evidence, Group, Rule
    from mcgraph.pathways.assemble import assemble
    from mcgraph.pathways.rule import Credential

    chance, own = random.Random(5), dict[str, list[str]]()
    for credential, body in made.owner.items():
        own.setdefault(body, []).append(credential)
    known = {one: Credential(one, id=one.rsplit("/", 1)[-1], provider=body) for one, body in made.owner.items()}
    rules = []
    for body, those in own.items():
        for number, whole in enumerate(those[:: 20] if len(those) > 4 else []):
            parts = chance.sample([one for one in those if one != whole], 3)
            iri = f"{body}/rule/{number}"
            said = Evidence(iri, claim="by-provider")
            rules.append(Rule(iri, "stack", whole, (Group.of("count", parts, 2),), evidence=said))
    return assemble(known, rules, date=register.as_of)


def measure(size: int, shared: Path | None = None) -> dict[str, Any]:
    """The figures of one run on `size` generated statements; real files have too few to measure."""
    del shared
    from mcgraph.recognition import make_matrix, read_register
    from mcgraph.recognition.contradictions import find_contradictions
    from mcgraph.recognition.gaps import find_gaps
    from mcgraph.recognition.readiness import assess_source

    made = generate(size)
    figures: dict[str, Any] = {"statements": size, "credentials": len(made.owner), "bodies": len(made.country)}
    with tempfile.TemporaryDirectory(prefix="mcgraph-synthetic-") as name:
        files = store_files(made, Path(name))
        register = timed(figures, "read", lambda: read_register(files, as_of=DAY))
        for level in ("body", "country"):
            answer = timed(figures, f"matrix_{level}", lambda level=level: make_matrix(register, level))  # type: ignore[misc]
            figures |= {f"matrix_{level}_cells": len(answer.cells), f"matrix_{level}_cut_by": answer.truncated}
        clashes = timed(figures, "contradictions", lambda: find_contradictions(register, 1_000_000))
        figures["contradictions"] = len(clashes)
        figures["chains"] = _chains(register, made)
        ready = timed(figures, "readiness", lambda: assess_source(register))
        figures["readiness"] = {name: counts["met"] for name, counts in ready.counts()}
        book = rules_over(made, register)
        gaps = timed(figures, "gaps", lambda: find_gaps(register, book))
        figures["gaps"] = {
            "unrecognised": gaps.unrecognised_total, "agreements": gaps.agreements_total, "pairs": gaps.pairs,
            "pairs_in_all": gaps.pairs_total, "rules": len(book.rules),
        }  # fmt: skip
    ours = {(one.a.id, one.b.id): (one.mutual, one.one_sided, one.refused, one.lapsed) for one in answer.cells}
    plain = timed(figures, "plain_python", lambda: plain_matrix(made))
    seconds = figures.pop("plain_python_seconds")
    figures["peers"] = {
        "plain Python, asserted counts only": {
            "seconds": seconds,
            "cpu_seconds": figures.pop("plain_python_cpu_seconds"),
            "ratio": round(seconds / (figures["matrix_country_seconds"] or 0.001), 1),
            "same_result": {key: value for key, value in ours.items() if any(value)} == plain,
        }
    }
    figures["rss_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    return figures


def _chains(register: Any, made: Generated) -> dict[str, Any]:
    """Median and worst of some questions from a credential to a country, two recognitions at most."""
    from mcgraph.recognition import Party, find_chains
    from mcgraph.recognition.register import country_party

    chance = random.Random(7)
    taken = []
    for _ in range(QUESTIONS):
        a = Party("credential", chance.choice(list(made.owner)))
        start = time.perf_counter()
        find_chains(register, a, country_party(chance.choice(CODES)), longest=2)
        taken.append(time.perf_counter() - start)
    return {
        "questions": QUESTIONS,
        "median_seconds": round(statistics.median(taken), 4),
        "max_seconds": round(max(taken), 3),
    }


def plain_matrix(made: Generated) -> dict[tuple[str, str], tuple[int, int, int, int]]:
    """Mutual, one-sided, refused and lapsed per pair of countries, by loops over tuples."""
    today = DAY.isoformat()
    pairs = set()
    for _, by, effect, what, whole, _, until in made.statements:
        if effect in GRANTING and not (until and until < today):
            pairs.add((whole or made.owner[what], by))
    cells: dict[tuple[str, str], list[int]] = {}
    for _, by, effect, what, whole, _, until in made.statements:
        body = whole or made.owner[what]
        cell = cells.setdefault((made.country[body], made.country[by]), [0, 0, 0, 0])
        if until and until < today:
            cell[3] += 1
        elif effect not in GRANTING:
            cell[2] += 1
        elif body != by and (by, body) in pairs:
            cell[0] += 1
        else:
            cell[1] += 1
    return {key: (a, b, c, d) for key, (a, b, c, d) in cells.items()}
