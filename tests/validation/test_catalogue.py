"""The catalogue of rules is complete, in two languages, and printed as it is."""

from __future__ import annotations

import json
import re

import pytest

from mcgraph.errors import RuleBroken, WrongUse
from mcgraph.model.vocabularies import vocabulary
from mcgraph.validation import catalogue, listing
from mcgraph.validation.parse import parse_shapes, term_of

HEAD = "@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix ex: <http://e/> . "


@pytest.mark.parametrize("code", list(catalogue.rules()))
def test_every_rule_says_what_why_and_how_in_both_languages(code: str) -> None:
    """A steward who meets a code is never left alone with it."""
    rule = catalogue.rules()[code]
    for words in (rule.name, rule.message, rule.why, rule.fix):
        assert set(words.by_language) >= {"en", "fr"}
        assert all(words.by_language.values())
    assert rule.source
    assert rule.layer in catalogue.LAYERS


WITH_A_LIST = [rule.code for rule in catalogue.rules().values() if rule.vocabulary and (rule.good or rule.bad)]


@pytest.mark.parametrize("code", WITH_A_LIST)
def test_the_good_word_is_of_the_list_and_the_bad_one_is_not(code: str) -> None:
    """`mcgraph explain` must not recommend what the reader then refuses."""
    rule = catalogue.rules()[code]
    known = vocabulary(rule.vocabulary)
    assert known.find(rule.good) is not None, rule.good
    assert known.find(rule.bad) is None, rule.bad


@pytest.mark.parametrize("code", [rule.code for rule in catalogue.rules().values() if not rule.verified])
def test_what_could_not_be_verified_is_said_in_both_languages(code: str) -> None:
    """A rule whose source was not read says so, and so does its page."""
    rule = catalogue.rules()[code]
    assert set(rule.unverified.by_language) >= {"en", "fr"}
    assert rule.unverified.said("en") in listing.page(rule, "en")
    assert listing.document(rule, "fr")["verified"] is False


def test_french_is_no_english_and_has_no_slip_of_the_generator() -> None:
    """Every text differs from the English one; articles agree; no English word is left in."""
    slips = re.compile(r"\bof the\b|\battendu$|^Les [^.]* manque$|’|  ")
    for rule in catalogue.rules().values():
        for words in (rule.message, rule.why, rule.fix):
            french = words.by_language["fr"]
            assert french != words.by_language["en"], rule.code
            assert not slips.search(french), (rule.code, french)


def test_a_profile_may_have_another_name() -> None:
    """The issue's names and the shorter ones mean one profile."""
    assert catalogue.profile("registry-core").name == "registry"
    assert catalogue.profile("survey-record").name == "survey"


def test_a_rule_of_one_profile_is_silent_in_others() -> None:
    """RULE-HOURS-002 speaks of New Zealand credits: no other profile asks."""
    assert "RULE-HOURS-002" in catalogue.silent_in(catalogue.profile("submission"))
    assert "RULE-HOURS-002" not in catalogue.silent_in(catalogue.profile("nzqa"))


def test_every_profile_reads_and_names_its_source() -> None:
    """A profile without source, version and day cannot be argued with."""
    for name in catalogue.profiles():
        profile = catalogue.profile(name)
        assert profile.source and profile.version and profile.read_on and profile.title.said("fr"), name


def test_an_unknown_profile_is_wrong_use() -> None:
    """The message lists those there are."""
    with pytest.raises(WrongUse, match="annex1-catalogue"):
        catalogue.profile("annex2")


@pytest.mark.parametrize(
    "text",
    [
        "ex:S a sh:PropertyShape .",
        "ex:S a sh:NodeShape ; sh:minCount 1 .",
        "ex:S a sh:NodeShape ; sh:nodeKind sh:Iri .",
        "ex:S a sh:PropertyShape ; sh:path ex:p ; sh:minCount 'one' .",
        "ex:S a sh:PropertyShape ; sh:path [ ] .",
        "ex:S a sh:PropertyShape ; sh:path ex:p , ex:q .",
    ],
)
def test_an_ill_formed_shape_is_broken_never_a_pass(text: str) -> None:
    """What cannot be meant is refused when it is read."""
    import pyoxigraph as ox

    quads = ox.parse(HEAD + text, format=ox.RdfFormat.TURTLE)
    with pytest.raises(RuleBroken):
        parse_shapes([(term_of(q.subject), q.predicate.value, term_of(q.object)) for q in quads])


def test_explain_and_rules_on_the_command_line(mcgraph) -> None:  # type: ignore[no-untyped-def]
    """A code, a term, a slip of the pen."""
    rule = mcgraph("explain", "CRD-TITLE-001", "--lang", "fr")
    assert rule.returncode == 0 and "Le titre manque" in rule.stdout
    term = mcgraph("explain", "mc:stacksInto", "--json")
    assert json.loads(term.stdout)["iri"] == "https://w3id.org/mcgraph/ontology#stacksInto"
    slip = mcgraph("explain", "CRD-TITEL-001")
    assert slip.returncode == 2 and "CRD-TITLE-001" in slip.stderr
    listed = json.loads(mcgraph("rules", "--json", "--profile", "survey").stdout)
    assert {rule["code"].partition("-")[0] for rule in listed} == {"SRV"}


def test_the_catalogue_can_be_narrowed(mcgraph) -> None:  # type: ignore[no-untyped-def]
    """By layer, severity and whether the source was read; a layer that is none is told."""
    links = json.loads(mcgraph("rules", "--json", "--layer", "link", "--severity", "error").stdout)
    assert [rule["code"] for rule in links] == ["LINK-SCHEME-001"]
    records = json.loads(mcgraph("rules", "--json", "--layer", "record").stdout)
    assert not {rule["code"].partition("-")[0] for rule in records} & {"FILE", "HEAD", "CELL", "REF", "RULE", "LINK"}
    doubted = json.loads(mcgraph("rules", "--json", "--unverified", "-p", "deqar").stdout)
    assert all(not rule["verified"] and rule["unverified"] for rule in doubted)
    wrong = mcgraph("rules", "--layer", "XYZ")
    assert wrong.returncode == 2 and "RECORD" in wrong.stderr


def test_explain_shows_a_file_that_passes_and_one_that_fails(mcgraph) -> None:  # type: ignore[no-untyped-def]
    """The best explanation is an example."""
    text = mcgraph("explain", "DEQAR-ECTS-002").stdout
    assert "a file that passes" in text and "a file that fails" in text and "deqar" in text
