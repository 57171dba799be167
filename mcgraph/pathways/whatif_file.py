"""Changes for a what-if as a YAML or JSON file.

    changes:
      - recognise: {by: University U, what: MC-100, towards: CERT-9, effect: full, until: 2030-12-31}
      - expire: RULE-032
      - expire: {statement: REC-001, on: 2026-06-30}
      - change: {statement: REC-002, until: 2031-12-31}
      - rule: {whole: CERT-9, by: University U, groups: [{all-of: [MC-1, MC-2]}, {count: 2, of: [MC-3, MC-4, MC-5]}]}
      - credential: {id: MC-900, title: A new course, level: 5, credits: 5}
      - change-credential: {what: MC-100, credits: 10}
      - end-credential: MC-101
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from mcgraph.errors import InputRefused, McgraphError, WrongUse
from mcgraph.limits import Limits
from mcgraph.model.yaml_text import NotYaml, read_yaml
from mcgraph.pathways.rule import Requirement
from mcgraph.pathways.whatif import WhatIf

LARGEST_BYTES = 1_000_000


def read_changes(path: Path, limits: Limits | None = None) -> list[tuple[str, Any]]:
    """The changes of a file, each as (kind, what it says); scalars stay the texts they are written as.

    Raises `InputRefused` for a file that cannot be read or is no list of changes, `WrongUse` for more of them than
    `whatif_changes`.
    """
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise InputRefused(f"{path} is larger than {LARGEST_BYTES:,} bytes")
        told = read_yaml(path.read_text(encoding="utf-8"), nulls=True)
    except OSError as fault:
        raise InputRefused(f"{path} cannot be read: {fault.strerror}", fix="Give a YAML or JSON file.") from fault
    except UnicodeDecodeError as fault:
        raise InputRefused(f"{path} is no UTF-8 text", fix="Save it as UTF-8.") from fault
    except NotYaml as fault:
        line = f" (line {fault.line})" if fault.line else f": {fault}"
        raise InputRefused(f"{path} is neither YAML nor JSON{line}", fix="See docs/pathways.md, What if.") from fault
    listed = told.get("changes") if isinstance(told, dict) else told
    if not isinstance(listed, list) or not listed:
        raise InputRefused(f"{path} has no list of changes", fix="Begin with «changes:» and a list under it.")
    most = (limits or Limits()).whatif_changes
    if len(listed) > most:
        raise WrongUse(f"More than {most} changes", where=str(path), fix="Raise MCGRAPH_LIMIT_WHATIF_CHANGES.")
    found = []
    for number, one in enumerate(listed, start=1):
        if not isinstance(one, dict) or len(one) != 1:
            raise InputRefused(f"Change {number} is not one of a kind", where=str(path), fix=f"Use one of: {KINDS}.")
        kind, said = next(iter(one.items()))
        found.append((str(kind), said))
    return found


@dataclass(slots=True)
class Names:
    """What changes speak of: texts that name credentials, statements and bodies, and the ids of new credentials."""

    credentials: list[str] = field(default_factory=list)
    statements: list[str] = field(default_factory=list)
    bodies: list[str] = field(default_factory=list)
    new: list[str] = field(default_factory=list)


def names_in(changes: list[tuple[str, Any]]) -> Names | None:
    """What the changes name, field by field; None where `apply` will refuse one, or where it is not said towards what.

    Towards what a recognition counts where that is left out shows only in all that the body awards.
    """
    names = Names()
    for kind, said in changes:
        try:
            fields = _checked(kind, said)
        except WrongUse:
            return None
        if kind == "recognise":
            if not fields.get("towards"):
                return None
            names.credentials += [fields["towards"], *fields["what"]]
            names.bodies.append(fields["by"])
        elif kind == "rule":
            members = (member for group in fields["groups"] for name in _MEMBERS for member in _list(group.get(name)))
            names.credentials += [fields["whole"], *members]
        elif kind == "credential":
            names.new.append(fields["id"])
        elif "statement" in fields:
            names.statements.append(fields["statement"])
        else:
            names.credentials.append(fields["what"])
    return names


def apply(changes: list[tuple[str, Any]], whatif: WhatIf) -> WhatIf:
    """Add every change; a refusal names the number of the change.

    Raises `WrongUse` for unknown kinds, fields and names, with the candidates.
    """
    for number, (kind, said) in enumerate(changes, start=1):
        if kind not in _ACTS:
            raise WrongUse(f"«{str(kind)[:40]}» is no kind of change", where=f"change {number}", fix=f"Use: {KINDS}.")
        try:
            _ACTS[kind](whatif, _checked(kind, said))
        except McgraphError as fault:
            raise type(fault)(fault.message, where=f"change {number} ({kind})", fix=fault.fix) from fault
    return whatif


def _checked(kind: str, said: object) -> dict[str, Any]:
    """The fields of a change as texts, with lists only where several can be meant; what says nothing is left out.

    Raises `WrongUse` for a field that is missing, empty or of another shape.
    """
    needed = _NEEDED.get(kind)
    if needed is None:
        raise WrongUse(f"«{str(kind)[:40]}» is no kind of change", fix=f"Use: {KINDS}.")
    if isinstance(said, Mapping):
        fields = {"since" if name == "from" else str(name).replace("-", "_"): value for name, value in said.items()}
    elif kind in _SHORT and _is_plain(said):
        fields = {needed[0]: said}
    else:
        raise WrongUse(f"«{str(said)[:40]}» has no fields", fix="Write field: value pairs under it.")
    found: dict[str, Any] = {}
    for name, value in fields.items():
        if value is None:
            continue
        if (kind, name) == ("recognise", "what"):
            found[name] = _texts(name, value)
        elif (kind, name) == ("rule", "groups"):
            found[name] = _groups(value)
        else:
            found[name] = _text(name, value)
    for name in needed:
        if not found.get(name):
            raise WrongUse(f"The change does not say «{name}»", fix=f"Give {name}. See docs/pathways.md, What if.")
    return found


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int | float | Decimal | datetime.date) and not isinstance(value, bool)


def _text(name: str, value: object) -> str:
    if not _is_plain(value):
        raise WrongUse(f"«{name[:40]}» must be one text or number", fix=f"Write {name[:40]}: and one value after it.")
    return str(value).strip()


def _texts(name: str, value: object) -> list[str]:
    """One text or a list of them, none of them empty."""
    texts = [_text(name, one) for one in (value if isinstance(value, list | tuple) else [value])]
    if not texts or not all(texts):
        raise WrongUse(f"«{name[:40]}» names nothing", fix="Give an identifier, or a list such as [A, B].")
    return texts


def _groups(value: object) -> list[dict[str, Any]]:
    if not isinstance(value, list | tuple) or not all(isinstance(group, Mapping) for group in value):
        raise WrongUse("«groups» is no list of groups", fix="Write groups: [{all-of: [A, B]}, {count: 2, of: [C, D]}].")
    return [
        {name: (_texts if name in _MEMBERS else _text)(str(name), said) for name, said in group.items()}
        for group in value
    ]


def _call(method: Callable[..., object], *values: object, **fields: object) -> None:
    """Call a method with the fields of a change, after they were held to what it takes."""
    import inspect

    try:
        inspect.signature(method).bind(*values, **fields)
    except TypeError as fault:
        text = str(fault).replace("argument", "field")
        raise WrongUse(text[:1].upper() + text[1:], fix="See docs/pathways.md, What if.") from fault
    method(*values, **fields)


def _rule(whatif: WhatIf, fields: dict[str, Any]) -> None:
    groups = [_group(one) for one in fields.pop("groups")]
    _call(whatif.add_rule, fields.pop("whole"), groups, **fields)


def _group(said: Mapping[str, Any]) -> tuple[Requirement, list[str], str | None]:
    plain: tuple[Requirement, ...] = ("all-of", "any-of")
    for requirement in plain:
        if requirement in said:
            return requirement, said[requirement], None
    counted: tuple[Requirement, ...] = ("count", "credit-points")
    for requirement in counted:
        if requirement in said:
            return requirement, _list(said.get("of")), said[requirement]
    raise WrongUse("A group says no all-of, any-of, count or credit-points", fix="Write {count: 2, of: [A, B, C]}.")


def _list(said: list[str] | None) -> list[str]:
    return said or []


def _first(method: str, name: str) -> Callable[[WhatIf, dict[str, Any]], None]:
    """The act that hands the field `name` over by its place, since the method calls it otherwise."""

    def act(whatif: WhatIf, fields: dict[str, Any]) -> None:
        _call(getattr(whatif, method), fields.pop(name), **fields)

    return act


_ACTS: dict[str, Callable[[WhatIf, dict[str, Any]], object]] = {
    "recognise": lambda whatif, fields: _call(whatif.recognise, **fields),
    "expire": _first("expire", "statement"),
    "change": _first("change", "statement"),
    "rule": _rule,
    "credential": _first("add_credential", "id"),
    "change-credential": _first("change_credential", "what"),
    "end-credential": _first("end_credential", "what"),
}
_NEEDED: dict[str, tuple[str, ...]] = {
    "recognise": ("by", "what"),
    "expire": ("statement",),
    "change": ("statement",),
    "rule": ("whole", "groups"),
    "credential": ("id",),
    "change-credential": ("what",),
    "end-credential": ("what",),
}
_SHORT = ("expire", "end-credential")
_MEMBERS = ("all-of", "any-of", "of")
KINDS = ", ".join(_ACTS)
