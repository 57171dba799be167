"""The subject of every row: IRIs from templates, and the look-up by which references find their record."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock

import polars as pl

from mcgraph.errors import RuleBroken
from mcgraph.model.namespaces import ID
from mcgraph.model.terms import fold_column, is_safe_iri, local_name, local_name_column, map_distinct
from mcgraph.sources.normalise import REPAIRS, normalise

_NO_KEYS = pl.DataFrame(schema={"iri": pl.String, "key": pl.String})
_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")


@dataclass(slots=True)
class Cells:
    """The cleaned columns of one table by header, and what the mapping derives from them."""

    named: dict[str, pl.Series]
    height: int
    derived: dict[str, pl.Series] = field(default_factory=dict)

    def get(self, expression: str) -> pl.Series:
        """A column, or `column|filter` with the filters fold and the repairs of `normalise`; null if absent."""
        name, *filters = (part.strip() for part in expression.split("|"))
        values = self.derived.get(name, self.named.get(name))
        if values is None:
            return pl.Series(name, [None], dtype=pl.String).new_from_index(0, self.height)
        for one in filters:
            if one == "fold":
                values = fold_column(values)
            elif one in REPAIRS:
                values = normalise(values, REPAIRS[one]).values
            else:
                raise RuleBroken(f"«{one}» is not a filter of mappings", fix="See docs/mapping.md.")
        return values

    def where(self, values: pl.Series, condition: str) -> pl.Series:
        """`values` in the rows that `condition` (`column=value`) picks, null in the others."""
        header, _, value = condition.partition("=")
        applies = self.get(header).str.to_lowercase() == value.casefold()
        return pl.select(pl.when(applies).then(values)).to_series()

    def derive(self, rules: Mapping[str, tuple[str, ...]]) -> None:
        """Add each derived column: the first of its expressions that has a value."""
        for name, expressions in rules.items():
            columns = [self.get(expression).alias(f"d{i}") for i, expression in enumerate(expressions)]
            self.derived[name] = pl.DataFrame(columns).select(pl.coalesce(pl.all())).to_series()


def subjects(template: str, cells: Cells, source: str) -> pl.Series:
    """The IRIs a template such as `credential/{credential_id}` gives, null where a part is missing."""
    if template.startswith("<{") and template.endswith("}>"):
        # The source's own IRIs are kept; what is no IRI is no record.
        stated = cells.get(template[2:-2])
        return map_distinct(stated, lambda text: text if is_safe_iri(text) else None).alias("s")
    base = f"{ID}{local_name(source)}/"
    if template.startswith("<"):
        base, template = "", template[1:-1]
    parts: list[pl.Expr] = [pl.lit(base)]
    columns: list[pl.Series] = []
    position = 0
    for match in _PLACEHOLDER.finditer(template):
        parts.append(pl.lit(template[position : match.start()]))
        name = f"p{len(columns)}"
        columns.append(local_name_column(cells.get(match.group(1))).alias(name))
        parts.append(pl.col(name))
        position = match.end()
    parts.append(pl.lit(template[position:]))
    if not columns:
        return pl.Series("s", ["".join([base, template])] * cells.height, dtype=pl.String)
    return pl.DataFrame(columns).select(pl.concat_str(parts).alias("s")).to_series()


@dataclass(slots=True)
class Directory:
    """The records of a submission by kind: identifier or name → IRI. `add` all, then `find` (from any thread)."""

    source: str
    ids: dict[str, list[pl.DataFrame]] = field(default_factory=dict)
    names: dict[str, list[pl.DataFrame]] = field(default_factory=dict)
    built: dict[tuple[str, str], pl.DataFrame] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def add(self, kind: str, iris: pl.Series, ids: pl.Series, labels: list[pl.Series]) -> None:
        """Register records of a kind under their identifiers and any of their names."""
        frame = pl.DataFrame({"iri": iris, "key": ids}).drop_nulls()
        self.ids.setdefault(kind, []).append(frame)
        for label in labels:
            self.names.setdefault(kind, []).append(pl.DataFrame({"iri": iris, "key": label}).drop_nulls())

    def find(self, kind: str, values: pl.Series) -> pl.Series:
        """The IRI for each distinct value of a kind, by identifier, else by a name that only one record has."""
        frame = pl.DataFrame({"key": values})
        by_id = frame.join(self._by_id(kind), on="key", how="left", maintain_order="left").get_column("iri")
        if by_id.null_count() == 0:
            return by_id
        names = self._by_name(kind)
        if names.is_empty():
            return by_id
        folded = pl.DataFrame({"key": fold_column(values)})
        by_name = folded.join(names, on="key", how="left", maintain_order="left").get_column("iri")
        return pl.DataFrame({"a": by_id, "b": by_name}).select(pl.coalesce("a", "b")).to_series()

    def _by_id(self, kind: str) -> pl.DataFrame:
        with self.lock:
            if ("id", kind) not in self.built:
                ids = pl.concat(self.ids.get(kind, []) or [_NO_KEYS])
                self.built["id", kind] = ids.unique("key", keep="first").select("key", "iri")
            return self.built["id", kind]

    def _by_name(self, kind: str) -> pl.DataFrame:
        """Names are dear to fold, and asked for only where an identifier leads nowhere."""
        with self.lock:
            if ("name", kind) not in self.built:
                raw = self.names.get(kind, [])
                named = [frame.with_columns(fold_column(frame.get_column("key"))) for frame in raw]
                names = pl.concat(named or [_NO_KEYS]).drop_nulls().unique()
                # A name that two records share identifies neither.
                self.built["name", kind] = names.filter(~pl.col("key").is_duplicated()).select("key", "iri")
            return self.built["name", kind]
