"""A workbook as the parts of its archive, changed part by part: what is not touched keeps every byte.

A library that reads a workbook into objects and writes it again loses what it does not know: saved values of
formulas, drawings, extensions. Here cells are changed where they stand in the sheet's XML, with patterns that
no document type or entity can mislead.
"""

from __future__ import annotations

import html
import os
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

from mcgraph.errors import InputRefused
from mcgraph.limits import Limits
from mcgraph.model.finding import column_letters

RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_ATTRIBUTE = re.compile(rb'([\w:]+)\s*=\s*("[^"]*"|\'[^\']*\')')
_SHEET = re.compile(rb"<(?:\w+:)?sheet\b([^>]*?)/?>")
_RELATION = re.compile(rb"<(?:\w+:)?Relationship\b([^>]*?)/?>")
_ROW = re.compile(rb"<(\w+:)?row\b([^>]*?)(/?)>")
_CELL = re.compile(rb"<(?:\w+:)?c\b([^>]*?)(?:/>|>(.*?)</(?:\w+:)?c>)", re.DOTALL)
_DATA = re.compile(rb"<(\w+:)?sheetData\s*(/?)>")
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


@dataclass(frozen=True, slots=True)
class Edit:
    """What becomes of a cell: another style (a number of styles.xml) and, where `text` is given, another value."""

    style: int | None = None
    text: str | None = None


class Package:
    """The archive of a workbook. Changes stay in memory until `save`."""

    def __init__(self, path: Path, limits: Limits) -> None:
        """Open a workbook that the guards let pass. Raises `InputRefused` for another file."""
        from mcgraph.sources.guards import file_kind

        if file_kind(path, limits) != "workbook":
            raise InputRefused("this is no workbook", where=str(path))
        self.path = path
        self._changed: dict[str, bytes] = {}
        with zipfile.ZipFile(path) as archive:
            self._names = archive.namelist()
        if "xl/workbook.xml" not in self._names:
            raise InputRefused("this is no .xlsx workbook", where=str(path), fix="Save it as .xlsx.")

    def has(self, name: str) -> bool:
        """Whether there is a part of this name."""
        return name in self._changed or name in self._names

    def read(self, name: str) -> bytes:
        """The content of a part, with the changes so far."""
        if name in self._changed:
            return self._changed[name]
        try:
            with zipfile.ZipFile(self.path) as archive:
                return archive.read(name)
        except (KeyError, zipfile.BadZipFile, OSError) as fault:
            raise InputRefused(f"a part of the workbook is damaged ({fault})", where=str(self.path)) from fault

    def write(self, name: str, content: bytes) -> None:
        """Put a part in place."""
        self._changed[name] = content

    def sheets(self) -> dict[str, str]:
        """The part of each sheet by the sheet's name, in order."""
        targets = {rid: target for rid, (_, target) in self.relations("xl/workbook.xml").items()}
        found = {}
        for match in _SHEET.finditer(self.read("xl/workbook.xml")):
            given = attributes(match.group(1))
            name = next((v for k, v in given.items() if k.rpartition(":")[2] == "id"), "")
            if name in targets:
                found[given.get("name", "")] = targets[name]
        return found

    def relations(self, part: str) -> dict[str, tuple[str, str]]:
        """Per relation id of a part: its kind and the full name of the part it leads to."""
        name = _relations_of(part)
        if not self.has(name):
            return {}
        folder = part.rpartition("/")[0]
        found = {}
        for match in _RELATION.finditer(self.read(name)):
            given = attributes(match.group(1))
            if given.get("TargetMode") != "External":
                found[given.get("Id", "")] = (given.get("Type", ""), _resolved(folder, given.get("Target", "")))
        return found

    def relate(self, part: str, kind: str, target: str) -> str:
        """Add a relation from `part` to the part `target`; gives its id."""
        name = _relations_of(part)
        xml = self.read(name) if self.has(name) else f'<Relationships xmlns="{_PACKAGE}"></Relationships>'.encode()
        taken = {attributes(match.group(1)).get("Id", "") for match in _RELATION.finditer(xml)}
        rid = next(f"rIdMc{n}" for n in range(1, len(taken) + 2) if f"rIdMc{n}" not in taken)
        entry = f'<Relationship Id="{rid}" Type="{RELATIONS}/{kind}" Target="/{html.escape(target)}"/>'
        self.write(name, _before_end(xml, "Relationships", entry.encode()))
        return rid

    def declare(self, part: str, content_type: str) -> None:
        """Say what kind of content a new part has."""
        entry = f'<Override PartName="/{part}" ContentType="{content_type}"/>'
        self._add_type(entry, f'PartName="/{part}"')

    def declare_ending(self, ending: str, content_type: str) -> None:
        """Say what kind of content parts with an ending have, where that is not said yet."""
        entry = f'<Default Extension="{ending}" ContentType="{content_type}"/>'
        self._add_type(entry, f'Extension="{ending}"')

    def _add_type(self, entry: str, known: str) -> None:
        xml = self.read("[Content_Types].xml")
        if known.encode() in xml:
            return
        if entry.startswith("<Default"):
            start = re.search(rb"<(?:\w+:)?Types\b[^>]*>", xml)
            if start is None:
                raise InputRefused("the workbook does not list its parts", where=str(self.path), fix="Save it again.")
            self.write("[Content_Types].xml", xml[: start.end()] + entry.encode() + xml[start.end() :])
        else:
            self.write("[Content_Types].xml", _before_end(xml, "Types", entry.encode()))

    def free_name(self, form: str) -> str:
        """A part name that is not taken, from a form with `{n}`."""
        return next(name for n in range(1, 10_000) if not self.has(name := form.format(n=n)))

    def save(self, path: Path) -> None:
        """Write the archive to `path`, whole or not at all; untouched parts are copied with their dates."""
        draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        try:
            with zipfile.ZipFile(self.path) as old, zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as new:
                for info in old.infolist():
                    content = self._changed.get(info.filename)
                    new.writestr(info, old.read(info) if content is None else content, zipfile.ZIP_DEFLATED)
                for name in sorted(set(self._changed) - set(self._names)):
                    new.writestr(
                        zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), self._changed[name], zipfile.ZIP_DEFLATED
                    )
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)


