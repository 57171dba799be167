"""`mcgraph quarantine`: what was refused, with its findings; export it, or try it again once corrected."""

from __future__ import annotations

import csv
import datetime
import io
from pathlib import Path

import click

from mcgraph.cli.console import Console
from mcgraph.errors import WrongUse


@click.group()
def command() -> None:
    """What was refused, with its findings."""


@command.command("list")
@click.argument("source", required=False)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_obj
def list_(console: Console, source: str | None, as_json: bool) -> None:
    """The refused records of one source, or of all."""
    from mcgraph.submissions import quarantine

    found = [quarantine.of(console.store, source)] if source else quarantine.read(console.store)
    if as_json:
        console.document([{"source": q.source, "records": q.records, "findings": q.findings} for q in found])
        return
    if not found:
        console.data("nothing is in quarantine")
    for one in found:
        console.data(f"{one.source}: {len(one.records):,} records refused, {len(one.findings):,} errors")
        rows = [
            [f["where"]["cell"] or str(f["where"]["row"]), f["code"], f["message"], f["found"]]
            for f in one.findings
        ]
        console.table(["where", "code", "what is wrong", "found"], rows, limit=50)


@command.command()
@click.argument("source")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="A .csv file.")
@click.option("--force", is_flag=True, help="Overwrite the file.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_obj
def export(console: Console, source: str, output: Path, force: bool, as_json: bool) -> None:
    """The errors of a source's refused records as a CSV file to send back."""
    from mcgraph.model.answer import harmless
    from mcgraph.submissions import quarantine

    one = quarantine.of(console.store, source)
    if output.exists() and not force:
        raise WrongUse(f"{output} is already there", fix="Use --force to overwrite it, or another name.")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        ["file", "sheet", "row", "column", "cell", "record", "code", "message", "found", "expected", "fix"]
    )
    for f in one.findings:
        where = f["where"]
        cells = [
            where["file"], where["sheet"], str(where["row"] or ""), where["column"], where["cell"],
            f["record"]["id"], f["code"], f["message"], f["found"], f["expected"], f["fix"],
        ]  # fmt: skip
        writer.writerow([harmless(str(cell)) for cell in cells])
    output.write_text(text.getvalue(), encoding="utf-8-sig")
    if as_json:
        console.document({"source": source, "file": str(output), "findings": len(one.findings)})
    else:
        console.data(f"wrote {len(one.findings):,} findings to {output}")


@command.command()
@click.argument("source")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--mapping", "-m", help="As for load; default: the mapping of the refused load.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_context
def retry(
    ctx: click.Context, source: str, files: tuple[Path, ...], mapping: str | None, as_json: bool
) -> None:
    """Load a source again from corrected files."""
    from mcgraph.cli.console import terminal_width
    from mcgraph.cli.load import summary
    from mcgraph.submissions import quarantine
    from mcgraph.submissions.loading import load_files

    console: Console = ctx.obj
    before = quarantine.of(console.store, source)
    chosen = mapping or ("survey" if before.mapping.startswith("codebook:") else before.mapping)
    loaded = load_files(
        console.store, files, mapping=chosen, source=source, date=datetime.datetime.now().date()
    )
    if as_json:
        console.document(loaded.to_json())
    else:
        console.data(loaded.report.to_text(terminal_width()))
        console.data(summary(loaded, dry_run=False))
        console.data(f"refused before: {len(before.records):,} · refused now: {loaded.rejected:,}")
    if loaded.report.exit_code():
        ctx.exit(loaded.report.exit_code())
