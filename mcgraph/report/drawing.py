"""What every drawing by Altair shares: that the library is there, its ink, and words for those who do not see it."""

from __future__ import annotations

import html
import re
from typing import Any

from mcgraph.errors import WrongUse

INK, SOFT = "#1f2933", "#52606d"
_ID = re.compile(r'(\bid="|url\(#|href="#)')


def altair() -> Any:
    """The library Altair. Raises `WrongUse` where it or vl-convert is not installed."""
    try:
        import altair as library
        import vl_convert  # noqa: F401
    except ImportError:
        raise WrongUse(
            "charts need Altair and vl-convert, which are not installed",
            fix="Install them: pip install 'mcgraph[charts]'.",
        ) from None
    return library


def to_svg(spec: Any, title: str, description: str, *, prefix: str = "") -> str:
    """A Vega-Lite drawing as SVG with `<title>` and `<desc>`; `prefix` keeps its ids apart from others of a page."""
    import vl_convert

    drawn = str(vl_convert.vegalite_to_svg(spec))
    if prefix:
        drawn = _ID.sub(lambda found: f"{found[1]}{prefix}-", drawn)
    head, rest = drawn.split(">", 1)
    told = f"<title>{html.escape(title)}</title><desc>{html.escape(description)}</desc>"
    return f'{head} role="img" aria-label="{html.escape(title, quote=True)}">{told}{rest}\n'
