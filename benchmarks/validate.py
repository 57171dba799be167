"""Checking a generated registry: from its tables and from N-Triples to the written report, beside other engines.

Every engine runs in a process of its own, so that its memory is its own. Peers get the same N-Triples and the same
shapes, on fewer records where they are slow; `same_result` compares (focus node, path, component, value, severity).
"""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.generate import generate

PROFILE = "submission"
PEER_RECORDS = 10_000
_DATE = "2026-11-24"
_WARM_RUNS = 9
_SUBCLASS = "http://www.w3.org/2000/01/rdf-schema#subClassOf"
_JENA_JARS = "/usr/share/java"


def measure(size: int, _shared: Path | None = None, *, triples: int = 22) -> dict[str, Any]:
    """The figures of one run on `size` records, with peers on at most `PEER_RECORDS`."""
    with tempfile.TemporaryDirectory(prefix="mcgraph-synthetic-") as name:
        folder, small = Path(name) / "in", Path(name) / "small"
        generate(folder, size, 0.03, ntriples=True, lean=triples == 18)
        peer_size = min(size, PEER_RECORDS)
        generate(small, peer_size, 0.03, ntriples=True, lean=triples == 18)
        from_tables = _child("tables", folder, Path(name))
        from_triples = _child("triples", folder / "registry.nt", Path(name))
        ours = _child("engine", small / "registry.nt", Path(name))
        ours["whole"] = _outside("once", small / "registry.nt", Path(name))
        peers = {
            "pyshacl": _pyshacl(small, ours, peer_size),
            "jena": _jena(small, ours),
            "pyrudof": _rudof(small, ours),
        }
    rss = max(from_tables["rss_mb"], from_triples["rss_mb"])
    shapes = {"records": peer_size, **{key: ours[key] for key in ("seconds", "cpu_seconds", "cold", "whole")}}
    return {
        "profile": PROFILE, "csv": from_tables, "ntriples": from_triples, "rss_mb": rss, "shapes_alone": shapes,
        "peers": peers,
    }  # fmt: skip


def _child(kind: str, data: Path, work: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.validate", kind, str(data), str(work)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _outside(kind: str, data: Path, work: Path) -> dict[str, float]:
    """What a whole process of ours takes, as a peer's process is measured: start, reading, the shapes once."""
    begun, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    _child(kind, data, work)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"seconds": round(time.perf_counter() - begun, 3), "cpu_seconds": round(cpu, 3)}


def _clock() -> tuple[float, float]:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return time.perf_counter(), used.ru_utime + used.ru_stime


def _spent(since: tuple[float, float]) -> dict[str, float]:
    now = _clock()
    return {"seconds": round(now[0] - since[0], 3), "cpu_seconds": round(now[1] - since[1], 3)}


