"""Every figure of a briefing is what the command it names prints, on random stores, from the index and the columns."""

from __future__ import annotations

import json
import random
import shlex
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mcgraph.briefing import Briefing, Figure, gather
from mcgraph.cli.main import cli
from mcgraph.demo.run import DAY
from mcgraph.limits import Limits
from mcgraph.model.namespaces import shorten
from mcgraph.model.vocabularies import all_labels
from mcgraph.report.landscape import to_html
from mcgraph.store import open_graph
from mcgraph.submissions.loading import load_files
from mcgraph.survey import link_log
from mcgraph.survey.codebook_file import read_codebook
from mcgraph.survey.links import propose_links, read_decisions, to_csv
from mcgraph.survey.stored import find_survey
from mcgraph.survey.wave import read_wave
from tests.reports.pages import Page

ALL = replace(Limits(), briefing_rows=100_000)
BOOK = """
survey: {name}
respondent: {{id: rid, group: grp, country: land, organisation: org}}
questions:
  q1: {{column: q1, type: single, claim: labelled-as-microcredential,
       options: {{"yes": {{en: "Yes"}}, some: {{en: For some}}, "no": {{en: "No"}}}}}}
  q2: {{column: q2, type: single, claim: stackable, options: {{"yes": {{en: "Yes"}}, "no": {{en: "No"}}}}}}
  q3: {{column: q3, type: numeric}}
"""


