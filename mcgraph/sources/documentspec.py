"""What a mapping says about JSON documents: which nodes are rows, and where each column's values stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

# Between several values of one cell. A symbol that no text needs; it is dropped from texts that hold it.
SEPARATOR = "\u241f"
FIXED_COLUMNS = ("file", "at")
CONDITION_COLUMNS = ("whole", "rule", "group", "requirement", "needed", "members")
FILTERS = ("list", "name", "language", "day", "iri", "digest", "primary")


@dataclass(frozen=True, slots=True)
class ConditionSpec:
    """Where nested requirements stand: alternatives of groups, each so many of its members.

    Every field names keys, the first that is there counts. `inside` are the keys of nested conditions, `operator`
    says AND or OR of them, `needed` how many, `members` of what.
    """

    start: tuple[str, ...]
    inside: tuple[str, ...]
    operator: tuple[str, ...]
    needed: tuple[str, ...]
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DocumentSpec:
    """Rows of a table taken from documents.

    `types` are patterns of node types, or `path` leads from the root; `each` goes on from there, one row per
    value. `requires` are paths that must have a value. `fields` maps column names to paths (the first with a
    value counts), each with an optional `|filter`. `apart` is a column whose different values for one `id`
    mean different things; `forms` are regular expressions that values of a column should match. `conditions` makes
    a row from each group of nested requirements.
    """

    types: tuple[str, ...] = ()
    path: str = ""
    each: str = ""
    requires: tuple[str, ...] = ()
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    apart: str = ""
    forms: Mapping[str, str] = field(default_factory=dict)
    conditions: ConditionSpec | None = None


@dataclass(frozen=True, slots=True)
class DocumentsSpec:
    """How a whole source's documents are read: `json-ld` keys lose their prefixes; `drops` are known and left out.

    `private` are types or keys that hold personal data; how many were left out is said.
    """

    form: str = "json"
    drops: tuple[str, ...] = ()
    private: tuple[str, ...] = ()
