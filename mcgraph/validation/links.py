"""LINK: addresses of pages, judged by how they are written. Nothing is fetched."""

from __future__ import annotations

import polars as pl

from mcgraph.model.batch import STRING
from mcgraph.model.namespaces import MC, XSD
from mcgraph.validation.scene import CrossRule, Scene, gathered, nothing, told

# Those with a shape of their own (CRD-URL-001, ORG-URL-001), and those that only this file looks at.
_SHAPED = ("homepage", "website")
_OTHERS = ("evidence", "informationUrl")
_RUNS = r"(?i)^\s*(?:javascript|vbscript|data|file|blob):"
_HTTP = r"(?i)^https?://"
_SCHEME = r"(?i)^\s*[a-z][a-z0-9+.-]*:"
# Host with an optional port, then path, query or fragment; no blanks, no user name before the host.
_WELL_FORMED = (
    r"(?i)^https?://(?:[\p{L}\p{N}_-]+(?:\.[\p{L}\p{N}_-]+)*\.?|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?"
    r"(?:[/?#][^\s<>\"{}|\\^`]*)?$"
)
# Names for tests (RFC 2606, 6761), then hosts of one machine or one network. Documentation names (example.org,
# school.example) are examples on purpose, as in the demo and in templates: they are not told.
_PLACEHOLDER = (
    r"(?i)^https?://(?:[^/?#@:]*\.)?(?:test|invalid|localhost|local)\.?(?::\d+)?(?:[/?#]|$)"
    r"|^https?://(?:127\.\d+\.\d+\.\d+|10\.\d+\.\d+\.\d+|192\.168\.\d+\.\d+|172\.(?:1[6-9]|2\d|3[01])\.\d+\.\d+"
    r"|169\.254\.\d+\.\d+|0\.0\.0\.0|\[::1\])(?::\d+)?(?:[/?#]|$)"
    r"|(?i)^https?://(?:www\.)?(?:todo|tbd|xxx+|foo|bar|your-?(?:site|domain|url))(?:\.[a-z]+)?(?:[/?#]|$)"
)


def written_addresses(scene: Scene) -> pl.DataFrame:
    """LINK-SCHEME-001, LINK-FORM-001 and LINK-HOST-001: one code at most for each address."""
    found = []
    for name in (*_SHAPED, *_OTHERS):
        said = _addresses(scene, name)
        if said.is_empty():
            continue
        # A shape tells of every other text that is no address; what runs in a browser it leaves to this rule.
        wrong_scheme = pl.col("v").str.contains(_RUNS)
        if name in _OTHERS:
            wrong_scheme |= pl.col("v").str.contains(_SCHEME) & ~pl.col("v").str.contains(_HTTP)
        judged = pl.col("v").str.contains(_HTTP) if name in _SHAPED else pl.lit(True)
        malformed = judged & ~pl.col("v").str.contains(_WELL_FORMED)
        code = (
            pl.when(wrong_scheme).then(pl.lit("LINK-SCHEME-001"))
            .when(malformed).then(pl.lit("LINK-FORM-001"))
            .when(pl.col("v").str.contains(_PLACEHOLDER)).then(pl.lit("LINK-HOST-001"))
        )  # fmt: skip
        coded = said.with_columns(code.alias("code")).filter(pl.col("code").is_not_null())
        parts = coded.group_by("code", maintain_order=True)
        found += [told(part, str(key), name, pl.col("v")) for (key,), part in parts]
    return gathered(found)


def unopened_pages(scene: Scene) -> pl.DataFrame:
    """LINK-DEAD-001: a page that the profile wants to open; without the network nobody can tell."""
    said = pl.concat([_addresses(scene, name) for name in ("homepage", "informationUrl")])
    credentials = scene.data.instances(MC + "Credential").select(pl.col("v").alias("s"))
    mine = said.join(credentials, on="s", how="semi", maintain_order="left").filter(pl.col("v").str.contains(_HTTP))
    return told(mine, "LINK-DEAD-001", "homepage", pl.col("v"), verdict="unverifiable") if mine.height else nothing()


def _addresses(scene: Scene, name: str) -> pl.DataFrame:
    """The values of a link property: IRIs, addresses and plain texts."""
    data = scene.data
    kinds = [0, data.type_number(XSD + "anyURI"), data.type_number(STRING)]
    return data.edges(MC + name).filter(pl.col("t").is_in(kinds), ~pl.col("v").str.starts_with("_:"))


LINK_RULES: tuple[CrossRule, ...] = (written_addresses, unopened_pages)