def write_register(folder: Path, chance: random.Random) -> None:
    """A register of invented records in which much is left out, repeated or odd."""

    def some(*values: str) -> str:
        return chance.choice([*values, ""])

    bodies = [f"O-{at}" for at in range(chance.randint(4, 9))]
    credentials = [f"C-{at}" for at in range(chance.randint(20, 60))]
    tables = {
        "organisations": [
            {"organisation_id": one, "name": f"Body {one}", "provider_type": some("employer", "chamber"),
             "country": some("IRL", "FIN", "FRA")} for one in bodies
        ],
        "credentials": [
            {"credential_id": one, "title": some(f"Title {one}", f"Titre {one}"), "title_language": some("en", "fr"),
             "form": some("digital-badge", "module-certificate", "full-qualification", "nanodegree"),
             "awarding_body": some(*bodies), "provider": some(*bodies), "country": some("IRL", "FIN", "FRA", "MLT"),
             "isced_f": some("0613", "0911"), "workload_hours": some("10", "75", "1700", "2000"),
             "credit_points": some("2", "5", "70"), "credit_system": some("ECTS"), "eqf_level": some("4", "6"),
             "learning_outcomes": some("explains a thing", "applies a thing"), "assessment_type": some("Portfolio"),
             "participation_mode": some("Online", "Blended"), "stackability": some("stackable", "stand-alone"),
             "labelled_as": some("microcredential", "course")} for one in credentials
        ],
        "recognition": [
            {"recognition_id": f"R-{at}", "credential": chance.choice(credentials), "recogniser": chance.choice(bodies),
             "purpose": some("employment", "further-study"), "effect": some("full", "credit", "refused"),
             "jurisdiction": some("IRL", "FIN"), "valid_from": some("2024-01-01", "2027-01-01"),
             "valid_until": some("2025-01-01", "2028-01-01"), "status": some("in-force", "withdrawn", "proposed"),
             "claimed_by": chance.choice(bodies), "claim_kind": "by-recogniser"} for at in range(25)
        ],
        "quality_assurance": [
            {"qa_id": f"Q-{at}", "credential": some(*credentials), "qa_type": some("external-programme", "internal"),
             "qa_body": chance.choice(bodies), "decision": some("positive", "negative"),
             "valid_from": some("2024-01-01"), "valid_until": some("2025-01-01", "2030-01-01"),
             "claimed_by": chance.choice(bodies)} for at in range(15)
        ],
        "stacking_rules": [
            {"rule_id": f"S-{at % 5}", "whole": credentials[at % 5], "group": "g1", "requirement": "all-of",
             "member": credentials[5 + at], "claimed_by": chance.choice(bodies), "claim_kind": "by-provider",
             "valid_from": some("2024-01-01")} for at in range(12)
        ],
    }  # fmt: skip
    folder.mkdir()
    for name, rows in tables.items():
        lines = [",".join(rows[0]), *(",".join(row.values()) for row in rows)]
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def load_survey(store: Path, folder: Path, name: str, chance: random.Random) -> None:
    """A survey of some bodies, with the links to the register accepted where the name is exactly one label."""
    lines = ["rid,grp,land,org,q1,q2,q3"]
    for at in range(chance.randint(30, 80)):
        body = f"Body O-{chance.randint(0, 4)}"
        said = chance.choice(["yes", "some", "no", ""]), chance.choice(["yes", "no", "no", ""])
        cells = (chance.choice(["p", "e"]), "IRL", body, *said, str(at % 7))
        lines.append(",".join([f"r{at}", *cells]))
    folder.mkdir()
    (folder / "s.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "s.codebook.yaml").write_text(BOOK.format(name=name), encoding="utf-8")
    load_files(store, [folder / "s.csv"], mapping="survey", source=name, accept="all", date=DAY)
    wave = read_wave(folder / "s.csv", read_codebook(folder / "s.codebook.yaml"))
    with open_graph(store) as graph:
        survey = find_survey(graph, name)
        sheet = to_csv(propose_links(wave, graph, accept_exact=True))
    (folder / "links.csv").write_text(sheet, encoding="utf-8")
    decisions = read_decisions(folder / "links.csv", wave.codebook)
    link_log.decide(store, survey, wave, decisions, by="R", when="2026-11-01T10:00:00Z")


LONG = pytest.mark.long


@pytest.fixture(scope="module", params=[1, pytest.param(2, marks=LONG), pytest.param(3, marks=LONG)])
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random register with two surveys."""
    folder = tmp_path_factory.mktemp("agreement")
    chance = random.Random(request.param)
    write_register(folder / "register", chance)
    load_files(folder / "store", [folder / "register"], mapping="template", source="reg", accept="all", date=DAY)
    for name in ("first", "second"):
        load_survey(folder / "store", folder / name, name, chance)
    return folder / "store"


@pytest.fixture(scope="module")
def briefing(store: Path) -> Briefing:
    with open_graph(store) as graph:
        return gather(graph, date=DAY, limits=ALL)


def printed(store: Path, command: str) -> Any:
    """What the command of a figure prints, as JSON."""
    given = ["--store", str(store), *shlex.split(command)[1:], "--json"]
    done = CliRunner().invoke(cli, given, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def records(document: Mapping[str, Any]) -> list[dict[str, str | None]]:
    """The rows of an answer in the JSON of the W3C."""
    names = document["head"]["vars"]
    rows = document["results"]["bindings"]
    return [{name: row[name]["value"] if name in row else None for name in names} for row in rows]


def name(cell: str | None) -> str:
    """What the briefing calls a value."""
    if not cell:
        return "not stated"
    return all_labels().get(cell, {}).get("en") or (shorten(cell) if "://" in cell else cell)


def numbers(*cells: str | float | None) -> tuple[float | None, ...]:
    return tuple(None if cell is None else round(float(cell), 3) for cell in cells)


Lines = Counter[tuple[object, ...]]


def direct(labels: Iterable[str], counts: Iterable[str]) -> Callable[[Any], Lines]:
    """A table that has a row of its answer in each row."""

    def made(document: Any) -> Lines:
        return Counter(
            (*(name(row[one]) for one in labels), *numbers(*(row[one] for one in counts))) for row in records(document)
        )

    return made


def by_standing(labels: tuple[str, ...], count: str = "") -> Callable[[Any], Lines]:
    """A table with one column per standing, counted from the rows of its answer."""

    def made(document: Any) -> Lines:
        found: dict[tuple[str, ...], dict[str, int]] = {}
        rows = records(document)
        if not count:
            rows = [dict(row) for row in {tuple((k, r[k]) for k in ("statement", "standing", *labels)) for r in rows}]
        for row in rows:
            key = tuple(name(row[one]) for one in labels)
            own = found.setdefault(key, dict.fromkeys(STANDINGS, 0))
            own[row["standing"] or ""] += int(row[count] or 0) if count else 1
        return Counter((*key, *numbers(*own.values())) for key, own in found.items())

    return made


STANDINGS = ("in force", "expired", "withdrawn", "proposed", "not yet in force")


def elements(document: Any) -> Lines:
    (row,) = records(document)
    total = int(row["credentials"] or 0)
    stated = [int(row[one] or 0) for one in row if one != "credentials"]
    return Counter(numbers(n, total - n, n / total) for n in stated)


def survey_claims(document: Any) -> Lines:
    tables = document.get("tables", [document])
    lines: Lines = Counter()
    for table in tables:
        for named in table["rows"]:
            if named["answer"] != "(missing)":
                lines[numbers(named["base_n"], named["share"], named["share_low"], named["share_high"])] += 1
    return lines


# How the lines of a figure follow from what its command prints; those with labels compare them too.
LABELLED: Mapping[str, Callable[[Any], Lines]] = {
    "by_country": direct(["country"], ["credentials", "providers"]),
    "by_provider_type": direct(["providerType"], ["credentials", "providers"]),
    "by_form": direct(["form"], ["credentials", "providers", "countries"]),
    "forms_by_provider_type": direct(["providerType", "form"], ["credentials"]),
    "by_level": direct(["level"], ["credentials"]),
    "hours_by_form": direct(["form"], ["credentials", "withHours", "lowest", "mean", "highest"]),
    "by_field": direct(["field"], ["credentials", "providers", "countries"]),
    "elements_by_country": direct(
        ["country"],
        ["credentials", "learningOutcomes", "workload", "level", "assessment", "participation", "supervision",
         "entryRequirement"],
    ),
    "quality_assurance": by_standing(("qaType", "decision"), "statements"),
    "recognition_by_purpose": by_standing(("purpose", "effect"), "statements"),
    "said_and_shown": direct(["stackability"], ["credentials", "inARule", "withATarget", "withNeither"]),
}  # fmt: skip
COUNTED: Mapping[str, Callable[[Any], Lines]] = {
    "by_volume": direct([], ["credentials"]),
    "annex_elements": elements,
    "completeness_by_provider": direct([], ["credentials", "completeRecords", "share"]),
    "without_quality_assurance": direct([], ["credentials"]),
    "one_sided_and_lapsed": lambda d: Counter(line[1:] for line in by_standing(("direction",))(d).elements()),
    "country_matrix": lambda d: Counter(
        numbers(*(cell[one] for one in ("asserted", "mutual", "one_sided", "inferred", "endorsed", "refused", "lapsed",
                                        "not_yet"))) for cell in d["cells"]
    ),
    "stackability": direct([], ["pairs"]),
    "label_and_definition": lambda d: Counter(numbers(one["credentials"]) for one in d["counts"]),
    "criteria": lambda d: Counter(numbers(one["yes"], one["no"], one["undecided"]) for one in d["criteria"]),
    "would_decide": lambda d: Counter(numbers(one["undecided"], one["decided_by_this_alone"]) for one in d["gaps"]),
    "survey_claims": survey_claims,
    "survey_agreement": lambda d: Counter(
        numbers(*(one[key] for key in ("linked", "unsaid", "silent", "base", "agreed", "rate", "low", "high")))
        for one in d["claims"]
    ),
}  # fmt: skip


def lines(figure: Figure, *, labelled: bool) -> Lines:
    """The rows of a figure, shares and decimals to three places."""
    found: Lines = Counter()
    for row in figure.rows:
        told = [cell for cell, column in zip(row, figure.columns, strict=True) if column.kind == "text"]
        counts = numbers(*(c for c, column in zip(row, figure.columns, strict=True) if column.kind != "text"))
        found[(*(told if labelled else []), *counts)] += 1
    return found


def test_every_figure_is_what_its_command_prints(store: Path, briefing: Briefing) -> None:
    """The numbers, with the names they stand beside, and the coverage."""
    known = set(LABELLED) | set(COUNTED) | {"stackability_by_country", "unknown"}
    assert {one.key for one in briefing.figures} == known
    documents: dict[str, Any] = {}
    for figure in briefing.figures:
        if figure.key == "unknown":
            continue
        if figure.command not in documents:
            documents[figure.command] = printed(store, figure.command)
        document = documents[figure.command]
        if figure.key in LABELLED:
            assert lines(figure, labelled=True) == LABELLED[figure.key](document), figure.key
        elif figure.key in COUNTED:
            assert lines(figure, labelled=False) == COUNTED[figure.key](document), figure.key
        else:
            pairs = Counter(int(row["pairs"] or 0) for row in records(document))
            assert Counter(c for row in figure.rows for c in row if isinstance(c, int) and c) == pairs, figure.key
        if figure.command.startswith("mcgraph query"):
            assert document["coverage"]["total"] == figure.base, figure.key
            assert document["coverage"]["unknown"] == figure.unknown, figure.key


def test_the_columns_give_the_same_briefing(store: Path, briefing: Briefing) -> None:
    """Every number, name, unknown and query, whichever way it was answered; and each figure that is done is told."""
    told: list[tuple[int, int]] = []
    with open_graph(store) as graph:
        found = gather(
            graph, date=DAY, limits=replace(ALL, columns_from_triples=1),
            told=lambda done, of, what: told.append((done, of)) if what else None,
        )  # fmt: skip
    assert found.to_json() == briefing.to_json()
    assert told[0] == (0, 0)
    assert sorted(told[1:]) == [(done, len(told) - 1) for done in range(1, len(told))]


def test_two_surveys_keep_apart(store: Path, briefing: Briefing) -> None:
    """Each figure says which survey it is of, and no id of the page stands there twice."""
    both = [one for one in briefing.figures if one.key.startswith("survey_")]
    assert [one.title.rpartition(" · ")[2] for one in both] == ["first", "first", "second", "second"]
    assert len({one.command for one in both}) == len({one.title for one in both}) == 4
    with open_graph(store) as graph:
        page = Page(to_html(briefing, graph.stats()["sources"], "en"))
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert not page.open and len(ids) == len(set(ids))
    used = {v for _, attributes in page.elements for k, v in attributes.items() if k in ("href", "clip-path") and v}
    assert {one[1:] for one in used if one.startswith("#")} <= set(ids)
