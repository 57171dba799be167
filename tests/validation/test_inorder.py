"""Triples in the order of their focus nodes find the same nodes as a join does, or say that they are in another."""

from __future__ import annotations

import polars as pl
import pytest

from mcgraph.validation.inorder import numbers_in_order

COUNT = 20_000
NODES = pl.Series("v", [f"https://e.org/{i}" for i in range(COUNT)])


def joined(subjects: pl.Series) -> list[int]:
    """The position of each subject among the nodes, by a join."""
    numbered = NODES.to_frame("s").with_row_index("n")
    return subjects.to_frame("s").join(numbered, on="s", maintain_order="left").get_column("n").to_list()


IN_ORDER = {
    "all": NODES,
    "some missing": NODES.gather([i for i in range(COUNT) if i % 7]),
    "first and last missing": NODES.slice(3, COUNT - 9),
    "some several times": NODES.gather([i for i in range(COUNT) for _ in range(1 + i % 3)]),
    "missing and several": NODES.gather([i for i in range(COUNT) for _ in range(i % 3)]),
}
IN_ANOTHER = {
    "two exchanged": NODES.gather([*range(COUNT - 2), COUNT - 1, COUNT - 2]),
    "backwards": NODES.reverse(),
    "one again at the end": pl.concat([NODES, NODES.head(1)]),
    "one that is no node": pl.concat([NODES.head(COUNT - 1), pl.Series(["https://e.org/x"])]),
    "few": NODES.head(5),
}


@pytest.mark.parametrize("name", list(IN_ORDER))
def test_what_is_in_order_is_numbered_as_by_a_join(name: str) -> None:
    """Missing and repeated subjects, in runs."""
    subjects = IN_ORDER[name].rechunk()
    found = numbers_in_order(NODES, subjects)
    assert found is not None
    assert found.to_list() == joined(subjects)


@pytest.mark.parametrize("name", list(IN_ANOTHER))
def test_what_is_in_another_order_is_left_to_a_join(name: str) -> None:
    """No number is ever wrong."""
    assert numbers_in_order(NODES, IN_ANOTHER[name].rechunk()) is None
