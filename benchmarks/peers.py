"""Peers that cannot live beside us: each in an environment of its own, outside the repository, or a reason."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def peer_python(name: str, requirement: str) -> tuple[Path | None, str]:
    """The Python of a peer's own environment, made on first use; else None and the reason why it is not there.

    It lies in `$XDG_CACHE_HOME/mcgraph-benchmarks/<name>`, because its pins contradict ours.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    folder = cache / "mcgraph-benchmarks" / name
    python = folder / "bin" / "python"
    if (folder / ".installed").exists():
        return python, ""
    try:
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, capture_output=True, timeout=300)
        subprocess.run(
            [str(python), "-m", "pip", "install", "--quiet", requirement], check=True, capture_output=True, timeout=900
        )
    except (OSError, subprocess.SubprocessError) as fault:
        return None, f"{requirement} could not be installed: {fault}"
    (folder / ".installed").touch()
    return python, ""
