"""`mcgraph quarantine`: what was refused, with its findings; export it, or try it again once corrected."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from mcgraph.cli.console import Console
from mcgraph.cli.reporting import check_output


def _counted(n: int, what: str) -> str:
    """`1 record`, `2 records`."""
    return f"{n:,} {what}{'' if n == 1 else 's'}"


def _count(records: Iterable[dict[str, Any]]) -> int:
    """How many records these rows are: two rows with one identifier are one, as in the report."""
    return len({record["iri"] for record in records})


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
        records, rows = _count(one.records), len(one.records)
        lines = f" in {rows:,} rows" if rows != records else ""
        errors = _counted(len(one.findings), "error")
        console.data(f"{one.source}: {_counted(records, 'record')} refused{lines}, {errors}")
        told = [[_spot(f["where"]), f["code"], f["message"], f["found"]] for f in one.findings]
        console.table(["where", "code", "what is wrong", "found"], told, limit=50)


@command.command()
@click.argument("source")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="An .xlsx or .csv file.")
@click.option("--lang", default="en", help="Language of the headings: en, fr, or a language file.")
@click.option("--force", is_flag=True, help="Overwrite the file.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_obj
def export(console: Console, source: str, output: Path, lang: str, force: bool, as_json: bool) -> None:
    """A source's refused rows with what is wrong, ready to be corrected and given to retry.

    \b
    Example:
      mcgraph quarantine export provider-17 -o refused.xlsx
    """
    from mcgraph.model.language import language
    from mcgraph.report.refused import Table, write_refused
    from mcgraph.submissions import quarantine

    one = quarantine.of(console.store, source)
    check_output(output, force)
    tables = [Table(t.file, t.sheet, t.name, t.headers, t.rows) for t in one.tables]
    write_refused(tables, one.findings, output, language(lang), datetime.datetime.now().date().isoformat())
    rows = sum(len(table.rows) for table in one.tables)
    if as_json:
        document = {"source": source, "file": str(output), "rows": rows, "records": _count(one.records)}
        console.document({**document, "findings": len(one.findings)})
    else:
        console.data(f"wrote {rows:,} rows with {len(one.findings):,} findings to {output}")
        console.say(f"next: correct it, then mcgraph quarantine retry {source} {output}")


@command.command()
@click.argument("source")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--mapping", "-m", help="As for load; default: the mapping of the refused load.")
@click.option("--profile", "-p", help="Rules to check against (default: the mapping's own).")
@click.option("--waivers", type=click.Path(path_type=Path), help="A .csv or .yaml file of findings somebody waives.")
@click.option("--date", type=click.DateTime(["%Y-%m-%d"]), help="The day on which expiry is judged.")
@click.option("--lang", default="en", help="Language of the messages: en, fr, or a language file.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_context
def retry(
    ctx: click.Context,
    source: str,
    files: tuple[Path, ...],
    mapping: str | None,
    profile: str | None,
    waivers: Path | None,
    date: datetime.datetime | None,
    lang: str,
    as_json: bool,
) -> None:
    """Check corrected rows and store what is now good; what the source has in the store stays.

    \b
    Example:
      mcgraph quarantine retry provider-17 refused.xlsx
    """
    from mcgraph.cli.console import terminal_width
    from mcgraph.cli.load import summary
    from mcgraph.cli.reporting import waivers_of
    from mcgraph.submissions import quarantine, retrying

    console: Console = ctx.obj
    before = _count(quarantine.of(console.store, source).records)
    day = (date or datetime.datetime.now()).date()
    loaded = retrying.retry(
        console.store, source, files, mapping=mapping, profile=profile, date=day, lang=lang,
        waivers=waivers_of(waivers),
    )  # fmt: skip
    left = sum(_count(one.records) for one in quarantine.read(console.store) if one.source == source)
    if as_json:
        console.document({**loaded.to_json(), "refused_before": before, "refused_now": left})
    else:
        console.data(loaded.report.to_text(terminal_width()))
        console.data(summary(loaded, dry_run=False) if loaded.result else "nothing is good yet; nothing was stored")
        console.data(f"refused before: {before:,} · refused now: {left:,}")
    if loaded.report.exit_code():
        ctx.exit(loaded.report.exit_code())


def _spot(where: dict[str, Any]) -> str:
    """The cell of a finding with its sheet or file, its JSON Pointer, or its row."""
    if where["pointer"]:
        return f"{where['file']} · {where['pointer']}"
    return " ".join(str(part) for part in (where["sheet"] or where["file"], where["cell"] or where["row"]) if part)
