"""Columns of text made from views into bytes that are there already, without copying them.

By Arrow's C data interface, which polars imports through `__arrow_c_array__`. The layout is `vu` (Utf8View): 16 bytes a
text, its length and either the text itself (up to twelve bytes) or its first four bytes, a buffer and a place in it.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl


class _Schema(ctypes.Structure):
    """`struct ArrowSchema`."""


class _Column(ctypes.Structure):
    """`struct ArrowArray`."""


_FREE_SCHEMA = ctypes.CFUNCTYPE(None, ctypes.POINTER(_Schema))
_FREE_COLUMN = ctypes.CFUNCTYPE(None, ctypes.POINTER(_Column))
_Schema._fields_ = [
    ("format", ctypes.c_char_p), ("name", ctypes.c_char_p), ("metadata", ctypes.c_char_p), ("flags", ctypes.c_int64),
    ("n_children", ctypes.c_int64), ("children", ctypes.c_void_p), ("dictionary", ctypes.c_void_p),
    ("release", _FREE_SCHEMA), ("private_data", ctypes.c_void_p),
]  # fmt: skip
_Column._fields_ = [
    ("length", ctypes.c_int64), ("null_count", ctypes.c_int64), ("offset", ctypes.c_int64),
    ("n_buffers", ctypes.c_int64), ("n_children", ctypes.c_int64), ("buffers", ctypes.POINTER(ctypes.c_void_p)),
    ("children", ctypes.c_void_p), ("dictionary", ctypes.c_void_p), ("release", _FREE_COLUMN),
    ("private_data", ctypes.c_void_p),
]  # fmt: skip

# What polars still reads, by the number that its release callback gets back.
_lent: dict[int, tuple[object, ...]] = {}


@_FREE_SCHEMA
def _schema_free(schema: Any) -> None:
    schema.contents.release = _FREE_SCHEMA()


@_FREE_COLUMN
def _column_free(column: Any) -> None:
    number = column.contents.private_data
    column.contents.release = _FREE_COLUMN()
    _lent.pop(number, None)


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
        # The structures live as long as this object: the importer takes over what they say, not themselves.
        self._schema = _Schema(b"vu", b"", None, 2, 0, None, None, _schema_free, None)
        self._column = _Column(
            len(self._views), 0, 0, 3 + many, 0, ctypes.cast(buffers, ctypes.POINTER(ctypes.c_void_p)), None, None,
            _column_free, id(buffers),
        )  # fmt: skip
        _lent[id(buffers)] = (self._views, self._buffers, sizes, buffers)
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
