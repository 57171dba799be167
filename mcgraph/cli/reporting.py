"""What a validation leaves behind: reports, an annotated copy, a corrected copy, and the exit code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mcgraph.cli.console import Console, terminal_width
from mcgraph.errors import WrongUse

if TYPE_CHECKING:
    from mcgraph.model.batch import Batch
    from mcgraph.validation import Report
    from mcgraph.validation.waivers import Waiver

FORMATS = (".html", ".json", ".csv", ".xlsx", ".ttl", ".sarif", ".md", ".svg", ".txt")


@dataclass(frozen=True, slots=True)
class Outputs:
    """The options that `output_options` adds to a command."""

    reports: tuple[Path, ...] = ()
    annotate: Path | None = None
    fix: Path | None = None
    diff: Path | None = None
    baseline: Path | None = None
    waivers: Path | None = None
    fail_on: str = "error"
    force: bool = False
    as_json: bool = False

    def check(self, files: Sequence[Path]) -> None:
        """Refuse an unknown format, a missing folder or a file that is there, before any work is done.

        What was submitted is never written over, whatever is forced.
        """
        check_outputs(self.reports, self.force)
        if self.annotate and self.annotate.suffix.lower() != ".xlsx":
            raise WrongUse("an annotated copy is a workbook", fix="Give --annotate a name that ends in .xlsx.")
        if self.diff and not self.fix:
            raise WrongUse("--diff tells what --fix corrected", fix="Give --fix OUT as well.")
        given = {file.resolve() for file in files}
        for written in (self.annotate, self.fix, self.diff):
            if written is not None:
                check_output(written, self.force)
        for written in (*self.reports, self.annotate, self.fix, self.diff):
            if written is not None and written.resolve() in given:
                raise WrongUse(f"{written} is what was submitted", fix="Write to another file.")
        for option, copy in (("--annotate", self.annotate), ("--fix", self.fix)):
            if copy is not None:
                _one(files, option)


def check_outputs(paths: tuple[Path, ...], force: bool, formats: tuple[str, ...] = FORMATS) -> None:
    """Refuse an unknown format, a missing folder or a file that is there, before any work is done."""
    for path in paths:
        if path.suffix.lower() not in formats:
            raise WrongUse(f"«{path.suffix}» is not a report format", fix=f"Use one of {', '.join(formats)}.")
        check_output(path, force)


def check_output(path: Path, force: bool) -> None:
    """Refuse a missing folder, and a file that is there unless it may be overwritten."""
    if not path.parent.is_dir():
        raise WrongUse(f"the folder {path.parent} is not there", fix="Make it, or name another.")
    if path.exists() and not force:
        raise WrongUse(f"{path} is already there", fix="Use --force to overwrite it, or another name.")


def output_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of `Outputs` to a click command; they arrive as keyword arguments of the same names."""
    path = click.Path(path_type=Path)
    options = [
        click.option("--report", "reports", multiple=True, type=path,
                     help=f"Write the report, by ending: {', '.join(FORMATS)}; repeatable."),
        click.option("--annotate", type=path, help="Write the submitted workbook with faulty cells marked (.xlsx)."),
        click.option("--fix", type=path, help="Write a corrected copy: safe suggestions only."),
        click.option("--diff", type=path, help="Write what --fix corrected, as CSV (default: beside the copy)."),
        click.option("--baseline", type=path, help="An earlier .json report: tells new, unchanged and fixed findings."),
        click.option("--waivers", type=path, help="A .csv or .yaml file of findings that somebody waives."),
        click.option("--fail-on", type=click.Choice(["error", "warning", "info", "never"]), default="error"),
        click.option("--force", is_flag=True, help="Overwrite files."),
        click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout."),
    ]  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


def waivers_of(path: Path | None) -> tuple[Waiver, ...]:
    """The waivers in a file, if one was named."""
    if path is None:
        return ()
    from mcgraph.validation.waivers import read_waivers

    return read_waivers(path)


