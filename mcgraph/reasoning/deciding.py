"""Which fact would decide: the unknown parts of a definition, said in the words of the ontology.

Records that lack the same facts get the same sentence, so that a million records cost as many sentences as there are
different gaps.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mcgraph.reasoning.definition import Definition
from mcgraph.reasoning.evaluate import Domain, Evaluator, Mask
from mcgraph.reasoning.expressions import And, Count, Expression, Named, Not, OneOf, Only, Or, Some, Thing
from mcgraph.reasoning.literals import DataRange

_UNKNOWN, _YES, _NO, _UNREADABLE = 0, 1, 2, 3
_STATES = 4
CONTRADICTS = "the record contradicts itself"
_PACKED = 31  # 4 ** 31 fits into 64 bits


def deciding_facts(
    evaluator: Evaluator, definition: Definition, iri: str, domain: Domain, undecided: Mask
) -> tuple[np.ndarray[tuple[int], np.dtype[np.int64]], tuple[str, ...]]:
    """For each undecided individual the number of a sentence (-1 for the others), and the sentences.

    A sentence names the facts that are missing for membership in the class `iri`: alternatives joined by «or».
    """
    names = np.full(len(domain), -1, dtype=np.int64)
    places = np.flatnonzero(undecided)
    if not len(places):
        return names, ()
    nodes = _nodes(definition, iri)
    states = [_state(evaluator, node, domain)[places] for node in nodes]
    clash = _clash(evaluator, nodes, domain)[places]
    code = clash.astype(np.int64)
    for at, state in enumerate(states):
        if at and at % _PACKED == 0:
            code = np.unique(code, return_inverse=True)[1].astype(np.int64)
        code = code * _STATES + state
    _, firsts, numbers = np.unique(code, return_index=True, return_inverse=True)
    texts = []
    for first in firsts.tolist():
        known = {node: int(state[first]) for node, state in zip(nodes, states, strict=True)}
        texts.append(_contradiction(definition, nodes, int(clash[first])) or _sentence(definition, iri, known))
    distinct = sorted(set(texts))
    renumbered = np.array([distinct.index(text) for text in texts], dtype=np.int64)
    names[places] = renumbered[numbers]
    return names, tuple(distinct)


def _nodes(definition: Definition, iri: str) -> list[Expression]:
    """The expressions a class comes down to, each once, definitions of named classes in their place."""
    found: dict[Expression, None] = {}

    def walk(expression: Expression) -> None:
        found[expression] = None
        if isinstance(expression, And | Or):
            for part in expression.parts:
                walk(part)
        elif isinstance(expression, Not):
            walk(expression.part)
        elif isinstance(expression, Named):
            for one in definition.axioms.equivalent.get(expression.iri, ()):
                walk(one)

    walk(Named(iri))
    return list(found)


def _state(evaluator: Evaluator, node: Expression, domain: Domain) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    truth = evaluator.truth(node, domain)
    state = np.where(truth.yes, _YES, np.where(truth.no, _NO, _UNKNOWN)).astype(np.int64)
    if isinstance(node, Some | Only | Count) and not node.on.inverse and _is_plain(node.filler):
        stated = np.zeros(len(domain), dtype=np.bool_)
        stated[evaluator.reader.edges(node.on, domain).at] = True
        closed = node.on.iri in evaluator.closed
        state[stated & closed & (state == _UNKNOWN)] = _UNREADABLE
    return state


def _is_plain(filler: Expression) -> bool:
    return isinstance(filler, DataRange | OneOf | Thing | Named)


def _clash(
    evaluator: Evaluator, nodes: list[Expression], domain: Domain
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """The number (from 1) of the named class about which a record contradicts itself; 0 for none."""
    clash = np.zeros(len(domain), dtype=np.int64)
    for number, node in enumerate(nodes, start=1):
        mask = evaluator.contradictions.get((node.iri, domain.key)) if isinstance(node, Named) else None
        if mask is not None:
            clash[mask & (clash == 0)] = number
    return clash


def _contradiction(definition: Definition, nodes: list[Expression], number: int) -> str:
    if not number:
        return ""
    node = nodes[number - 1]
    iri = node.iri if isinstance(node, Named) else ""
    others = [definition.label(one) for one in sorted(definition.axioms.disjoint.get(iri, ()))]
    return f"{CONTRADICTS}: {definition.label(iri)}, and {' or '.join(others) or 'not'}"


def _sentence(definition: Definition, iri: str, known: Mapping[Expression, int]) -> str:
    return _needed(definition, Named(iri), known) or "another fact"


def _needed(definition: Definition, node: Expression, known: Mapping[Expression, int]) -> str:
    """What is missing for an expression that is undecided; empty where nothing is."""
    state = known.get(node, _UNKNOWN)
    if state in (_YES, _NO):
        return ""
    if isinstance(node, And | Or):
        parts = list(dict.fromkeys(filter(None, (_needed(definition, part, known) for part in node.parts))))
        word, other = (" and ", " or ") if isinstance(node, And) else (" or ", " and ")
        return word.join(f"({part})" if other in part and len(parts) > 1 else part for part in parts)
    if isinstance(node, Named):
        inner = [_needed(definition, one, known) for one in definition.axioms.equivalent.get(node.iri, ())]
        return _joined(inner, " and ") or definition.label(node.iri)
    if isinstance(node, Some | Only | Count):
        if isinstance(node.filler, Thing | DataRange | OneOf) or _is_code_list(definition, node.filler):
            label = definition.label(node.on.iri)
            return f"{label} (what is stated cannot be used)" if state == _UNREADABLE else label
        return _needed(definition, node.filler, {})
    return "another fact"


def _is_code_list(definition: Definition, filler: Expression) -> bool:
    """Whether a named class is nothing but a list of codes."""
    if not isinstance(filler, Named):
        return False
    definitions = definition.axioms.equivalent.get(filler.iri, ())
    return bool(definitions) and all(isinstance(one, OneOf) for one in definitions)


def _joined(parts: list[str], word: str) -> str:
    return word.join(dict.fromkeys(part for part in parts if part))
