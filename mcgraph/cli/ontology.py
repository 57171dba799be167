"""`mcgraph ontology check`: consistency and quality of the model."""

from __future__ import annotations

import click

from mcgraph.cli.console import Console


@click.group()
def command() -> None:
    """Quality of the model."""


@command.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_context
def check(ctx: click.Context, as_json: bool) -> None:
    """Labels, definitions, licences, names, unused and undeclared terms; consistency where Java is there."""
    from mcgraph.reasoning.checks import run_checks
    from mcgraph.reasoning.hermit import reason, why_unavailable

    console: Console = ctx.obj
    found = run_checks()
    missing = why_unavailable()
    with console.progress("Reasoning"):
        reasoned = None if missing else reason()
    wrong = [one for one in found if one.terms]
    consistent = None if reasoned is None else reasoned.consistent and not reasoned.unsatisfiable
    if as_json:
        console.document(
            {
                "checks": [one.to_json() for one in found],
                "consistent": consistent,
                "not_checked": missing,
            }
        )
    else:
        for one in found:
            console.data(f"{'✘' if one.terms else '✔'} {one.name}: {one.summary} ({len(one.terms)})")
            for term in one.terms:
                console.data(f"    {term}")
            if one.terms:
                console.data(f"    why: {one.why} fix: {one.fix}")
        if reasoned is None:
            console.data(f"– consistency: not checked: {missing}")
        else:
            console.data(f"{'✔' if consistent else '✘'} consistency (HermiT)")
            for name in reasoned.unsatisfiable:
                console.data(f"    {name} can have no member")
    if wrong or consistent is False:
        ctx.exit(5)
