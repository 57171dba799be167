"""The library of named questions: SPARQL files whose header lines (`#+`, YAML) are data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from mcgraph.errors import RuleBroken, WrongUse
from mcgraph.model import bundled
from mcgraph.model.yaml_text import NotYaml, read_yaml
from mcgraph.queries.parameters import TYPES, Parameter, Term

_KEYS = {"summary", "question", "description", "group", "number", "tags", "params", "coverage", "example", "hides"}
_REQUIRED = ("summary", "question", "description", "group", "tags", "example")
GROUPS = (
    "inventory",
    "completeness",
    "quality assurance",
    "recognition",
    "stackability",
    "skills",
    "access and inclusion",
    "validity",
    "survey",
    "provenance and data quality",
)


@dataclass(frozen=True, slots=True)
class CoverageRule:
    """Which records are the total, and what each must state to be known.

    `known` maps a reason ("no EQF level") to a property path; `where` is a further pattern on `?record`. `record`
    names the parameter that is the one record meant, where there is one.
    """

    of: tuple[str, ...]
    known: Mapping[str, str]
    where: str = ""
    record: str = ""

    def used(self, terms: Mapping[str, Term | None]) -> dict[str, Term | None]:
        """What has to be bound in `query`, of the terms of the question's parameters."""
        found = {name: term for name, term in terms.items() if f"?{name} " in self.where}
        return found | {"record": terms[self.record]} if self.record else found

    def query(self) -> str:
        """The counting query: total, known by all paths together, and by each path alone."""
        classes = f"VALUES ?class {{ {' '.join(self.of)} }} ?record a ?class ."
        # A record that is known comes first, or all of its class would be gone through.
        one = "VALUES ?record { UNDEF } " if self.record else ""
        base = f"{one}{classes if len(self.of) > 1 else f'?record a {self.of[0]} .'} {self.where}"
        parts = [_count("total", base), _count("known", base + self._paths())]
        for i, path in enumerate(self.known.values()):
            parts.append(_count(f"has{i}", f"{base} ?record {path} ?value ."))
        names = " ".join(["?total", "?known", *(f"?has{i}" for i in range(len(self.known)))])
        return f"SELECT {names} WHERE {{ {' '.join(parts)} }}"

    def _paths(self) -> str:
        return "".join(f" ?record {path} ?value{i} ." for i, path in enumerate(self.known.values()))


def _count(name: str, pattern: str) -> str:
    return f"{{ SELECT (COUNT(DISTINCT ?record) AS ?{name}) WHERE {{ {pattern} }} }}"


@dataclass(frozen=True, slots=True)
class NamedQuestion:
    """One question of the library, with all its header says.

    `number` is that of the competency question it answers, None for one beyond these. `hides` are the columns that
    count respondents, by what they count (`mcgraph.survey.concealing.KINDS`): small counts are emptied.
    """

    name: str
    summary: str
    question: str
    description: str
    group: str
    number: int | None
    tags: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    coverage: CoverageRule | None
    examples: tuple[Mapping[str, Any], ...]
    text: str
    hides: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def required(self) -> tuple[Parameter, ...]:
        """The parameters that must be given."""
        return tuple(parameter for parameter in self.parameters if parameter.required)


@lru_cache(maxsize=1)
def library() -> dict[str, NamedQuestion]:
    """Every bundled question by name, in the order of its group, number, then name.

    Raises `RuleBroken` for a file whose header cannot be read.
    """
    found = [read_question(path) for path in sorted(bundled.path("queries").glob("*.rq"))]
    return {question.name: question for question in sorted(found, key=_place)}


def _place(question: NamedQuestion) -> tuple[int, int, str]:
    return GROUPS.index(question.group), question.number or 99, question.name


def named(name: str) -> NamedQuestion:
    """The bundled question of this name.

    Raises `WrongUse` with near names where there is none.
    """
    questions = library()
    if name in questions:
        return questions[name]
    from rapidfuzz import process

    near = [match for match, score, _ in process.extract(name, list(questions), limit=3) if score >= 60]
    hint = f"Did you mean «{'» or «'.join(near)}»? " if near else ""
    raise WrongUse(f"there is no question «{name[:80]}»", fix=f"{hint}See `mcgraph query --list`.")


