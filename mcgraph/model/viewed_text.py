"""Columns of text made from views into bytes that are there already, without copying them.

By Arrow's C data interface, which polars imports through `__arrow_c_array__`. The layout is `vu` (Utf8View): 16 bytes a
text, its length and either the text itself (up to twelve bytes) or its first four bytes, a buffer and a place in it.
"""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import polars as pl


class _Schema(ctypes.Structure):
    """`struct ArrowSchema`."""


class _Column(ctypes.Structure):
    """`struct ArrowArray`."""


_Schema._fields_ = [
    ("format", ctypes.c_char_p), ("name", ctypes.c_char_p), ("metadata", ctypes.c_char_p), ("flags", ctypes.c_int64),
    ("n_children", ctypes.c_int64), ("children", ctypes.c_void_p), ("dictionary", ctypes.c_void_p),
    ("release", ctypes.c_void_p), ("private_data", ctypes.c_void_p),
]  # fmt: skip
_Column._fields_ = [
    ("length", ctypes.c_int64), ("null_count", ctypes.c_int64), ("offset", ctypes.c_int64),
    ("n_buffers", ctypes.c_int64), ("n_children", ctypes.c_int64), ("buffers", ctypes.POINTER(ctypes.c_void_p)),
    ("children", ctypes.c_void_p), ("dictionary", ctypes.c_void_p), ("release", ctypes.c_void_p),
    ("private_data", ctypes.c_void_p),
]  # fmt: skip

# What polars still reads, each with a word that is set when it lets it go.
_lent: dict[int, tuple[np.ndarray[Any, Any], tuple[object, ...]]] = {}


@cache
def _callbacks() -> tuple[Any, Any]:
    """The release callbacks of a column and of a schema, in machine code.

    They are called in any thread, also while an exception is on its way, where Python must not run.
    """
    import numba
    from numba import extending

    # What numba offers here is without types, or made at run time.
    nb: Any = numba
    intrinsic: Any = extending.intrinsic
    words: Any = nb.types.CPointer(nb.types.int64)

    @intrinsic  # type: ignore[untyped-decorator,unused-ignore]
    def at(_context: Any, _address: Any) -> Any:
        def made(context: Any, builder: Any, _signature: Any, given: Any) -> Any:
            return builder.inttoptr(given[0], context.get_value_type(words))

        return words(nb.types.int64), made

    @nb.cfunc(nb.types.void(words))  # type: ignore[untyped-decorator,unused-ignore]
    def column_free(column: Any) -> None:
        said = nb.carray(column, 10)  # `release` is the ninth word of the structure, `private_data` the tenth
        nb.carray(at(said[9]), 1)[0] = 1
        said[8] = 0

    @nb.cfunc(nb.types.void(words))  # type: ignore[untyped-decorator,unused-ignore]
    def schema_free(schema: Any) -> None:
        nb.carray(schema, 9)[7] = 0

    return column_free, schema_free


def sweep(phase: str = "start", _info: object = None) -> None:
    """Let go of what polars has let go of; done whenever Python collects its garbage."""
    if phase == "start":
        for number, (is_free, _) in list(_lent.items()):
            if is_free[0]:
                _lent.pop(number, None)


gc.callbacks.append(sweep)

_capsule = ctypes.pythonapi.PyCapsule_New
_capsule.restype = ctypes.py_object
_capsule.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]


class _Views:
    """Views and the buffers they point into, as an array of Arrow."""

    def __init__(self, views: np.ndarray[Any, Any], buffers: Sequence[np.ndarray[Any, Any]]) -> None:
        self._views, self._buffers = views, tuple(buffers)

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]:
        """The capsules of the interface; the arrays are kept until polars lets them go."""
        many = len(self._buffers)
        sizes = np.array([len(one) for one in self._buffers], dtype=np.int64)
        places = [None, self._views.ctypes.data, *(one.ctypes.data for one in self._buffers), sizes.ctypes.data]
        buffers = (ctypes.c_void_p * (3 + many))(*places)
        column_free, schema_free = _callbacks()
        is_free = np.zeros(1, dtype=np.int64)
        # The structures live as long as this object: the importer takes over what they say, not themselves.
        self._schema = _Schema(b"vu", b"", None, 2, 0, None, None, schema_free.address, None)
        self._column = _Column(
            len(self._views), 0, 0, 3 + many, 0, ctypes.cast(buffers, ctypes.POINTER(ctypes.c_void_p)), None, None,
            column_free.address, is_free.ctypes.data,
        )  # fmt: skip
        _lent[is_free.ctypes.data] = (is_free, (self._views, self._buffers, sizes, buffers))
        return (
            _capsule(ctypes.addressof(self._schema), b"arrow_schema", None),
            _capsule(ctypes.addressof(self._column), b"arrow_array", None),
        )


def viewed(name: str, views: np.ndarray[Any, Any], buffers: Sequence[np.ndarray[Any, Any]]) -> pl.Series:
    """A column of text from its views (`uint64`, two for each text) into buffers of bytes.

    The bytes must be UTF-8 and must not change afterwards: nothing is copied or looked at here.
    """
    if not len(views):
        return pl.Series(name, [], dtype=pl.String)
    lender = _Views(np.ascontiguousarray(views, dtype=np.uint64), buffers)
    return pl.Series(lender).alias(name)
