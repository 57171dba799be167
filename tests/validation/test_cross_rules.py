"""Rules across records against a plain reading of the same rows: contradictions, suspects, links, claims."""

from __future__ import annotations

import datetime
import random
import re
from collections import Counter
from itertools import product
from pathlib import Path

import polars as pl
import pytest

from mcgraph.limits import Limits
from mcgraph.model.batch import RECORD_SCHEMA, Batch, TripleColumn
from mcgraph.model.namespaces import MC, RDF_TYPE, XSD
from mcgraph.sources import read_submission
from mcgraph.sources.personal import is_personal
from mcgraph.validation import Report, validate
from mcgraph.validation.data import DataGraph
from mcgraph.validation.links import written_addresses
from mcgraph.validation.scene import Scene
from mcgraph.validation.suspects import title_key
from tests.validation.clean_submission import clean, text_of

DAY = datetime.date(2026, 11, 24)


def titles_of(report: Report) -> list[str]:
    """The records told as possible duplicates."""
    return [f.record.id for f in report.findings if f.code == "RULE-DUP-002"]


def plain_key(title: str) -> tuple[str, ...]:
    """The key of a title, one word at a time, in Python."""
    small = {"a", "an", "and", "de", "der", "des", "die", "du", "en", "et", "for", "in", "la", "le", "les", "of", "the",
             "to", "und", "with"}  # fmt: skip
    words = re.findall(r"[^\W_]+", title.lower())
    return tuple(sorted(re.sub(r"^(\w{3,})s$", r"\1", word) for word in words if word not in small))


def test_suspects_are_those_of_a_reading_by_pairs(tmp_path: Path) -> None:
    """Random titles of few words: the same records as comparing each title with every earlier one."""
    chance = random.Random(11)
    words = ["data", "Datas", "ethics", "Ethic", "the", "of", "nurses", "nurse", "statistics", "2", "care"]
    rows = []
    for number in range(120):
        title = " ".join(chance.choice(words) for _ in range(chance.randint(2, 4)))
        row = clean()["credentials"][2] | {"credential_id": f"MC-{number:03d}", "title": title}
        rows.append(row | {"awarding_body": chance.choice(["ORG-1", "ORG-2"]), "url": ""})
    (tmp_path / "credentials.csv").write_text(text_of(rows), encoding="utf-8")
    (tmp_path / "organisations.csv").write_text(text_of(clean()["organisations"]), encoding="utf-8")
    batch = read_submission(sorted(tmp_path.glob("*.csv")), "template", "s", limits=Limits())
    expected, seen = [], Counter()
    for row in rows:
        key = (plain_key(row["title"]), row["awarding_body"])
        if len(" ".join(key[0])) >= 6:
            expected += [row["credential_id"]] if seen[key] else []
            seen[key] += 1
    assert titles_of(validate(batch, profile="submission", date=DAY)) == expected
    assert expected


@pytest.mark.parametrize("column", ["credit_points", "valid_from", "status"])
def test_what_differs_is_no_duplicate(column: str, tmp_path: Path) -> None:
    """Another size, another edition, or a record that is no longer active."""
    other = {"credit_points": "4", "valid_from": "2026-01-01", "status": "inactive"}[column]
    rows = clean()["credentials"]
    rows.append(rows[2] | {"credential_id": "MC-4", "title": "Responsible use of data", "workload_hours": ""})
    rows[2]["workload_hours"] = ""
    (tmp_path / "organisations.csv").write_text(text_of(clean()["organisations"]), encoding="utf-8")

    def suspects() -> list[str]:
        (tmp_path / "credentials.csv").write_text(text_of(rows), encoding="utf-8")
        batch = read_submission(sorted(tmp_path.glob("*.csv")), "template", "s", limits=Limits())
        return titles_of(validate(batch, profile="submission", date=DAY))

    assert suspects() == ["MC-4"]
    rows[3][column] = other
    assert suspects() == []


def test_a_key_forgets_how_a_title_is_written() -> None:
    """Case, accents, punctuation, order, small words and plural s; never a number."""
    same = ["Éthique des données", "DONNÉES: éthique", "Ethique de la donnée"]
    keys = pl.DataFrame({"t": [*same, "Éthique des données 2"]}).select(title_key(pl.col("t"))).to_series().to_list()
    assert len(set(keys[:3])) == 1
    assert keys[3] not in keys[:3]


def addresses(*values: str, predicate: str = "evidence") -> list[tuple[str, str]]:
    """The code and value of each address that is told."""
    frame = pl.DataFrame({"s": [f"urn:{i}" for i in range(len(values))], "o": list(values), "row": [2] * len(values)},
                         schema={"s": pl.String, "o": pl.String, "row": pl.UInt32})  # fmt: skip
    column = TripleColumn(MC + predicate, "literal", frame, XSD + "anyURI")
    typed = TripleColumn(RDF_TYPE, "iri", frame.with_columns(pl.lit(MC + "Credential").alias("o")))
    batch = Batch("s", "", (), (column, typed), pl.DataFrame(schema=RECORD_SCHEMA))
    found = written_addresses(Scene(batch, DataGraph(batch.columns), None, DAY))
    return sorted(zip(found.get_column("code"), found.get_column("v"), strict=True))


@pytest.mark.parametrize("scheme", ["javascript:alert(1)", " JavaScript:alert(1)", "data:text/html,x", "file:///etc/x"])
@pytest.mark.parametrize("predicate", ["homepage", "website", "evidence", "informationUrl"])
def test_what_would_run_in_a_browser_is_refused_everywhere(scheme: str, predicate: str) -> None:
    """Whatever the case and blanks before it, and whichever column holds it."""
    assert addresses(scheme, predicate=predicate) == [("LINK-SCHEME-001", scheme)]


def test_addresses_are_judged_as_they_are_written() -> None:
    """One code at most for each."""
    fine = ["https://w3id.org/x", "http://münchen.de/a?b=c#d", "https://a.b.c:8443", "https://example.eu/",
            "https://[2001:db8::1]/x", "https://myexample.com/"]  # fmt: skip
    assert addresses(*fine) == []
    malformed = ["https://", "https:///x", "http://a b/", "https://user:pw@host/", "see page 3", "http://a:port/"]
    assert addresses(*malformed) == sorted(("LINK-FORM-001", one) for one in malformed)
    placeholders = ["http://localhost/x", "http://127.0.0.1:80/",
                    "http://192.168.1.4/x", "http://staging.test/", "http://TODO.com", "http://[::1]/"]  # fmt: skip
    assert addresses(*placeholders) == sorted(("LINK-HOST-001", one) for one in placeholders)
    assert addresses("ftp://host/x") == [("LINK-SCHEME-001", "ftp://host/x")]


def test_what_a_shape_tells_is_not_told_again() -> None:
    """A homepage without scheme is CRD-URL-001; the link rule stays silent."""
    assert addresses("www.academy.ie", "ftp://host/x", predicate="homepage") == []


@pytest.mark.parametrize(
    ("header", "personal"),
    [*product(("Name", "E-mail", "date of birth", "National-ID", "Prénom", "Téléphone"), (True,)),
     *product(("award_id", "learner", "grade", "title", "username_hash"), (False,))],
)  # fmt: skip
def test_personal_columns_are_known_by_their_names(header: str, personal: bool) -> None:
    """Spelling, case and accents do not matter; a pseudonym's column is none."""
    assert is_personal(header) is personal
