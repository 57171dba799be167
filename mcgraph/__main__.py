"""The command `mcgraph`, also as `python -m mcgraph`."""

import os
import sys


def main() -> None:
    """Run the command line. Who stops it while it is still being imported is answered like later: exit code 130."""
    try:
        from mcgraph.cli.main import main as run
    except KeyboardInterrupt:
        print("mcgraph: interrupted before anything was done", file=sys.stderr, flush=True)
        os._exit(130)  # a signal that meets an import may else end the process by the signal (`cli.main`)
    run()


if __name__ == "__main__":
    main()
