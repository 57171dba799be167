"""The loader that the kill test kills: changes a store for ever and says each change once it is acknowledged.

Version v of the source `reg` has every title equal to `v<v>`; every third change also replaces the rules.
"""

from __future__ import annotations

import sys
from pathlib import Path

from mcgraph.store import open_graph
from tests.store.samples import credentials, rule

RECORDS = 200


def run(store: Path, model: Path, version: int) -> None:
    """Load versions from `version` on, until killed."""
    with open_graph(store, create=True, read_only=False, ontology=model) as graph:
        print("ready", flush=True)
        while True:
            graph.load(credentials({str(i): f"v{version}" for i in range(RECORDS + version % 3)}))
            if version % 3 == 0:
                graph.load(rule(str(version), ["1", "2"]))
            elif version % 7 == 0 and graph.manifest.of("rules"):
                graph.forget("rules")
            print(version, flush=True)
            version += 1


if __name__ == "__main__":
    run(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
