"""Turns a SPARQL constraint, written for one focus node at a time, into one query over all of them.

`$this` is bound by joining the set of focus nodes into every group that mentions it, which gives what
pre-binding gives; a query where that is not so (LIMIT, aggregates over all, sub-selects that hide `$this`)
is not compiled. `FILTER NOT EXISTS { triples }`, which takes the engine quadratic time (oxigraph#885), becomes
`MINUS` where every solution binds the variables they share.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass

from mcgraph.errors import RuleBroken
from mcgraph.limits import Limits
from mcgraph.model.namespaces import RDF_TYPE, XSD
from mcgraph.model.query_guard import check
from mcgraph.validation.ir import Alternative, Inverse, Path, Predicate, Repeat, Sequence

FOCUS_GRAPH = "urn:mcgraph:focus"
FOCUS_HAS = "urn:mcgraph:has"
FOCUS_SET = "urn:mcgraph:set"
_TOKEN = re.compile(
    r"(?P<comment>#[^\n]*)"
    r"|(?P<text>\"\"\"(?:[^\"\\]|\\.|\"(?!\"\"))*\"\"\"|'''(?:[^'\\]|\\.|'(?!''))*'''"
    r"|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*')"
    r"|(?P<iri><[^<>\"{}|^`\\\s]*>)"
    r"|(?P<var>[?$][^\W]\w*)"
    r"|(?P<name>(?:[^\W\d_][\w.-]*)?:(?:[\w:%-]|\\.|\.(?=[\w:%-]))*|_:[\w.-]+)"
    r"|(?P<word>@?[^\W\d][\w-]*)"
    r"|(?P<number>\d[\w.]*)"
    r"|(?P<mark>\S)",
    re.DOTALL,
)
_AGGREGATES = frozenset(("COUNT", "SUM", "AVG", "MIN", "MAX", "SAMPLE", "GROUP_CONCAT"))
_NOT_PLAIN = frozenset(("FILTER", "BIND", "OPTIONAL", "UNION", "MINUS", "GRAPH", "SELECT", "VALUES", "EXISTS"))
_FORBIDDEN = ("MINUS", "VALUES", "SERVICE")
_PREBOUND = ("this", "PATH", "shapesGraph", "currentShape")
_TERMS = frozenset(("iri", "var", "name", "text", "number"))


class NotCompiled(Exception):
    """The query asks for something that only holds for one focus node at a time."""


@dataclass(frozen=True, slots=True)
class Token:
    """One token of a query; `place` is where it begins."""

    kind: str
    text: str
    place: int

    @property
    def upper(self) -> str:
        """The keyword, or the text of anything else."""
        return self.text.upper() if self.kind == "word" else self.text

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.place + len(self.text)


@dataclass(frozen=True, slots=True)
class Query:
    """A constraint's query over all focus nodes; `predicates` are those it can read, None for all."""

    text: str
    predicates: frozenset[str] | None


def tokens_of(text: str) -> list[Token]:
    """The tokens of a query text without comments."""
    return [
        Token(str(m.lastgroup), m[0], m.start()) for m in _TOKEN.finditer(text) if m.lastgroup not in (None, "comment")
    ]


def compiled(select: str, prefixes: dict[str, str], path: Path | None, shape: str, limits: Limits) -> Query:
    """The query for a whole set of focus nodes.

    Raises `RuleBroken` for what SHACL-SPARQL does not allow, `NotCompiled` for what needs one node at a time,
    `LimitReached` for a text that could bring the engine down.
    """
    prologue = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in sorted(prefixes.items()))
    text = prologue + _replaced(select, path, shape)
    _refuse(tokens_of(text))
    check(text, limits)
    tokens = tokens_of(text)
    ends = _partners(tokens)
    _refuse_single(tokens, ends)
    return Query(_rewritten(text, tokens, ends), _predicates(tokens, prefixes))


def _replaced(select: str, path: Path | None, shape: str) -> str:
    """The text with `$PATH` and `$currentShape` written out."""
    parts, place = [], 0
    for token in tokens_of(select):
        name = token.text[1:] if token.kind == "var" else ""
        if name == "shapesGraph" or (name == "currentShape" and shape.startswith("_:")):
            raise NotCompiled("the query reads the shapes graph")
        if name not in ("PATH", "currentShape") or (name == "PATH" and path is None):
            continue
        parts += [select[place : token.place], f"<{shape}>" if name == "currentShape" else path_text(path)]
        place = token.end
    return "".join([*parts, select[place:]])


def path_text(path: Path | None) -> str:
    """A path as SPARQL writes it."""
    if isinstance(path, Predicate):
        return f"<{path.iri}>"
    if isinstance(path, Inverse):
        return f"^({path_text(path.path)})"
    if isinstance(path, Sequence):
        return "(" + "/".join(path_text(step) for step in path.steps) + ")"
    if isinstance(path, Alternative):
        return "(" + "|".join(path_text(way) for way in path.ways) + ")"
    if isinstance(path, Repeat):
        return f"({path_text(path.path)}){'?' if path.once else '+' if path.least else '*'}"
    raise RuleBroken("$PATH is used in a shape without sh:path")


def _refuse(tokens: list[Token]) -> None:
    """What SHACL-SPARQL 5.2.1 forbids where variables are bound beforehand."""
    words = {token.upper for token in tokens if token.kind == "word"}
    for word in _FORBIDDEN:
        if word in words:
            raise RuleBroken(f"a SPARQL constraint must not use {word}")
    for before, token in itertools.pairwise(tokens):
        if before.upper == "AS" and token.kind == "var" and token.text[1:] in _PREBOUND:
            raise RuleBroken(f"a SPARQL constraint must not assign {token.text}, which is bound beforehand")


