"""Run HermiT on one N-Triples file and print what it found as JSON; started as a process by `hermit`.

It imports nothing of mcgraph, so that the process that loads owlready2 can do nothing but reason.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
from typing import Any


def _reason(path: str) -> dict[str, Any]:
    import owlready2

    owlready2.onto_path.clear()
    world = owlready2.World()
    ontology = world.get_ontology(f"file://{path}").load(only_local=True)
    try:
        with ontology:
            owlready2.sync_reasoner_hermit(world, infer_property_values=False, debug=0)
    except owlready2.OwlReadyInconsistentOntologyError:
        return {"consistent": False, "unsatisfiable": [], "types": {}}
    return {
        "consistent": True,
        "unsatisfiable": sorted(c.iri for c in world.inconsistent_classes() if hasattr(c, "iri")),
        "types": {
            thing.iri: sorted(kind.iri for kind in thing.INDIRECT_is_a if hasattr(kind, "iri"))
            for thing in world.individuals()
        },
    }


def main() -> None:
    """Reason over the file named on the command line."""
    # owlready2 tells its story on stdout; ours carries the one JSON document.
    with contextlib.redirect_stdout(io.StringIO()):
        found = _reason(sys.argv[1])
    print(json.dumps(found))


if __name__ == "__main__":
    main()
