"""Every rule has an example that passes and one that fails; both are run, so that the catalogue is true."""

from __future__ import annotations

import datetime
from pathlib import Path

import polars as pl
import pytest

from mcgraph.model import bundled
from mcgraph.model.batch import RECORD_SCHEMA, Batch
from mcgraph.model.namespaces import RDF_TYPE
from mcgraph.validation import Report, catalogue, validate
from mcgraph.validation.data import columns_from
from mcgraph.validation.parse import read_triples

TODAY = datetime.date(2026, 11, 24)
# What one graph cannot show: faults of files, documents, headers, cells, answer sheets and waivers, two rows of one
# record, the store. tests/validation/test_seeded_defects.py, tests/sources, tests/survey and tests/reports make these
# happen.
NOT_IN_A_GRAPH = (
    "FILE-", "DOC-", "HEAD-", "CELL-", "RULE-DUP-001", "RULE-CONTRA-002", "REF-SUBJECT-001", "SYS-WAIVER-",
    "SRV-SINGLE-001", "SRV-ROUTE-001",
)  # fmt: skip
IN_A_GRAPH = [code for code in catalogue.rules() if not code.startswith(NOT_IN_A_GRAPH)]


def example(code: str, kind: str) -> Path:
    """The example file of a rule."""
    return bundled.path("shapes", "examples", f"{code}.{kind}.ttl")


def checked(file: Path, profile: str) -> Report:
    """The report on an example file."""
    triples = read_triples(file)
    rows = [(s.value, o.value, s.value.rpartition("/")[2], "", -1, None) for s, p, o in triples if p == RDF_TYPE]
    records = pl.DataFrame(rows, schema=RECORD_SCHEMA, orient="row")
    batch = Batch("example", "", (), columns_from(triples), records)
    return validate(batch, profile=profile, date=TODAY)


def profile_of(code: str) -> str:
    """The profile that states a rule; rules across records belong to every one."""
    return (*catalogue.rules()[code].profiles, "registry")[0]


def codes(code: str, kind: str) -> list[str]:
    """The codes that an example gives. It shows one kind of record, so that others are missing on purpose."""
    found = [finding.code for finding in checked(example(code, kind), profile_of(code)).findings]
    return [name for name in found if name != "SYS-NOTARGET" or code == name]


@pytest.mark.parametrize("code", IN_A_GRAPH)
def test_the_failing_example_gives_exactly_its_code(code: str) -> None:
    """A rule that does not fire on its own bad example protects nobody."""
    assert codes(code, "fail") == [code]


@pytest.mark.parametrize("code", IN_A_GRAPH)
def test_the_passing_example_gives_nothing(code: str) -> None:
    """A rule that fires on its own good example teaches people to ignore it."""
    assert codes(code, "pass") == []


def test_no_example_is_left_over() -> None:
    """An example of a rule that is gone would be read as a promise."""
    names = {file.name for file in bundled.path("shapes", "examples").iterdir()}
    assert names == {f"{code}.{kind}.ttl" for code in IN_A_GRAPH for kind in ("pass", "fail")}
