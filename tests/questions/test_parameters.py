"""Parameters become terms, whatever is written in them."""

from __future__ import annotations

import datetime
from urllib.parse import quote

import pyoxigraph
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mcgraph.errors import WrongUse
from mcgraph.limits import Limits
from mcgraph.model.namespaces import PREFIXES, XSD
from mcgraph.queries import Engine, ask
from mcgraph.queries.execute import safe_text
from mcgraph.queries.guard import check
from mcgraph.queries.parameters import Parameter, Term, bind, read_value, read_values

DAY = datetime.date(2026, 1, 15)
HOSTILE = [
    '" } INSERT DATA { <a:a> <a:b> <a:c> } #',
    "' } SERVICE <http://127.0.0.1:9/> { ?a ?b ?c } #",
    "\\u0022 } UNION { ?s ?p ?o } #",
    '""" } UNION { ?s ?p ?o } #',
    "> } UNION { ?s ?p ?o } # <",
    "a\\",
    "\n} UNION { ?s ?p ?o\n",
    "UNDEF } VALUES ?text { 1",
    "service",
    "\u202e\u0001\x7f",
]
TEXTS = [
    "SELECT ?text ?s WHERE { VALUES ?text { UNDEF } OPTIONAL { ?s mc:title ?text } }",
    "SELECT ?text ?s WHERE { OPTIONAL { ?s mc:title ?text } }",
    # The quotes mislead whoever looks for places; the value must stay inert all the same.
    "SELECT ?text ?s WHERE { BIND(1 AS ?x) FILTER(?x<'>VALUES ?text {}' || true) OPTIONAL { ?s mc:title ?text } }",
]


@pytest.mark.parametrize("text", TEXTS)
def test_hostile_values_give_the_row_of_a_plain_value(text: str, world) -> None:
    """A value full of SPARQL gives as many rows as a plain one that matches nothing, through the worker."""
    with Engine(world.index_path, Limits()) as engine:
        plain = ask(world, text, {"text": "zzz"}, limits=Limits(), engine=engine)
        for value in HOSTILE:
            # A text parameter is trimmed before it is bound.
            answer = ask(world, text, {"text": value}, limits=Limits(), engine=engine)
            assert len(answer) == len(plain), value


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
@example("\\u0022 } #")
@example("'''\"\"\"")
def test_every_text_comes_back_as_it_went_in(value: str) -> None:
    """Binding is lossless: the engine reads back exactly the characters that were bound."""
    store = pyoxigraph.Store()
    text = safe_text(TEXTS[0], {"text": Term(value, XSD + "string")})
    rows = list(store.query(text, prefixes=PREFIXES))
    assert [row["text"].value for row in rows] == [value]


def test_an_iri_comes_back_as_it_went_in() -> None:
    """IRIs are escaped too, and read back whole."""
    iri = "https://w3id.org/mcgraph/id/x/credential/%C3%A4-é?q=1&r=(2)"
    text = bind("SELECT ?x WHERE { VALUES ?x { UNDEF } }", {"x": Term(iri)})
    assert [row["x"].value for row in pyoxigraph.Store().query(text)] == [iri]
    assert "mcgraph" not in text


@pytest.mark.parametrize(
    "value",
    ["service", "a SERVICE, a Service", "\u017fervice", "\u00dfervice", "\\u0073ervice", '"service\\', "service" * 100,
     "\\U00000073\\U00000065\\U00000072\\U00000076\\U00000069\\U00000063\\U00000065"],
)  # fmt: skip
def test_the_text_that_is_shown_may_be_asked(value: str) -> None:
    """No text may hold the word SERVICE; a value may, and the text that is shown gives it as it is."""
    text = "SELECT ?x ?y WHERE { VALUES ?z { 1 } VALUES ?x { UNDEF } }"
    terms = {"x": Term(value, XSD + "string"), "y": Term("https://service.example/" + quote(value))}
    shown = bind(text, terms, readable=True, in_parts=True)
    assert check(shown, Limits()) == "SELECT"
    assert "VALUES ?x { UNDEF }" not in shown
    row = next(iter(pyoxigraph.Store().query(shown)))
    assert (row["x"].value, row["y"].value) == (value, terms["y"].value)
    assert str(next(iter(pyoxigraph.Store().query(bind(text, terms))))) == str(row)


def test_a_value_after_the_pattern_stays_there() -> None:
    """No other clause may stand there."""
    terms = {"x": Term("service", XSD + "string")}
    shown = bind("SELECT ?x { } VALUES ?x { UNDEF }", terms, readable=True, in_parts=True)
    assert next(iter(pyoxigraph.Store().query(shown)))["x"].value == "service"


