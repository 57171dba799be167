"""What a shape says of a result itself: sh:message in the reader's language, with values filled in (SHACL 5.3.2)."""

from __future__ import annotations

import csv
import datetime
import io
import json
from pathlib import Path

import pytest

from mcgraph.report.findings import write_report
from mcgraph.validation import Report, validate
from mcgraph.validation.messages import filled, without_places
from tests.reports.pages import Page
from tests.reports.test_hostile import dangerous
from tests.validation.test_any_shapes_file import HEAD, batch, check

TARGET = "ex:S a sh:NodeShape ; sh:targetClass mc:Credential ; "
SELECT = "SELECT $this ?value ?size WHERE { $this mc:title ?value . BIND (STRLEN(?value) AS ?size) FILTER (?size > 3) }"
OWN = '<https://w3id.org/mcgraph/ontology#> sh:declare [ sh:prefix "mc" ; sh:namespace "https://w3id.org/mcgraph/ontology#"^^xsd:anyURI ] . '  # noqa: E501


def sparql(message: str, select: str = SELECT) -> str:
    """A shape with one SPARQL constraint."""
    own = "<https://w3id.org/mcgraph/ontology#>"
    return f'{OWN}{TARGET}sh:sparql [ sh:prefixes {own} ; {message} sh:select """{select}""" ] .'


def messages(report: Report) -> list[str]:
    return [finding.message for finding in report.findings]


def in_french(folder: Path, shapes: str, *titles: str) -> Report:
    (folder / "own.ttl").write_text(HEAD + shapes, encoding="utf-8")
    return validate(batch(*titles), profile=str(folder / "own.ttl"), date=datetime.date(2026, 11, 24), lang="fr")


def test_each_result_says_its_own_values(tmp_path: Path) -> None:
    """Both ways of writing a variable; one that is not bound stays as it was written."""
    shapes = sparql('sh:message "«{?value}» has {$size} letters, {?other} too" ;')
    report = check(tmp_path, shapes, "abcd", "abcde", "a")
    assert messages(report) == ["«abcd» has 4 letters, {?other} too", "«abcde» has 5 letters, {?other} too"]
    assert [g.cause for g in report.groups] == ["«…» has … letters, … too"]
    alone = check(tmp_path, shapes, "abcd")
    assert [g.cause for g in alone.groups] == ["«abcd» has 4 letters, {?other} too"]


def test_a_solution_may_bring_its_own_message(tmp_path: Path) -> None:
    """?message goes before sh:message."""
    select = SELECT.replace("?size WHERE", "?message WHERE").replace(
        "FILTER", "BIND (CONCAT('too long: ', ?value) AS ?message) FILTER"
    )
    assert messages(check(tmp_path, sparql('sh:message "no" ;', select), "abcd")) == ["too long: abcd"]


def test_the_message_of_the_shape_is_used_where_the_constraint_has_none(tmp_path: Path) -> None:
    """SHACL 5.3.2, last step; `{$PATH}` is the path of the shape."""
    select = "SELECT $this ?value WHERE { $this $PATH ?value FILTER (STRLEN(?value) > 3) }"
    shapes = f'''{TARGET} sh:property [ sh:path mc:title ; sh:message "{{$PATH}}: {{?value}}" ;
        sh:sparql [ sh:select """{select}""" ] ] .'''
    assert messages(check(tmp_path, shapes, "abcd")) == ["mc:title: abcd"]


def test_the_language_of_the_reader(tmp_path: Path) -> None:
    """Several messages in several languages: one is told."""
    shapes = sparql("sh:message 'Too long: {?value}'@en , 'Trop long : {?value}'@fr ;")
    assert messages(check(tmp_path, shapes, "abcd")) == ["Too long: abcd"]
    assert messages(in_french(tmp_path, shapes, "abcd")) == ["Trop long : abcd"]


def test_the_message_of_any_constraint_is_told(tmp_path: Path) -> None:
    """A shapes file of somebody else speaks in its own words."""
    own = "sh:message 'Too short'@en , 'Trop court'@fr"
    shapes = TARGET + f"sh:property [ sh:path mc:title ; sh:minLength 3 ; {own} ] ."
    report = check(tmp_path, shapes, "ab")
    assert messages(report) == ["Too short"] and report.groups[0].cause == "Too short"
    assert messages(in_french(tmp_path, shapes, "ab")) == ["Trop court"]


def test_every_format_tells_the_message_of_the_result(tmp_path: Path) -> None:
    """JSON, CSV, Turtle and SARIF: the filled one."""
    report = check(tmp_path, sparql('sh:message "«{?value}» has {?size}" ;'), "abcd", "abcde")
    for ending in (".json", ".csv", ".ttl", ".sarif", ".html", ".txt"):
        write_report(report, batch("abcd", "abcde"), tmp_path / f"r{ending}")
        text = (tmp_path / f"r{ending}").read_text(encoding="utf-8-sig")
        assert "{?" not in text, ending
        assert ending == ".txt" or ("«abcd» has 4" in text and "«abcde» has 5" in text), ending


HOSTILE = [
    "{?size} {$value}", "=cmd|'/c calc'!A0", "<script>alert(1)</script>", "\\1 \\g<9> $1 ${x}", "a\" ] . <x:y> <x:z> 1",
    "[x](javascript:alert(1)) | @all", "\u202eevil\u2066", "\x1b[31mred", "{0} %s {{7*7}}", "x" * 5_000,
]  # fmt: skip


