"""Skills: suggested by label, reviewed by people, counted; checked by hand and by a slow comparison of our own."""

from __future__ import annotations

import csv
import datetime
import json
import random
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import polars as pl
import pytest

from mcgraph.errors import InputRefused, StoreUnavailable, WrongUse
from mcgraph.model.namespaces import GRAPH, MC
from mcgraph.reasoning.classify import classify
from mcgraph.reasoning.facts import StoreFacts
from mcgraph.skills.coverage import alike, by_credential, by_occupation
from mcgraph.skills.keep import keep_suggestions, take_decisions, undo
from mcgraph.skills.labels import Texts, read_texts
from mcgraph.skills.suggest import suggest
from mcgraph.store import SubmissionInfo, open_graph
from mcgraph.store.graph import Graph
from mcgraph.submissions.loading import load_files
from tests.questions.samples import make_batch

Run = Callable[..., "CompletedProcess[str]"]
S, O = "http://data.europa.eu/esco/skill/", "http://data.europa.eu/esco/occupation/"  # noqa: E741
E = "https://example.org/"
DAY = datetime.date(2026, 11, 28)
SKILLS = [("weld", "weld pipes", "join pipes\nweld tubes"), ("data", "analyse data", ""), ("waste", "sort waste", "")]
RECORDS = """@prefix : <https://example.org/> . @prefix mc: <https://w3id.org/mcgraph/ontology#> .
@prefix form: <https://w3id.org/mcgraph/vocab/form#> . @prefix by: <http://data.europa.eu/snb/assessment/> .
:c1 a mc:Credential ; mc:title "Pipes"@en ; mc:providedBy :p1 ; mc:awardedBy :p1 ; mc:workloadHours 40.0 ;
  mc:form form:module-certificate ; mc:assessmentType by:b1b68f6735 ; mc:learningOutcome :o1, :o2 .
:c2 a mc:Credential ; mc:title "Tubes"@en ; mc:providedBy :p2 ; mc:learningOutcome :o3 ;
  mc:skill <http://data.europa.eu/esco/skill/weld>, <http://data.europa.eu/esco/skill/waste> .
:o1 a mc:LearningOutcome ; mc:title "Weld pipes."@en . :o2 a mc:LearningOutcome ; mc:title "Analysing of data"@en .
:o3 a mc:LearningOutcome ; mc:title "weld tubes"@en . :o4 a mc:LearningOutcome ; mc:title "Rohre schweissen"@de .
:c1 mc:learningOutcome :o4 . :p1 a mc:Organisation . :p2 a mc:Organisation .
"""


def write_esco(folder: Path) -> Path:
    """A few records in the form of ESCO's own CSV files (official headers; the content is ours)."""
    folder.mkdir()
    concept = "conceptType conceptUri skillType reuseLevel preferredLabel altLabels hiddenLabels status modifiedDate scopeNote definition inScheme description"  # noqa: E501
    _write(folder / "skills_en.csv", concept, [["", S + i, "", "", label, alt, *[""] * 7] for i, label, alt in SKILLS])
    occupation = "conceptType conceptUri iscoGroup preferredLabel altLabels hiddenLabels status modifiedDate regulatedProfessionNote scopeNote definition inScheme description code"  # noqa: E501
    _write(folder / "occupations_en.csv", occupation, [["", O + "welder", "7212", "welder", *[""] * 10]])
    relations = [[O + "welder", "essential", "", S + "weld"], [O + "welder", "optional", "", S + "data"]]
    _write(folder / "occupationSkillRelations_en.csv", "occupationUri relationType skillType skillUri", relations)
    collection = "conceptType conceptUri preferredLabel status skillType reuseLevel altLabels description broaderConceptUri broaderConceptPT"  # noqa: E501
    _write(folder / "greenSkillsCollection_en.csv", collection, [["", S + "waste", *[""] * 8]])
    return folder


