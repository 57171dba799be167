"""OWL 2 DL reasoning over our own ontology, by HermiT, in a process of its own with a deadline.

owlready2 runs any Python module that an ontology names and fetches what it imports. So it is given only
N-Triples that were cleaned here, and only ever the ontology that travels with mcgraph plus plain facts.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcgraph.errors import LimitReached, RuleBroken
from mcgraph.model import bundled
from mcgraph.model.namespaces import OWL, RDF_TYPE, SKOS

if TYPE_CHECKING:
    from pyoxigraph import Triple

DEADLINE_SECONDS = 120
_CHILD = Path(__file__).with_name("hermit_child.py")
_REFUSED = (OWL + "imports", "python_module", "python_name")


@dataclass(frozen=True, slots=True)
class Reasoned:
    """What the reasoner found: whether all can be true at once, classes that can have no member, types."""

    consistent: bool
    unsatisfiable: tuple[str, ...] = ()
    types: dict[str, frozenset[str]] = field(default_factory=dict)


def why_unavailable() -> str:
    """Why HermiT cannot run on this machine; empty where it can."""
    if importlib.util.find_spec("owlready2") is None:
        return "owlready2 is not installed (pip install 'mcgraph[reason]')"
    if shutil.which("java") is None:
        return "there is no Java on this machine"
    return ""


def ontology_triples() -> Iterator[Triple]:
    """The ontology for a reasoner: all modules and alignments, and of the vocabularies only that they are concepts.

    SKOS links between concepts are annotations on our terms but relations between concepts; OWL 2 DL allows
    one property only one of the two, so the reasoner is spared the latter.
    """
    import pyoxigraph as ox

    root = bundled.path("ontology")
    for path in sorted(root.rglob("*.ttl")):
        concepts_only = path.parent.name == "vocabularies"
        for quad in ox.parse(path=str(path), format=ox.RdfFormat.TURTLE, rename_blank_nodes=True):
            if concepts_only and not (quad.predicate.value == RDF_TYPE and _is_concept(quad.object)):
                continue
            yield quad.triple


def concept_triples() -> Iterator[Triple]:
    """Of the vocabularies only that their members are concepts."""
    return (triple for triple in ontology_triples() if _is_concept(triple.object))


def _is_concept(node: Any) -> bool:
    return getattr(node, "value", "") == SKOS + "Concept"


def cleaned(triples: Iterable[Triple]) -> Iterator[str]:
    """N-Triples lines without imports and without anything that names Python code."""
    for triple in triples:
        predicate = triple.predicate.value
        if predicate == _REFUSED[0] or any(word in predicate for word in _REFUSED[1:]):
            continue
        yield f"{triple} .\n"


def with_individuals(lines: Iterable[str]) -> Iterator[str]:
    """The lines, and for each typed thing that it is an individual: owlready2 reports only those."""
    kind = f" <{RDF_TYPE}> "
    for line in lines:
        yield line
        if line.startswith("<") and kind in line:
            yield f"{line.partition(kind)[0]}{kind}<{OWL}NamedIndividual> .\n"


def reason(
    facts: Iterable[Triple] = (), *, ontology: Iterable[Triple] | None = None, deadline: float = DEADLINE_SECONDS
) -> Reasoned:
    """What follows from our ontology, or from the triples of another form of it, and `facts`.

    Raises `RuleBroken` where HermiT cannot run or fails, `LimitReached` at the deadline.
    """
    reason_not = why_unavailable()
    if reason_not:
        raise RuleBroken(f"HermiT did not run: {reason_not}")
    with tempfile.TemporaryDirectory(prefix="mcgraph-hermit-") as folder:
        merged = Path(folder) / "merged.nt"
        with merged.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(cleaned(ontology_triples() if ontology is None else ontology))
            file.writelines(with_individuals(cleaned(facts)))
        found = _run(merged, deadline)
    return Reasoned(
        consistent=found["consistent"],
        unsatisfiable=tuple(found["unsatisfiable"]),
        types={thing: frozenset(kinds) for thing, kinds in found["types"].items()},
    )


def _run(path: Path, deadline: float) -> dict[str, Any]:
    # Its own session, so that Java, the child of the child, ends with it.
    child = subprocess.Popen(
        [sys.executable, "-P", str(_CHILD), str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        out, err = child.communicate(timeout=deadline)
    except subprocess.TimeoutExpired:
        raise LimitReached(f"HermiT was stopped after {deadline:g} s") from None
    finally:
        _end(child)
    if child.returncode:
        last = err.strip().splitlines()[-1:] or ["no message"]
        raise RuleBroken(f"HermiT failed: {last[0][:300]}")
    found: dict[str, Any] = json.loads(out)
    return found


def _end(child: subprocess.Popen[str]) -> None:
    """End the process and its Java where they still run, and collect them."""
    if child.poll() is not None:
        return
    if hasattr(os, "killpg"):
        os.killpg(child.pid, signal.SIGKILL)
    else:
        child.kill()
    child.communicate()