@pytest.mark.parametrize("value", HOSTILE)
def test_a_value_in_a_message_is_text_and_nothing_else(value: str, tmp_path: Path) -> None:
    """Not read for placeholders again, no formula, element, term or link, and not of any length."""
    import pyoxigraph as ox

    report = check(tmp_path, sparql('sh:message "{?value}" ;'), value)
    (message,) = messages(report)
    assert message == (value if len(value) <= 200 else value[:199] + "…")
    for ending in (".html", ".csv", ".md", ".ttl", ".sarif", ".json", ".xlsx"):
        write_report(report, batch(value), tmp_path / f"r{ending}")
    rows = csv.reader(io.StringIO((tmp_path / "r.csv").read_text(encoding="utf-8-sig")))
    assert dangerous([cell for row in rows for cell in row]) == []
    page = Page((tmp_path / "r.html").read_text(encoding="utf-8"))
    assert "script" not in [tag for tag, _ in page.elements]
    assert not any(sign in "".join(page.text) for sign in "\u202e\u2066\x1b")
    quads = list(ox.parse((tmp_path / "r.ttl").read_bytes(), format=ox.RdfFormat.TURTLE))
    assert not [q for q in quads if q.predicate.value.startswith("x:")]
    assert "[x](" not in (tmp_path / "r.sarif").read_text(encoding="utf-8")
    (result,) = json.loads((tmp_path / "r.sarif").read_text(encoding="utf-8"))["runs"][0]["results"]
    assert value[:20].replace("[", "\\[").replace("]", "\\]") in result["message"]["text"] or "](" not in value
    assert "[x](" not in (tmp_path / "r.md").read_text(encoding="utf-8").replace("\\[", "")


def test_a_message_is_filled_once_and_bounded() -> None:
    """A hundred placeholders of a long value make no long report."""
    words = filled({"en": "{?a}" * 100, "fr": "{$a}"}, lambda name: "é" * 1_000)
    assert len(words["en"]) == 2_000 and len(words["fr"]) == 200
    assert without_places("{?a} of {$b}, {c}") == "… of …, {c}"


COMPONENT = '''
ex:MaxWords a sh:ConstraintComponent ; sh:parameter [ sh:path ex:maxWords ] ;
    sh:validator [ a sh:SPARQLAskValidator ; sh:message "at most {$maxWords} words, not «{?value}»" ;
        sh:ask """ASK { FILTER (STRLEN(REPLACE(STR($value), '[^ ]', '')) < $maxWords) }""" ] .
'''


def test_a_custom_component_is_run_by_pyshacl_for_its_shape_alone(tmp_path: Path) -> None:
    """The rest stays compiled; the head of every report names the shape."""
    shapes = COMPONENT + TARGET + """sh:property [ sh:path mc:title ; ex:maxWords 2 ] .
        ex:T a sh:NodeShape ; sh:targetClass mc:Credential ; sh:property [ sh:path mc:title ; sh:maxLength 9 ] ."""
    report = check(tmp_path, shapes, "one two three", "one two")
    told = {(finding.component.rpartition("#")[2].rpartition("/")[2], finding.found) for finding in report.findings}
    # pySHACL tells no value for a component's question about a property.
    assert told == {("MaxWords", ""), ("MaxLengthConstraintComponent", "one two three")}
    assert report.to_json()["engine"]["fallback"] == ["http://example.org/S"]
    assert "at most 2 words, not «…»" in messages(report)
    for ending in (".html", ".txt", ".json"):
        write_report(report, batch("one two three", "one two"), tmp_path / f"r{ending}")
        assert "http://example.org/S" in (tmp_path / f"r{ending}").read_text(encoding="utf-8"), ending


def test_a_value_that_pyshacl_would_take_for_a_pattern(tmp_path: Path) -> None:
    """It fills values in with re.sub, where a backslash means something: the result is found all the same."""
    shapes = COMPONENT + TARGET + "sh:property [ sh:path mc:title ; ex:maxWords 2 ] ."
    assert len(check(tmp_path, shapes, "\\1 \\g<9> x y").findings) == 1
    on_node = COMPONENT + "ex:S a sh:NodeShape ; sh:targetObjectsOf mc:title ; ex:maxWords 2 ."
    report = check(tmp_path, on_node, "\\1 \\g<9> x y")
    assert messages(report) == ["at most 2 words, not «\\1 \\g<9> x y»"]


def test_a_component_inside_other_shapes_takes_its_target_shape_along(tmp_path: Path) -> None:
    """Within sh:not the answer of the component decides; the whole shape goes to pySHACL and is named."""
    shapes = COMPONENT + TARGET + "sh:not [ sh:property [ sh:path mc:title ; ex:maxWords 2 ] ] ."
    report = check(tmp_path, shapes, "one two three", "one two")
    assert [f.record.iri for f in report.findings] == ["http://example.org/c1"]
    assert report.to_json()["engine"]["fallback"] == ["http://example.org/S"]


def test_a_broken_component_is_never_a_pass(tmp_path: Path) -> None:
    """Exit code 5 on the command line."""
    from mcgraph.errors import RuleBroken

    broken = COMPONENT.replace("ASK { FILTER", "ASK { FILTER (((")
    with pytest.raises(RuleBroken):
        check(tmp_path, broken + TARGET + "sh:property [ sh:path mc:title ; ex:maxWords 2 ] .", "one")
