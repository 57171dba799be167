"""The rules and profiles of `shapes/`: what each code means, why, how to fix it, and where it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from mcgraph.errors import RuleBroken, WrongUse
from mcgraph.model import bundled
from mcgraph.model.finding import Severity
from mcgraph.model.namespaces import DCTERMS, OWL, RDF_TYPE, SH, SHAPES
from mcgraph.validation.ir import SEVERITY_OF, ShapeSet, Term
from mcgraph.validation.parse import Statements, Triple, parse_shapes, read_triples

# The kinds of records and the profiles that have codes of their own, between the cells and the references.
RECORD_PREFIXES = ("CRD", "ORG", "OFR", "OUT", "STK", "REC", "QAS", "AWD", "SRV", "FRM", "NZQA", "NMF", "DEQAR", "CTDL")
LAYERS = ("FILE", "DOC", "HEAD", "CELL", *RECORD_PREFIXES, "REF", "RULE", "LINK", "SYS")

@dataclass(frozen=True, slots=True)
class Words:
    """One text in several languages."""

    by_language: Mapping[str, str] = field(default_factory=dict)

    def said(self, lang: str) -> str:
        """The text in `lang`, else in English, else in any language."""
        texts = self.by_language
        return texts.get(lang) or texts.get("en") or next(iter(texts.values()), "")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the catalogue. `iri` is its shape, or the rule itself where no shape can say it.

    `unverified` says what of its source could not be read; it is empty where the source was read. `only_in`
    names the profile outside which a rule across records stays silent.
    """

    code: str
    iri: str
    severity: Severity
    name: Words
    message: Words
    why: Words
    fix: Words
    source: str
    good: str = ""
    bad: str = ""
    vocabulary: str = ""
    profiles: tuple[str, ...] = ()
    unverified: Words = field(default_factory=Words)
    only_in: str = ""

    @property
    def layer(self) -> str:
        """The first part of the code."""
        return self.code.partition("-")[0]

    @property
    def verified(self) -> bool:
        """Whether the source of the rule was read as cited."""
        return not self.unverified.by_language

    def belongs_to(self, layer: str) -> bool:
        """Whether it is of a layer: FILE, HEAD, CELL, RECORD, REF, RULE, LINK, SYS, or one prefix of a code."""
        wanted = layer.upper()
        return self.layer == wanted or (wanted == "RECORD" and self.layer in RECORD_PREFIXES)


@dataclass(frozen=True, slots=True)
class Profile:
    """A set of shapes under a name, with the classes it must find and severities it changes."""

    name: str
    title: Words
    version: str
    source: str
    read_on: str
    includes: tuple[str, ...]
    all_includes: frozenset[str]
    main_classes: tuple[str, ...]
    severities: Mapping[str, Severity]
    shapes: ShapeSet
    triples: tuple[Triple, ...]

    @property
    def is_ours(self) -> bool:
        """Whether it is written as a profile: the rules no shape can say run too. Any other file stands alone."""
        return bool(self.title.by_language or self.includes)


def _words(said: Statements, subject: str, *predicates: str) -> Words:
    for predicate in predicates:
        values = said.values(subject, predicate)
        if values:
            return Words({t.language or "en": t.value for t in sorted(values, key=lambda t: t.language)})
    return Words()


def _text(said: Statements, subject: str, predicate: str) -> str:
    return "; ".join(sorted(t.value for t in said.values(subject, predicate)))


def files() -> list[Path]:
    """The shapes files that travel with mcgraph."""
    return sorted(bundled.path("shapes").glob("*.ttl"))


@cache
def _bundled_triples(path: Path) -> tuple[Triple, ...]:
    return tuple(read_triples(path))


@cache
def rules() -> dict[str, Rule]:
    """Every rule of the bundled files by code, in the order of the layers.

    Raises `RuleBroken` where two rules claim one code or a text is missing.
    """
    found: dict[str, Rule] = {}
    for path in files():
        for rule in rules_in(_bundled_triples(path), _users(path.stem)):
            if rule.code in found:
                raise RuleBroken(f"two rules are called {rule.code}", where=str(path))
            found[rule.code] = rule
    return {code: found[code] for code in sorted(found, key=_order)}


def example(code: str, kind: str) -> str:
    """The example of a rule (`kind` is `pass` or `fail`) as Turtle without its prefixes; empty where there is none."""
    path = bundled.path("shapes", "examples", f"{code}.{kind}.ttl")
    if not path.is_file():
        return ""
    lines = path.read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if not line.startswith("@prefix")).strip()


def _users(stem: str) -> tuple[str, ...]:
    """The profiles that apply a file's rules: its own first, then those that include it."""
    if stem == "rules":
        return ()
    others = [name for name in profiles() if name != stem and stem in _included(name)]
    return (stem, *others)


@cache
def _included(stem: str) -> frozenset[str]:
    """The files that a profile includes, and those that they include."""
    own = _bundled_triples(bundled.path("shapes", f"{stem}.ttl"))
    direct = {_file_of(value) for _, predicate, value in own if predicate == SHAPES + "includes"}
    return frozenset(direct).union(*(_included(name) for name in direct))


