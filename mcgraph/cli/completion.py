"""`mcgraph completion`: the script that completes commands in a shell."""

from __future__ import annotations

import click

from mcgraph.cli.console import Console


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_obj
def command(console: Console, shell: str, as_json: bool) -> None:
    """Shell completion: eval "$(mcgraph completion bash)"."""
    from click.shell_completion import get_completion_class

    from mcgraph.cli.main import cli

    chosen = get_completion_class(shell)
    if chosen is None:
        raise click.UsageError(f"no completion for {shell}")
    script = chosen(cli, {}, "mcgraph", "_MCGRAPH_COMPLETE").source()
    if as_json:
        console.document({"shell": shell, "script": script})
    else:
        console.data(script)
