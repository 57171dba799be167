"""The command `mcgraph`: finds a subcommand by name and imports only that one, so that `--help` is quick."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from typing import NoReturn

import click

from mcgraph import __version__
from mcgraph.cli.console import Console
from mcgraph.errors import McgraphError

# name → (module in mcgraph.cli, one line for --help); the module has the attribute `command`.
COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("demo", "The whole story on the bundled synthetic data."),
    "inspect": ("inspect", "What a file is, how its columns map, its first rows."),
    "template": ("template", "A workbook to fill in, with drop-downs."),
    "validate": ("validate", "Findings, cell by cell; the store is not touched."),
    "load": ("load", "Map, validate and store a submission in one transaction."),
    "quarantine": ("quarantine", "What was refused, with its findings."),
    "forget": ("forget", "Take a source out of the store."),
    "history": ("history", "What was loaded, when and by which rules."),
    "diff": ("diff", "What changed between two snapshots, stores or RDF files."),
    "quality": ("quality", "How good each source is, how that is measured, and the trend."),
    "rules": ("rules", "The catalogue of rules."),
    "explain": ("explain", "One rule or ontology term."),
    "query": ("query", "Named questions and SPARQL."),
    "rerun": ("rerun", "Whether the answer in a bundle is the same on this store."),
    "search": ("search", "Things by their labels, in all languages."),
    "describe": ("describe", "One record with its provenance."),
    "pathways": ("pathways", "Stackable routes, and what is missing."),
    "structure": ("structure", "Dead ends, circles, bottlenecks; what a credential cannot do without."),
    "curriculum": ("curriculum", "What the courses of a programme block and delay; circles of requisites."),
    "stackability": ("stackability", "Declared against supported stackability."),
    "whatif": ("whatif", "What opens or closes if agreements, rules or credentials change."),
    "recognition": ("recognition", "Who recognises what: register, matrix, chains, gaps."),
    "classify": ("classify", "What is a microcredential by definition, whatever it is called."),
    "survey": ("survey", "Codebooks, weighted tables, charts, survey against register."),
    "skills": ("skills", "Links of learning outcomes to skills: suggested, reviewed, counted."),
    "report": ("report", "Briefings on a snapshot: the landscape as one page."),
    "ontology": ("ontology", "Quality of the model."),
    "dump": ("dump", "The snapshot as one file: N-Quads, Turtle, Parquet, or a backup."),
    "restore": ("restore", "A store from a dump."),
    "serve": ("serve", "The store over HTTP: SPARQL, questions, linked data."),
    "stats": ("stats", "What the store holds."),
    "doctor": ("doctor", "Checks the installation and the store."),
    "config": ("config", "Each setting and where its value came from."),
    "completion": ("completion", "Shell completion."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of the work."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"mcgraph.cli.{COMMANDS[cmd_name][0]}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with "did you mean" for a mistyped name."""
        name = args[0] if args else ""
        if name and name not in COMMANDS and not name.startswith("-"):
            import difflib

            near = difflib.get_close_matches(name, COMMANDS, n=1)
            hint = f" Did you mean «{near[0]}»?" if near else ""
            ctx.fail(f"There is no command «{name[:60]}».{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="mcgraph")
@click.option(
    "--store",
    metavar="FOLDER|URL",
    default=None,
    envvar="MCGRAPH_STORE",
    help="Folder of the store (default ./mcgraph-store), or the address of a SPARQL 1.1 endpoint.",
)
@click.option("--quiet", "-q", is_flag=True, help="No progress and no hints.")
@click.pass_context
def cli(ctx: click.Context, store: str | None, quiet: bool) -> None:
    """A knowledge graph of the microcredential ecosystem.

    Records in with `load`, findings with `validate`, answers with `query` and `pathways`.
    """
    address = store if store and store.startswith(("http://", "https://")) else ""
    ctx.obj = Console(store=Path(store or "mcgraph-store"), quiet=quiet, address=address)


def main() -> None:
    """Run the command line; every refusal becomes a sentence and a documented exit code."""
    _open_missing_streams()
    try:
        code = cli.main(standalone_mode=False, prog_name="mcgraph")
    except click.exceptions.Exit as done:
        code = done.exit_code
    except (click.exceptions.Abort, KeyboardInterrupt):
        _leave_interrupted()
    except click.UsageError as refused:
        refused.show()
        code = 2
    except click.ClickException as refused:
        refused.show()
        code = refused.exit_code
    except McgraphError as refused:
        code = _say(str(refused), refused.exit_code)
    except BrokenPipeError:
        # The reader of our output went away (`| head`): not our failure.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except Exception as fault:
        code = _internal(fault)
    sys.exit(code if isinstance(code, int) else 0)


def _open_missing_streams() -> None:
    """A stream that was closed from the start goes nowhere; left closed, its number would be the next file's."""
    for name, number in (("stdout", 1), ("stderr", 2)):
        if getattr(sys, name) is None:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            if nowhere != number:
                os.dup2(nowhere, number)
                os.close(nowhere)
            setattr(sys, name, os.fdopen(number, "w", encoding="utf-8", closefd=False))


def _say(text: str, code: int) -> int:
    print(f"mcgraph: {text}", file=sys.stderr)
    return code


def _leave_interrupted() -> NoReturn:
    """Leave with 130: where the signal met CPython inside `exec`, `sys.exit` would end in the signal instead."""
    _say("Interrupted; what was stored before is as it was.", 130)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(130)


def _internal(fault: Exception) -> int:
    """Keep the traceback in a file to attach, and say so in a sentence."""
    import tempfile
    import traceback

    with tempfile.NamedTemporaryFile(
        "w", prefix="mcgraph-error-", suffix=".txt", delete=False, encoding="utf-8"
    ) as report:
        report.write(f"mcgraph {__version__}\npython {sys.version}\n\n")
        traceback.print_exception(fault, file=report)
    return _say(f"internal error: {fault}\n  Please report it and attach {report.name}.", 70)
