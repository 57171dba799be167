"""`mcgraph survey inspect`: a codebook proposed from a response file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mcgraph.cli.console import Console, fit_table, terminal_width
from mcgraph.cli.survey_input import check_output, write_output

if TYPE_CHECKING:
    from mcgraph.survey.proposal import Proposal


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--names", type=click.Path(path_type=Path), help="File with the true names of the columns.")
@click.option("--key", type=click.Path(path_type=Path), help="Answer key: question, text, code.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write the codebook (.yaml; - is stdout).")
@click.option("--force", is_flag=True, help="Overwrite the output file.")
@click.pass_obj
def command(
    console: Console, file: Path, names: Path | None, key: Path | None, as_json: bool, output: Path | None, force: bool
) -> None:
    """Propose a codebook from a response file, with a reason for every guess.

    \b
    Examples:
      mcgraph survey inspect answers.csv
      mcgraph survey inspect answers.csv --key answer-key.csv --names questions.csv -o answers.codebook.yaml
    """
    check_output(output, (".yaml", ".yml"), force)
    from mcgraph.survey.codebook_file import to_yaml
    from mcgraph.survey.proposal import propose

    with console.progress(f"Reading {file.name}"):
        made = propose(file, names=names, key=key)
    text = to_yaml(made.codebook, made.comments())
    if output is not None and str(output) == "-":
        console.data(text.rstrip("\n"))
        return
    if output is not None:
        write_output(console, output, text)
        for beside in (made.codebook.names, made.codebook.key):
            if beside is not None and beside.resolve().parent != output.resolve().parent:
                console.say(f"copy {beside} beside {output}: the codebook names it, and reads only its own folder")
    if as_json:
        console.document(_document(made))
        return
    personal = sum(one.personal for one in made.guesses)
    console.data(f"{made.file} · {made.responses:,} responses · {made.columns} columns · "
                 f"{len(made.codebook.questions)} questions")  # fmt: skip
    console.data("")
    headers = ["question", "columns", "type", "why", "options", "missing", "mark"]
    console.data(fit_table(headers, _rows(made), terminal_width()))
    console.data("")
    console.data(f"{personal} columns look like personal data; their answers stay out of the graph")
    if output is None:
        console.say(f"next: mcgraph survey inspect {file.name} -o {file.stem}.codebook.yaml, and correct it")


def _rows(made: Proposal) -> list[list[str]]:
    return [
        [
            one.question, one.columns[0] if len(one.columns) == 1 else f"{one.columns[0]} … ({len(one.columns)})",
            one.kind, one.reason, str(one.options or ""), " ".join(one.missing), "personal" if one.personal else "",
        ]
        for one in made.guesses
    ]  # fmt: skip


def _document(made: Proposal) -> dict[str, Any]:
    return {
        "file": made.file,
        "responses": made.responses,
        "columns": made.columns,
        "respondent": dict(made.codebook.respondent),
        "questions": [
            {
                "id": one.question, "columns": list(one.columns), "type": one.kind, "reason": one.reason,
                "options": one.options, "missing": list(one.missing), "personal": one.personal,
            }
            for one in made.guesses
        ],
    }  # fmt: skip
