"""YAML written by people: read by libyaml, after a look that bounds its nesting and what its aliases unfold to.

Mappings, codebooks, waivers, changes and the headers of queries are YAML. The loader in C reads ten times as fast as
the one in Python and means the same, but it ends the process on some thousand open brackets; and a few lines of
aliases of aliases (or merges) unfold to more than any memory holds. Both are seen in the stream of events, which needs
no stack.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

DEEPEST = 100
MOST_NODES = 5_000_000
OPEN = -1  # the size of a node that has not ended


class NotYaml(ValueError):
    """A text that cannot be read; `line` is counted from 1, where it is known."""

    def __init__(self, said: str, line: int | None = None) -> None:
        super().__init__(" ".join(said.split())[:300])
        self.line = line


def read_yaml(text: str, *, typed: bool = False, nulls: bool = False) -> Any:
    """What a YAML (or JSON) text says: dicts, lists and scalars, None where it is empty.

    Scalars stay as they are written (`on`, `no` and `0613` mean what they say), unless `typed`: then numbers, dates and
    truth values are read as YAML 1.1 reads them. With `nulls` only what is left empty, `~` and `null` is read so, as
    None. Tags that make objects are refused.
    Raises `NotYaml` for what is none, is nested deeper than 100, names itself, or unfolds to more than five million
    nodes.
    """
    import yaml

    safe = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    plain = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    loader = safe if typed else _with_nulls() if nulls else plain
    try:
        _bounded(text, loader)
        return yaml.load(text, Loader=loader)
    except yaml.YAMLError as fault:
        mark = getattr(fault, "problem_mark", None)
        raise NotYaml(str(fault), mark.line + 1 if mark else None) from fault
    except NotYaml:
        raise
    except (ValueError, LookupError, AttributeError, TypeError) as fault:
        # A date such as 2026-13-45, or `!!bool abc`, is found out only when it is made.
        raise NotYaml(str(fault)) from fault


@cache
def _with_nulls() -> Any:
    """The loader that leaves scalars as they are written, except those that say nothing."""
    import yaml

    plain: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    tag = "tag:yaml.org,2002:null"
    loader: Any = type("NullLoader", (plain,), {})
    loader.add_implicit_resolver(tag, re.compile(r"(?:~|null|Null|NULL|)\Z"), ["~", "n", "N", ""])
    loader.add_constructor(tag, lambda _loader, _node: None)
    return loader


def _bounded(text: str, loader: Any) -> None:
    """Raise `NotYaml` where a text is nested too deeply or unfolds too far; `yaml.YAMLError` where it is none."""
    import yaml

    sizes: dict[str, int] = {}
    open_nodes: list[tuple[str | None, int]] = []
    unfolded = 0
    for event in yaml.parse(text, Loader=loader):
        if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            if len(open_nodes) == DEEPEST:
                raise NotYaml(f"nested deeper than {DEEPEST}", _line(event))
            open_nodes.append((event.anchor, unfolded))
            if event.anchor is not None:
                sizes[event.anchor] = OPEN
            unfolded += 1
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            anchor, before = open_nodes.pop()
            if anchor is not None:
                sizes[anchor] = unfolded - before
        elif isinstance(event, yaml.ScalarEvent):
            unfolded += 1
        elif isinstance(event, yaml.AliasEvent):
            size = sizes.get(event.anchor or "", 1)
            if size == OPEN:
                raise NotYaml("a value holds itself", _line(event))
            unfolded += size
            if unfolded > MOST_NODES:
                raise NotYaml("its aliases unfold to more than five million values", _line(event))


def _line(event: Any) -> int | None:
    return event.start_mark.line + 1 if event.start_mark else None
