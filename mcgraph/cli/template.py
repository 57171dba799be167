"""`mcgraph template`: a workbook to fill in."""

from __future__ import annotations

from pathlib import Path

import click

from mcgraph.cli.console import Console
from mcgraph.errors import WrongUse


@click.command()
@click.argument("profile")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The workbook to write (.xlsx).")
@click.option("--mapping", "-m", default="template", show_default=True, help="The mapping whose columns it has.")
@click.option("--lang", default="en", help="Language of the guidance and lists: en, fr, or a language file (.toml).")
@click.option("--rows", type=click.IntRange(1, 100_000), help="Rows with drop-downs.")
@click.option("--filled", is_flag=True, help="Put the example rows into the sheets, as a demonstration.")
@click.option("--force", is_flag=True, help="Overwrite the file.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_obj
def command(
    console: Console,
    profile: str,
    output: Path,
    mapping: str,
    lang: str,
    rows: int | None,
    filled: bool,
    force: bool,
    as_json: bool,
) -> None:
    """A workbook to fill in for a profile: drop-downs, guidance for each column, an example.

    \b
    Examples:
      mcgraph template annex1-catalogue -o submission.xlsx
      mcgraph template annex1-catalogue -o envoi.xlsx --lang fr
    """
    from mcgraph.cli.reporting import check_output
    from mcgraph.model.language import language
    from mcgraph.report.template import write_template
    from mcgraph.sources.mapping import load_mapping
    from mcgraph.validation import catalogue

    if output.suffix.lower() != ".xlsx":
        raise WrongUse("a template is a workbook", fix="Give it a name that ends in .xlsx.")
    check_output(output, force)
    chosen, say = catalogue.profile(profile), language(lang)
    columns = write_template(load_mapping(mapping), chosen, output, say, rows=rows or 0, filled=filled)
    if as_json:
        console.document({"file": output.name, "profile": chosen.name, "mapping": mapping, "lang": say.tag,
                          "columns": columns})  # fmt: skip
    else:
        console.data(f"wrote {output}: {columns} columns · mcgraph validate {output} --profile {chosen.name}")
