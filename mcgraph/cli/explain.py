"""`mcgraph explain`: one rule, or one term of the ontology and its vocabularies."""

from __future__ import annotations

import click

from mcgraph.cli.console import Console
from mcgraph.errors import WrongUse


@click.command(short_help="One rule or ontology term.")
@click.argument("what")
@click.option("--lang", default="en", help="Language of the texts (en, fr).")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_obj
def command(console: Console, what: str, lang: str, as_json: bool) -> None:
    """Why a rule is there and how to satisfy it, or what a term means.

    \b
    Examples:
      mcgraph explain CRD-TITLE-001
      mcgraph explain RULE-CYCLE-001 --lang fr
      mcgraph explain mc:stacksInto
    """
    from mcgraph.validation import catalogue, guide, term_page

    rule = catalogue.rules().get(what.upper())
    if rule is not None:
        if as_json:
            console.document(guide.as_json(rule, lang))
        else:
            console.data(guide.page(rule, lang))
        return
    term = term_page.find(what)
    if term is None:
        raise WrongUse(f"«{what[:80]}» is neither a rule nor a term", fix=_near(what, [*catalogue.rules(), *term_page.names()]))
    if as_json:
        console.document(term_page.as_json(term, lang))
    else:
        console.data(term_page.page(term, lang))


def _near(what: str, known: list[str]) -> str:
    import difflib

    folded = {name.casefold(): name for name in known}
    near = difflib.get_close_matches(what.casefold(), folded, n=3, cutoff=0.5)
    if near:
        return f"Did you mean {' or '.join(folded[name] for name in near)}?"
    return "List the rules with: mcgraph rules"
