"""morph-kgc on the columns of our template: what core RML can say of them, CSV → N-Triples, in its own process."""

from __future__ import annotations

import resource
import subprocess
import time
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.peers import peer_python
from mcgraph.model.namespaces import ID, XSD
from mcgraph.sources.mapping import Column, TableSpec, Target, load_mapping

_HEAD = """@prefix rr: <http://www.w3.org/ns/r2rml#> .
@prefix rml: <http://semweb.mmlab.be/ns/rml#> .
@prefix ql: <http://semweb.mmlab.be/ns/ql#> .
"""
_DATATYPES = {"decimal": "decimal", "integer": "integer", "boolean": "boolean", "date": "date", "url": "anyURI"}
_SECONDS = 900


def measure(folder: Path, work: Path, ours: float) -> dict[str, Any]:
    """morph-kgc's figures on the CSV files of `folder`; `ours` is our time for the same files in seconds."""
    python, reason = peer_python("morph-kgc", "morph-kgc")
    if python is None:
        return {"reason": reason}
    (work / "map.ttl").write_text(rml(folder), encoding="utf-8")
    config = work / "morph.ini"
    config.write_text(
        f"[CONFIGURATION]\noutput_file={work / 'morph.nt'}\nlogging_level=WARNING\n"
        f"[data]\nmappings={work / 'map.ttl'}\n",
        encoding="utf-8",
    )
    start = time.perf_counter()
    try:
        done = subprocess.run(
            [str(python), "-m", "morph_kgc", str(config)], capture_output=True, text=True, timeout=_SECONDS
        )
    except subprocess.TimeoutExpired:
        return {"reason": f"not done after {_SECONDS} s"}
    seconds = time.perf_counter() - start
    if done.returncode:
        return {"reason": f"it failed: {done.stderr.strip().splitlines()[-1:]}"}
    with (work / "morph.nt").open("rb") as stream:
        triples = sum(1 for _ in stream)
    return {
        "seconds": round(seconds, 2),
        "ratio": round(seconds / ours, 1),
        "triples": triples,
        "rss_mb": round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024),
        "same_result": False,
        "note": "core RML: IRIs by template, cells with several values unsplit, no look-up of names or concepts, "
        "no notes, no origins; less work than ours. Its start is part of its time",
    }


def rml(folder: Path) -> str:
    """The template mapping for the CSV files of a folder, as far as core RML goes."""
    maps = []
    for spec in load_mapping("template").tables:
        for path in sorted(p for pattern in spec.files for p in folder.glob(pattern)):
            headers = pl.read_csv(path, n_rows=0).columns
            maps.append(_triples_map(spec, path, headers))
    return _HEAD + "\n".join(maps)


def _triples_map(spec: TableSpec, path: Path, headers: list[str]) -> str:
    record = spec.records[0]
    said = [
        _object(column, target)
        for column in spec.columns
        if column.header in headers
        for target in column.targets
        if target.on == record.name and not target.drop
    ]
    source = f'rml:logicalSource [ rml:source "{path}" ; rml:referenceFormulation ql:CSV ]'
    subject = f'rr:subjectMap [ rr:template "{ID}bench/{record.iri}" ; rr:class <{record.class_}> ]'
    return f"<#{spec.name}> {source} ;\n  {subject}{''.join(said)} .\n"


def _object(column: Column, target: Target) -> str:
    if target.as_ == "reference":
        value = f'rr:template "{ID}bench/{target.to}/{{{column.header}}}"'
    elif target.as_ in ("concept", "level", "iri", "national-level"):
        value = f'rr:template "https://w3id.org/mcgraph/vocab/{target.scheme}#{{{column.header}}}"'
    else:
        datatype = _DATATYPES.get(target.as_)
        typed = f" ; rr:datatype <{XSD}{datatype}>" if datatype else ""
        value = f'rml:reference "{column.header}"{typed}'
    return f" ;\n  rr:predicateObjectMap [ rr:predicate <{target.path}> ; rr:objectMap [ {value} ] ]"
