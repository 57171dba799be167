"""The process that makes the columns of a store's snapshot beside a server, with low priority.

Run as `python -m mcgraph.queries.columnar.make STORE`; ends with 0 when they stand.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

# How much lower its priority is (POSIX nice): answers go first.
LOW = 10


def main() -> int:
    """Make the columns of the newest snapshot of the store that is named."""
    from mcgraph.errors import McgraphError
    from mcgraph.store.columns import build
    from mcgraph.store.graph import open_graph

    if hasattr(os, "nice"):
        os.nice(LOW)
    try:
        with open_graph(Path(sys.argv[1])) as graph:
            build(graph)
    except (OSError, McgraphError) as fault:
        print(fault, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