def _order(code: str) -> tuple[int, str]:
    layer = code.partition("-")[0]
    return (LAYERS.index(layer) if layer in LAYERS else len(LAYERS), code)


def rules_in(triples: Iterable[Triple], used_by: tuple[str, ...] = ()) -> list[Rule]:
    """The rules that a shapes graph states: every node with `mcsh:code`."""
    said = Statements(triples)
    return [
        Rule(
            code=said.values(subject, SHAPES + "code")[0].value,
            iri=subject,
            severity=_severity(said, subject),
            name=_words(said, subject, SH + "name"),
            message=_words(said, subject, SH + "message"),
            why=_words(said, subject, SHAPES + "why"),
            fix=_words(said, subject, SHAPES + "fix"),
            source=_text(said, subject, DCTERMS + "source"),
            good=_text(said, subject, SHAPES + "goodExample"),
            bad=_text(said, subject, SHAPES + "badExample"),
            vocabulary=_text(said, subject, SHAPES + "vocabulary"),
            profiles=_profiles_of(said, subject, used_by),
            unverified=_words(said, subject, SHAPES + "unverified"),
            only_in=_only_in(said, subject),
        )
        for subject in said.subjects()
        if said.values(subject, SHAPES + "code")
    ]


def _only_in(said: Statements, subject: str) -> str:
    stated = said.one(subject, SHAPES + "onlyIn")
    return _file_of(stated) if stated else ""


def _profiles_of(said: Statements, subject: str, used_by: tuple[str, ...]) -> tuple[str, ...]:
    only = _only_in(said, subject)
    return (only,) if only else used_by


def silent_in(chosen: Profile) -> list[str]:
    """The codes of rules across records that another profile asks for and this one does not."""
    asked = {chosen.name, *chosen.all_includes}
    return [code for code, rule in rules().items() if rule.only_in and rule.only_in not in asked]


def _severity(said: Statements, subject: str) -> Severity:
    stated = said.one(subject, SH + "severity")
    return SEVERITY_OF.get(stated.value, "error") if stated else "error"


def profiles() -> list[str]:
    """The names of the bundled profiles."""
    return [path.stem for path in files() if path.stem != "rules"]


@cache
def aliases() -> dict[str, str]:
    """Other names of profiles (`mcsh:alias`) with the name of their file."""
    found: dict[str, str] = {}
    for stem in profiles():
        said = Statements(_bundled_triples(bundled.path("shapes", f"{stem}.ttl")))
        for term in said.values(f"{SHAPES}profile-{stem}", SHAPES + "alias"):
            found[term.value] = stem
    return found


def profile(name: str) -> Profile:
    """A bundled profile by name, or any SHACL file by its path, as it is now.

    Raises `WrongUse` for a name that is neither, `RuleBroken` for a file that is not well-formed.
    """
    known = aliases().get(name, name)
    if known in profiles():
        return _bundled_profile(known)
    path = Path(name)
    if not path.is_file():
        raise WrongUse(f"there is no profile «{name}»", fix=f"Take one of {', '.join(profiles())}, or a SHACL file.")
    return _profile(path.stem, _with_included(path, []))


@cache
def _bundled_profile(name: str) -> Profile:
    return _profile(name, _with_included(bundled.path("shapes", f"{name}.ttl"), []))


def _with_included(path: Path, seen: list[Path]) -> tuple[Triple, ...]:
    """The triples of a profile file and of the bundled profiles it includes."""
    if path in seen:
        return ()
    seen.append(path)
    own = _bundled_triples(path) if path in files() else tuple(read_triples(path))
    parts = list(own)
    for _, predicate, value in own:
        if predicate == SHAPES + "includes":
            parts += _with_included(bundled.path("shapes", f"{_file_of(value)}.ttl"), seen)
    return tuple(parts)


def _file_of(term: Term) -> str:
    return term.value.removeprefix(SHAPES).removeprefix("profile-")


def _profile(name: str, triples: tuple[Triple, ...]) -> Profile:
    said = Statements(triples)
    node = f"{SHAPES}profile-{name}"
    every = [s.value for s, p, o in triples if p == RDF_TYPE and o.value == SHAPES + "Profile"]
    severities: dict[str, Severity] = {}
    for level in ("error", "warning", "info"):
        for owner in (*(other for other in every if other != node), node):
            for term in said.values(owner, f"{SHAPES}as{level.capitalize()}"):
                severities[term.value] = level
    return Profile(
        name=name,
        title=_words(said, node, DCTERMS + "title"),
        version=_text(said, node, OWL + "versionInfo"),
        source=_text(said, node, DCTERMS + "source"),
        read_on=_text(said, node, SHAPES + "dateRead"),
        includes=tuple(sorted(_file_of(t) for t in said.values(node, SHAPES + "includes"))),
        all_includes=frozenset(other.removeprefix(f"{SHAPES}profile-") for other in every) - {name},
        main_classes=tuple(sorted(t.value for t in said.values(node, SHAPES + "mainClass"))),
        severities=severities,
        shapes=parse_shapes(triples),
        triples=triples,
    )
