"""An answer with all that is needed to check it again: a zip of plain files that is the same bytes every time."""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcgraph.errors import InputRefused, McgraphError
from mcgraph.model.answer import Answer
from mcgraph.queries.library import NamedQuestion, question_from

if TYPE_CHECKING:
    from mcgraph.store.manifest import Manifest, Submission

FORMAT = 1
# The earliest time a zip can hold: a bundle says nothing about when it was written.
_NO_TIME = (1980, 1, 1, 0, 0, 0)
# What reading a stranger's zip and JSON can raise: RuntimeError for a password, and for brackets without end.
_DAMAGED = (
    OSError, EOFError, zipfile.BadZipFile, zlib.error, KeyError, ValueError, TypeError, AttributeError, OverflowError,
    RuntimeError,
)  # fmt: skip
_NEEDED = ("about.json", "answer.json", "query.rq")
# What people read and cite; `altered` holds it against the answer.
_READ = ("answer.csv", "citation.txt", "coverage.json", "sources.json")


@dataclass(frozen=True, slots=True)
class Bundle:
    """What a bundle holds: the text that was asked, with what it was asked, and the answer that came."""

    name: str
    text: str
    parameters: Mapping[str, str]
    rows: int
    snapshot: str
    versions: Mapping[str, str]
    answer: Mapping[str, Any]
    read: Mapping[str, str]

    def question(self) -> NamedQuestion | str:
        """The text as a question with its parameters and coverage, where it has a header of ours.

        Raises `InputRefused` for a header that cannot be read.
        """
        if not self.name:
            return self.text
        try:
            return question_from(self.text, self.name, "query.rq")
        except McgraphError as fault:
            raise InputRefused(f"the question in the bundle cannot be read: {fault}") from None


def pack(answer: Answer, text: str, rows: int, sources: Sequence[Submission]) -> bytes:
    """The bundle of an answer to `text` (the question as it stands in the library, or the SPARQL that was asked).

    `rows` is the limit of rows in force. The same answer from the same snapshot gives the same bytes.
    """
    return _zip(_files(answer, text, rows, sources))


def _files(answer: Answer, text: str, rows: int, sources: Sequence[Submission]) -> dict[str, str]:
    held = [_source(submission) for submission in sources]
    about = {
        "format": FORMAT,
        "name": answer.name,
        "snapshot": answer.snapshot,
        "parameters": dict(answer.parameters),
        "rows": rows,
        "versions": dict(answer.versions) | {"pyoxigraph": _engine_version()},
    }
    return {
        "about.json": _json(about),
        "answer.csv": "\ufeff" + answer.to_csv(),
        # The way an answer was found is no part of it: columns and index give the same.
        "answer.json": _json({key: value for key, value in answer.to_json().items() if key != "plan"}),
        "citation.txt": citation(answer, held),
        "coverage.json": _json(answer.coverage.to_json() if answer.coverage else None),
        "query.rq": text,
        "sources.json": _json(held),
    }


def citation(answer: Answer, sources: Sequence[Mapping[str, Any]]) -> str:
    """How to cite an answer, in English."""
    asked = f"«{answer.name}»" if answer.name else "a SPARQL query"
    given = ", ".join(f"{name}={value}" for name, value in answer.parameters.items())
    lines = [
        f"mcgraph {answer.versions.get('mcgraph', '')}: answer to {asked}{f' with {given}' if given else ''}; "
        f"snapshot {answer.snapshot} of a knowledge graph of microcredentials.",
        "",
        "It rests on:",
        *(_cited(source) for source in sources),
        "",
        "To check it: mcgraph rerun BUNDLE.zip on a store of the same snapshot.",
    ]
    if answer.truncated:
        lines.insert(1, f"The answer is not complete: the limit {answer.limit} was hit.")
    return "\n".join(lines) + "\n"


def cited(manifest: Manifest | None) -> list[dict[str, Any]]:
    """The sources of a snapshot as `citation` names them; none for a snapshot without a manifest."""
    return [_source(submission) for submission in manifest.submissions] if manifest else []


