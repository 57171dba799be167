"""`python -m benchmarks NAME [--size N] [--json]` and `python -m benchmarks generate --records N -o DIR`."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from pathlib import Path

NAMES = (
    "load", "dump", "validate", "partitions", "context", "pathways", "recognition", "query", "search", "endpoint",
    "classify", "survey", "landscape",
)  # fmt: skip
# Whose generated registry can have 18 triples a record in place of 22, as the aims of validation count them.
LEAN = ("validate", "partitions")
# Which can be given a store that was loaded before.
STORED = ("context", "endpoint", "landscape")
# name → the module whose `measure(size, shared)` gives the figures
MEASURES = {
    "load": "benchmarks.load",
    "dump": "benchmarks.dump",
    "validate": "benchmarks.validate",
    "partitions": "benchmarks.partitions",
    "context": "benchmarks.context",
    "pathways": "benchmarks.pathways",
    "recognition": "benchmarks.recognition",
    "search": "benchmarks.search",
    "classify": "benchmarks.classify",
    "endpoint": "benchmarks.serve",
    "query": "benchmarks.query",
    "survey": "benchmarks.survey",
    "landscape": "benchmarks.landscape",
}


def main() -> int:
    """Run one measurement and print it; 2 for a name that is not measured yet."""
    if sys.argv[1:2] == ["questions"]:
        from benchmarks import questions

        return questions.main(sys.argv[2:])
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    commands = parser.add_subparsers(dest="name", required=True)
    for name in NAMES:
        one = commands.add_parser(name)
        one.add_argument("--size", type=int, default=100_000, help="records of the generated registry")
        one.add_argument("--json", action="store_true", help="one JSON document (the default form)")
        if name in LEAN:
            one.add_argument("--triples", type=int, choices=(18, 22), default=22, help="triples of a generated record")
        if name == "partitions":
            one.add_argument("--ntriples", action="store_true", help="check N-Triples in place of tables")
        if name in STORED:
            one.add_argument("--store", type=Path, help="a store of so many generated records, loaded before")
    made = commands.add_parser("generate")
    made.add_argument("--triples", type=int, choices=(18, 22), default=22, help="triples of a record")
    made.add_argument("--records", type=int, required=True)
    made.add_argument("--defects", type=float, default=0.03)
    made.add_argument("--ntriples", action="store_true", help="write registry.nt as well")
    made.add_argument("-o", "--output", type=Path, required=True)
    given = parser.parse_args()
    if given.name == "generate":
        from benchmarks.generate import generate

        lean = given.triples == 18
        made_of = generate(given.output, given.records, given.defects, ntriples=given.ntriples, lean=lean)
        print(json.dumps(made_of))
        return 0
    if given.name not in MEASURES:
        print(f"the benchmark «{given.name}» is not written yet; there is: {', '.join(MEASURES)}", file=sys.stderr)
        return 2
    import importlib
    import time

    measure = importlib.import_module(MEASURES[given.name]).measure
    start = time.perf_counter()
    shared = Path(os.environ.get("MCGRAPH_SHARED", Path(__file__).resolve().parent.parent.parent / "shared"))
    options = {name: getattr(given, name) for name in ("triples", "store", "ntriples") if hasattr(given, name)}
    figures = measure(given.size, shared, **options)
    cores, python = os.cpu_count(), platform.python_version()
    machine = f"{cores} cores, {platform.machine()}, Python {python}, load {os.getloadavg()[0]:.1f}"
    document = {"name": given.name, "size": given.size, "seconds": round(time.perf_counter() - start, 1), **figures}
    print(json.dumps({**document, "machine": machine}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
