"""Where things come from, and what is doubtful about them."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from . import names
from .answers import Cell, Rows, derives
from .counts import all_providers
from .reading import Row, awarding, many, organisation_of, providers, registry
from .respondents import chosen, codebook, responses
from .stacking import group, rule
from .statements import quality, recognition

# The lists whose rows become concepts; the cycles of the QF-EHEA are concepts of the ontology already.
CONCEPTS = ("countries", "eqf-levels", "isced-f", "languages")


def framework_records() -> int:
    """Concepts, frameworks, levels, and one referencing for each verified level that is referenced to the EQF."""
    levels = names.table("data/frameworks/national-levels.csv")
    referenced = sum(bool(row["eqf_level"]) for row in levels)
    concepts = sum(len(names.table(f"data/frameworks/{name}.csv")) for name in CONCEPTS)
    return concepts + len(names.table("data/frameworks/national-frameworks.csv")) + len(levels) + referenced


def registry_records() -> dict[str, int]:
    """How many records of each class the registry holds."""
    held = registry()
    rows = held.credentials.values()
    return {
        "Credential": len(held.credentials),
        "LearningOutcome": sum(len(set(many(row, "learning_outcomes"))) for row in rows),
        "Offer": len(held.offers),
        "Organisation": len(held.organisations),
        "Qualification": sum(row["full_qualification"] == "yes" for row in rows),
        "QualityAssuranceStatement": len(held.quality),
        "RecognitionStatement": len(held.recognition),
        "RequirementGroup": len({group(row) for row in held.rules}),
        "SideCondition": len({(row["rule_id"], row["minimum_level"]) for row in held.rules if row["minimum_level"]}),
        "StackingRule": len({row["rule_id"] for row in held.rules}),
    }


def survey_records() -> dict[str, int]:
    """How many records of each class the survey holds; open answers are not published."""
    questions: dict[str, Any] = codebook()["questions"]
    closed = [name for name, entry in questions.items() if entry["type"] != "open"]
    return {
        "Answer": sum(bool(chosen(row, name)) for row in responses() for name in closed),
        "AnswerOption": sum(len(entry.get("options", ())) for entry in questions.values()),
        "Question": len(questions),
        "RespondentGroup": len(codebook()["groups"]),
        "Response": len(responses()),
        "Survey": 1,
    }


@derives("records-by-class", "source class records")
def records_by_class() -> Rows:
    for source, records in (("demo-registry", registry_records()), ("demo-survey", survey_records())):
        for name, count in records.items():
            yield f"https://w3id.org/mcgraph/graph/source/{source}", names.MC + name, str(count)
    # A survey is also told in the words of Disco and SKOS: each question, its options, and a scheme of these.
    survey, disco = survey_records(), "http://rdf-vocabulary.ddialliance.org/discovery#"
    skos = "http://www.w3.org/2004/02/skos/core#"
    with_options = sum(bool(entry.get("options")) for entry in codebook()["questions"].values())
    for kind, count in (
        (disco + "Questionnaire", survey["Survey"]),
        (disco + "Question", survey["Question"]),
        (skos + "Concept", survey["AnswerOption"]),
        (skos + "ConceptScheme", with_options),
    ):
        yield "https://w3id.org/mcgraph/graph/source/demo-survey", kind, str(count)


@derives("sources", "submission source mapping records files synthetic")
def sources() -> Rows:
    own, survey = registry_records(), survey_records()
    entries = (
        "Credential",
        "Offer",
        "Organisation",
        "QualityAssuranceStatement",
        "RecognitionStatement",
        "StackingRule",
    )
    answers = sum(survey[name] for name in ("Survey", "Question", "Response"))
    for source, mapping, records, files in (
        ("frameworks", "frameworks", framework_records(), 8),
        ("demo-registry", "template", sum(own[name] for name in entries), 1),
        ("demo-survey", "codebook:demo-stakeholders-2026", answers, 1),
    ):
        submission = f"https://w3id.org/mcgraph/id/{source}/submission"
        yield submission, source, mapping, str(records), str(files), "true"


@derives("statements-without-evidence", "type claimKind statements withEvidence withDate withClaimant")
def statements_without_evidence() -> Rows:
    rules = {row["rule_id"]: row for row in registry().rules}
    held = (
        ("RecognitionStatement", registry().recognition),
        ("QualityAssuranceStatement", registry().quality),
        ("StackingRule", rules),
    )
    for name, statements in held:
        kinds: dict[Cell, list[Row]] = defaultdict(list)
        for row in statements.values():
            kinds[names.ours("claim", row.get("claim_kind", ""))].append(row)
        for kind, rows in kinds.items():
            dated = sum(bool(row.get("statement_date") or row["valid_from"]) for row in rows)
            stated = (sum(bool(row[column]) for row in rows) for column in ("evidence", "claimed_by"))
            evidence, claimant = stated
            yield names.MC + name, kind, *map(str, (len(rows), evidence, dated, claimant))


@derives("references-to-unknown-records", "record property target")
def references_to_unknown_records() -> Rows:
    """Organisations are all there, as `organisation_of` would fail otherwise; credentials may have been refused."""
    known = registry().credentials
    ends: list[tuple[str, str, list[str]]] = []
    for key, row in known.items():
        for column, name in (
            ("prerequisites", "prerequisite"),
            ("stacks_into", "declaredStackingTarget"),
            ("replaces", "replaces"),
        ):
            ends.append((names.credential(key), name, many(row, column)))
        assert all(organisation in registry().organisations for organisation in providers(row) + awarding(row))
    ends += [(f"{names.REGISTRY}offer/{key}", "offerOf", [row["credential"]]) for key, row in registry().offers.items()]
    for key, row in registry().recognition.items():
        assert organisation_of(row["recogniser"])
        ends += [(recognition(key), "recognisedCredential", many(row, "credential"))]
        ends += [(recognition(key), "recognisedTowards", many(row, "towards"))]
    ends += [(quality(key), "assuredCredential", many(row, "credential")) for key, row in registry().quality.items()]
    for row in registry().rules:
        ends += [(rule(row["rule_id"]), "stackingWhole", [row["whole"]]), (group(row), "groupMember", [row["member"]])]
    for record, name, targets in ends:
        for target in targets:
            if target not in known:
                yield record, names.MC + name, names.credential(target)


@derives("possible-duplicates", "title credentials providers countries first")
def possible_duplicates() -> Rows:
    titles: dict[str, list[Row]] = defaultdict(list)
    for row in registry().credentials.values():
        titles[row["title"].strip().lower()].append(row)
    for title, rows in titles.items():
        if len(rows) > 1:
            first = min(names.credential(row["credential_id"]) for row in rows)
            counts = (len(rows), len(all_providers(rows)), len({row["country"] for row in rows}))
            yield title, *map(str, counts), first
