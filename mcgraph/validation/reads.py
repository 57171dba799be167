"""What shapes read beyond the record they check: decides which triples of other partitions a partition has to see."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from mcgraph.model.namespaces import RDF_TYPE
from mcgraph.validation.ir import Alternative, Inverse, Path, Predicate, Repeat, Sequence, Shape, ShapeSet

_PAIRED = frozenset({"Equals", "Disjoint", "LessThan", "LessThanOrEquals"})
_DEEPEST = 6  # links away from the focus node, beyond which a shape is run on the whole columns it reads


class _Unbounded(Exception):
    """The shape may read any number of links away, or anything."""


@dataclass(slots=True)
class Reads:
    """Predicates by how many links away from a focus node they are read: forwards, and against their direction.

    `whole` are the shapes (by IRI) that cannot be run in partitions, with the predicates they read, or None for all.
    """

    forward: dict[int, set[str]] = field(default_factory=dict)
    backward: dict[int, set[str]] = field(default_factory=dict)
    whole: dict[str, frozenset[str] | None] = field(default_factory=dict)

    @property
    def depth(self) -> int:
        """The most links away that anything is read."""
        return max([*self.forward, *self.backward], default=0)


def reads(shapes: ShapeSet) -> Reads:
    """What the shapes with targets read."""
    found = Reads()
    for shape in shapes.targeted:
        if shape.deactivated:
            continue
        mine = Reads()
        kinds = {target.kind for target in shape.targets}
        try:
            _shape(shape, frozenset({0}), shapes, mine, ())
            if kinds & {"node", "objects-of"} or mine.depth > _DEEPEST:
                raise _Unbounded
        except _Unbounded:
            found.whole[shape.id] = _predicates(shape, shapes)
            continue
        for ours, theirs in ((found.forward, mine.forward), (found.backward, mine.backward)):
            for depth, names in theirs.items():
                ours.setdefault(depth, set()).update(names)
    # The focus node's own triples are always there.
    found.forward.pop(0, None)
    return found


def _shape(shape: Shape, at: frozenset[int], shapes: ShapeSet, into: Reads, inside: tuple[str, ...]) -> None:
    if shape.id in inside:
        return
    values = at if shape.path is None else _path(shape.path, at, into, backwards=False)
    for constraint in shape.constraints:
        name = constraint.component
        if name == "Class":
            _note(into.forward, RDF_TYPE, values)
        elif name in _PAIRED:
            _note(into.forward, constraint.terms[0].value, at)
        elif name == "SPARQL" or (name == "Closed" and max(at) > 0):
            raise _Unbounded
        for inner in (*constraint.shapes, *constraint.siblings):
            _shape(shapes.shapes[inner], values, shapes, into, (*inside, shape.id))


def _path(path: Path, at: frozenset[int], into: Reads, *, backwards: bool) -> frozenset[int]:
    """How far away the nodes are that a path reaches from nodes so far away."""
    if isinstance(path, Predicate):
        _note(into.backward if backwards else into.forward, path.iri, at)
        return frozenset(depth + 1 for depth in at)
    if isinstance(path, Inverse):
        return _path(path.path, at, into, backwards=not backwards)
    if isinstance(path, Sequence):
        for step in reversed(path.steps) if backwards else path.steps:
            at = _path(step, at, into, backwards=backwards)
        return at
    if isinstance(path, Alternative):
        return frozenset().union(*(_path(way, at, into, backwards=backwards) for way in path.ways))
    if path.once:
        return at | _path(path.path, at, into, backwards=backwards)
    raise _Unbounded


def _note(into: dict[int, set[str]], predicate: str, at: Iterable[int]) -> None:
    for depth in at:
        into.setdefault(depth, set()).add(predicate)


def _predicates(shape: Shape, shapes: ShapeSet) -> frozenset[str] | None:
    """Every predicate that a shape and those inside it may read, or None where that cannot be said."""
    found = {RDF_TYPE} | {t.term.value for t in shape.targets if t.kind in ("subjects-of", "objects-of")}
    seen, todo = {shape.id}, [shape]
    while todo:
        current = todo.pop()
        if current.path is not None:
            found |= _in_path(current.path)
        for constraint in current.constraints:
            if constraint.component == "Closed" or (constraint.component == "SPARQL" and constraint.reads is None):
                return None
            found |= constraint.reads or set()
            found |= {term.value for term in constraint.terms if constraint.component in _PAIRED}
            inner = {*constraint.shapes, *constraint.siblings} - seen
            seen |= inner
            todo += [shapes.shapes[name] for name in inner]
    return frozenset(found)


def _in_path(path: Path) -> set[str]:
    if isinstance(path, Predicate):
        return {path.iri}
    if isinstance(path, (Inverse, Repeat)):
        return _in_path(path.path)
    steps = path.steps if isinstance(path, Sequence) else path.ways
    return set().union(*(_in_path(step) for step in steps))
