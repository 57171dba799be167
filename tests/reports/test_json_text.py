"""The writer of indented JSON says what Python's own says, to the sign."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from mcgraph.report.jsontext import indented

_PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
_DOCUMENTS = st.recursive(
    _PLAIN, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner), max_leaves=20
)


@given(_DOCUMENTS)
def test_it_writes_what_python_writes(document: object) -> None:
    """Any document, empty parts, odd signs and numbers included."""
    assert indented(document) == json.dumps(document, ensure_ascii=False, indent=1)
