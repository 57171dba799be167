"""Names in responses linked to the register by review: candidates, decisions, log, undo; and what is compared then."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path

import pytest

from mcgraph.errors import InputRefused, WrongUse
from mcgraph.store import Graph, open_graph
from mcgraph.submissions.loading import load_files
from mcgraph.survey import agreement, link_log
from mcgraph.survey.codebook_file import read_codebook
from mcgraph.survey.links import Candidate, propose_links, read_decisions, to_csv
from mcgraph.survey.stored import StoredSurvey, find_survey, stored_wave
from mcgraph.survey.table import make_table
from mcgraph.survey.wave import Wave, read_wave

DAY = datetime.date(2026, 11, 1)
ORGANISATIONS = (
    "organisation_id,name,provider_type,country\n"
    "O-1,Harbour Steps Institute,private-training-provider,IRL\n"
    "O-2,Académie du Nord,private-training-provider,FRA\n"
    "O-3,Silent School,private-training-provider,IRL\n"
)
CREDENTIALS = (
    "credential_id,title,title_language,awarding_body,labelled_as,eqf_level,stackability\n"
    "C-1,Welding,en,O-1,microcredential,5,stackable\n"
    "C-2,Gluing,en,O-1,micro-credential,,stand-alone\n"
    "C-3,Soudure,fr,O-2,badge,4,\n"
)
BOOK = """
survey: s1
respondent: {id: rid, group: grp, country: land, organisation: org}
questions:
  q1:
    column: label
    type: single
    claim: labelled-as-microcredential
    options: {"yes": {en: "Yes, always"}, some: {en: For some of them}, "no": {en: "No"}, dk: {en: I do not know}}
  q2:
    column: level
    type: single
    claim: eqf-level-stated
    options: {"yes": {en: "Yes, always"}, some: {en: For some of them}, "no": {en: "No"}}
  q3:
    column: stack
    type: single
    claim: stackable
    options: {"yes": {en: "Yes"}, some: {en: For some of them}, "no": {en: "No"}}