def attributes(text: bytes) -> dict[str, str]:
    """The attributes in a start tag."""
    return {
        key.decode("ascii", "replace"): html.unescape(value[1:-1].decode("utf-8", "replace"))
        for key, value in _ATTRIBUTE.findall(text)
    }


def reference(row: int, column: int) -> str:
    """The reference of a cell: row from 1, column from 0."""
    return f"{column_letters(column)}{row}"


def position(cell: str) -> tuple[int, int] | None:
    """(row from 1, column from 0) of a reference such as H102."""
    matched = _REFERENCE.fullmatch(cell)
    if not matched:
        return None
    column = 0
    for mark in matched.group(1):
        column = column * 26 + ord(mark) - 64
    return int(matched.group(2)), column - 1


def edit_cells(xml: bytes, edits: dict[tuple[int, int], Edit]) -> bytes:
    """The sheet's XML with some cells changed (keys: row from 1, column from 0); all other bytes as they were."""
    data = _DATA.search(xml)
    if data is None:
        raise InputRefused("a sheet of the workbook has no data part", fix="Save it again and resend.")
    prefix = data.group(1) or b""
    wanted: dict[int, dict[int, Edit]] = {}
    for (row, column), edit in edits.items():
        wanted.setdefault(row, {})[column] = edit
    if data.group(2):
        body = b"".join(_new_row(row, wanted[row], prefix) for row in sorted(wanted))
        whole = b"<" + prefix + b"sheetData>" + body + b"</" + prefix + b"sheetData>"
        return xml[: data.start()] + whole + xml[data.end() :]
    end = xml.index(b"</" + prefix + b"sheetData>", data.end())
    return xml[: data.end()] + _edited_rows(xml[data.end() : end], wanted, prefix) + xml[end:]


def _edited_rows(body: bytes, wanted: dict[int, dict[int, Edit]], prefix: bytes) -> bytes:
    left = dict(sorted(wanted.items()))
    out: list[bytes] = []
    done = at = number = 0
    closing = b"</" + prefix + b"row>"
    for match in _ROW.finditer(body):
        stated = attributes(match.group(2)).get("r", "")
        number = int(stated) if stated.isdecimal() else number + 1
        while left and next(iter(left)) < number:
            row = next(iter(left))
            out += [body[done : match.start()], _new_row(row, left.pop(row), prefix)]
            done = match.start()
        if number in left:
            cells = left.pop(number)
            out.append(body[done : match.start()])
            if match.group(3):
                start = body[match.start() : match.end() - 2] + b">"
                out += [start, _edited_cells(b"", number, cells, prefix), closing]
                done = match.end()
            else:
                at = body.index(closing, match.end())
                out += [match.group(0), _edited_cells(body[match.end() : at], number, cells, prefix)]
                done = at
        if not left:
            break
    out.append(body[done:])
    return b"".join([*out, *(_new_row(row, cells, prefix) for row, cells in left.items())])


