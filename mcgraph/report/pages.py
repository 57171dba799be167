"""Self-contained HTML pages: one template, one style, readable without scripts and on paper."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def render(template: str, values: Mapping[str, Any]) -> str:
    """A page from a template of `templates/`; every value is escaped."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment.get_template(template).render(**values)


def write_text(path: Path, text: str, *, encoding: str = "utf-8") -> None:
    """Write a file whole or not at all."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    draft.write_text(text, encoding=encoding, newline="")
    draft.replace(path)