def test_parameter_without_a_place_is_put_at_the_start_of_the_pattern(world) -> None:
    """A plain SPARQL text takes parameters too, typed by what they look like."""
    count = "SELECT (COUNT(*) AS ?n) WHERE { ?c mc:eqfLevel ?level }"
    assert ask(world, count, {"level": "eqf:6"}, limits=Limits()).rows == (("3",),)
    assert ask(world, count.replace("WHERE ", ""), {"level": "eqf:6"}, limits=Limits()).rows == (("3",),)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("integer", "12", Term("12", XSD + "integer")),
        ("decimal", "2.5", Term("2.5", XSD + "decimal")),
        ("date", "2026-02-28", Term("2026-02-28", XSD + "date")),
        ("date", "today", Term("2026-01-15", XSD + "date")),
        ("iri", "mc:title", Term(PREFIXES["mc"] + "title")),
        ("iri", "<https://x.example/1>", Term("https://x.example/1")),
        ("text", " a ", Term("a", XSD + "string")),
        ("country", "IRL", Term(PREFIXES["country"] + "IRL")),
        ("country", "country:IRL", Term(PREFIXES["country"] + "IRL")),
    ],
)
def test_values_are_read_by_their_type(kind: str, text: str, value: Term) -> None:
    """Each type has one meaning, and `today` is the day that was given."""
    assert read_value(Parameter("x", kind), text, DAY) == value


@pytest.mark.parametrize("text", ["IE", "ie", "IRL", "Ireland", "Irlande"])
def test_countries_are_read_in_every_spelling(text: str, root) -> None:
    """Codes and names in both languages mean the same country."""
    if not (root / "data" / "frameworks" / "countries.csv").is_file():
        pytest.skip("the list of countries is not there yet")
    assert read_value(Parameter("x", "country"), text, DAY) == Term(PREFIXES["country"] + "IRL")


@pytest.mark.parametrize("text", ["en", "ENG", "English", "anglais"])
def test_languages_are_read_in_every_spelling(text: str, root) -> None:
    """Codes and names in both languages mean the same language."""
    if not (root / "data" / "frameworks" / "languages.csv").is_file():
        pytest.skip("the list of languages is not there yet")
    assert read_value(Parameter("x", "language"), text, DAY) == Term(PREFIXES["language"] + "ENG")


@pytest.mark.parametrize(
    ("scheme", "text", "iri"),
    [
        ("form", "digital-badge", PREFIXES["form"] + "digital-badge"),
        ("form", "Digital badge", PREFIXES["form"] + "digital-badge"),
        ("learning-schedule", "part-time light", "http://data.europa.eu/snb/learning-schedule/67395e6b5a"),
        ("eqf", "6", PREFIXES["eqf"] + "6"),
    ],
)
def test_concepts_are_read_by_notation_or_label(scheme: str, text: str, iri: str) -> None:
    """A concept of a list is found by what people call it."""
    assert read_value(Parameter("x", "concept", scheme=scheme), text, DAY) == Term(iri)


@pytest.mark.parametrize(
    ("parameter", "text", "said"),
    [
        (Parameter("x", "integer"), "2.5", "not a number"),
        (Parameter("x", "decimal"), "2,5", "not a number"),
        (Parameter("x", "date"), "31.12.2025", "not a date"),
        (Parameter("x", "date"), "2025-02-30", "not a date"),
        (Parameter("x", "iri"), "https://x/ y", "not an IRI"),
        (Parameter("x", "iri"), "https://x/>", "not an IRI"),
        (Parameter("x", "country"), "Irland in the west", "no country"),
        (Parameter("x", "country"), "Irelnd", "ireland"),
        (Parameter("x", "concept", scheme="form"), "digital-bagde", "digital-badge"),
        (Parameter("x", "text"), "a" * 5_000, "characters"),
        (Parameter("x", "text"), "\ud800", "not text"),
    ],
)
def test_values_that_do_not_fit_are_refused(parameter: Parameter, text: str, said: str) -> None:
    """A wrong value is refused in a sentence, with the nearest right one where there is one."""
    with pytest.raises(WrongUse) as caught:
        read_value(parameter, text, DAY)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("parameter", "text"),
    [(Parameter("x", "country"), "Atlantis"), (Parameter("x", "concept", scheme="form"), "zzz")],
)
def test_nothing_near_is_not_suggested(parameter: Parameter, text: str) -> None:
    """Two letters of a code are in every word: «an» is no slip of «Atlantis»."""
    with pytest.raises(WrongUse) as caught:
        read_value(parameter, text, DAY)
    assert "Did you mean" not in caught.value.fix


def test_unknown_and_missing_parameters_are_refused() -> None:
    """A slip in a name and a missing value are both said, before anything runs."""
    declared = (Parameter("country", "country"),)
    with pytest.raises(WrongUse, match="is needed"):
        read_values(declared, {}, DAY)
    with pytest.raises(WrongUse) as caught:
        read_values(declared, {"contry": "IE"}, DAY)
    assert "country" in caught.value.fix
    with pytest.raises(WrongUse, match="cannot be the name"):
        ask(None, "SELECT * { ?s ?p ?o }", {"x y": "1"}, limits=Limits(), engine=object())  # type: ignore[arg-type]
