"""A JSON document as a tree of nodes that know their place, and the short paths by which mappings name values.

A path is a list of keys with `/` between them, read from a row's own node. An array stands for each of its
members, because in JSON-LD one value and a list of one mean the same. Steps beside keys:

    .    the node itself              ..   the object around it (arrays are passed over)
    *    every member of an object    #    the node's own key in the object around it

Nothing here fetches anything: a JSON-LD context is read only for the prefixes that stand in the document.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from mcgraph.errors import InputRefused, LimitReached
from mcgraph.limits import Limits

# `@en`, `en:us` and `en_US` are seen in published files and can only mean the tag.
_TAG = re.compile(r"^@?[A-Za-z]{2,3}([-_:][A-Za-z0-9]{1,8})*$|^@none$")
SCHEMES = frozenset({"urn", "did", "tag", "doi", "info", "mailto", "http", "https"})
_PREFIX = re.compile(r"^([A-Za-z][\w.-]*):(?!//)(.+)$")


@dataclass(slots=True)
class Node:
    """A value with its JSON Pointer (RFC 6901), the node around it and its key there."""

    value: Any
    pointer: str
    around: Node | None = None
    key: str = ""

    def child(self, key: str, value: Any) -> Node:
        """A member of this object or array."""
        return Node(value, f"{self.pointer}/{key.replace('~', '~0').replace('/', '~1')}", self, key)

    def items(self) -> Iterator[Node]:
        """This node, or each member of it where it is an array (arrays in arrays too)."""
        if isinstance(self.value, list):
            for index, value in enumerate(self.value):
                yield from self.child(str(index), value).items()
        else:
            yield self

    def members(self) -> Iterator[Node]:
        """The members of an object."""
        if isinstance(self.value, dict):
            for key, value in self.value.items():
                yield self.child(key, value)

    def owner(self) -> Node | None:
        """The object around this node, past any arrays."""
        above = self.around
        while above is not None and isinstance(above.value, list):
            above = above.around
        return above


@dataclass(frozen=True, slots=True)
class Document:
    """One parsed file: its root, whether keys are compared without their prefix, and the prefixes it declares."""

    file: str
    root: Node
    is_linked: bool
    prefixes: dict[str, str] = field(default_factory=dict)
    repeated: tuple[str, ...] = ()

    def name(self, key: str) -> str:
        """The key as mappings write it: for linked data without prefix or namespace, `id` for `@id`."""
        if not self.is_linked:
            return key
        plain = re.split(r"[/#]", key)[-1] if "://" in key else key.rsplit(":", 1)[-1]
        return {"@id": "id", "@type": "type", "@value": "value", "@graph": "graph"}.get(plain, plain)

    def types(self, node: Node) -> tuple[str, ...]:
        """The types an object of linked data states, without their prefixes."""
        if not self.is_linked or not isinstance(node.value, dict):
            return ()
        said = [one.value for child in self.at(node, "type") for one in child.items()]
        return tuple(self.name(one) for one in said if isinstance(one, str))

    def at(self, node: Node, step: str) -> Iterator[Node]:
        """The nodes that one step of a path leads to."""
        if step in (".", ""):
            yield node
        elif step == "..":
            above = node.owner()
            if above is not None:
                yield above
        elif step == "#":
            at = node
            while at.around is not None and isinstance(at.around.value, list):
                at = at.around
            yield Node(at.key, node.pointer, node.around, node.key)
        else:
            for member in node.members():
                if step == "*" or self.name(member.key) == step:
                    yield member

    def find(self, node: Node, path: str) -> list[Node]:
        """The values a path leads to, arrays taken apart."""
        found = list(node.items())
        for step in path.split("/"):
            found = [one for start in found for reached in self.at(start, step) for one in reached.items()]
        return found

    def walk(self) -> Iterator[Node]:
        """Every object in the document, contexts left out, in the order of the file."""
        waiting = [self.root]
        while waiting:
            node = waiting.pop()
            if isinstance(node.value, dict):
                yield node
                inside = [one for one in node.members() if not (self.is_linked and one.key == "@context")]
            elif isinstance(node.value, list):
                inside = [node.child(str(i), value) for i, value in enumerate(node.value)]
            else:
                continue
            waiting.extend(reversed(inside))

    def identifier(self, text: str) -> str:
        """An identifier as a whole IRI where a prefix of the document says so.

        Blank nodes get the file's name; what has a prefix that nobody declares is a name within its source.
        """
        if text.startswith("_:"):
            return f"{self.file}#{text}"
        match = _PREFIX.match(text)
        if match is None or match[1].casefold() in SCHEMES:
            return text
        base = self.prefixes.get(match[1])
        # An undeclared prefix must not pass for the scheme of an IRI: in brackets it can only be a name of ours.
        return f"{base}{match[2]}" if base else f"[{match[1]}]{match[2]}"


class Number(str):
    """A number as it is written, so that 3.0 stays 3.0 and no digit of a long one is lost."""

    __slots__ = ()


def is_language_map(value: Any) -> bool:
    """Whether an object maps language tags to texts, such as `{"en": "…"}` or `{"en": null}`."""
    if not isinstance(value, dict) or not value:
        return False
    texts = [one for said in value.values() for one in (said if isinstance(said, list) else [said])]
    is_text = all(one is None or (isinstance(one, str) and not isinstance(one, Number)) for one in texts)
    return is_text and all(_TAG.match(key) for key in value)


def parse(file: str, data: bytes, limits: Limits, *, is_linked: bool) -> Document:
    """The tree of a JSON file.

    Raises `InputRefused` where it is no JSON, and `LimitReached` where it is nested too deeply.
    """
    repeated: list[str] = []

    def pairs(given: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(given)
        if len(made) < len(given):
            seen: set[str] = set()
            repeated.extend(key for key, _ in given if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        return made

    try:
        # -sig drops the mark that some programs write first; numbers stay as they are written.
        text = data.decode("utf-8-sig")
        value = json.loads(
            text, object_pairs_hook=pairs, parse_float=Number, parse_int=Number, parse_constant=_no_number
        )
    except UnicodeDecodeError as fault:
        raise InputRefused(
            f"the file is not UTF-8 (byte {fault.start})", where=file, fix="JSON is UTF-8; save it again."
        ) from fault
    except json.JSONDecodeError as fault:
        raise InputRefused(
            f"this is not JSON: {fault.msg}",
            where=f"{file}: line {fault.lineno}, column {fault.colno}",
            fix="Correct it at that place, or export the file again.",
        ) from fault
    except RecursionError as fault:
        raise _too_deep(file, limits) from fault
    if _deeper_than(value, limits.document_depth):
        raise _too_deep(file, limits)
    return Document(file, Node(value, ""), is_linked, _prefixes(value) if is_linked else {}, tuple(repeated))


def _no_number(text: str) -> Any:
    raise json.JSONDecodeError(f"«{text}» is no JSON number", text, 0)


def _too_deep(file: str, limits: Limits) -> LimitReached:
    return LimitReached(
        f"the file nests more than {limits.document_depth} objects",
        where=file,
        fix="Such a file is damaged or hostile.",
    )


def _deeper_than(value: Any, most: int) -> bool:
    level = [value]
    for _ in range(most):
        level = [
            inside
            for one in level
            if isinstance(one, (dict, list))
            for inside in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return False
    return True


def _prefixes(value: Any) -> dict[str, str]:
    """The prefixes written in the document's own contexts; those of remote contexts are not looked up."""
    tops = value if isinstance(value, list) else [value]
    found: dict[str, str] = {}
    for top in tops:
        context = top.get("@context") if isinstance(top, dict) else None
        for one in context if isinstance(context, list) else [context]:
            for key, base in one.items() if isinstance(one, dict) else ():
                if isinstance(base, str) and "://" in base and base[-1] in "/#=:":
                    found.setdefault(key, base)
    return found
