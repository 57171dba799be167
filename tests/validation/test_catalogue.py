"""The catalogue of rules is complete, in two languages, and printed as it is."""

from __future__ import annotations

import json

import pytest

from mcgraph.errors import RuleBroken, WrongUse
from mcgraph.validation import catalogue
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