def _ours(data: Path, work: Path) -> dict[str, Any]:
    """Reading, checking and writing the report, each with its time."""
    import datetime

    from mcgraph.report.findings import write_report
    from mcgraph.submissions.reading import read_batch
    from mcgraph.validation import validate

    begun = _clock()
    batch = read_batch([data], None, "bench")
    read, begun = _spent(begun), _clock()
    report = validate(batch, profile=PROFILE, date=datetime.date.fromisoformat(_DATE))
    checked, begun = _spent(begun), _clock()
    for ending in ("json", "html"):
        write_report(report, batch, work / f"report.{ending}")
    return {
        "triples": batch.size, "findings": len(report.findings), "read": read, "validate": checked,
        "reports": _spent(begun), "rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }  # fmt: skip


def _engine(data: Path, runs: int = _WARM_RUNS) -> dict[str, Any]:
    """The shapes alone, as peers run them, with the results to compare: the first run (`cold`) and the median after it.

    Every run starts from the columns: nothing that an earlier one found is kept.
    """
    from mcgraph.sources.rdf import read_rdf
    from mcgraph.validation import catalogue
    from mcgraph.validation.data import DataGraph
    from mcgraph.validation.engine import Engine
    from mcgraph.validation.run import superclasses

    # Shapes, data and the classes of the ontology are read before the clock starts, as they are for peers.
    chosen, above = catalogue.profile(PROFILE), superclasses()
    batch = read_rdf([data], "bench")
    spent, frames = [], []
    for _ in range(1 + runs):
        begun = _clock()
        graph = DataGraph(batch.columns, above)
        engine = Engine(graph, chosen.shapes)
        frames = [engine.results(shape, engine.focus_nodes(shape)) for shape in chosen.shapes.targeted]
        spent.append(_spent(begun))
    cold, *warm = spent
    middle = {key: round(median(one[key] for one in warm or spent), 3) for key in cold}
    names = ("focus", "path", "component", "v", "severity")
    told = [[row[key] or "" for key in names] for frame in frames for row in frame.iter_rows(named=True)]
    return {**middle, "cold": cold, "results": told}


def _shapes_and_data(small: Path) -> tuple[str, str]:
    """The profile and the data as N-Triples, the classes of the ontology included."""
    from mcgraph.validation import catalogue
    from mcgraph.validation.fallback import ntriples
    from mcgraph.validation.run import superclasses

    classes = "".join(
        f"<{lower}> <{_SUBCLASS}> <{upper}> .\n" for lower, uppers in superclasses().items() for upper in sorted(uppers)
    )
    text = (small / "registry.nt").read_text(encoding="utf-8")
    return ntriples(catalogue.profile(PROFILE).triples), text + classes


def _pyshacl(small: Path, ours: dict[str, Any], records: int) -> dict[str, Any]:
    import pyshacl
    import rdflib

    rdflib.NORMALIZE_LITERALS = False
    texts = _shapes_and_data(small)
    shapes, data = (rdflib.Graph().parse(data=text, format="nt") for text in texts)
    begun = _clock()
    _, report, _ = pyshacl.validate(data, shacl_graph=shapes)
    spent = _spent(begun)
    if not isinstance(report, rdflib.Graph):
        return {"reason": str(report)[:200]}
    found = _results(report.serialize(format="nt"))
    return {**spent, "records": records, "results": sum(found.values()), **_compared(spent, found, ours)}


def _results(ntriples: str) -> Counter[tuple[str, ...]]:
    from io import BytesIO

    import pyoxigraph as ox

    from mcgraph.validation.data import DataGraph
    from mcgraph.validation.fallback import frame_of
    from mcgraph.validation.parse import term_of

    quads = ox.parse(BytesIO(ntriples.encode()), format=ox.RdfFormat.N_TRIPLES)
    triples = [(term_of(q.subject), q.predicate.value, term_of(q.object)) for q in quads]
    rows = frame_of(triples, DataGraph(())).select("focus", "path", "component", "v", "severity").rows()
    return Counter(tuple(cell or "" for cell in row) for row in rows)


def _compared(spent: dict[str, float], found: Counter[tuple[str, ...]], ours: dict[str, Any]) -> dict[str, Any]:
    own = Counter(tuple(row) for row in ours["results"])
    return {
        "ratio": round(spent["seconds"] / max(ours["seconds"], 0.001), 1),
        "cpu_ratio": round(spent["cpu_seconds"] / max(ours["cpu_seconds"], 0.001), 1),
        "ratio_cold": round(spent["seconds"] / max(ours["cold"]["seconds"], 0.001), 1),
        "ratio_whole_process": round(spent["seconds"] / max(ours["whole"]["seconds"], 0.001), 1),
        "ours": {key: ours[key] for key in ("seconds", "cpu_seconds")},
        "same_result": found == own,
    }


def _jena(small: Path, ours: dict[str, Any]) -> dict[str, Any]:
    """Debian's Jena; its jar looks for resources of xerces where they are not, so a copy goes before it."""
    if shutil.which("java") is None or not list(Path(_JENA_JARS).glob("jena-shacl*.jar")):
        return {"reason": "java or Debian's libapache-jena-java is not installed"}
    shapes, data = _shapes_and_data(small)
    (small / "shapes.nt").write_text(shapes, encoding="utf-8")
    (small / "data.nt").write_text(data, encoding="utf-8")
    jars = [jar for jar in sorted(Path(_JENA_JARS).glob("*.jar")) if "log4j-over" not in jar.name]
    classpath = ":".join([str(_xerces(small)), *map(str, jars)])
    command = ["java", "-cp", classpath, "shacl.shacl", "validate", "--shapes", str(small / "shapes.nt"),
               "--data", str(small / "data.nt")]  # fmt: skip
    begun = time.perf_counter()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    spent = {"seconds": round(time.perf_counter() - begun, 2), "cpu_seconds": round(cpu, 2)}
    if done.returncode or "ValidationReport" not in done.stdout:
        return {"reason": f"it ended with {done.returncode}: {done.stderr.strip()[-200:]}"}
    found = _results(_turtle_to_ntriples(done.stdout))
    note = "the whole process: start of Java, reading, validation"
    return {**spent, "results": sum(found.values()), "note": note, **_compared(spent, found, ours)}


def _xerces(folder: Path) -> Path:
    """The resource bundles that Debian left under `org/apache/jena/ext`, where the code looks for them."""
    import zipfile

    target = folder / "xerces-copy"
    for jar in Path(_JENA_JARS).glob("*jena*.jar"):
        with zipfile.ZipFile(jar) as archive:
            for name in archive.namelist():
                _prefix, mark, rest = name.partition("ext/xerces/")
                if mark and name.endswith(".properties"):
                    place = target / "xerces" / rest
                    place.parent.mkdir(parents=True, exist_ok=True)
                    place.write_bytes(archive.read(name))
    return target


def _turtle_to_ntriples(turtle: str) -> str:
    import pyoxigraph as ox

    text = ox.serialize((q.triple for q in ox.parse(turtle, format=ox.RdfFormat.TURTLE)), format=ox.RdfFormat.N_TRIPLES)
    return (text or b"").decode()


def _rudof(small: Path, ours: dict[str, Any]) -> dict[str, Any]:
    from benchmarks.rudof import difference
    from benchmarks.rudof import measure as peer

    shapes, data = _shapes_and_data(small)
    (small / "shapes.nt").write_text(shapes, encoding="utf-8")
    (small / "data.nt").write_text(data, encoding="utf-8")
    report = small / "rudof-report.nt"
    spent = peer(small / "shapes.nt", small / "data.nt", report)
    if "reason" in spent:
        return spent
    found = _results(report.read_text(encoding="utf-8"))
    own = Counter(tuple(row) for row in ours["results"])
    compared = _compared(spent, found, ours)
    return {**spent, "results": sum(found.values()), **compared, "difference": difference(found, own)}


def main() -> None:
    """Run one of our own measurements, as a child."""
    kind, data, work = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    runs = {"engine": _WARM_RUNS, "once": 0}
    print(json.dumps(_engine(data, runs[kind]) if kind in runs else _ours(data, work)))


if __name__ == "__main__":
    main()
