"""pyrudof, a validator in Rust, in an environment and a process of its own: its figures, and how its results differ."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks.peers import peer_python

_SECONDS = 600
_SHOWN = 5  # kinds of difference that are listed
# Run by the peer's own Python, which knows nothing of mcgraph.
_SCRIPT = """
import json, resource, sys, time
import pyrudof as p
shapes, data, report = sys.argv[1:4]
def clock():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return time.perf_counter(), used.ru_utime + used.ru_stime
begun = clock()
rudof = p.Rudof(p.RudofConfig())
rudof.read_data(open(data).read(), p.RDFFormat.NTriples, reader_mode=p.ReaderMode.Strict)
rudof.read_shacl(open(shapes).read(), p.ShaclFormat.NTriples)
loaded = clock()
rudof.validate_shacl(p.ShaclValidationMode.Native)
done = clock()
open(report, "w").write(rudof.serialize_shacl_validation_results(p.ResultShaclValidationFormat.NTriples))
print(json.dumps({
    "load_seconds": round(loaded[0] - begun[0], 2),
    "seconds": round(done[0] - loaded[0], 2), "cpu_seconds": round(done[1] - loaded[1], 2),
    "rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
}))
"""


def measure(shapes: Path, data: Path, report: Path) -> dict[str, Any]:
    """pyrudof's figures on two N-Triples files, its report written to `report`; or a reason why there are none."""
    python, reason = peer_python("pyrudof", "pyrudof")
    if python is None:
        return {"reason": reason}
    command = [str(python), "-c", _SCRIPT, str(shapes), str(data), str(report)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return {"reason": f"not done after {_SECONDS} s"}
    if done.returncode:
        return {"reason": f"it ended with {done.returncode}: {' '.join(done.stderr.split())[-300:]}"}
    spent: dict[str, Any] = json.loads(done.stdout)
    return spent


def difference(theirs: Counter[tuple[str, ...]], ours: Counter[tuple[str, ...]]) -> dict[str, Any]:
    """How many results only one side has, by component and path, the most frequent first."""
    return {"only_theirs": _kinds(theirs - ours), "only_ours": _kinds(ours - theirs)}


def _kinds(results: Counter[tuple[str, ...]]) -> dict[str, Any]:
    kinds: Counter[str] = Counter()
    for (_, path, component, *_rest), count in results.items():
        kinds[f"{component} {path}".strip()] += count
    return {"results": sum(kinds.values()), "most": dict(kinds.most_common(_SHOWN))}
