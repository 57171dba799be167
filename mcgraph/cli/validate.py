"""`mcgraph validate`: findings, cell by cell; the store is read for context and never touched."""

from __future__ import annotations

import datetime
from pathlib import Path

import click

from mcgraph.cli.console import Console, terminal_width
from mcgraph.errors import WrongUse

FORMATS = (".html", ".json", ".csv", ".md", ".txt")


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--mapping", "-m", help="Bundled mapping or YAML file (default: the one that fits).")
@click.option("--source", "-s", help="Whose data this is (default: the mapping or file name).")
@click.option("--profile", "-p", help="Rules to check against (default: the mapping's own).")
@click.option("--shapes", help="Any SHACL file to check against, instead of a profile.")
@click.option("--format", "syntax", type=click.Choice(["nt", "ttl", "nq", "trig", "rdf", "jsonld"]), help="RDF syntax.")
@click.option(
    "--report", "reports", multiple=True, type=click.Path(path_type=Path),
    help="Write the report: .html, .json, .csv, .md or .txt; repeatable.",
)  # fmt: skip
@click.option("--fail-on", type=click.Choice(["error", "warning", "info", "never"]), default="error")
@click.option("--date", type=click.DateTime(["%Y-%m-%d"]), help="The day on which expiry is judged.")
@click.option("--lang", default="en", help="Language of the messages (en, fr).")
@click.option("--force", is_flag=True, help="Overwrite report files.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_context
def command(
    ctx: click.Context,
    files: tuple[Path, ...],
    mapping: str | None,
    source: str | None,
    profile: str | None,
    shapes: str | None,
    syntax: str | None,
    reports: tuple[Path, ...],
    fail_on: str,
    date: datetime.datetime | None,
    lang: str,
    force: bool,
    as_json: bool,
) -> None:
    """Findings, cell by cell; the store is not touched.

    \b
    Examples:
      mcgraph validate registry.xlsx
      mcgraph validate registry.xlsx --profile annex1-catalogue --report findings.html
      mcgraph validate data.nt --shapes shapes.ttl
    """
    from mcgraph.cli.load import source_name
    from mcgraph.sources.rdf import format_of
    from mcgraph.store import open_graph
    from mcgraph.submissions.reading import read_batch
    from mcgraph.validation import validate

    console: Console = ctx.obj
    check_outputs(reports, force)
    profile = shapes or profile
    if mapping is None and profile is None and any(format_of(file, syntax) for file in files):
        raise WrongUse("an RDF file names no rules itself", fix="Add --shapes with a SHACL file, or --profile.")
    with console.progress("Checking"):
        batch = read_batch(files, mapping, source_name(source, mapping, files), syntax=syntax)
        day = (date or datetime.datetime.now()).date()
        if (console.store / "FORMAT").exists():
            with open_graph(console.store) as graph:
                report = validate(batch, profile=profile or batch.profile, date=day, context=graph, lang=lang)
        else:
            report = validate(batch, profile=profile or batch.profile, date=day, lang=lang)
    if reports:
        from mcgraph.report.findings import write_report

        for path in reports:
            write_report(report, batch, path)
            console.say(f"wrote {path}")
    if as_json:
        console.document(report.to_json())
    else:
        console.data(report.to_text(terminal_width()))
    code = report.exit_code(fail_on)
    if code:
        ctx.exit(code)


def check_outputs(paths: tuple[Path, ...], force: bool) -> None:
    """Refuse an unknown format, a missing folder or a file that is there, before any work is done."""
    for path in paths:
        if path.suffix.lower() not in FORMATS:
            raise WrongUse(f"«{path.suffix}» is not a report format", fix=f"Use one of {', '.join(FORMATS)}.")
        if not path.parent.is_dir():
            raise WrongUse(f"the folder {path.parent} is not there", fix="Make it, or name another.")
        if path.exists() and not force:
            raise WrongUse(f"{path} is already there", fix="Use --force to overwrite it, or another name.")