def _cited(source: Mapping[str, Any]) -> str:
    files = "; ".join(f"{file['name']} (SHA-256 {file['sha256']})" for file in source["files"])
    kind = ", SYNTHETIC data" if source["synthetic"] else ""
    return f"- {source['source']}{kind}, read by the mapping {source['mapping']}: {files or 'no files'}"


def _source(submission: Submission) -> dict[str, Any]:
    files = [{"name": file.name, "sha256": file.sha256} for file in submission.files]
    return {
        "source": submission.source,
        "mapping": submission.mapping,
        "synthetic": submission.synthetic,
        "files": files,
    }


def _engine_version() -> str:
    import pyoxigraph

    return str(pyoxigraph.__version__)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def _zip(files: Mapping[str, str]) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in sorted(files.items()):
            entry = zipfile.ZipInfo(name, _NO_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, text.encode("utf-8"))
    return out.getvalue()


def unpack(path: Path, most: int) -> Bundle:
    """The bundle in a file, of which no part may unpack to more than `most` bytes.

    Raises `InputRefused` for a file that is no bundle, is damaged, or is larger.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            there = set(archive.namelist())
            parts = {name: _part(archive, name, most, path) for name in (*_NEEDED, *sorted(there.intersection(_READ)))}
        return _bundle(parts)
    except FileNotFoundError:
        raise InputRefused("there is no such file", where=str(path), fix="Check the name and the folder.") from None
    except _DAMAGED as fault:
        said = " ".join(str(getattr(fault, "strerror", None) or fault).split())
        raise InputRefused(
            f"this is not a bundle of an answer: {said}", where=str(path), fix="Give a file written by --bundle."
        ) from None


def _part(archive: zipfile.ZipFile, name: str, most: int, path: Path) -> str:
    with archive.open(name) as stream:
        content = stream.read(most + 1)
    if len(content) > most:
        raise InputRefused(f"{name} unpacks to more than {most:,} bytes", where=str(path))
    return content.decode("utf-8")


def _bundle(parts: Mapping[str, str]) -> Bundle:
    about = _read_json(parts["about.json"])
    if about["format"] != FORMAT:
        raise ValueError(f"its format is {about['format']}, known is {FORMAT}")
    answer = _read_json(parts["answer.json"])
    if not isinstance(answer, dict):
        raise ValueError("answer.json holds no answer")
    _check_table(answer)
    return Bundle(
        name=str(about["name"]),
        text=parts["query.rq"],
        parameters={str(name): str(value) for name, value in about["parameters"].items()},
        rows=int(about["rows"]),
        snapshot=str(about["snapshot"]),
        versions={str(name): str(value) for name, value in about["versions"].items()},
        answer=answer,
        read={name: parts[name] for name in _READ if name in parts},
    )


def _read_json(text: str) -> Any:
    """A document all of whose texts can be written again: an escape may stand for half a character.

    Raises `ValueError`.
    """
    value = json.loads(text)
    if "\\ud" in text.lower():
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    return value


def _check_table(answer: Mapping[str, Any]) -> None:
    """Refuse what does not have the form of W3C results; that of a question of yes or no has no rows.

    Raises `ValueError`.
    """
    head, results = answer.get("head", {}), answer.get("results", {})
    if not isinstance(head, dict) or not isinstance(results, dict):
        raise ValueError("head and results of answer.json are to be objects")
    columns, rows = head.get("vars", []), results.get("bindings", [])
    if not isinstance(columns, list) or not all(isinstance(name, str) for name in columns):
        raise ValueError("head.vars of answer.json is to be a list of names")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError("results.bindings of answer.json is to be a list of objects")


def altered(bundle: Bundle, answer: Answer, sources: Sequence[Submission]) -> list[str]:
    """The files for people that do not say what the bundle's own answer says, in sentences.

    `answer` is the one of now; citation and sources are compared where it is of the same snapshot. Nothing is compared
    where another version of mcgraph wrote the bundle: it may have spelled them otherwise.
    """
    if bundle.versions.get("mcgraph") != answer.versions.get("mcgraph"):
        return []
    expected = {"coverage.json": _json(bundle.answer.get("coverage")), "answer.csv": _as_csv(bundle.answer)}
    if bundle.snapshot == answer.snapshot:
        now = _files(answer, bundle.text, bundle.rows, sources)
        expected |= {name: now[name] for name in ("citation.txt", "sources.json")}
    return [
        f"{name} {'is not what the answer says' if name in bundle.read else 'is missing'}: the bundle was changed"
        for name, text in sorted(expected.items())
        if bundle.read.get(name) != text
    ]


def _as_csv(document: Mapping[str, Any]) -> str:
    """The table of an answer from its JSON; that of triples and of ASK too."""
    results, head = document.get("results"), document.get("head")
    columns = tuple(map(str, head.get("vars", ()))) if isinstance(head, dict) else ()
    rows = results.get("bindings", ()) if isinstance(results, dict) else ()
    if "boolean" in document:
        columns, rows = ("boolean",), [{"boolean": {"value": "true" if document["boolean"] else "false"}}]
    cells = tuple(tuple(_value(row, name) for name in columns) for row in rows)
    return "\ufeff" + Answer(columns=columns, rows=cells).to_csv()


def _value(row: Any, name: str) -> str | None:
    cell = row.get(name) if isinstance(row, dict) else None
    return str(cell.get("value", "")) if isinstance(cell, dict) else None


def differences(bundle: Bundle, answer: Answer) -> list[str]:
    """What of the answer is another now, in sentences; empty where it is the same."""
    now = json.loads(json.dumps(answer.to_json()))
    then = bundle.answer
    said = []
    if then.get("head") != now["head"]:
        said.append(f"columns: {_columns(then)} then, {_columns(now)} now")
    if then.get("boolean") != now.get("boolean"):
        said.append(f"the answer was {then.get('boolean')}, it is {now.get('boolean')}")
    said += _rows(_bindings(then), _bindings(now))
    for key in ("coverage", "truncated", "limit"):
        if then.get(key) != now.get(key):
            said.append(f"{key}: {_short(then.get(key))} then, {_short(now.get(key))} now")
    return said


def _rows(then: list[str], now: list[str]) -> list[str]:
    from collections import Counter

    gone, new = Counter(then) - Counter(now), Counter(now) - Counter(then)
    if not gone and not new:
        return ["the rows are the same in another order"] if then != now else []
    said = [f"rows: {len(then):,} then, {len(now):,} now; {gone.total():,} gone, {new.total():,} new"]
    said += [f"  gone: {row}" for row in list(gone)[:3]]
    return said + [f"  new:  {row}" for row in list(new)[:3]]


def _bindings(document: Mapping[str, Any]) -> list[str]:
    results = document.get("results")
    rows = results.get("bindings", ()) if isinstance(results, dict) else ()
    return [json.dumps(row, ensure_ascii=False, sort_keys=True) for row in rows]


def _columns(document: Mapping[str, Any]) -> str:
    head = document.get("head")
    return ", ".join(map(str, head.get("vars", ()))) if isinstance(head, dict) else "none"


def _short(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def changed_versions(bundle: Bundle, answer: Answer) -> list[str]:
    """Whether the snapshot, the versions or the library's text of the question are others than then, in sentences."""
    from mcgraph.queries.library import library

    now = dict(answer.versions) | {"pyoxigraph": _engine_version()}
    said = []
    if bundle.snapshot != answer.snapshot:
        said.append(f"another snapshot: {bundle.snapshot} then, {answer.snapshot} now")
    for name, version in bundle.versions.items():
        if now.get(name) != version:
            said.append(f"another {name}: {version} then, {now.get(name, 'none')} now")
    known = library().get(bundle.name)
    if known and known.text != bundle.text:
        said.append(f"the library now asks «{bundle.name}» in other words; the words of the bundle were used")
    return said
