"""N-Triples checked in partitions: what one piece finds, whatever the order of the file and the size of the buckets."""

from __future__ import annotations

import random
from io import BytesIO
from pathlib import Path

import pytest

from mcgraph.errors import LimitReached
from mcgraph.limits import Limits
from mcgraph.model import viewed_text
from mcgraph.sources import rdf, read_submission
from mcgraph.sources.ntscan import scan, scan_parts
from mcgraph.sources.rdf import read_rdf
from mcgraph.sources.slicedrdf import SlicedRdf
from mcgraph.submissions.partitioned import needs_partitions, validate_large
from mcgraph.validation import Report, validate
from mcgraph.validation.partitions import validate_partitions
from tests.validation.clean_submission import write
from tests.validation.test_partitions import SHAPES, same, seeded
from tests.validation.test_seeded_defects import DAY, OF_A_CELL


def triples_of(profile: str, folder: Path, order: str) -> list[str]:
    """The lines of a submission with every defect: property by property as they are written, or shuffled."""
    files = write(seeded(profile), folder)
    out = BytesIO()
    read_submission(files, "template", "seeded", limits=Limits()).write_ntriples(out)
    lines = out.getvalue().decode().splitlines()
    if order == "chance":
        random.Random(order).shuffle(lines)
    return lines


def parted(files: list[Path], profile: str, size: int) -> tuple[Report, int]:
    """Checked in partitions of about `size` bytes, and how many there were."""
    bounds = Limits(rdf_partition_bytes=size)
    report, _, count = validate_partitions(
        lambda folder: SlicedRdf("seeded", files, None, bounds, folder), profile=profile, date=DAY
    )
    return report, count


@pytest.mark.parametrize("order", [pytest.param("property", marks=pytest.mark.long), "chance"])
def test_defects_of_every_kind(order: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Triples of a record stand anywhere in the file; lines of other forms and malformed ones are among them."""
    lines = triples_of("submission", tmp_path, order)
    odd = ["# a comment", "", "no triple", '<http://e.org/s>\t<http://e.org/p> "x" . # spaced', "<x> <y> <z> ."]
    file = tmp_path / "all.nt"
    file.write_text("\n".join([*lines[:40], *odd, *lines[40:]]), encoding="utf-8")
    expected = validate(read_rdf([file], "seeded"), profile="submission", date=DAY)
    found = {finding.code for finding in expected.findings}
    assert len(found & {defect.code for defect in OF_A_CELL}) > 60 and "FILE-RDF-001" in found
    monkeypatch.setattr("mcgraph.sources.ntscan.BLOCK_BYTES", 30_000)
    report, count = parted([file], "submission", file.stat().st_size // 3)
    assert count >= 3
    same(expected, report)
    # The compiled reading in one piece, whose columns number their subjects, finds the same as well.
    monkeypatch.setattr(rdf, "COMPILED_FROM", 1)
    same(expected, validate(read_rdf([file], "seeded"), profile="submission", date=DAY))


@pytest.mark.long
def test_two_files_and_shapes_that_read_other_records(tmp_path: Path) -> None:
    """Subjects that two files speak of, blank nodes of the same name in both, N-Quads, and paths of every kind."""
    lines = triples_of("submission", tmp_path, "chance")
    shapes, first, second = tmp_path / "far.ttl", tmp_path / "one.nt", tmp_path / "two.nq"
    shapes.write_text(SHAPES, encoding="utf-8")
    blank = '_:b <https://w3id.org/mcgraph/ontology#recogniser> <https://e.org/{}> .'
    first.write_text("\n".join([*lines[: len(lines) // 2], blank.format(1)]), encoding="utf-8")
    half = [line.removesuffix(" .") + " <https://e.org/graph> ." for line in lines[len(lines) // 2 :]]
    second.write_text("\n".join([*half, blank.format(2)]), encoding="utf-8")
    expected = validate(read_rdf([first, second], "seeded"), profile=str(shapes), date=DAY)
    assert len({finding.component for finding in expected.findings}) > 4
    report, count = parted([first, second], str(shapes), first.stat().st_size // 3)
    assert count > 6
    same(expected, report)


def test_parts_of_a_stream_are_the_stream() -> None:
    """Lines keep their numbers from part to part, and a line as long as a part is refused."""
    text = "".join(f'<http://e.org/{i}> <http://e.org/p> "{"x" * (i % 90)}" .\n' for i in range(3_000)).encode()
    viewed_text.sweep()
    whole = scan(BytesIO(text), len(text), quads=False, where="x")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mcgraph.sources.ntscan.BLOCK_BYTES", 7_000)
        parts = list(scan_parts(BytesIO(text), 20_000, quads=False, where="x"))
        assert len(parts) > 5
        for key, frame in whole.parts.items():
            assert [row for part in parts for row in part.parts[key].rows()] == frame.rows()
        lent = []
        for part in scan_parts(BytesIO(text), 20_000, quads=False, where="x"):
            lent.append(len(viewed_text._lent))
            del part
        assert len(lent) > 5 and max(lent) == lent[0]  # what one part held is let go before the next
        endless = b'<http://e.org/s> <http://e.org/p> "' + b"x" * 90_000 + b'" .\n'
        with pytest.raises(LimitReached, match="a line has more than"):
            list(scan_parts(BytesIO(text + endless), 20_000, quads=False, where="x"))


def test_which_files_are_checked_in_partitions(tmp_path: Path) -> None:
    """N-Triples above their bound; other syntaxes are read whole, and so is what was mapped."""
    file, turtle = tmp_path / "a.nt", tmp_path / "a.ttl"
    for path in (file, turtle):
        path.write_text("<http://e.org/s> <http://e.org/p> <http://e.org/o> .\n", encoding="utf-8")
    small = Limits(rdf_whole_bytes=10)
    assert needs_partitions([file], None, limits=small)
    assert not needs_partitions([file], None, limits=Limits())
    assert not needs_partitions([turtle], None, limits=small)
    assert not needs_partitions([file, turtle], None, limits=small)
    report, batch, count = validate_large([file], None, "x", profile="submission", date=DAY, limits=small)
    assert (report.read, batch.mapping, count) == (0, "rdf", 1)
    assert {finding.code for finding in report.findings} == {"SYS-NOTARGET"}
