"""A codebook as YAML: read with the place of everything wrong, and written so that it reads back the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from mcgraph.errors import InputRefused, RuleBroken
from mcgraph.model.yaml_text import NotYaml, read_yaml
from mcgraph.survey.codebook import OTHER, SUBJECT_KINDS, TYPES, Codebook, Item, Question, Subject, Text

_KEYS = frozenset(
    {"survey", "title", "synthetic", "respondent", "groups", "questions", "wave", "names", "key", "subjects"}
)
_QUESTION_KEYS = frozenset(
    {"column", "type", "text", "theme", "options", "missing", "split", "claim", "minimum", "maximum", "unit",
     "columns", "other", "items", "asked_if", "personal"}
)  # fmt: skip
_ROLES = frozenset({"id", "group", "country", "weight", "organisation"})
_MOST_BYTES = 20_000_000
_HELP = "See docs/survey.md."


def is_codebook(path: Path) -> bool:
    """Whether a YAML file is a codebook (it has the key `survey`), not a source mapping."""
    if path.suffix.lower() not in (".yaml", ".yml") or not path.is_file():
        return False
    try:
        document = read_yaml(path.read_text(encoding="utf-8"))
    except (NotYaml, UnicodeDecodeError):
        return False
    return isinstance(document, dict) and "survey" in document


def read_codebook(path: Path) -> Codebook:
    """The codebook in a YAML file.

    Raises `RuleBroken` with the place of what is wrong, `InputRefused` where the file cannot be read.
    """
    document = _document(path)
    for needed in ("survey", "questions"):
        if not isinstance(document, dict) or needed not in document:
            raise RuleBroken(f"the key «{needed}» is missing", where=str(path), fix=_HELP)
    _require_known(path, "top", document, _KEYS)
    given = _mapping(path, document, "questions")
    questions = tuple(_question(path, str(key), one) for key, one in given.items())
    if not questions:
        raise RuleBroken("there is no question in it", where=f"{path}: questions", fix=_HELP)
    respondent = _mapping(path, document, "respondent")
    _require_known(path, "respondent", respondent, _ROLES)
    book = Codebook(
        survey=str(document["survey"]),
        title=_text(document.get("title", document["survey"])),
        questions=questions,
        respondent={str(k): str(v) for k, v in respondent.items()},
        groups={str(code): _text(text) for code, text in _mapping(path, document, "groups").items()},
        synthetic=_truth(document.get("synthetic", "")),
        wave=str(document.get("wave", "")),
        names=_beside(path, document, "names"),
        key=_beside(path, document, "key"),
        subjects=_subjects(path, document),
    )
    _check_routing(path, book)
    if book.key is not None:
        from mcgraph.survey.answer_key import with_key

        return with_key(book, book.key)
    return book


def _document(path: Path) -> Any:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise InputRefused("the codebook is larger than 20 MB", where=str(path), fix="Name the right file.")
        return read_yaml(path.read_text(encoding="utf-8"))
    except OSError as fault:
        raise InputRefused(f"the codebook cannot be read: {fault.strerror}", where=str(path)) from fault
    except (NotYaml, UnicodeDecodeError) as fault:
        raise RuleBroken(f"the codebook is not YAML ({fault})", where=str(path)) from fault


def _question(path: Path, key: str, given: Any) -> Question:
    where = f"questions.{key}"
    if not isinstance(given, dict):
        raise RuleBroken("a question is keys with values", where=f"{path}: {where}", fix=_HELP)
    _require_known(path, where, given, _QUESTION_KEYS)
    kind = given.get("type", "single")
    if kind not in TYPES:
        raise RuleBroken(
            f"«{kind}» is not a type of question; known are {', '.join(TYPES)}", where=f"{path}: {where}"
        )
    columns, items = _columns(path, key, given), _items(path, key, given)
    if "column" not in given and not (columns or items):
        raise RuleBroken("a question needs a column", where=f"{path}: {where}", fix=_HELP)
    if (kind == "matrix") != bool(items):
        raise RuleBroken("a matrix has items, and only a matrix has", where=f"{path}: {where}", fix=_HELP)
    options = given.get("options", {})
    if not isinstance(options, dict):
        raise RuleBroken("options are codes with texts", where=f"{path}: {where}.options")
    texts = {str(code): _text(text) for code, text in options.items()}
    for code, header in columns:
        texts.setdefault(code, {"en": header})
    if "other" in given:
        texts.setdefault(OTHER, {"en": "Other", "fr": "Autre"})
    missing = given.get("missing", [""])
    return Question(
        id=key,
        column=str(given.get("column", "")),
        type=kind,
        text=_text(given.get("text", key)),
        theme=str(given.get("theme", "")),
        options=tuple(texts.items()),
        missing=tuple(str(code) for code in missing) if isinstance(missing, list) else (str(missing),),
        split=str(given.get("split", ";")) or ";",
        claim=str(given.get("claim", "")),
        minimum=_bound(path, key, given, "minimum"),
        maximum=_bound(path, key, given, "maximum"),
        unit=str(given.get("unit", "")),
        columns=columns,
        other=str(given.get("other", "")),
        items=items,
        asked_if=_routing(path, key, given),
        personal=_truth(given.get("personal", "")),
    )


def _columns(path: Path, key: str, given: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    found = given.get("columns", {})
    if not isinstance(found, dict) or (found and given.get("type") not in ("multiple", "single")):
        raise RuleBroken(
            "columns are option codes with headers, and only of a single or multiple choice",
            where=f"{path}: questions.{key}.columns", fix=_HELP,
        )  # fmt: skip
    return tuple((str(code), str(header)) for code, header in found.items())


def _items(path: Path, key: str, given: Mapping[str, Any]) -> tuple[Item, ...]:
    found = given.get("items", {})
    if not isinstance(found, dict):
        raise RuleBroken("items are codes with a column and a text", where=f"{path}: questions.{key}.items", fix=_HELP)
    made = []
    for code, one in found.items():
        if not isinstance(one, dict) or "column" not in one:
            raise RuleBroken("a line of a matrix needs a column", where=f"{path}: questions.{key}.items.{code}")
        _require_known(path, f"questions.{key}.items.{code}", one, frozenset({"column", "text"}))
        made.append(Item(str(code), str(one["column"]), _text(one.get("text", one["column"]))))
    return tuple(made)


def _routing(path: Path, key: str, given: Mapping[str, Any]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    found = given.get("asked_if", {})
    if not isinstance(found, dict):
        raise RuleBroken(
            "asked_if is a question with the codes that lead here",
            where=f"{path}: questions.{key}.asked_if", fix="Write asked_if: {q1: [yes, some]}.",
        )  # fmt: skip
    return tuple(
        (str(gate), tuple(str(code) for code in codes) if isinstance(codes, list) else (str(codes),))
        for gate, codes in found.items()
    )


def _check_routing(path: Path, book: Codebook) -> None:
    """A gate is a question with these options that stands before what it leads to."""
    before: dict[str, Question] = {}
    for question in book.questions:
        for gate, codes in question.asked_if:
            where = f"{path}: questions.{question.id}.asked_if"
            if gate not in before:
                raise RuleBroken(
                    f"«{gate}» is no question that stands before it", where=where, fix="Put the gate first."
                )
            unknown = [code for code in codes if before[gate].options and code not in before[gate].codes]
            if unknown:
                raise RuleBroken(f"{gate} has no option «{unknown[0]}»", where=where)
        before[question.id] = question


def _subjects(path: Path, document: Mapping[str, Any]) -> tuple[Subject, ...]:
    made = []
    for name, one in _mapping(path, document, "subjects").items():
        if not isinstance(one, dict) or "column" not in one or one.get("kind") not in SUBJECT_KINDS:
            raise RuleBroken(
                f"a subject needs a column and a kind ({', '.join(SUBJECT_KINDS)})", where=f"{path}: subjects.{name}"
            )
        _require_known(path, f"subjects.{name}", one, frozenset({"column", "kind"}))
        made.append(Subject(str(name), str(one["column"]), one["kind"]))
    return tuple(made)


def _beside(path: Path, document: Mapping[str, Any], key: str) -> Path | None:
    """A file named by the codebook: only one in its own folder or below, so that no codebook reads elsewhere."""
    if not document.get(key):
        return None
    named = Path(str(document[key]))
    if named.is_absolute() or ".." in named.parts:
        raise RuleBroken(f"«{named}» is not beside the codebook", where=f"{path}: {key}", fix="Copy the file there.")
    return path.parent / named


def _mapping(path: Path, given: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = given.get(key, {})
    if not isinstance(found, dict):
        raise RuleBroken(f"«{key}» are names with values", where=f"{path}: {key}", fix=_HELP)
    return found


def _require_known(path: Path, where: str, given: Mapping[str, Any], known: frozenset[str]) -> None:
    """A misspelt key must not silently change what is asked."""
    for name in given:
        if name not in known:
            raise RuleBroken(
                f"«{name}» is not a key of a codebook here; known are {', '.join(sorted(known))}",
                where=f"{path}: {where}",
            )


def _bound(path: Path, key: str, given: Mapping[str, Any], name: str) -> Decimal | None:
    if name not in given:
        return None
    try:
        value = Decimal(str(given[name]))
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or given.get("type") != "numeric":
        raise RuleBroken(f"«{name}» is a number, and only of a numeric question", where=f"{path}: questions.{key}")
    return value


def _truth(given: Any) -> bool:
    return str(given).casefold() in ("true", "yes")


def _text(given: Any) -> Text:
    return {str(k): str(v) for k, v in given.items()} if isinstance(given, dict) else {"en": str(given)}


def to_yaml(book: Codebook, comments: Mapping[str, str] | None = None) -> str:
    """The codebook as YAML; `comments` are remarks by question, written above it."""
    import yaml

    head: dict[str, Any] = {"survey": book.survey, "title": dict(book.title)}
    head |= {name: value for name, value in (("wave", book.wave), ("synthetic", book.synthetic)) if value}
    head |= {name: file.name for name, file in (("names", book.names), ("key", book.key)) if file is not None}
    head |= {"respondent": dict(book.respondent)} if book.respondent else {}
    head |= {"groups": {code: dict(text) for code, text in book.groups.items()}} if book.groups else {}
    if book.subjects:
        head["subjects"] = {one.name: {"column": one.column, "kind": one.kind} for one in book.subjects}
    lines = [_dump(yaml, head), "questions:\n"]
    for question in book.questions:
        lines += [f"  # {line}\n" for line in (comments or {}).get(question.id, "").splitlines() if line]
        told = _dump(yaml, {question.id: _told(question)})
        lines += [f"  {line}\n" for line in told.splitlines()]
    return "".join(lines)


def _dump(yaml: Any, value: Any) -> str:
    return str(yaml.safe_dump(value, allow_unicode=True, sort_keys=False, width=110))


def _told(question: Question) -> dict[str, Any]:
    told: dict[str, Any] = {"column": question.column} if question.column else {}
    told |= {"theme": question.theme} if question.theme else {}
    told |= {"type": question.type, "text": dict(question.text)}
    told |= {"columns": dict(question.columns)} if question.columns else {}
    told |= {"options": {code: dict(text) for code, text in question.options}} if question.options else {}
    if question.items:
        told["items"] = {item.code: {"column": item.column, "text": dict(item.text)} for item in question.items}
    told |= {"other": question.other} if question.other else {}
    told |= {"split": question.split} if question.type == "multiple" and not question.columns else {}
    if question.asked_if:
        told["asked_if"] = {gate: list(codes) for gate, codes in question.asked_if}
    told |= {"missing": list(question.missing)} if question.missing != ("",) else {}
    for name in ("minimum", "maximum"):
        bound = getattr(question, name)
        told |= {name: f"{bound.normalize():f}"} if bound is not None else {}
    told |= {name: getattr(question, name) for name in ("unit", "claim") if getattr(question, name)}
    return told | ({"personal": True} if question.personal else {})


def with_options(question: Question, options: Mapping[str, Text]) -> Question:
    """The question with further options behind its own."""
    merged = dict(question.options)
    for code, text in options.items():
        merged.setdefault(code, text)
    return replace(question, options=tuple(merged.items()))
