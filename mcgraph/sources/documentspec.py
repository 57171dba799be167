"""What a mapping says about JSON documents: which nodes are rows, and where each column's values stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeGuard

from mcgraph.errors import RuleBroken

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


class SpecReader:
    """Turns parts of a mapping's YAML into types, saying where anything unknown or missing stands."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def broken(self, where: str, what: str) -> RuleBroken:
        """The error for something wrong at a place of the mapping."""
        return RuleBroken(what, where=f"{self.path}: {where}", fix="See docs/mapping.md for the format.")

    def take(self, where: str, given: Any, known: set[str]) -> dict[str, Any]:
        """`given` as a dictionary whose keys are all known."""
        if not _is_dict(given):
            raise self.broken(where, "a set of keys was expected")
        unknown = sorted(set(given) - known)
        if unknown:
            raise self.broken(where, f"«{unknown[0]}» is not a key here; known are {', '.join(sorted(known))}")
        return given

    def documents_spec(self, given: Any) -> DocumentsSpec:
        """How all documents of the source are read."""
        given = self.take("documents", given, {"form", "drops", "private"})
        if given.get("form", "json") not in ("json", "json-ld"):
            raise self.broken("documents", f"«form: {given['form']}» is not known; known are json, json-ld")
        return DocumentsSpec(given.get("form", "json"), strings(given.get("drops")), strings(given.get("private")))

    def document(self, where: str, given: Any) -> DocumentSpec:
        """Which nodes of a document are rows, and where the columns stand."""
        given = self.take(where, given, {"types", "path", "each", "requires", "fields", "apart", "forms", "conditions"})
        fields = {str(name): strings(paths) for name, paths in dict(given.get("fields", {})).items()}
        for name, paths in fields.items():
            for one in (one for path in paths for one in path.split("|")[1:]):
                if one not in FILTERS:
                    raise self.broken(f"{where}.{name}", f"«{one}» is not a filter; known are {', '.join(FILTERS)}")
        for name in (*strings(given.get("apart")), *dict(given.get("forms", {}))):
            if name not in fields:
                raise self.broken(where, f"there is no field «{name}»")
        return DocumentSpec(
            types=strings(given.get("types")),
            path=str(given.get("path", "")),
            each=str(given.get("each", "")),
            requires=strings(given.get("requires")),
            fields=fields,
            apart=str(given.get("apart", "")),
            forms={str(name): str(form) for name, form in dict(given.get("forms", {})).items()},
            conditions=self.conditions(f"{where}.conditions", given["conditions"]) if "conditions" in given else None,
        )

    def conditions(self, where: str, given: Any) -> ConditionSpec:
        """The keys of nested requirements."""
        given = self.take(where, given, {"start", "inside", "operator", "needed", "members"})
        return ConditionSpec(
            **{key: strings(given.get(key)) for key in ("start", "inside", "operator", "needed", "members")}
        )


def _is_dict(given: Any) -> TypeGuard[dict[str, Any]]:
    return isinstance(given, dict)


def strings(given: Any) -> tuple[str, ...]:
    """One text or a list of them, as a tuple."""
    if given is None:
        return ()
    return (str(given),) if isinstance(given, (str, int)) else tuple(str(value) for value in given)
