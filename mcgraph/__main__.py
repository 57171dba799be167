"""`python -m mcgraph` is the command `mcgraph`."""

from mcgraph.cli.main import main

if __name__ == "__main__":
    main()
