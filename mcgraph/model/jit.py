"""When and how a kernel is compiled.

A kernel is an ordinary Python function over NumPy arrays. For less work than `COMPILED_FROM` it is simply run: the
compiler takes longer to start than the answer takes. Above, and in a process where the compiler runs already, numba
compiles it once and keeps the machine code beside the module, so that the next process finds it. One source, so the
results are the same.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

COMPILED_FROM = 5_000
_helpers: list[Callable[..., Any]] = []
_known = 0


def helper(function: F) -> F:
    """Mark a function that kernels call; it can then be compiled into them."""
    _helpers.append(function)
    return function


def chosen(function: F, work: int) -> F:
    """The form of a kernel that fits the work (members or edges): interpreted for little, compiled for much."""
    return compiled(function) if work >= COMPILED_FROM or _is_running() else function


@cache
def _compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    global _known
    import numba
    from numba.extending import register_jitable

    for one in _helpers[_known:]:
        register_jitable(one)
    _known = len(_helpers)
    made: Callable[..., Any]
    try:
        made = numba.njit(cache=True, nogil=True)(function)
    except RuntimeError:
        # No folder for machine code can be written (a read-only installation, no home): compiled anew in each process.
        made = numba.njit(nogil=True)(function)
    return made


def _is_running() -> bool:
    """Whether the compiler has been started for a large graph: its parts then have compiled kernels too."""
    return _compiled.cache_info().currsize > 0


def compiled(function: F) -> F:
    """The compiled form of a kernel, made at its first use."""
    return _compiled(function)  # type: ignore[return-value]
