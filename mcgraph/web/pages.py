"""Pages from the templates beside this file: every value is escaped, nothing needs a script."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from mcgraph import __version__
from mcgraph.model.namespaces import ID, shorten

if TYPE_CHECKING:
    import jinja2

TEMPLATES = Path(__file__).with_name("templates")


def render(template: str, values: Mapping[str, Any]) -> str:
    """A page."""
    return _environment().get_template(template).render(**values)


@functools.lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.globals["version"] = __version__
    environment.filters["plain"] = plain
    environment.filters["short"] = shorten
    environment.filters["link"] = link
    environment.filters["words"] = words
    return environment


# Signs that turn or hide the text around them.
_HIDDEN = {*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200B, 0x200E, 0x200F, 0x061C, 0xFEFF}


def plain(text: object) -> str:
    """Text in which nothing steers the page: line ends and tabs stay, other control and direction signs do not."""
    return "".join(_mark(mark) for mark in str(text))


def _mark(mark: str) -> str:
    number = ord(mark)
    if mark in "\n\t":
        return mark
    bad = number < 32 or 127 <= number < 160 or number in _HIDDEN or 0xD800 <= number <= 0xDFFF
    return "\ufffd" if bad else mark


def words(name: str) -> str:
    """The name of a class as people write it.

    >>> words("QualityAssuranceStatement"), words("skos:Concept")
    ('quality assurance statement', 'concept')
    """
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.rpartition(":")[2]).lower()


def link(iri: str) -> str:
    """Where a page of ours tells more of an IRI: a record at its own address, anything else by `/describe`.

    No data decides on the scheme or host of a link; `javascript:` and others are only ever a value in an address.

    >>> link("https://w3id.org/mcgraph/id/demo/credential/MC-100")
    '/page/demo/credential/MC-100'
    """
    if iri.startswith(ID) and len(iri) > len(ID):
        return "/page/" + quote(iri.removeprefix(ID), safe="/%~-._")
    return "/describe?iri=" + quote(iri, safe="")