def deliver(
    ctx: click.Context, report: Report, batch: Batch, files: Sequence[Path], outputs: Outputs, options: dict[str, str]
) -> None:
    """Write what was asked for, print the findings, and leave with the exit code they ask for."""
    console: Console = ctx.obj
    report = _complete(report, batch, files, outputs, options)
    _write(console, report, batch, files, outputs)
    if outputs.as_json:
        console.document(report.to_json())
    else:
        console.data(report.to_text(terminal_width()))
    code = report.exit_code(outputs.fail_on)
    if code:
        ctx.exit(code)


def _complete(
    report: Report, batch: Batch, files: Sequence[Path], outputs: Outputs, options: dict[str, str]
) -> Report:
    """The report with its files, its options and, where one was named, its baseline."""
    from mcgraph.submissions.reading import input_files, of_documents
    from mcgraph.validation.report import Input

    read = input_files(files, documents=of_documents(batch))
    inputs = tuple(Input(one.name, one.sha256, one.size) for one in read)
    names = {"baseline": outputs.baseline, "waivers": outputs.waivers}
    said = {**options, **{name: path.name for name, path in names.items() if path}}
    report = replace(report, inputs=inputs, options=tuple((name, value) for name, value in said.items() if value))
    if outputs.baseline is not None:
        from mcgraph.validation.baseline import read_baseline

        report = report.since(read_baseline(outputs.baseline))
    return report


def _write(console: Console, report: Report, batch: Batch, files: Sequence[Path], outputs: Outputs) -> None:
    if outputs.reports:
        from mcgraph.report.findings import write_report

        for path in outputs.reports:
            write_report(report, batch, path)
            console.say(f"wrote {path}")
    if outputs.annotate is not None:
        from mcgraph.report.annotate import annotate

        count = annotate(report, _one(files, "--annotate"), outputs.annotate)
        console.say(f"wrote {outputs.annotate}: {count:,} cells marked")
    if outputs.fix is not None:
        _fix(console, report, batch, _one(files, "--fix"), outputs)


def _fix(console: Console, report: Report, batch: Batch, source: Path, outputs: Outputs) -> None:
    from mcgraph.report.correct import correct, write_diff
    from mcgraph.sources.mapping import bundled_mappings, load_mapping

    hints = load_mapping(batch.mapping) if batch.mapping in bundled_mappings() else None
    fix = outputs.fix
    assert fix is not None
    done = correct(
        report, source, fix, encoding=hints.encoding if hints else "", delimiter=hints.delimiter if hints else ""
    )
    if not done:
        console.say(report.lang.said("diff.none"))
        return
    diff = outputs.diff or fix.with_name(f"{fix.stem}.diff.csv")
    if outputs.diff is None:
        check_output(diff, outputs.force)
    write_diff(done, diff, report.lang)
    console.say(f"wrote {fix}: {report.lang.count('diff.done', len(done))} · {diff}")
    for c in done[:20]:
        place = f"{c.sheet} · {c.cell}" if c.sheet else c.cell
        console.say(f"  {place} {c.column}: «{_plain(c.before)}» → «{_plain(c.after)}»")


def _plain(text: str) -> str:
    return "".join(mark if mark.isprintable() else " " for mark in text)[:60]


def _one(files: Sequence[Path], option: str) -> Path:
    """The only file that was checked; an annotated or corrected copy is of one file."""
    from mcgraph.sources.reading import TABLE_ENDINGS, expand_paths

    paths = expand_paths(files)
    if len(paths) != 1:
        raise WrongUse(f"{option} writes a copy of one file, and {len(paths)} were checked", fix="Name one file.")
    if paths[0].suffix.lower() not in TABLE_ENDINGS:
        raise WrongUse(f"{option} is for tables", fix=f"Files must end in {', '.join(TABLE_ENDINGS)}.")
    return paths[0]