def read_question(path: Path) -> NamedQuestion:
    """The question in a `.rq` file.

    Raises `RuleBroken` where its header is missing, unreadable or incomplete.
    """
    return question_from(path.read_text(encoding="utf-8"), path.stem, path.name)


def question_from(text: str, name: str, where: str) -> NamedQuestion:
    """The question a text with a header holds; `where` is said in errors.

    Raises `RuleBroken` where its header is missing, unreadable or incomplete.
    """
    header = read_header(text, where)
    missing = [key for key in _REQUIRED if not header.get(key)]
    if missing:
        raise RuleBroken(f"the header lacks {', '.join(missing)}", where=where)
    if header["group"] not in GROUPS:
        raise RuleBroken(f"the group is none of {', '.join(GROUPS)}", where=where)
    example = header["example"]
    number = header.get("number")
    try:
        return NamedQuestion(
            name=name,
            summary=str(header["summary"]),
            question=str(header["question"]),
            description=str(header["description"]),
            group=str(header["group"]),
            number=None if number is None else int(number),
            tags=tuple(str(tag) for tag in header["tags"]),
            parameters=read_parameters(header, where),
            coverage=_coverage(header.get("coverage"), where),
            examples=tuple(example if isinstance(example, list) else [example]),
            text=text,
            hides={str(kind): tuple(map(str, names)) for kind, names in (header.get("hides") or {}).items()},
        )
    except (TypeError, ValueError, AttributeError) as fault:
        raise RuleBroken(f"the header has a value of the wrong kind: {fault}", where=where) from None


def read_header(text: str, where: str) -> dict[str, Any]:
    """The `#+` lines of a query text as one YAML mapping; empty where there are none.

    Raises `RuleBroken` for lines that are not YAML or hold unknown keys.
    """
    lines = [line[2:].removeprefix(" ") for line in text.splitlines() if line.startswith("#+")]
    if not lines:
        return {}
    try:
        header = read_yaml("\n".join(lines), typed=True)
    except NotYaml as fault:
        raise RuleBroken(f"the header is not YAML: {fault}", where=where) from None
    if not isinstance(header, dict):
        raise RuleBroken("the header is not a list of keys and values", where=where)
    unknown = sorted(str(key) for key in header if key not in _KEYS)
    if unknown:
        raise RuleBroken(f"the header has unknown keys: {', '.join(unknown)}", where=where)
    return header


def read_parameters(header: Mapping[str, Any], where: str) -> tuple[Parameter, ...]:
    """The parameters a header declares.

    Raises `RuleBroken` for an unknown type or option.
    """
    found = []
    for name, options in (header.get("params") or {}).items():
        if not isinstance(options, dict) or options.get("type") not in TYPES:
            raise RuleBroken(f"the parameter {name} needs a type: one of {', '.join(TYPES)}", where=where)
        try:
            default = options.get("default")
            among = tuple(str(value) for value in options.get("among", ()))
            rest = {key: value for key, value in options.items() if key not in ("default", "among")}
            found.append(Parameter(name=name, default=None if default is None else str(default), among=among, **rest))
        except TypeError as fault:
            raise RuleBroken(f"the parameter {name} has an unknown option: {fault}", where=where) from None
    return tuple(found)


def _coverage(given: Any, where: str) -> CoverageRule | None:
    if given is None:
        return None
    if not isinstance(given, dict) or not {"of", "known"} <= set(given) <= {"of", "known", "where", "record"}:
        raise RuleBroken("coverage needs `of` and `known`, and may have `where` and `record`", where=where)
    known = given["known"]
    paths = {f"no {known.partition(':')[2] or known}": known} if isinstance(known, str) else dict(known)
    of = given["of"] if isinstance(given["of"], list) else [given["of"]]
    told = {name: str(given.get(name, "")) for name in ("where", "record")}
    return CoverageRule(of=tuple(str(name) for name in of), known=paths, **told)
