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

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mcgraph.errors import InputRefused, McgraphError, WrongUse
from mcgraph.model.yaml_text import NotYaml, read_yaml
from mcgraph.pathways.rule import Requirement
from mcgraph.pathways.whatif import WhatIf

LARGEST_BYTES = 1_000_000
Fields = Mapping[str, Any]


def read_changes(path: Path) -> list[tuple[str, Any]]:
    """The changes of a file, each as (kind, what it says).

    Raises `InputRefused` for a file that cannot be read or is no list of changes.
    """
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise InputRefused(f"{path} is larger than {LARGEST_BYTES:,} bytes")
        told = read_yaml(path.read_text(encoding="utf-8"), typed=True)
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
    found = []
    for number, one in enumerate(listed, start=1):
        if not isinstance(one, dict) or len(one) != 1:
            raise InputRefused(f"Change {number} is not one of a kind", where=str(path), fix=f"Use one of: {KINDS}.")
        found.append(next(iter(one.items())))
    return found


def apply(changes: list[tuple[str, Any]], whatif: WhatIf) -> WhatIf:
    """Add every change; a refusal names the number of the change.

    Raises `WrongUse` for unknown kinds, fields and names, with the candidates.
    """
    for number, (kind, said) in enumerate(changes, start=1):
        act = _ACTS.get(str(kind))
        if act is None:
            raise WrongUse(f"«{str(kind)[:40]}» is no kind of change", where=f"change {number}", fix=f"Use: {KINDS}.")
        try:
            act(whatif, said)
        except McgraphError as fault:
            raise type(fault)(fault.message, where=f"change {number} ({kind})", fix=fault.fix) from fault
    return whatif


def _fields(said: object) -> dict[str, Any]:
    if not isinstance(said, Mapping):
        raise WrongUse(f"«{str(said)[:40]}» has no fields", fix="Write field: value pairs under it.")
    return {"since" if name == "from" else str(name).replace("-", "_"): value for name, value in said.items()}


def _named(said: object, field: str) -> dict[str, Any]:
    return {field: said} if isinstance(said, str | int) else _fields(said)


def _call(method: Callable[..., object], *values: object, **fields: object) -> None:
    """Call a method with the fields of a change, after they were held to what it takes."""
    import inspect

    try:
        inspect.signature(method).bind(*values, **fields)
    except TypeError as fault:
        text = str(fault).replace("argument", "field")
        raise WrongUse(text[:1].upper() + text[1:], fix="See docs/pathways.md, What if.") from fault
    method(*values, **fields)


def _expire(whatif: WhatIf, said: object) -> None:
    fields = _named(said, "statement")
    _call(whatif.expire, str(fields.pop("statement", "")), **fields)


def _rule(whatif: WhatIf, said: object) -> None:
    fields = _fields(said)
    groups = [_group(one) for one in fields.pop("groups", ()) or ()]
    _call(whatif.add_rule, str(fields.pop("whole", "")), groups, **fields)


def _group(said: object) -> tuple[Requirement, list[str], float | None]:
    if not isinstance(said, Mapping):
        raise WrongUse("A group has no fields", fix="Write {all-of: [A, B]} or {count: 2, of: [A, B, C]}.")
    plain: tuple[Requirement, ...] = ("all-of", "any-of")
    for requirement in plain:
        if requirement in said:
            return requirement, _list(said[requirement]), None
    counted: tuple[Requirement, ...] = ("count", "credit-points")
    for requirement in counted:
        if requirement in said:
            return requirement, _list(said.get("of", ())), said[requirement]
    raise WrongUse("A group says no all-of, any-of, count or credit-points", fix="Write {count: 2, of: [A, B, C]}.")


def _list(said: object) -> list[str]:
    return [str(one) for one in said] if isinstance(said, list | tuple) else [str(said)]


def _credential(whatif: WhatIf, said: object) -> None:
    fields = _fields(said)
    _call(whatif.add_credential, str(fields.pop("id", "")), **fields)


def _change_credential(whatif: WhatIf, said: object) -> None:
    fields = _fields(said)
    _call(whatif.change_credential, str(fields.pop("what", "")), **fields)


def _change(whatif: WhatIf, said: object) -> None:
    fields = _fields(said)
    _call(whatif.change, str(fields.pop("statement", "")), **fields)


_ACTS: dict[str, Callable[[WhatIf, Any], object]] = {
    "recognise": lambda whatif, said: _call(whatif.recognise, **_fields(said)),
    "expire": _expire,
    "change": _change,
    "rule": _rule,
    "credential": _credential,
    "change-credential": _change_credential,
    "end-credential": lambda whatif, said: _call(whatif.end_credential, **_named(said, "what")),
}
KINDS = ", ".join(_ACTS)
