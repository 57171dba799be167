"""What whoever runs the endpoint decides: how it is called, by which address, and who may ask from elsewhere."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from mcgraph.errors import WrongUse
from mcgraph.limits import Limits

_HOST = re.compile(r"(?:\[([0-9a-f:.]+)\]|([^\[\]:/@?#\s]+))(?::\d{0,5})?")
LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Settings:
    """`public_url` is the address users see (behind a proxy); `hosts` the names requests may give ("*": any).

    `cors` are the origins whose pages may read answers in a browser ("*": any), none by default.
    """

    title: str = "mcgraph"
    public_url: str = ""
    hosts: tuple[str, ...] = LOOPBACK
    cors: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse an address that is none."""
        if self.public_url and not self.public_url.startswith(("http://", "https://")):
            raise WrongUse(f"«{self.public_url[:80]}» is not the address of a server", fix="Use https://….")

    def allows_host(self, header: str) -> bool:
        """Whether a request may come under this name.

        A page elsewhere can make a browser ask 127.0.0.1 under a name of its own (DNS rebinding); that name is not
        in the list.
        """
        name = host_of(header)
        return "*" in self.hosts or name in self.hosts or (bool(self.public_url) and name == host_of(_rest(self)))

    def allows_origin(self, origin: str) -> bool:
        """Whether the pages of this origin may read answers."""
        return "*" in self.cors or origin in self.cors


def _rest(settings: Settings) -> str:
    return settings.public_url.partition("://")[2].partition("/")[0]


def host_of(header: str) -> str:
    """The name in a Host header, without its port; "" for what is no name and port.

    >>> host_of("localhost:8000"), host_of("[::1]:8000"), host_of("localhost:8000.evil.example")
    ('localhost', '::1', '')
    """
    found = _HOST.fullmatch(header.strip().lower())
    return (found[1] or found[2]) if found else ""


def query_limits(limits: Limits) -> Limits:
    """The limits of a query of the endpoint, in the places where queries look for theirs."""
    return replace(
        limits,
        query_seconds=limits.served_query_seconds,
        query_megabytes=limits.served_query_megabytes,
        rows_returned=limits.served_rows,
    )