def _write(path: Path, headers: str, rows: list[list[str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows([headers.split(), *rows])


def test_labels_in_several_languages_are_one_skill(tmp_path: Path) -> None:
    """The language is that of the file's name; the concepts, and the links between them, are the same."""
    folder = write_esco(tmp_path / "esco")
    text = (folder / "skills_en.csv").read_text(encoding="utf-8")
    german = text.replace("weld pipes", "Rohre schweißen").replace("join pipes\nweld tubes", "Rohre fügen")
    (folder / "skills_de.csv").write_text(german.replace("analyse data", "Daten auswerten"), encoding="utf-8")
    loaded = load_files(tmp_path / "store", [folder], mapping="esco", source="esco", date=DAY)
    assert loaded.report.count("error") == 0 and loaded.rejected == 0
    (tmp_path / "records.ttl").write_text(RECORDS, encoding="utf-8")
    with open_graph(tmp_path / "store", read_only=False) as graph:
        graph.load(make_batch(tmp_path / "records.ttl"), SubmissionInfo())
    with open_graph(tmp_path / "store") as graph:
        assert graph.stats()["records"]["Skill"] == len(SKILLS)
        rows = graph.rows(f"SELECT ?p ?t (LANG(?t) AS ?l) WHERE {{ <{S}weld> ?p ?t FILTER(LANG(?t) != '') }}")
        told = {(str(p).rpartition("/")[2].rpartition("#")[2], text, lang) for p, text, lang in rows}
        assert {("title", "weld pipes", "en"), ("title", "Rohre schweißen", "de"),
                ("altLabel", "weld tubes", "en"), ("altLabel", "Rohre fügen", "de")} <= told  # fmt: skip
        # «Rohre schweissen» is what an outcome in German says: nobody compares it with English labels.
        found = links_of(graph)
    assert found["o4", "weld"][0] == "exact-label"
    assert ("o4", "waste") not in found


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store with two credentials and four skills."""
    (tmp_path / "records.ttl").write_text(RECORDS, encoding="utf-8")
    with open_graph(tmp_path / "store", create=True, read_only=False) as graph:
        graph.load(make_batch(tmp_path / "records.ttl"), SubmissionInfo())
    load_files(tmp_path / "store", [write_esco(tmp_path / "esco")], mapping="esco", source="esco", date=DAY)
    return tmp_path / "store"


def links_of(graph: Graph, at_least: float = 0.6) -> dict[tuple[str, str], tuple[str, float]]:
    found = suggest(read_texts(StoreFacts(graph)), at_least=at_least)
    return {(one.subject.removeprefix(E), one.candidate.removeprefix(S)): (one.method, one.confidence) for one in found}


def test_labels_are_matched_within_their_language(store: Path) -> None:
    """Exact, by another label, nearly, and not at all."""
    with open_graph(store) as graph:
        assert links_of(graph) == {
            ("o1", "weld"): ("exact-label", 1.0),
            ("o2", "data"): ("fuzzy-label", 0.721),  # 0.95 · 2 · 11 / (17 + 12): «analys» and « data» are common
            ("o3", "weld"): ("exact-alternative-label", 0.97),
        }
        assert ("o4", "weld") not in links_of(graph, 0.1)


def _longest_common(a: str, b: str) -> int:
    row = [0] * (len(b) + 1)
    for x in a:
        before = 0
        for j, y in enumerate(b, start=1):
            before, row[j] = row[j], before + 1 if x == y else max(row[j], row[j - 1])
    return row[-1]


def test_confidence_is_the_share_of_common_letters() -> None:
    """Against a slow comparison of our own: twice the longest common subsequence by both lengths, words sorted."""
    chance = random.Random(4)
    words = ["weld", "pipes", "data", "analyse", "care", "plan", "safe"]
    made = [" ".join(chance.choice(words) + chance.choice(["", "s", "d"]) for _ in range(3)) for _ in range(40)]
    rows = [{"iri": f"urn:{i}", "text": t, "lang": "", "rank": "preferred", "key": t} for i, t in enumerate(made)]
    frame = pl.DataFrame(rows)
    found = suggest(Texts(frame[20:], frame[:20]), at_least=0.7, most=20)
    expected = {}
    for i in range(20):
        for j in range(20, 40):
            a, b = (" ".join(sorted(made[n].split())) for n in (i, j))
            score = 1.0 if made[i] == made[j] else 0.95 * 2 * _longest_common(a, b) / (len(a) + len(b))
            if score >= 0.7 + 1e-9:
                expected[f"urn:{i}", f"urn:{j}"] = score
    assert expected
    assert {one.pair: pytest.approx(one.confidence, abs=0.001) for one in found} == expected


def test_a_suggestion_is_no_fact_until_it_is_accepted(store: Path, tmp_path: Path) -> None:
    """Suggested: told of in a graph of its own. Accepted: stated in another. Undone: gone, and the log keeps all."""
    ask = f"SELECT ?g WHERE {{ GRAPH ?g {{ <{E}c1> <{MC}skill> <{S}weld> }} }}"
    with open_graph(store, read_only=False) as graph:
        facts = StoreFacts(graph)
        keep_suggestions(graph, suggest(read_texts(facts), at_least=0.6))
        told = graph.rows(f"SELECT DISTINCT ?g WHERE {{ GRAPH ?g {{ ?l <{MC}linkCandidate> ?c }} }}")
        assert told == [(GRAPH + "source/suggested-skills",)]
        assert graph.rows(ask) == []
        sheet = tmp_path / "sheet.csv"
        sheet.write_text(
            f"subject,candidate,decision\n{E}o1,{S}weld,accept\n{E}o2,{S}data,reject\n{E}o3,{S}waste,accept\n",
            encoding="utf-8",
        )
        assert len(take_decisions(graph, facts, sheet, by="Ada")) == 3
        assert graph.rows(ask) == [(GRAPH + "source/reviewed-skills",)]
        snapshot = graph.snapshot
        assert take_decisions(graph, facts, sheet, by="Ada") == ()
        assert graph.snapshot == snapshot
        keep_suggestions(graph, ())
        decided = graph.rows(f"SELECT ?d WHERE {{ ?l <{MC}linkDecision> ?d }} ORDER BY ?d")
        assert decided == [("accept",), ("accept",), ("reject",)]
        undo(graph, facts, E + "o1", S + "weld", by="Grace")
        undo(graph, facts, E + "o3", S + "waste", by="Grace")
        assert graph.rows(ask) == []
        assert graph.manifest.of("reviewed-skills") is None
        with pytest.raises(WrongUse, match="nothing is decided"):
            undo(graph, facts, E + "o1", S + "weld", by="Grace")


def test_a_wrong_sheet_changes_nothing(store: Path, tmp_path: Path) -> None:
    """Neither log nor graph."""
    sheet = tmp_path / "sheet.csv"
    with open_graph(store, read_only=False) as graph:
        facts, before = StoreFacts(graph), graph.snapshot
        for text, words in (
            (f"subject,candidate,decision\n{E}o1,{S}weld,accept\n{E}o9,{S}weld,accept\n", "row 3: the subject"),
            (f"subject,candidate,decision\n{E}o1,{S}nothing,accept\n", "the candidate"),
            ("subject,label\nx,y\n", "no sheet of reviewed links"),
        ):
            sheet.write_text(text, encoding="utf-8")
            with pytest.raises(InputRefused, match=words):
                take_decisions(graph, facts, sheet, by="Ada")
        sheet.write_bytes(b"\xff\xfe\x00")
        with pytest.raises(InputRefused, match="UTF-8"):
            take_decisions(graph, facts, sheet, by="Ada")
        assert graph.snapshot == before
        assert not (store / "reviews").exists()


def test_a_damaged_log_stops_everything(store: Path) -> None:
    """What was accepted would otherwise silently change."""
    (store / "reviews").mkdir()
    (store / "reviews" / "skills.csv").write_text("nonsense\n", encoding="utf-8")
    with open_graph(store, read_only=False) as graph, pytest.raises(StoreUnavailable, match="log of decisions"):
        keep_suggestions(graph, ())


def test_shares_and_gaps_are_counted(store: Path) -> None:
    """By hand: c2 has two skills of which one is green; no microcredential has a skill of the welder."""
    with open_graph(store) as graph:
        facts = StoreFacts(graph)
        found = classify(facts)
        assert dict(zip(found.iris, found.verdicts(), strict=True)) == {E + "c1": "yes", E + "c2": "undecided"}
        shares = by_credential(facts, found, 10)
        assert [row[2:] for row in shares.rows] == [("2", "1", "0.500", None, None)]
        (said,) = shares.warnings
        assert said == "no collection of digital skills is loaded, so that it is not known which are digital"
        assert (shares.coverage and shares.coverage.known, len(shares)) == (1, 1)
        jobs = by_occupation(facts, found, 10)
        assert [row[1:] for row in jobs.rows] == [("welder", "2", "1", "0", "2", "analyse data, weld pipes")]


def test_a_microcredential_by_definition_covers_a_skill(tmp_path: Path, store: Path) -> None:
    """Once a credential that is one by definition has the skill, the welder lacks one skill less."""
    full = ":c1 mc:skill <http://data.europa.eu/esco/skill/weld> ."
    (tmp_path / "more.ttl").write_text(RECORDS + full, encoding="utf-8")
    with open_graph(store, read_only=False) as graph:
        graph.load(make_batch(tmp_path / "more.ttl"), SubmissionInfo())
        facts = StoreFacts(graph)
        found = classify(facts)
        assert [row[4:] for row in by_occupation(facts, found, 10).rows] == [("1", "1", "analyse data")]
        pairs = alike(facts, found, 10, 0.5)
        assert [row[4:] for row in pairs.rows] == [("1", "0.500")]
        assert alike(facts, found, 10, 0.51).rows == ()
        with pytest.raises(WrongUse):
            alike(facts, found, 10, 1.5)


def test_the_commands_tell_the_same(store: Path, tmp_path: Path, mcgraph: Run) -> None:
    """Suggest, review, log, undo and coverage, as a user runs them."""
    sheet = tmp_path / "candidates.csv"
    done = mcgraph("--store", store, "skills", "suggest", "--at-least", "0.6", "-o", sheet, "--json")
    assert json.loads(done.stdout)["suggestions"] == 3, done.stderr
    text = sheet.read_text(encoding="utf-8-sig")
    sheet.write_text(text.replace("exact-label,,", "exact-label,accept,"), encoding="utf-8")
    done = mcgraph("--store", store, "skills", "review", sheet, "--by", "Ada", "--json")
    assert json.loads(done.stdout)["decisions"] == {"accept": 1, "reject": 0, "undo": 0}, done.stderr
    entries = json.loads(mcgraph("--store", store, "skills", "log", "--json").stdout)["entries"]
    assert [(one["decision"], one["decided_by"]) for one in entries] == [("accept", "Ada")]
    done = mcgraph("--store", store, "skills", "coverage")
    assert done.returncode == 0 and "weld" not in done.stderr
    for arguments, code in (
        (("review", tmp_path / "none.csv"), 3),
        (("review", sheet), 0),
        (("suggest", "-o", sheet), 2),
        (("coverage", "--overlap", "0.5"), 2),
        (("coverage", "--threshold", "etcs=5"), 2),
        (("undo", "urn:a", "urn:b", "--by", "Ada"), 2),
    ):
        refused = mcgraph("--store", store, "skills", *arguments)
        assert refused.returncode == code, (arguments, refused.stderr)
        assert "Traceback" not in refused.stderr


def test_esco_without_its_columns_is_refused(tmp_path: Path, mcgraph: Run) -> None:
    """A file that lost its header must not load as nothing."""
    folder = tmp_path / "esco"
    folder.mkdir()
    (folder / "skills_en.csv").write_text("uri,label\nx,y\n", encoding="utf-8")
    done = mcgraph("--store", tmp_path / "store", "load", folder, "--mapping", "esco")
    assert done.returncode in (1, 2, 3, 5), done.stdout
    assert "Traceback" not in done.stderr


def test_real_labels_find_their_own_skills(shared: Path, tmp_path: Path) -> None:
    """Thirteen thousand real labels: an outcome that is worded as one finds it, and one that is nearly so too."""
    path = shared / "data" / "reference" / "esco_labels" / "data" / "esco" / "skills_en.csv"
    frame = pl.read_csv(path).select("concept_uri", "preferred_label").drop_nulls()
    skills = pl.DataFrame(
        {"iri": frame["concept_uri"], "text": frame["preferred_label"], "lang": "en", "rank": "preferred",
         "key": frame["preferred_label"].str.to_lowercase()}
    )  # fmt: skip
    some = skills.gather_every(400)
    outcomes = some.with_columns(
        pl.concat_str(pl.lit("urn:o:"), pl.int_range(some.height).cast(pl.String)).alias("iri")
    )
    near = outcomes.with_columns((pl.col("iri") + "n").alias("iri"), (pl.col("key") + "s").alias("key"))
    found = suggest(Texts(skills, pl.concat([outcomes, near])), at_least=0.8)
    best = {}
    for link in found:
        best.setdefault(link.subject, link)
    wanted = dict(zip(outcomes["iri"], some["text"], strict=True))
    assert {iri: best[iri].candidate_label for iri in wanted} == wanted
    assert {iri: best[iri + "n"].candidate_label for iri in wanted if iri + "n" in best} == {
        iri: text for iri, text in wanted.items() if iri + "n" in best
    }
    assert sum(iri + "n" in best for iri in wanted) >= 0.9 * len(wanted)