def _edited_cells(body: bytes, row: int, cells: dict[int, Edit], prefix: bytes) -> bytes:
    left = dict(sorted(cells.items()))
    out: list[bytes] = []
    done, column = 0, -1
    for match in _CELL.finditer(body):
        place = position(attributes(match.group(1)).get("r", ""))
        column = place[1] if place else column + 1
        while left and next(iter(left)) < column:
            new = next(iter(left))
            out += [body[done : match.start()], _new_cell(row, new, left.pop(new), prefix)]
            done = match.start()
        if column in left:
            out += [body[done : match.start()], _changed_cell(match, row, column, left.pop(column), prefix)]
            done = match.end()
    out.append(body[done:])
    return b"".join([*out, *(_new_cell(row, new, edit, prefix) for new, edit in left.items())])


def _new_row(row: int, cells: dict[int, Edit], prefix: bytes) -> bytes:
    inside = _edited_cells(b"", row, cells, prefix)
    return b"<" + prefix + f'row r="{row}">'.encode() + inside + b"</" + prefix + b"row>"


def _new_cell(row: int, column: int, edit: Edit, prefix: bytes) -> bytes:
    style = f' s="{edit.style}"' if edit.style is not None else ""
    return _cell_of(f'r="{reference(row, column)}"{style}', edit.text, prefix)


def _changed_cell(match: re.Match[bytes], row: int, column: int, edit: Edit, prefix: bytes) -> bytes:
    given = attributes(match.group(1))
    if edit.text is None:
        # Only the style: the rest of the cell stays to the letter.
        tag = re.sub(rb"\s+s\s*=\s*(\"[^\"]*\"|'[^']*')", b"", match.group(1))
        whole = match.group(0)
        start = whole.index(match.group(1)) if match.group(1) else len(prefix) + 2
        return whole[:start] + tag + f' s="{edit.style}"'.encode() + whole[start + len(match.group(1)) :]
    style = str(edit.style) if edit.style is not None else given.get("s", "")
    kept = f'r="{reference(row, column)}"' + (f' s="{html.escape(style)}"' if style else "")
    return _cell_of(kept, edit.text, prefix)


def _cell_of(attributes_: str, text: str | None, prefix: bytes) -> bytes:
    name = prefix + b"c"
    if text is None:
        return b"<" + name + b" " + attributes_.encode() + b"/>"
    if re.fullmatch(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,15})?", text):
        inside = b"<" + prefix + b"v>" + text.encode() + b"</" + prefix + b"v>"
        return b"<" + name + b" " + attributes_.encode() + b">" + inside + b"</" + name + b">"
    said = html.escape(text, quote=False).encode()
    inside = (
        b"<"
        + prefix
        + b"is><"
        + prefix
        + b't xml:space="preserve">'
        + said
        + b"</"
        + prefix
        + b"t></"
        + prefix
        + b"is>"
    )
    return b"<" + name + b" " + attributes_.encode() + b' t="inlineStr">' + inside + b"</" + name + b">"


def _before_end(xml: bytes, element: str, entry: bytes) -> bytes:
    """`entry` as the last child of the outermost element."""
    closing = list(re.finditer(rb"</(?:\w+:)?" + element.encode() + rb"\s*>", xml))
    if closing:
        return xml[: closing[-1].start()] + entry + xml[closing[-1].start() :]
    empty = re.search(rb"<((?:\w+:)?" + element.encode() + rb")\b([^>]*?)/>", xml)
    if empty is None:
        raise InputRefused(f"the workbook has no <{element}>", fix="Save it again and resend.")
    start = b"<" + empty.group(1) + empty.group(2) + b">"
    return xml[: empty.start()] + start + entry + b"</" + empty.group(1) + b">" + xml[empty.end() :]


def _relations_of(part: str) -> str:
    folder, _, name = part.rpartition("/")
    return f"{folder}/_rels/{name}.rels" if folder else f"_rels/{name}.rels"


def _resolved(folder: str, target: str) -> str:
    """The full name of a part from a target relative to a folder; `..` never leaves the archive."""
    if target.startswith("/"):
        return target.lstrip("/")
    steps = folder.split("/") if folder else []
    for step in target.split("/"):
        if step == "..":
            steps = steps[:-1]
        elif step not in ("", "."):
            steps.append(step)
    return "/".join(steps)
