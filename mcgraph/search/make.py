"""The process that makes the index of labels of a store beside a server: at low priority, in a memory of its own."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from mcgraph.errors import McgraphError

# Of 0 to 19: whoever asks a question goes first.
NICENESS = 10


def main(store: Path) -> int:
    """Make the index of the snapshot in force; 0 where it stands then, 1 where it could not be kept."""
    from mcgraph.search.index import open_index, stands
    from mcgraph.store import open_graph

    try:
        os.nice(NICENESS)
        with open_graph(store) as graph, open_index(graph):
            if stands(graph):
                return 0
        print("it cannot be kept in the folder of the store", file=sys.stderr)
    except (OSError, McgraphError) as fault:
        print(fault, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