def _partners(tokens: list[Token]) -> dict[int, int]:
    """The closing brace of every opening one."""
    found, waiting = {}, []
    for index, token in enumerate(tokens):
        if token.text == "{":
            waiting.append(index)
        elif token.text == "}" and waiting:
            found[waiting.pop()] = index
    return found


def _refuse_single(tokens: list[Token], ends: dict[int, int]) -> None:
    words = [token.upper for token in tokens]
    if "LIMIT" in words or "OFFSET" in words or words.count("SELECT") == 0 or "*" in _heads(tokens):
        raise NotCompiled("it limits or selects everything")
    grouped = [tokens[i + 2].text[1:] for i, word in enumerate(words[:-2]) if word == "GROUP" and words[i + 1] == "BY"]
    if _AGGREGATES & set(words) and (not grouped or any(name != "this" for name in grouped)):
        raise NotCompiled("it aggregates over something else than $this")
    for start in ends:
        if words[start + 1] == "SELECT" and not any(t.text[1:] == "this" for t in _projected(tokens, start + 2)):
            raise NotCompiled("a sub-select hides $this")
    if not any(t.text[1:] == "this" for t in _projected(tokens, words.index("SELECT") + 1)):
        raise NotCompiled("it does not select $this")


def _projected(tokens: list[Token], start: int) -> list[Token]:
    found = []
    for token in tokens[start:]:
        if token.text == "{" or token.upper == "WHERE":
            break
        if token.kind == "var":
            found.append(token)
    return found


def _heads(tokens: list[Token]) -> list[str]:
    return [after.text for before, after in itertools.pairwise(tokens)
            if before.upper in ("SELECT", "DISTINCT", "REDUCED")]  # fmt: skip


def _rewritten(text: str, tokens: list[Token], ends: dict[int, int]) -> str:
    """The text with the focus set joined in and existence filters made differences."""
    edits: list[tuple[int, int, str]] = []
    inside = [(start, end) for start, end in ends.items() if tokens[start - 1].upper == "EXISTS"]
    outer = min(ends, default=0)
    for start, end in ends.items():
        hidden = any(a <= start and end <= b for a, b in inside)
        if hidden or tokens[start + 1].upper == "SELECT":
            continue
        if start == outer or any(t.kind == "var" and t.text[1:] == "this" for t in tokens[start:end]):
            joined = f" GRAPH <{FOCUS_GRAPH}> {{ <{FOCUS_SET}> <{FOCUS_HAS}> ?this }} "
            edits.append((tokens[start].end, tokens[start].end, joined))
            edits += _differences(text, tokens, ends, start)
    return _edited(text, edits)


def _differences(text: str, tokens: list[Token], ends: dict[int, int], group: int) -> list[tuple[int, int, str]]:
    """`FILTER NOT EXISTS` of this very group, moved to its end as `MINUS`."""
    edits, moved, index = [], [], group + 1
    while index < ends[group]:
        if tokens[index].text == "{":
            index = ends[index] + 1
            continue
        words = [token.upper for token in tokens[index : index + 4]]
        if words == ["FILTER", "NOT", "EXISTS", "{"] and _is_plain(tokens[index + 4 : ends[index + 3]]):
            last = tokens[ends[index + 3]]
            moved.append(text[tokens[index + 3].place : last.end])
            edits.append((tokens[index].place, last.end, " "))
            index = ends[index + 3]
        index += 1
    if moved:
        place = tokens[ends[group]].place
        edits.append((place, place, " ".join(f" MINUS {part}" for part in moved) + " "))
    return edits


def _is_plain(tokens: list[Token]) -> bool:
    """Whether a group is triples alone, about `$this`, without a path of no length."""
    words = {token.upper for token in tokens}
    about = any(token.kind == "var" and token.text[1:] == "this" for token in tokens)
    return about and not words & _NOT_PLAIN and not words & {"{", "*", "?"}


def _edited(text: str, edits: list[tuple[int, int, str]]) -> str:
    parts, place = [], 0
    for start, end, new in sorted(edits):
        parts += [text[place:start], new]
        place = end
    return "".join([*parts, text[place:]])


def _predicates(tokens: list[Token], prefixes: dict[str, str]) -> frozenset[str] | None:
    """Every IRI the text names, or None where a predicate may be any."""
    body = tokens[next(i for i, token in enumerate(tokens) if token.text == "{") :]
    found = {RDF_TYPE} if any(token.text == "a" for token in body) else set()
    declared = dict(prefixes)
    for index, token in enumerate(tokens[:-2]):
        if token.upper == "PREFIX":
            declared[tokens[index + 1].text[:-1]] = tokens[index + 2].text[1:-1]
    for before, token, after in zip(body, body[1:], body[2:], strict=False):
        if token.text in ("!", "BASE") or (token.kind == "var" and _may_be_predicate(before, after)):
            return None
    for token in body:
        if token.kind == "iri":
            found.add(token.text[1:-1])
        elif token.kind == "name" and not token.text.startswith("_:"):
            prefix, _, local = token.text.partition(":")
            found.add(declared.get(prefix, "") + re.sub(r"\\(.)", r"\1", local))
    return frozenset(found - {FOCUS_GRAPH, XSD})


def _may_be_predicate(before: Token, after: Token) -> bool:
    starts = after.kind in _TERMS or after.text in "[("
    return before.text == ";" or (starts and (before.kind in _TERMS or before.text in "])"))