"""


def rows() -> Iterator[str]:
    """12 of Harbour Steps, 8 of the Académie, 6 of the silent school, 2 of nobody known."""
    for at in range(12):
        yield f"a{at},p,IRL,Harbour Steps Institute,{'yes' if at < 7 else 'no'},some,some"
    for at in range(8):
        yield f"b{at},p,FRA,ACADEMIE DU NORD,{'no' if at < 6 else 'dk'},yes,yes"
    for at in range(6):
        yield f"c{at},p,IRL,Silent School,yes,yes,yes"
    yield "d1,p,IRL,Harbor Steps Institut,no,no,no"
    yield "d2,p,IRL,Somewhere else,no,no,no"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("links")
    (folder / "register").mkdir()
    (folder / "register" / "organisations.csv").write_text(ORGANISATIONS, encoding="utf-8")
    (folder / "register" / "credentials.csv").write_text(CREDENTIALS, encoding="utf-8")
    (folder / "s.csv").write_text("rid,grp,land,org,label,level,stack\n" + "\n".join(rows()) + "\n", encoding="utf-8")
    (folder / "s.codebook.yaml").write_text(BOOK, encoding="utf-8")
    store = folder / "store"
    load_files(store, [folder / "register"], mapping="template", source="reg", accept="all", date=DAY)
    load_files(store, [folder / "s.csv"], mapping="survey", source="wave", accept="all", date=DAY)
    return folder


@pytest.fixture
def store(files: Path, tmp_path: Path) -> Path:
    import shutil

    shutil.copytree(files / "store", tmp_path / "store")
    return tmp_path / "store"


@pytest.fixture
def wave(files: Path) -> Wave:
    return read_wave(files / "s.csv", read_codebook(files / "s.codebook.yaml"))


def candidates(store: Path, wave: Wave, **wishes: bool) -> list[Candidate]:
    with open_graph(store) as graph:
        return propose_links(wave, graph, **wishes)


def survey_of(graph: Graph) -> StoredSurvey:
    return find_survey(graph)


def accepted(store: Path, wave: Wave, folder: Path) -> StoredSurvey:
    file = folder / "c.csv"
    file.write_text(to_csv(candidates(store, wave, accept_exact=True)), encoding="utf-8")
    with open_graph(store) as graph:
        survey = find_survey(graph)
    link_log.decide(store, survey, wave, read_decisions(file, wave.codebook), by="R", when="2026-11-01T10:00:00Z")
    return survey


def test_candidates_have_a_confidence(store: Path, wave: Wave) -> None:
    """The same name is certain, another spelling nearly so, a typing mistake less, the rest nothing."""
    found = {one.stated: (one.label, one.method) for one in candidates(store, wave)}
    assert found == {
        "Harbour Steps Institute": ("Harbour Steps Institute", "exact"),
        "ACADEMIE DU NORD": ("Académie du Nord", "folded"),
        "Silent School": ("Silent School", "exact"),
        "Harbor Steps Institut": ("Harbour Steps Institute", "fuzzy"),
    }
    scores = {one.stated: one.confidence for one in candidates(store, wave)}
    assert scores["Silent School"] == 100 > scores["ACADEMIE DU NORD"] > scores["Harbor Steps Institut"] > 85


def test_nothing_is_accepted_unless_somebody_says_so(store: Path, wave: Wave, tmp_path: Path) -> None:
    """A file nobody wrote into decides nothing."""
    file = tmp_path / "c.csv"
    file.write_text(to_csv(candidates(store, wave)), encoding="utf-8")
    assert read_decisions(file, wave.codebook) == []
    with open_graph(store) as graph:
        survey = survey_of(graph)
    with pytest.raises(WrongUse, match="decides nothing"):
        link_log.decide(store, survey, wave, [], by="R", when="2026-11-01T10:00:00Z")


def test_decisions_are_logged_stored_and_taken_back(store: Path, wave: Wave, tmp_path: Path) -> None:
    """The graph has what is in force; undo empties it; the log forgets nothing."""
    survey = accepted(store, wave, tmp_path)
    with open_graph(store) as graph:
        linked = graph.rows(
            "PREFIX mc: <https://w3id.org/mcgraph/ontology#> SELECT (COUNT(DISTINCT ?l) AS ?links) "
            "(COUNT(DISTINCT ?r) AS ?responses) WHERE { ?l a mc:SurveyLink ; mc:linksResponse ?r ; mc:speaksOf ?x }"
        )
    assert linked == [("3", "26")]
    event = link_log.undo(store, survey, None, by="R", when="2026-11-02T10:00:00Z")
    assert (event.number, event.undoes) == (2, 1)
    with open_graph(store) as graph:
        assert link_log.links_source(survey) not in {one.source for one in graph.manifest.submissions}
    assert [one.action for one in link_log.read_log(store, survey)] == ["decide", "undo"]
    with pytest.raises(WrongUse, match="no decision to take back"):
        link_log.undo(store, survey, None, by="R", when="2026-11-02T10:00:00Z")


def test_links_say_nothing_about_the_register(store: Path, wave: Wave, tmp_path: Path) -> None:
    """No triple of the links has a record of the register, or a response, as its subject."""
    accepted(store, wave, tmp_path)
    with open_graph(store) as graph:
        subjects = graph.rows(
            "SELECT DISTINCT ?s WHERE { GRAPH <https://w3id.org/mcgraph/graph/source/links-wave> { ?s ?p ?o } }"
        )
    assert subjects
    assert all("/links-wave/survey-link/" in (row[0] or "") for row in subjects)


def test_a_later_rejection_ends_a_link(store: Path, wave: Wave, tmp_path: Path) -> None:
    """The last decision about a name stands."""
    survey = accepted(store, wave, tmp_path)
    file = tmp_path / "c.csv"
    text = file.read_text(encoding="utf-8").replace(",accept,", ",reject,")
    file.write_text(text, encoding="utf-8")
    link_log.decide(store, survey, wave, read_decisions(file, wave.codebook), by="R", when="2026-11-03T10:00:00Z")
    assert link_log.in_force(link_log.read_log(store, survey)) == []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (",accept,", ",maybe,", "no decision"),
        ("https://w3id.org", "not an iri ", "not an IRI"),
        ("organisation,organisation", "planet,organisation", "no subject «planet»"),
        ("decision", "dicision", "column «decision» is missing"),
        (",100,", ",very,", "no confidence"),
    ],
)
def test_a_file_of_decisions_that_cannot_be_read(
    store: Path, wave: Wave, tmp_path: Path, old: str, new: str, words: str
) -> None:
    """The line is named, and nothing is decided."""
    text = to_csv(candidates(store, wave, accept_exact=True)).replace(old, new, 1)
    (tmp_path / "c.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InputRefused, match=words):
        read_decisions(tmp_path / "c.csv", wave.codebook)


def test_agreement_is_counted_by_hand(store: Path, wave: Wave, tmp_path: Path) -> None:
    """Harbour Steps labels both of its two: 7 of 12 say so. The Académie labels none: 6 say so, 2 do not know.

    The silent school has no credential: the register is silent. 13 of 18 agree.
    """
    survey = accepted(store, wave, tmp_path)
    links = link_log.in_force(link_log.read_log(store, survey))
    with open_graph(store) as graph:
        stored = stored_wave(graph)
        found = agreement.compare(stored, graph, links, as_of=DAY, small=1, name_them=True)
        hidden = agreement.compare(stored, graph, links, as_of=DAY)
    _check_schema(found)
    label = found.claims[0]
    assert (label.linked, label.unsaid, label.silent, label.base, label.agreed) == (26, 2, 6, 18, 13)
    assert label.rate == pytest.approx(13 / 18)
    assert label.cells["all", "all"] == 7 and label.cells["none", "all"] == 5 and label.cells["none", "none"] == 6
    assert {(one.stated, one.said, one.shown) for one in label.disagreements} == {
        ("Harbour Steps Institute", "none", "all"),
    }  # fmt: skip
    level, stack = found.claims[1], found.claims[2]
    # EQF levels: one of two at Harbour Steps (some, said some), one of one at the Académie (all, said yes).
    assert (level.base, level.agreed) == (20, 20)
    # Stackability: Harbour Steps one of two known; of the Académie nothing is known.
    assert (stack.base, stack.agreed, stack.silent) == (12, 12, 14)
    assert hidden.claims[0].linked is None and hidden.claims[1].linked is None
    assert hidden.claims[0].disagreements == ()
    assert hidden.claims[0].base == 18


def test_invented_answers_are_marked_wherever_they_go(files: Path, tmp_path: Path) -> None:
    """The store says so of the source; tables, comparisons and the links repeat it."""
    (tmp_path / "s.csv").write_bytes((files / "s.csv").read_bytes())
    (tmp_path / "s.codebook.yaml").write_text(BOOK + "synthetic: true\n", encoding="utf-8")
    load_files(tmp_path / "st", [tmp_path / "s.csv"], mapping="survey", source="wave", accept="all", date=DAY)
    with open_graph(tmp_path / "st") as graph:
        assert make_table(stored_wave(graph), "q1").synthetic


def _check_schema(found: agreement.Agreement) -> None:
    import json

    import jsonschema

    file = Path(__file__).parents[2] / "docs" / "contract" / "survey-compare.schema.json"
    jsonschema.validate(agreement.document(found), json.loads(file.read_text(encoding="utf-8")))


def test_a_stored_wave_gives_the_tables_of_its_file(store: Path, wave: Wave) -> None:
    """Read back from the graph, in the order of the codebook."""
    with open_graph(store) as graph:
        stored = stored_wave(graph)
        for name in ("q1", "q2"):
            mine, theirs = make_table(stored, name, by=["group"]), make_table(wave, name, by=["group"])
            assert mine.columns == theirs.columns
