"""`mcgraph validate`: findings, cell by cell; the store is read for context and never touched."""

from __future__ import annotations

import datetime
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mcgraph.cli.console import Console
from mcgraph.cli.reporting import Outputs, check_outputs, deliver, output_options, waivers_of
from mcgraph.errors import WrongUse

if TYPE_CHECKING:
    from mcgraph.store import Graph

__all__ = ["check_outputs", "command"]


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--mapping", "-m", help="Bundled mapping or YAML file (default: the one that fits).")
@click.option("--source", "-s", help="Whose data this is (default: the mapping or file name).")
@click.option(
    "--profile", "-p", "profiles", multiple=True,
    help="Rules to check against (default: the mapping's own); several give a matrix.",
)  # fmt: skip
@click.option("--shapes", help="Any SHACL file to check against, alone or beside profiles.")
@click.option("--format", "syntax", type=click.Choice(["nt", "ttl", "nq", "trig", "rdf", "jsonld"]), help="RDF syntax.")
@click.option("--date", type=click.DateTime(["%Y-%m-%d"]), help="The day on which expiry is judged.")
@click.option("--lang", default="en", help="Language of the messages: en, fr, or a language file (.toml).")
@output_options
@click.pass_context
def command(
    ctx: click.Context,
    /,
    files: tuple[Path, ...],
    mapping: str | None,
    source: str | None,
    profiles: tuple[str, ...],
    shapes: str | None,
    syntax: str | None,
    date: datetime.datetime | None,
    lang: str,
    **outputs: Any,
) -> None:
    """Findings, cell by cell; the store is not touched.

    \b
    Examples:
      mcgraph validate registry.xlsx
      mcgraph validate registry.xlsx --profile annex1-catalogue --report findings.html
      mcgraph validate registry.xlsx -p annex1-catalogue -p deqar -p nzqa --report matrix.html
      mcgraph validate data.nt --shapes shapes.ttl
      mcgraph validate registry.xlsx --annotate marked.xlsx --fix corrected.xlsx
    """
    from mcgraph.sources.rdf import format_of
    from mcgraph.submissions.naming import source_name
    from mcgraph.submissions.partitioned import needs_partitions, validate_large
    from mcgraph.submissions.reading import read_batch
    from mcgraph.validation import validate

    console: Console = ctx.obj
    asked = (*profiles, *([shapes] if shapes else ()))
    if mapping is None and not asked and any(format_of(file, syntax) for file in files):
        raise WrongUse("an RDF file names no rules itself", fix="Add --shapes with a SHACL file, or --profile.")
    wanted = Outputs(**outputs)
    if len(asked) > 1:
        from mcgraph.cli.matrix import run_matrix

        run_matrix(ctx, files, mapping, source, asked, wanted, date, lang, syntax)
        return
    wanted.check(files)
    waivers = waivers_of(wanted.waivers)
    day = (date or datetime.datetime.now()).date()
    name = source_name(source, mapping, files)
    options = {}
    with console.progress("Checking"), _context(console.store) as graph:
        if needs_partitions(files, mapping, syntax=syntax):
            report, batch, partitions = validate_large(
                files, mapping, name, profile=next(iter(asked), ""), date=day, context=graph, lang=lang,
                waivers=waivers, say=console.doing, syntax=syntax,
            )  # fmt: skip
            options = {"partitions": f"{partitions:,}"}
        else:
            batch = read_batch(files, mapping, name, syntax=syntax)
            rules = next(iter(asked), batch.profile)
            report = validate(batch, profile=rules, date=day, context=graph, lang=lang, waivers=waivers)
    told = {"profile": next(iter(asked), batch.profile), "mapping": batch.mapping, "source": batch.source}
    deliver(ctx, report, batch, files, wanted, {**told, **options})


def _context(store: Path) -> AbstractContextManager[Graph | None]:
    """The stored graph to check against, where there is one."""
    from mcgraph.store import open_graph

    return open_graph(store) if (store / "FORMAT").exists() else nullcontext()
