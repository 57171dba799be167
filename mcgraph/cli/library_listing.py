"""What `mcgraph query` tells of the library: the list, one question, the values of its parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgraph.errors import WrongUse

if TYPE_CHECKING:
    import datetime

    from mcgraph.cli.console import Console
    from mcgraph.queries import NamedQuestion


def give(console: Console, show: str | None, tag: str | None, list_format: str | None, as_json: bool) -> None:
    """One question, the library as RDF, or the list of those with a tag."""
    if show:
        _show(console, show, as_json)
    elif list_format:
        from mcgraph.queries import library
        from mcgraph.queries.rdf import ntriples

        console.data(ntriples(library().values()).rstrip("\n"))
    else:
        _list(console, tag, as_json)


def give_choices(console: Console, name: str, as_json: bool) -> None:
    """The values the parameters of a question can take in the store."""
    from contextlib import ExitStack
    from dataclasses import asdict

    from mcgraph.limits import Limits
    from mcgraph.queries import Engine, named
    from mcgraph.queries.choices import choices
    from mcgraph.queries.columnar.using import Opening
    from mcgraph.store import open_graph

    question, limits = named(name), Limits.from_environment()
    with ExitStack() as opened:
        graph = opened.enter_context(open_graph(console.store))
        engine = opened.enter_context(Engine(graph.index_path, limits))
        # Only values in the data have to be counted.
        counted = any(parameter.values for parameter in question.parameters)
        columns = Opening(graph, limits, opened, make=True).columns() if counted else None
        found = choices(engine, question, columns)
    if as_json:
        console.document({"question": name, "choices": [asdict(choice) for choice in found]})
        return
    rows = [[c.parameter, c.value, c.label, f"{c.records:,}" if c.records else ""] for c in found]
    console.table(["parameter", "value", "label", "records"], rows)


def give_plan(
    console: Console,
    question: NamedQuestion | str,
    parameters: dict[str, str],
    date: datetime.datetime | None,
    as_json: bool,
) -> None:
    """Print the text that would go to the engine, and beside it what was changed and what stays slow."""
    from mcgraph.queries.explain import explain

    found = explain(question, parameters, date.date() if date else None)
    if as_json:
        console.document(found.to_json())
        return
    console.data(found.text.rstrip())
    console.say("\n".join(found.sentences()))


def _list(console: Console, tag: str | None, as_json: bool) -> None:
    from mcgraph.queries import library

    questions = [q for q in library().values() if not tag or tag in q.tags]
    if tag and not questions:
        tags = sorted({each for q in library().values() for each in q.tags})
        raise WrongUse(f"no question has the tag «{tag[:60]}»", fix=f"Tags: {', '.join(tags)}.")
    if as_json:
        console.document({"questions": [_facts(q) for q in questions]})
        return
    for group in dict.fromkeys(question.group for question in questions):
        console.data(f"{group.capitalize()}")
        members = [question for question in questions if question.group == group]
        width = max(len(question.name) for question in questions)
        console.data("\n".join(f"  {q.name.ljust(width)}  {q.summary}" for q in members) + "\n")
    console.say("next     mcgraph query --show NAME · mcgraph query NAME -p name=value")


def _facts(question: NamedQuestion) -> dict[str, object]:
    return {
        "name": question.name,
        "number": question.number,
        "group": question.group,
        "summary": question.summary,
        "question": question.question,
        "description": question.description,
        "tags": list(question.tags),
        "parameters": [
            {
                "name": p.name,
                "type": p.type,
                "label": p.label,
                "default": p.default,
                "required": p.required,
                "scheme": p.scheme,
                "among": list(p.among),
            }
            for p in question.parameters
        ],
    }


def _show(console: Console, name: str, as_json: bool) -> None:
    import textwrap

    from mcgraph.queries import named

    question = named(name)
    if as_json:
        console.document({**_facts(question), "query": question.text})
        return
    console.data(f"{question.question}\n")
    console.data(textwrap.fill(question.description, 100) + "\n")
    for p in question.parameters:
        default = "needed" if p.required else f"default {p.default}" if p.default else "optional"
        among = f"; one of {', '.join(p.among)}" if p.among else "; see --choices" if p.values else ""
        console.data(f"  -p {p.name}=…  {p.label or p.type} ({p.type}, {default}{among})")
    body = "\n".join(line for line in question.text.splitlines() if not line.startswith("#+"))
    console.data("\n" + body.strip())
