"""A real server for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks import virtuoso


@pytest.fixture(scope="package")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The endpoint of a server that is ours for the tests of this folder."""
    why = virtuoso.missing()
    if why:
        pytest.skip(why)
    with virtuoso.running(tmp_path_factory.mktemp("virtuoso"), commands=virtuoso.GRANTS) as found:
        yield found
