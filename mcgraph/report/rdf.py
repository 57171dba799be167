"""The findings as a SHACL validation report in Turtle, every result with its place in the source.

Results of shapes are written as the engine found them (those that people's reports leave out as echoes of a
type error included); findings of files, references and rules across records follow in the same form.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from mcgraph import __version__
from mcgraph.limits import Limits
from mcgraph.model.batch import STRING, Batch
from mcgraph.model.finding import column_letters
from mcgraph.model.namespaces import DCTERMS, MC, SH, SHAPES, XSD, expand
from mcgraph.model.terms import escape
from mcgraph.validation.ir import Alternative, Inverse, Predicate, Repeat, Sequence
from mcgraph.validation.ir import Path as PropertyPath

if TYPE_CHECKING:
    from mcgraph.validation import Report
    from mcgraph.validation.data import DataGraph

_SEVERITY = {"error": SH + "Violation", "warning": SH + "Warning", "info": SH + "Info"}


def write_turtle(report: Report, batch: Batch, path: Path, limits: Limits | None = None) -> None:
    """Write the report to `path`, whole or not at all."""
    most = (limits or Limits()).findings_in_csv
    blocks = [_shape_results(report, batch, most), _other_findings(report, most)]
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with draft.open("w", encoding="utf-8", newline="\n") as out:
        out.write(_head(report, conforms=not any(block.len() for block in blocks)))
        for block in blocks:
            out.writelines(f"{line}\n" for line in block)
    draft.replace(path)


def _head(report: Report, *, conforms: bool) -> str:
    said = [
        f"@prefix mc: <{MC}> .\n@prefix mcsh: <{SHAPES}> .\n@prefix sh: <{SH}> .\n@prefix xsd: <{XSD}> .",
        f"@prefix dcterms: <{DCTERMS}> .\n",
        "_:report a sh:ValidationReport ;",
        f"    sh:conforms {'true' if conforms else 'false'} ;",
        f"    dcterms:created {_text(report.run.date.isoformat())}^^xsd:date ;",
        f"    dcterms:description {_text(report.verdict())}{_tag(report)} ;",
        f"    mcsh:profile {_text(report.run.profile)} ;",
        f"    mcsh:rulesVersion {_text(report.run.profile_version)} ;",
        f"    mcsh:programVersion {_text(__version__)} ;",
        f"    mcsh:recordsRead {report.read} ;",
        f"    mcsh:recordsAccepted {report.accepted} ;",
        f"    mcsh:totalFindings {len(report.findings)} .\n",
    ]
    return "\n".join(said) + "\n"


def _tag(report: Report) -> str:
    from mcgraph.model.terms import is_language

    return f"@{report.lang.tag}" if is_language(report.lang.tag) else ""


def _shape_results(report: Report, batch: Batch, most: int) -> pl.Series:
    """One block of Turtle per result of a shape."""
    from mcgraph.validation import catalogue
    from mcgraph.validation.data import DataGraph
    from mcgraph.validation.places import located

    results = report.results.head(most)
    if results.is_empty():
        return pl.Series([], dtype=pl.String)
    data = DataGraph(batch.columns)
    shapes = catalogue.profile(report.run.profile).shapes.shapes if report.run.profile in catalogue.profiles() else {}
    codes = {key: shape.code for key, shape in shapes.items() if shape.code}
    paths = {str(shape.path): _path(shape.path) for shape in shapes.values() if shape.path is not None}
    placed = located(batch, data, results).with_columns(
        _term("focus", "focus_t", data).alias("node"), _term("v", "t", data).alias("value"),
        pl.col("shape").replace_strict(codes, default="", return_dtype=pl.String).alias("code"),
        _mapped("path", {p: paths.get(p) or _named(p) for p in results.get_column("path").unique().to_list() if p}),
_component().alias("component"),
        pl.concat_str(pl.lit("<"), "severity", pl.lit(">")).alias("severity"),
        pl.when(pl.col("shape").str.starts_with("_:")).then(pl.lit("")).otherwise(
            pl.concat_str(pl.lit("<"), "shape", pl.lit(">"))).alias("shape"),
    )  # fmt: skip
    messages = {shape: words.message for (_, shape, _), words in report.findings.wording.items() if shape}
    own = dict(enumerate(report.findings.said))
    say = pl.coalesce(
        pl.col("said").replace_strict(own, default=None, return_dtype=pl.String),
        pl.col("shape").replace_strict(messages, default="", return_dtype=pl.String),
    )
    return _blocks(placed.with_columns(say.alias("message")), report)


def _other_findings(report: Report, most: int) -> pl.Series:
    """Findings that no shape made: of files, headers, cells, references, and rules across records."""
    frame = report.findings.frame.filter(pl.col("component") == "").head(most)
    if frame.is_empty():
        return pl.Series([], dtype=pl.String)
    rules = {code: words.message for (code, _, _), words in report.findings.wording.items()}
    given = {finding.code: finding.message for finding in report.findings.given}
    return _blocks(
        frame.with_columns(
            pl.when(pl.col("record") != "").then(pl.concat_str(pl.lit("<"), _safe_iri("record"), pl.lit(">")))
            .otherwise(pl.lit("_:report")).alias("node"),
            pl.when(pl.col("found") != "").then(_quoted("found")).alias("value"),
            pl.lit("").alias("path"),
            pl.lit(f"<{SHAPES}RuleConstraintComponent>").alias("component"),
            pl.col("severity").replace_strict(_SEVERITY, return_dtype=pl.String).pipe(
                lambda e: pl.concat_str(pl.lit("<"), e, pl.lit(">"))).alias("severity"),
            pl.when(pl.col("shape") != "").then(pl.concat_str(pl.lit("<"), "shape", pl.lit(">")))
            .otherwise(pl.lit("")).alias("shape"),
            pl.col("code").replace_strict({**given, **rules}, default="", return_dtype=pl.String).alias("message"),
        ),
        report,
    )  # fmt: skip


def _blocks(rows: pl.DataFrame, report: Report) -> pl.Series:
    tables = dict(enumerate(report.findings.tables))
    files = {at: _text(table.file) for at, table in tables.items()}
    sheets = {at: _text(table.sheet) for at, table in tables.items() if table.sheet}
    heads = {f"{at} {i}": _text(name) for at, table in tables.items() for i, name in enumerate(table.headers)}
    letters = {f"{at} {i}": column_letters(i) for at, table in tables.items() for i in range(len(table.headers))}
    spot = pl.concat_str("table", "column", separator=" ")
    cell = pl.concat_str(
        pl.lit('"'), spot.replace_strict(letters, default=None, return_dtype=pl.String),
        pl.col("row").cast(pl.String), pl.lit('"'),
    )  # fmt: skip
    tag = _tag(report)
    message = pl.when(pl.col("message") != "").then(pl.concat_str(_quoted("message"), pl.lit(tag)))
    parts = [
        pl.lit("_:report sh:result [ a sh:ValidationResult ; sh:focusNode "), pl.col("node"),
        _said("sh:resultPath", pl.when(pl.col("path") != "").then("path")), _said("sh:value", pl.col("value")),
        _said("sh:resultSeverity", pl.col("severity")), _said("sh:sourceConstraintComponent", pl.col("component")),
        _said("sh:sourceShape", pl.when(pl.col("shape") != "").then("shape")), _said("sh:resultMessage", message),
        _said("mcsh:code", pl.when(pl.col("code") != "").then(_quoted("code"))),
        _said("mcsh:file", pl.col("table").replace_strict(files, default=None, return_dtype=pl.String)),
        _said("mcsh:sheet", pl.col("table").replace_strict(sheets, default=None, return_dtype=pl.String)),
        _said("mcsh:row", pl.col("row").cast(pl.String)),
        _said("mcsh:column", spot.replace_strict(heads, default=None, return_dtype=pl.String)),
        _said("mcsh:cell", cell), pl.lit(" ] ."),
    ]  # fmt: skip
    return rows.select(pl.concat_str(parts).alias("block")).to_series()


def _said(predicate: str, value: pl.Expr) -> pl.Expr:
    return pl.concat_str(pl.lit(f" ; {predicate} "), value).fill_null("")


def _term(value: str, kind: str, data: DataGraph) -> pl.Expr:
    """A term of the data in Turtle; null where there is none. A blank node is one without a name."""
    tails = {
        at: "" if not name else (f"@{tag}" if tag else "" if name == STRING else f"^^<{name}>")
        for at, (name, tag) in enumerate(data.types)
    }
    tail = pl.col(kind).replace_strict(tails, default="", return_dtype=pl.String)
    literal = pl.concat_str(_quoted(value), tail)
    resource = pl.concat_str(pl.lit("<"), _safe_iri(value), pl.lit(">"))
    blank = pl.col(value).str.starts_with("_:")
    return pl.when(pl.col(value).is_null()).then(None).when(pl.col(kind) != 0).then(literal) \
        .when(blank).then(pl.lit("[]")).otherwise(resource)  # fmt: skip


def _quoted(column: str) -> pl.Expr:
    escaped = (
        pl.col(column).str.replace_all("\\", "\\\\", literal=True).str.replace_all('"', '\\"', literal=True)
        .str.replace_all("\n", "\\n", literal=True).str.replace_all("\r", "\\r", literal=True)
        .str.replace_all(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "�")
    )  # fmt: skip
    return pl.concat_str(pl.lit('"'), escaped, pl.lit('"'))


def _safe_iri(column: str) -> pl.Expr:
    """An IRI in which nothing can close the angle bracket; a name without scheme is made a local one."""
    clean = pl.col(column).str.replace_all(r"[\x00-\x20<>\"{}|^`\\]", "_")
    return pl.when(clean.str.contains(r"^[A-Za-z][A-Za-z0-9+.-]*:")).then(clean).otherwise(
        pl.concat_str(pl.lit("urn:mcgraph:"), clean))  # fmt: skip


def _component() -> pl.Expr:
    """The IRI of a constraint component; one of somebody else's is told in full."""
    own = pl.concat_str(pl.lit(f"<{SH}"), "component", pl.lit("ConstraintComponent>"))
    other = pl.concat_str(pl.lit("<"), _safe_iri("component"), pl.lit(">"))
    return pl.when(pl.col("component").str.contains(":", literal=True)).then(other).otherwise(own)


def _mapped(column: str, texts: dict[str, str]) -> pl.Expr:
    return pl.col(column).replace_strict(texts, default="", return_dtype=pl.String).alias(column)


def _path(path: PropertyPath) -> str:
    """A SHACL property path in Turtle."""
    if isinstance(path, Predicate):
        return f"<{path.iri}>"
    if isinstance(path, Inverse):
        return f"[ sh:inversePath {_path(path.path)} ]"
    if isinstance(path, Sequence):
        return f"( {' '.join(_path(step) for step in path.steps)} )"
    if isinstance(path, Alternative):
        return f"[ sh:alternativePath ( {' '.join(_path(way) for way in path.ways)} ) ]"
    if isinstance(path, Repeat):
        kind = "zeroOrOnePath" if path.once else "oneOrMorePath" if path.least else "zeroOrMorePath"
        return f"[ sh:{kind} {_path(path.path)} ]"
    raise ValueError(f"Unexpected path {path}")


def _named(path: str) -> str:
    """The path of a result of a closed shape: one property, shortened."""
    try:
        return f"<{expand(path)}>"
    except KeyError:
        return ""


def _text(text: str) -> str:
    return f'"{escape(text)}"'
