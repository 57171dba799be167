"""Results as W3C texts, written inside the worker: SPARQL 1.1 Results JSON, XML, CSV and TSV, and RDF for graphs.

Loaded by `worker.py` from its own file, so it imports nothing of mcgraph. JSON, XML and TSV are exact; CSV puts a
quote before a cell that a spreadsheet would run, as every CSV of mcgraph does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from json import dumps
from typing import Any

TABLES = ("json", "xml", "csv", "tsv")
GRAPHS = ("ttl", "nt", "rdf", "jsonld")
XML_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<sparql xmlns="http://www.w3.org/2005/sparql-results#">'
_STRING = "http://www.w3.org/2001/XMLSchema#string"
_FORMULA = ("=", "+", "-", "@", "\t", "\n")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_QUOTED = re.compile(r'[",\r\n]')
# Signs XML 1.0 cannot hold, not even as references.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


class Table:
    """A table of at most `most` rows in a format; after `pieces`, how many `rows` it has and whether it `is_cut`."""

    def __init__(self, names: list[str], form: str, most: int) -> None:
        """`names` are the columns."""
        self.rows = 0
        self.is_cut = False
        self._most = most
        self._head, self._row, self._between, self._end = _WRITERS[form](names)

    def pieces(self, found: Iterable[Any]) -> Iterator[str]:
        """The text, piece by piece; `found` gives rows that hold a term or None for each column."""
        yield self._head
        for solution in found:
            if self.rows >= self._most:
                self.is_cut = True
                break
            yield (self._between if self.rows else "") + self._row(solution)
            self.rows += 1
        yield self._end(self.is_cut)


def boolean(value: bool, form: str) -> str:
    """The result of ASK."""
    said = "true" if value else "false"
    if form == "json":
        return f'{{"head":{{}},"boolean":{said}}}'
    if form == "xml":
        return f"{XML_HEAD}<head/><boolean>{said}</boolean></sparql>\n"
    return said + ("\r\n" if form == "csv" else "\n")


def graph(triples: Iterable[Any], form: str, prefixes: dict[str, str]) -> str:
    """Triples in an RDF syntax, Turtle with those of the prefixes that are used."""
    import pyoxigraph

    formats = {
        "ttl": pyoxigraph.RdfFormat.TURTLE,
        "nt": pyoxigraph.RdfFormat.N_TRIPLES,
        "rdf": pyoxigraph.RdfFormat.RDF_XML,
        "jsonld": pyoxigraph.RdfFormat.JSON_LD,
    }
    kept = list(triples)
    used = _used(kept, prefixes) if form == "ttl" else None
    written = pyoxigraph.serialize(kept, format=formats[form], prefixes=used)
    return (written or b"").decode("utf-8")


def _used(triples: list[Any], prefixes: dict[str, str]) -> dict[str, str]:
    bases = {base: name for name, base in prefixes.items()}
    used: dict[str, str] = {}
    for triple in triples:
        for term in (triple.subject, triple.predicate, triple.object, getattr(triple.object, "datatype", None)):
            value = getattr(term, "value", "")
            base = value[: max(value.rfind("#"), value.rfind("/")) + 1]
            if base in bases and value != _STRING:
                used[bases[base]] = base
    return used


Writer = tuple[str, Callable[[Any], str], str, Callable[[bool], str]]


def _json(names: list[str]) -> Writer:
    keys = [(name, dumps(name, ensure_ascii=False)) for name in names]
    head = f'{{"head":{{"vars":[{",".join(key for _, key in keys)}]}},"results":{{"bindings":[\n'

    def row(solution: Any) -> str:
        bound = ((key, solution[name]) for name, key in keys)
        return "{" + ",".join(f"{key}:{_json_term(term)}" for key, term in bound if term is not None) + "}"

    def end(cut: bool) -> str:
        return "\n]}" + (',"truncated":true,"limit":"rows_returned"' if cut else "") + "}\n"

    return head, row, ",\n", end


def _json_term(term: Any) -> str:
    kind = type(term).__name__
    if kind == "NamedNode":
        return f'{{"type":"uri","value":{dumps(term.value, ensure_ascii=False)}}}'
    if kind == "BlankNode":
        return f'{{"type":"bnode","value":{dumps(term.value)}}}'
    text = dumps(term.value if kind == "Literal" else str(term), ensure_ascii=False)
    if kind != "Literal":
        return f'{{"type":"literal","value":{text}}}'
    if term.language:
        return f'{{"type":"literal","value":{text},"xml:lang":{dumps(term.language)}}}'
    datatype = term.datatype.value
    if datatype == _STRING:
        return f'{{"type":"literal","value":{text}}}'
    return f'{{"type":"literal","value":{text},"datatype":{dumps(datatype, ensure_ascii=False)}}}'


def _xml(names: list[str]) -> Writer:
    keys = [(name, _attribute(name)) for name in names]
    variables = "".join(f'<variable name="{key}"/>' for _, key in keys)

    def row(solution: Any) -> str:
        bound = ((key, solution[name]) for name, key in keys)
        cells = (f'<binding name="{key}">{_xml_term(term)}</binding>' for key, term in bound if term is not None)
        return f"<result>{''.join(cells)}</result>"

    def end(cut: bool) -> str:
        return "\n</results>" + ("<!-- truncated: rows_returned -->" if cut else "") + "</sparql>\n"

    return f"{XML_HEAD}<head>{variables}</head><results>\n", row, "\n", end


def _xml_term(term: Any) -> str:
    kind = type(term).__name__
    if kind == "NamedNode":
        return f"<uri>{_xml_text(term.value)}</uri>"
    if kind == "BlankNode":
        return f"<bnode>{_xml_text(term.value)}</bnode>"
    text = _xml_text(term.value if kind == "Literal" else str(term))
    if kind == "Literal" and term.language:
        return f'<literal xml:lang="{_attribute(term.language)}">{text}</literal>'
    datatype = term.datatype.value if kind == "Literal" else _STRING
    return f"<literal>{text}</literal>" if datatype == _STRING else (
        f'<literal datatype="{_attribute(datatype)}">{text}</literal>'
    )  # fmt: skip


def _xml_text(text: str) -> str:
    # A bare carriage return would be read as a line feed.
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")
    return _NOT_XML.sub("\ufffd", escaped)


def _attribute(text: str) -> str:
    return _xml_text(text).replace('"', "&quot;").replace("\t", "&#9;").replace("\n", "&#10;")


def _csv(names: list[str]) -> Writer:
    def row(solution: Any) -> str:
        return ",".join("" if solution[name] is None else _cell(solution[name]) for name in names)

    return ",".join(names), lambda solution: "\r\n" + row(solution), "", lambda _: "\r\n"


def _cell(term: Any) -> str:
    kind = type(term).__name__
    text: str = "_:" + term.value if kind == "BlankNode" else term.value if kind != "Triple" else str(term)
    if text.startswith(_FORMULA) and not _NUMBER.fullmatch(text):
        text = "'" + text
    return '"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text


def _tsv(names: list[str]) -> Writer:
    def row(solution: Any) -> str:
        # The engine's own text of a term is that of N-Triples, with tabs and line ends escaped.
        return "\t".join("" if solution[name] is None else _turtle(solution[name]) for name in names)

    return "\t".join("?" + name for name in names), lambda solution: "\n" + row(solution), "", lambda _: "\n"


def _turtle(term: Any) -> str:
    return str(term).replace("\t", "\\t")


_WRITERS: dict[str, Callable[[list[str]], Writer]] = {"json": _json, "xml": _xml, "csv": _csv, "tsv": _tsv}
