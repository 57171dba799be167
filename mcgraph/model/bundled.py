"""Where the files that travel with mcgraph are: in a checkout at the top level, in a wheel inside the package."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from mcgraph.errors import RuleBroken

Part = Literal["ontology", "shapes", "queries", "data"]

_PACKAGE = Path(__file__).resolve().parent.parent


def path(part: Part, *names: str) -> Path:
    """The bundled folder `part`, or a file or folder below it.

    Raises `RuleBroken` where the installation lacks it.
    """
    for root in (_PACKAGE / "_bundled", _PACKAGE.parent):
        folder = root / part
        if folder.is_dir():
            return folder.joinpath(*names)
    raise RuleBroken(
        f"the bundled folder «{part}» is missing from this installation", fix="Install mcgraph again."
    )
