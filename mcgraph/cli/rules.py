"""`mcgraph rules`: the catalogue of everything a report can say."""

from __future__ import annotations

import click

from mcgraph.cli.console import Console


@click.command(short_help="The catalogue of rules.")
@click.option("--profile", "-p", help="Only the rules of one profile (registry, annex1-catalogue …).")
@click.option("--layer", help="Only the codes of one layer, such as CRD or RULE.")
@click.option("--format", "form", type=click.Choice(["table", "md"]), default="table", help="How to print it.")
@click.option("--lang", default="en", help="Language of the texts (en, fr).")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_obj
def command(console: Console, profile: str | None, layer: str | None, form: str, lang: str, as_json: bool) -> None:
    """Every code with its severity and what it says, made from the shapes files.

    \b
    Examples:
      mcgraph rules --layer RULE
      mcgraph rules --profile annex1-catalogue --lang fr
      mcgraph rules --format md > rules.md
    """
    from mcgraph.validation import catalogue, guide

    rules = list(catalogue.rules().values())
    if profile is not None:
        stated = {rule.code for rule in catalogue.rules_in(catalogue.profile(profile).triples)}
        rules = [rule for rule in rules if rule.code in stated or not rule.profiles]
    if layer is not None:
        rules = [rule for rule in rules if rule.layer == layer.upper()]
    if as_json:
        console.document({"rules": [guide.as_json(rule, lang) for rule in rules], "profiles": catalogue.profiles()})
    elif form == "md":
        console.data(guide.markdown(rules, lang).rstrip("\n"))
    else:
        say = guide.words(lang)
        console.table(
            [say["code"], say["severity"], say["message"]],
            [[rule.code, say[rule.severity], rule.message.said(lang)] for rule in rules],
        )
        console.say("one rule: mcgraph explain CODE")
