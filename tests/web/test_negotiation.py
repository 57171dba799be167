"""Which form an Accept header gets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcgraph.web.negotiation import GRAPHS, TABLES, choose

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("", "json"),
        ("*/*", "json"),
        (BROWSER, "html"),
        ("text/csv", "csv"),
        ("TEXT/CSV", "csv"),
        ("text/*", "csv"),
        ("text/csv;q=0.5, application/sparql-results+xml;q=0.6", "xml"),
        ("text/csv;q=0.6, application/sparql-results+xml;q=0.5", "csv"),
        ("application/sparql-results+json;q=0, */*", "json"),
        ("application/*;q=0.1, text/tab-separated-values;q=0.2", "tsv"),
        ("text/csv;header=present;q=0.3, text/html;q=0.2", "csv"),
        ("text/csv;q=abc, text/html;q=0.2", "html"),
        ("text/csv;q=7, text/html", "html"),
        ("*/*;q=0.1, application/xml", "xml"),
        ("*", "json"),
    ],
)
def test_tables(accept: str, form: str) -> None:
    """The most specific range decides on each form; the best q-value wins; ours come first among equals."""
    found = choose(accept, TABLES)
    assert found
    assert found.form == form


@pytest.mark.parametrize("accept", ["image/png", "text/csv;q=0", "*/*;q=0", "text/turtle"])
def test_nothing_fits(accept: str) -> None:
    """A client that takes none of our forms gets none."""
    assert choose(accept, TABLES) is None


def test_a_refused_form_is_not_given_under_its_own_name() -> None:
    """`q=0` for JSON results with anything else allowed gives the other name of JSON, which was not refused."""
    found = choose("application/sparql-results+json;q=0, */*", TABLES)
    assert found
    assert found.media == "application/json"


@given(st.text(max_size=80))
def test_any_header_is_read(accept: str) -> None:
    """Rubbish in a header is no error."""
    choose(accept, GRAPHS)
