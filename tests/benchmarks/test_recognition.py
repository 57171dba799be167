"""The recognition measurement counts what plain Python counts, at a size a test can afford."""

from __future__ import annotations

from benchmarks.recognition import generate, measure


def test_the_matrix_that_is_measured_is_the_right_one() -> None:
    """A fast wrong answer is no figure."""
    figures = measure(3_000)
    (peer,) = figures["peers"].values()
    assert peer["same_result"] is True
    assert figures["matrix_country_cells"] == 25
    assert figures["chains"]["questions"] == 50


def test_the_same_size_gives_the_same_statements() -> None:
    assert generate(200).statements == generate(200).statements
    assert len(generate(200).statements) == 200
