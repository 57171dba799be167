"""What a shapes file says, once parsed: frozen values that the engine reads and nothing changes.

A `Shape` is a list of `Constraint`s on the focus nodes (a node shape) or on what a `Path` reaches from them
(a property shape). Every component of SHACL Core is one `Constraint` with its parameters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mcgraph.model.finding import Severity
from mcgraph.model.namespaces import SH, shorten

SEVERITY_OF: dict[str, Severity] = {SH + "Violation": "error", SH + "Warning": "warning", SH + "Info": "info"}


@dataclass(frozen=True, slots=True)
class Term:
    """An IRI, a blank node (`_:` in front) or a literal (it has a datatype)."""

    value: str
    datatype: str = ""
    language: str = ""

    @property
    def is_literal(self) -> bool:
        """Whether this is a literal."""
        return bool(self.datatype)


@dataclass(frozen=True, slots=True)
class Predicate:
    """A path of one property."""

    iri: str

    def __str__(self) -> str:
        return shorten(self.iri)


@dataclass(frozen=True, slots=True)
class Inverse:
    """A path walked backwards."""

    path: Path

    def __str__(self) -> str:
        return f"^{self.path}"


@dataclass(frozen=True, slots=True)
class Sequence:
    """One path after another."""

    steps: tuple[Path, ...]

    def __str__(self) -> str:
        return "/".join(_within(step) for step in self.steps)


@dataclass(frozen=True, slots=True)
class Alternative:
    """Any one of several paths."""

    ways: tuple[Path, ...]

    def __str__(self) -> str:
        return "|".join(_within(way) for way in self.ways)


@dataclass(frozen=True, slots=True)
class Repeat:
    """A path walked `least` (0 or 1) times or more, or at most once where `once` is set."""

    path: Path
    least: int
    once: bool = False

    def __str__(self) -> str:
        return _within(self.path) + ("?" if self.once else "+" if self.least else "*")


Path = Predicate | Inverse | Sequence | Alternative | Repeat


def _within(path: Path) -> str:
    return f"({path})" if isinstance(path, (Sequence, Alternative)) else str(path)


@dataclass(frozen=True, slots=True)
class Constraint:
    """One constraint component with its parameters; `component` is the local name such as `MinCount`."""

    component: str
    terms: tuple[Term, ...] = ()
    shapes: tuple[str, ...] = ()
    number: int = 0
    text: str = ""
    flags: str = ""
    siblings: tuple[str, ...] = ()
    reads: frozenset[str] | None = None  # the predicates a SPARQL constraint can read; None for all
    messages: tuple[tuple[str, str], ...] = ()  # what a SPARQL constraint says of its solutions: (language, text)

    @property
    def iri(self) -> str:
        """The IRI of the constraint component."""
        return f"{SH}{self.component}ConstraintComponent"


TargetKind = Literal["class", "node", "subjects-of", "objects-of"]


@dataclass(frozen=True, slots=True)
class Target:
    """Where a shape finds its focus nodes."""

    kind: TargetKind
    term: Term


@dataclass(frozen=True, slots=True)
class Shape:
    """A node shape, or a property shape where `path` is given."""

    id: str
    path: Path | None
    targets: tuple[Target, ...]
    constraints: tuple[Constraint, ...]
    severity: str = SH + "Violation"
    deactivated: bool = False
    code: str = ""
    name: str = ""
    unsupported: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ShapeSet:
    """Every shape of one shapes graph by its IRI, and which of them have targets."""

    shapes: dict[str, Shape]
    texts: dict[str, tuple[tuple[str, str], ...]]

    @property
    def targeted(self) -> list[Shape]:
        """The shapes that find focus nodes themselves, in IRI order."""
        return [self.shapes[key] for key in sorted(self.shapes) if self.shapes[key].targets]

    def called(self, key: str) -> str:
        """A shape by its IRI, or, where it has none, by the named shape around it and its path."""
        shape, steps = self.shapes[key], [""]
        while shape.id.startswith("_:"):
            steps.append(str(shape.path or ""))
            around = [s for s in self.shapes.values() if any(shape.id in c.shapes for c in s.constraints)]
            if not around or len(steps) > len(self.shapes):
                return " · ".join(dict.fromkeys(["shape", *steps[:0:-1]]))
            shape = min(around, key=lambda s: (s.id.startswith("_:"), s.id))
        return " · ".join(part for part in (shorten(shape.id), *steps[:0:-1]) if part)
