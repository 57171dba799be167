"""`mcgraph rules`: the catalogue of rules, made from the shapes."""

from __future__ import annotations

import click

from mcgraph.cli.console import Console
from mcgraph.errors import WrongUse


@click.command()
@click.option("--profile", "-p", help="Only the rules of this profile and of those it includes.")
@click.option("--layer", help="Only FILE, HEAD, CELL, RECORD, REF, RULE, LINK, SYS, or one prefix such as CRD.")
@click.option("--severity", type=click.Choice(["error", "warning", "info"]), help="Only rules of this severity.")
@click.option("--unverified", is_flag=True, help="Only rules whose source could not be read as cited.")
@click.option("--format", "form", type=click.Choice(["text", "md"]), default="text", show_default=True)
@click.option("--lang", default="en", help="Language of the texts (en, fr).")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_obj
def command(
    console: Console,
    profile: str | None,
    layer: str | None,
    severity: str | None,
    unverified: bool,
    form: str,
    lang: str,
    as_json: bool,
) -> None:
    """The catalogue of rules.

    \b
    Examples:
      mcgraph rules
      mcgraph rules --profile annex1-catalogue --lang fr
      mcgraph rules --layer LINK
      mcgraph rules --unverified
    """
    from mcgraph.validation import catalogue, listing

    chosen = list(catalogue.rules().values())
    if profile is not None:
        codes = {rule.code for rule in catalogue.rules_in(catalogue.profile(profile).triples)}
        chosen = [rule for rule in chosen if rule.code in codes]
    if layer is not None:
        chosen = [rule for rule in chosen if rule.belongs_to(layer)]
        if not chosen:
            known = ", ".join(catalogue.LAYERS)
            raise WrongUse(f"no rule is of the layer «{layer[:40]}»", fix=f"Use RECORD or one of {known}.")
    chosen = [rule for rule in chosen if severity in (None, rule.severity) and not (unverified and rule.verified)]
    if as_json:
        console.document([listing.document(rule, lang) for rule in chosen])
    elif form == "md":
        console.data(listing.markdown(chosen, lang))
    else:
        console.table(
            ["code", "severity", "what is wrong", "source"],
            [[rule.code, rule.severity, rule.message.said(lang), rule.source] for rule in chosen],
        )
