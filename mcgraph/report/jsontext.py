"""JSON as `json.dumps(document, ensure_ascii=False, indent=1)` writes it, a few times as fast.

Python indents in Python, sign by sign; a report of many thousand findings waits for that longer than for all checks.
"""

from __future__ import annotations

import json
from json.encoder import encode_basestring
from typing import Any


def indented(document: Any) -> str:
    """The text of a document of dicts with text keys, lists and plain values."""
    parts: list[str] = []
    _write(document, "\n", parts)
    return "".join(parts)


def _write(value: Any, line: str, parts: list[str]) -> None:
    """Append the text of a value; `line` is the line break with the indentation it stands at."""
    if isinstance(value, dict) and value:
        inner, mark = line + " ", "{"
        for key, one in value.items():
            parts.append(f"{mark}{inner}{encode_basestring(key)}: ")
            mark = ","
            _one(one, inner, parts)
        parts.append(line + "}")
    elif isinstance(value, (list, tuple)) and value:
        inner, mark = line + " ", "["
        for one in value:
            parts.append(mark + inner)
            mark = ","
            _one(one, inner, parts)
        parts.append(line + "]")
    else:
        parts.append(json.dumps(value, ensure_ascii=False))


def _one(value: Any, line: str, parts: list[str]) -> None:
    if type(value) is str:
        parts.append(encode_basestring(value))
    elif type(value) is int:
        parts.append(repr(value))
    elif value is None or value is True or value is False:
        parts.append("null" if value is None else "true" if value else "false")
    else:
        _write(value, line, parts)
