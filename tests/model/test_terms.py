"""The column forms of term making give what the functions for one text give, on any text."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from mcgraph.model.terms import fold, fold_column, local_name, local_name_column

ODD = ["", " ", "-", "…", "Ünïversité  de PARIS", "A\nB", "ß", "İstanbul", "\x00a", "٣", "ﬁne", "K", "a-", "--A--"]
texts = st.lists(st.one_of(st.none(), st.text(max_size=12), st.sampled_from(ODD)), max_size=20)


@given(texts)
def test_folding_a_column_is_folding_each_text(values: list[str | None]) -> None:
    """The quick way for ASCII must not give another key than the slow one."""
    column = pl.Series(values, dtype=pl.String)
    assert fold_column(column).to_list() == [None if text is None else fold(text) for text in values]


@given(texts)
def test_local_names_of_a_column_are_local_names_of_each_text(values: list[str | None]) -> None:
    """A name that needs no escape is taken as it is."""
    column = pl.Series(values, dtype=pl.String)
    assert local_name_column(column).to_list() == [None if text is None else local_name(text) for text in values]
