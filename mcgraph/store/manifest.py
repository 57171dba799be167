"""What a snapshot is made of: submissions, ontology and ledger, in one file that checks itself.

CURRENT                        name of the manifest in force, with that file's checksum
manifests/00000007-s-….json    one per snapshot, numbered; the last few are kept
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from mcgraph.errors import StoreUnavailable
from mcgraph.store import files

EMPTY = "s-empty"
EVENTS_KEPT = 1_000


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file somebody submitted: its name (never a path), checksum and size."""

    name: str
    sha256: str = ""
    size: int = 0


@dataclass(frozen=True, slots=True)
class SubmissionInfo:
    """What the caller of `Graph.load` knows about a batch; `time` is ISO 8601, empty = now."""

    files: tuple[InputFile, ...] = ()
    time: str = ""
    synthetic: bool = False
    rules: Mapping[str, str] = field(default_factory=dict)
    records_read: int = 0
    records_rejected: int = 0
    findings: Mapping[str, int] = field(default_factory=dict)
    quality: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Submission:
    """One source as a snapshot holds it. `batch` names its folder; `sums` are the checksums of its files."""

    source: str
    batch: str
    sums: Mapping[str, str]
    mapping: str
    triples: int
    records: int
    kinds: Mapping[str, int]
    has_rules: bool
    time: str
    synthetic: bool = False
    files: tuple[InputFile, ...] = ()
    rules: Mapping[str, str] = field(default_factory=dict)
    records_read: int = 0
    records_rejected: int = 0
    findings: Mapping[str, int] = field(default_factory=dict)
    quality: Mapping[str, float] = field(default_factory=dict)

    @property
    def identity(self) -> tuple[str, str, str, bool]:
        """What of a submission decides the snapshot id."""
        return (self.source, self.batch, self.mapping, self.synthetic)


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the ledger: what happened to the store, when, and what it changed."""

    time: str
    action: str
    source: str
    snapshot: str
    mapping: str = ""
    files: tuple[str, ...] = ()
    rules: Mapping[str, str] = field(default_factory=dict)
    records: int = 0
    rejected: int = 0
    triples: int = 0
    added: int = 0
    changed: int = 0
    removed: int = 0
    synthetic: bool = False
    quality: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Manifest:
    """A snapshot: which submissions, in which order, with which ontology, and the ledger up to it."""

    number: int = 0
    snapshot: str = EMPTY
    previous: str = ""
    ontology: str = ""
    time: str = ""
    submissions: tuple[Submission, ...] = ()
    events: tuple[Event, ...] = ()

    @property
    def name(self) -> str:
        """The name shared by the manifest file and the index generation."""
        return f"{self.number:08d}-{self.snapshot}"

    def of(self, source: str) -> Submission | None:
        """The submission of a source, if it has one."""
        return next((known for known in self.submissions if known.source == source), None)

    def batches(self) -> set[str]:
        """The names of the batch folders this snapshot needs."""
        return {known.batch for known in self.submissions}

    def kinds(self) -> dict[str, int]:
        """How many records of each kind the submissions hold together, by the name of the kind."""
        found: dict[str, int] = {}
        for known in self.submissions:
            for kind, count in known.kinds.items():
                found[kind] = found.get(kind, 0) + count
        return dict(sorted(found.items()))

    def sources(self) -> list[dict[str, Any]]:
        """Each submission as `mcgraph stats --json` tells it."""
        return [
            {
                "source": known.source,
                "mapping": known.mapping,
                "records": known.records,
                "triples": known.triples,
                "files": [given.name for given in known.files],
                "synthetic": known.synthetic,
                "time": known.time,
                "quality": dict(known.quality),
            }
            for known in self.submissions
        ]

    def following(self, submissions: tuple[Submission, ...], ontology: str, time: str, number: int) -> Manifest:
        """The manifest after this one, without its ledger line yet."""
        return Manifest(
            number=number,
            snapshot=snapshot_id(submissions, ontology),
            previous=self.name if self.number else "",
            ontology=ontology,
            time=time,
            submissions=submissions,
            events=self.events,
        )


def snapshot_id(submissions: tuple[Submission, ...], ontology: str) -> str:
    """A name made of the content in its order: same inputs in the same order, same name."""
    if not submissions and not ontology:
        return EMPTY
    said = json.dumps([ontology, *(known.identity for known in submissions)], ensure_ascii=False)
    return "s-" + hashlib.sha256(said.encode()).hexdigest()[:16]


def encode(manifest: Manifest) -> bytes:
    """The file of a manifest; its last member is the checksum of all before it."""
    body = asdict(manifest)
    return _json({**body, "checksum": _sum(body)})


def decode(content: bytes, where: Path) -> Manifest:
    """The manifest in a file.

    Raises `StoreUnavailable` where the file was damaged.
    """
    try:
        body = json.loads(content)
        said = body.pop("checksum")
        if _sum(body) != said or _json({**body, "checksum": said}) != content:
            raise ValueError
        return Manifest(
            **{
                **body,
                "submissions": tuple(_submission(entry) for entry in body["submissions"]),
                "events": tuple(_event(entry) for entry in body["events"]),
            }
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as fault:
        raise StoreUnavailable("this manifest is damaged", where=str(where)) from fault


def _submission(entry: dict[str, Any]) -> Submission:
    inputs = tuple(InputFile(**known) for known in entry["files"])
    return Submission(**{**entry, "files": inputs})


def _event(entry: dict[str, Any]) -> Event:
    return Event(**{**entry, "files": tuple(entry["files"])})


def _sum(body: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


def _json(body: dict[str, Any]) -> bytes:
    return (json.dumps(body, ensure_ascii=False, indent=1) + "\n").encode()


def write(root: Path, manifest: Manifest) -> None:
    """Write the manifest file; the snapshot is not in force before `switch`."""
    files.write(root / "manifests" / f"{manifest.name}.json", encode(manifest))


def switch(root: Path, manifest: Manifest) -> None:
    """Make the manifest the one in force: the last step of every change.

    Where the step fails after the pointer moved, the old pointer is put back: a change that was refused
    must not be seen.
    """
    path = root / "CURRENT"
    before = path.read_bytes() if path.exists() else None
    content = encode(manifest)
    try:
        files.write(path, f"{manifest.name} {hashlib.sha256(content).hexdigest()}\n".encode())
    except BaseException:
        if before is None:
            path.unlink(missing_ok=True)
        elif path.read_bytes() != before:
            path.write_bytes(before)
        raise


def read(root: Path, name: str) -> Manifest:
    """A manifest by name.

    Raises `StoreUnavailable` where it is missing or damaged.
    """
    path = root / "manifests" / f"{name}.json"
    try:
        content = path.read_bytes()
    except OSError as fault:
        raise StoreUnavailable("this manifest is missing", where=str(path)) from fault
    manifest = decode(content, path)
    if manifest.name != name:
        raise StoreUnavailable("this manifest is damaged", where=str(path))
    return manifest


def current_name(root: Path) -> str:
    """The name in `CURRENT`, or an empty string for a store that holds nothing yet.

    Raises `StoreUnavailable` where the pointer is damaged.
    """
    path = root / "CURRENT"
    try:
        said = path.read_bytes()
    except FileNotFoundError:
        if has_content(root):
            raise StoreUnavailable("the pointer to the current snapshot is missing", where=str(path)) from None
        return ""
    try:
        name, total = said.decode("ascii").removesuffix("\n").split(" ")
        if hashlib.sha256((root / "manifests" / f"{name}.json").read_bytes()).hexdigest() != total:
            raise ValueError
        if said != f"{name} {total}\n".encode():
            raise ValueError
    except (ValueError, OSError) as fault:
        raise StoreUnavailable(
            "the pointer to the current snapshot, or its manifest, is damaged", where=str(path)
        ) from fault
    return name


def names(root: Path) -> list[str]:
    """The names of all manifests that are there, newest first."""
    return sorted((path.stem for path in (root / "manifests").glob("0*.json")), reverse=True)


def has_content(root: Path) -> bool:
    """Whether there is a manifest beyond the empty one a store begins with."""
    return any(not name.startswith("00000000-") for name in names(root))


def field_names() -> set[str]:
    """The members of a manifest, for the documentation test."""
    return {known.name for known in fields(Manifest)}
