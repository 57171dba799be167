"""The quality of the model: each check is a query of `ontology/checks/` that must find nothing.

Two checks look at text besides: terms used anywhere must be declared, and declared terms must be used.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mcgraph.errors import RuleBroken
from mcgraph.model import bundled
from mcgraph.model.namespaces import MC, PREFIXES, RDF_TYPE, SKOS, VOCAB, shorten

_HEADER = re.compile(r"^#\+ (\w+): (.*)$", re.MULTILINE)
_USED = re.compile(r"\bmc:([A-Za-z][A-Za-z0-9]*)")
_CODED = re.compile(r"(?:MC \+ \"|\{MC\}|\bmc:)([A-Za-z][A-Za-z0-9]+)")
_SCHEMES = sorted(prefix for prefix, base in PREFIXES.items() if base.startswith(VOCAB))
_CONCEPT = re.compile(rf"(?<![\w:/#.-])({'|'.join(_SCHEMES)}):([a-z][a-z0-9-]*)")
_USERS = (("shapes", "*.ttl"), ("queries", "*.rq"), ("data", "mappings/*.yaml"))


@dataclass(frozen=True, slots=True)
class Pitfall:
    """One check and the terms it found."""

    name: str
    summary: str
    why: str
    fix: str
    terms: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """As the command prints it."""
        return {"check": self.name, "summary": self.summary, "why": self.why, "fix": self.fix, "terms": self.terms}


def run_checks(extra: str = "") -> list[Pitfall]:
    """Every check with what it found; `extra` is Turtle read beside the model (for tests of the checks)."""
    store = _model(extra)
    found = [_query(path, store) for path in sorted(bundled.path("ontology", "checks").glob("*.rq"))]
    declared = _declared(store)
    used = _used()
    found.append(
        Pitfall(
            "undeclared-term",
            "A term of ours is used but not declared",
            "A misspelt term finds nothing and says nothing.",
            "Declare it, or correct the name.",
            (*sorted(f"mc:{name}" for name in used - declared), *_unknown_concepts(store)),
        )
    )
    inside = {name for text in _texts("ontology", "*.ttl") for name in _mentions(text)}
    found.append(
        Pitfall(
            "unused-term",
            "A term is declared but used nowhere",
            "A term without use is a promise nobody keeps.",
            "Use it, or remove it.",
            tuple(sorted(f"mc:{name}" for name in declared - used - _in_code() - inside - _reserved(store))),
        )
    )
    return found


def _reserved(store: Any) -> set[str]:
    """Terms kept for a named command that is still to come, and the annotation that says so."""
    rows = store.query(f"SELECT DISTINCT ?s WHERE {{ ?s <{MC}reservedFor> ?o }}", use_default_graph_as_union=True)
    return {row["s"].value.removeprefix(MC) for row in rows} | {"reservedFor"}


def _query(path: Path, store: Any) -> Pitfall:
    text = path.read_text(encoding="utf-8")
    header = dict(_HEADER.findall(text))
    if not {"summary", "why", "fix"} <= header.keys():
        raise RuleBroken("a check needs summary, why and fix in its header", where=str(path))
    try:
        terms = tuple(shorten(row[0].value) for row in store.query(text, use_default_graph_as_union=True))
    except (SyntaxError, OSError) as fault:
        raise RuleBroken(f"the check is no valid query ({fault})", where=str(path)) from fault
    return Pitfall(path.stem, header["summary"], header["why"], header["fix"], terms)


def _model(extra: str) -> Any:
    import pyoxigraph as ox

    store = ox.Store()
    for path in sorted(bundled.path("ontology").rglob("*.ttl")):
        if path.parent.name != "alignments":
            store.load(path=str(path), format=ox.RdfFormat.TURTLE)
    if extra:
        store.load(extra.encode(), format=ox.RdfFormat.TURTLE)
    return store


def _declared(store: Any) -> set[str]:
    rows = store.query(
        f'SELECT DISTINCT ?s WHERE {{ ?s <{RDF_TYPE}> ?k FILTER(STRSTARTS(STR(?s), "{MC}")) }}',
        use_default_graph_as_union=True,
    )
    return {row["s"].value.removeprefix(MC) for row in rows}


def _used() -> set[str]:
    return {name for line in _user_lines() for name in _USED.findall(line)}


def _unknown_concepts(store: Any) -> list[str]:
    """Concepts of our schemes that shapes, queries or mappings name and no vocabulary has."""
    rows = store.query(f"SELECT ?c WHERE {{ ?c a <{SKOS}Concept> }}", use_default_graph_as_union=True)
    known = {row["c"].value for row in rows}
    named = {pair for line in _user_lines() for pair in _CONCEPT.findall(line)}
    return sorted(f"{scheme}:{name}" for scheme, name in named if PREFIXES[scheme] + name not in known)


def _user_lines() -> Iterator[str]:
    """The lines of the shapes, queries and mappings, comments apart."""
    for part, pattern in _USERS:
        for text in _texts(part, pattern):
            yield from (line for line in text.splitlines() if not line.startswith("#"))


def _in_code() -> set[str]:
    """Terms the program itself writes or asks for."""
    package = Path(__file__).resolve().parent.parent
    texts = (path.read_text(encoding="utf-8") for path in sorted(package.rglob("*.py")))
    return {name for text in texts for name in _CODED.findall(text)}


def _mentions(text: str) -> Iterator[str]:
    """Names that a module uses apart from the line that declares them."""
    for line in text.splitlines():
        if not re.match(r"mc:\w+ a owl:", line):
            yield from _USED.findall(line)


def _texts(part: Any, pattern: str) -> Iterator[str]:
    for path in sorted(bundled.path(part).glob(pattern)):
        yield path.read_text(encoding="utf-8")
