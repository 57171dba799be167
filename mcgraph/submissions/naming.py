"""The name of a source, which is part of every IRI of its records."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from mcgraph.errors import WrongUse


def source_name(source: str | None, mapping: str | None, files: Sequence[Path]) -> str:
    """The name of the source: given, or the mapping's, or the first file's. Raises `WrongUse` for a bad one."""
    if source is None:
        named = bool(mapping) and mapping not in ("template", "survey") and not str(mapping).endswith(".yaml")
        source = str(mapping) if named else re.sub(r"[^a-z0-9]+", "-", files[0].stem.casefold()).strip("-")
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,63}", source):
        raise WrongUse(
            f"«{source[:70]}» cannot name a source",
            fix="Use --source with small letters, digits, dots and hyphens, such as provider-17.",
        )
    return source
