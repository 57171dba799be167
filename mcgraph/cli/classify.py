"""`mcgraph classify`: what is a microcredential by definition, labelled or not, and what would decide the rest."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mcgraph.cli.console import Console
from mcgraph.errors import WrongUse

if TYPE_CHECKING:
    from mcgraph.reasoning.classify import Classification, Trial
    from mcgraph.reasoning.evaluate import Mask
    from mcgraph.reasoning.facts import Facts
    from mcgraph.store.graph import Graph

ROWS = 20
_HIDDEN = ("credential", "provider", "form", "source", "file", "row", "country", "not_met")


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--mapping", "-m", help="With FILES: the mapping to read them by.")
@click.option("--verdict", type=click.Choice(["yes", "no", "undecided"]), help="Only records with this verdict.")
@click.option("--labelled", type=click.Choice(["yes", "no"]), help="Only what is (not) called a microcredential.")
@click.option("--country", help="Only credentials of a country (name or code).")
@click.option("--provider", help="Only credentials of a provider (name, identifier or IRI).")
@click.option("--assured", is_flag=True, help="Quality assurance must be shown as well.")
@click.option("--threshold", "thresholds", multiple=True, metavar="NAME=NUMBER", help="Another number: ects=30.")
@click.option("--thresholds", "list_thresholds", is_flag=True, help="List the thresholds with their sources.")
@click.option("--sensitivity", metavar="NAME[=N,N…]", help="What other numbers change, such as ects or ects=15,30.")
@click.option("--check", type=click.IntRange(1, 1_000), help="Let HermiT classify that many of the records as well.")
@click.option("--write", is_flag=True, help="Put the proven classes into the graph of inferred statements.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="Write .csv .tsv .parquet .json .md .html or .svg."
)
@click.option("--force", is_flag=True, help="Overwrite the file.")
@click.option("--limit", type=click.IntRange(1), help="Most records that are listed (files get all of them).")
@click.option("--lang", default="en", help="Language of names (en, fr).")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_obj
def command(
    console: Console,
    files: tuple[Path, ...],
    mapping: str | None,
    verdict: Any,
    labelled: str | None,
    country: str | None,
    provider: str | None,
    assured: bool,
    thresholds: tuple[str, ...],
    list_thresholds: bool,
    sensitivity: str | None,
    check: int | None,
    write: bool,
    output: Path | None,
    force: bool,
    limit: int | None,
    lang: str,
    as_json: bool,
) -> None:
    """What is a microcredential by definition, whatever it is called.

    The definition is OWL (ontology/definition.ttl). The verdict is yes, no, or undecided with the fact that would
    decide: what is not stated is unknown, not false. With FILES a submission is classified before it is loaded.

    \b
    Examples:
      mcgraph classify                                    labelled against verdict, criteria, what is missing
      mcgraph classify --labelled no --verdict yes        de facto microcredentials
      mcgraph classify --sensitivity ects                 how many at 15, 30, 60 … ECTS
      mcgraph classify --threshold ects=30 -o classes.csv
      mcgraph classify path/to/registry.xlsx -m template  before loading
    """
    numbers = numbers_of(thresholds)
    if list_thresholds:
        _list(console, numbers, as_json, lang)
        return
    _check_use(files, mapping, sensitivity, write, output, force)
    with _store(console, files, write) as graph:
        _run(
            console, graph, files, mapping, numbers, assured, lang, sensitivity, check, write, output, limit, as_json,
            {"verdict": verdict, "labelled": None if labelled is None else labelled == "yes", "country": country,
             "provider": provider},
        )  # fmt: skip


def _run(
    console: Console,
    graph: Graph | None,
    files: tuple[Path, ...],
    mapping: str | None,
    numbers: dict[str, str],
    assured: bool,
    lang: str,
    sensitivity: str | None,
    check: int | None,
    write: bool,
    output: Path | None,
    limit: int | None,
    as_json: bool,
    filters: dict[str, Any],
) -> None:
    from mcgraph.reasoning.classify import classify
    from mcgraph.reasoning.records import choose

    with console.progress("Classifying"):
        found = classify(_facts(graph, files, mapping), thresholds=numbers, assured=assured, lang=lang)
        chosen = choose(found, **filters)
        tried = _trials(found, sensitivity) if sensitivity else ()
    if output is not None:
        _write_file(console, found, chosen, tried, output, lang)
    if write and graph is not None:
        from mcgraph.reasoning.inferred import write_inferred

        console.say(str(write_inferred(graph, found)))
    agreed = _checked(console, found, check) if check else None
    most = limit or ROWS
    if as_json:
        from mcgraph.reasoning.tables import document

        told = document(found, chosen, most=most, tried=tried, lang=lang)
        console.document(told if agreed is None else {**told, "reference": agreed})
        return
    _show(console, found, chosen, tried, most, lang, only_trials=sensitivity is not None, listed=any(
        value is not None for value in filters.values()))  # fmt: skip
    if agreed is not None:
        console.data(agreed["told"])


def numbers_of(said: tuple[str, ...]) -> dict[str, str]:
    """The thresholds of a command line. Raises `WrongUse` for one that is written otherwise or given twice."""
    numbers: dict[str, str] = {}
    for one in said:
        name, sign, number = one.partition("=")
        if not sign or not name.strip():
            raise WrongUse(f"«{one[:60]}» is no threshold", fix="Write NAME=NUMBER, such as ects=30.")
        if name.strip() in numbers:
            raise WrongUse(f"the threshold {name.strip()[:60]} is given twice", fix="Give it once.")
        numbers[name.strip()] = number
    return numbers


def _check_use(
    files: tuple[Path, ...], mapping: str | None, sensitivity: str | None, write: bool, output: Path | None, force: bool
) -> None:
    from mcgraph.queries.writing import SUFFIXES, check_output

    if mapping and not files:
        raise WrongUse("--mapping reads files, and no file is given", fix="Name the files, or leave it out.")
    if write and files:
        raise WrongUse("what is not loaded cannot be written to the store", fix="Load the files first.")
    if output is not None and output.suffix.lower() == ".svg" and not sensitivity:
        raise WrongUse("only the sensitivity is drawn", fix="Give --sensitivity with an .svg file.")
    check_output(output, force, tuple(one for one in (*SUFFIXES, ".svg") if one not in (".ttl", ".nt")))


def _store(console: Console, files: tuple[Path, ...], write: bool) -> AbstractContextManager[Graph | None]:
    """The store; none where a submission is classified and nothing is stored yet."""
    from mcgraph.store import open_graph

    if files and not (console.store / "FORMAT").exists():
        return nullcontext()
    return open_graph(console.store, read_only=not write)


def _facts(graph: Graph | None, files: tuple[Path, ...], mapping: str | None) -> Facts:
    from mcgraph.reasoning.facts import BatchFacts, StoreFacts

    stored = StoreFacts(graph) if graph is not None else None
    if files:
        from mcgraph.submissions.naming import source_name
        from mcgraph.submissions.reading import read_batch

        return BatchFacts(read_batch(files, mapping, source_name(None, mapping, files)), stored)
    if stored is None:
        raise WrongUse("there is no store and no file to classify")
    return stored


def _trials(found: Classification, said: str) -> tuple[Trial, ...]:
    from mcgraph.reasoning.classify import sensitivity
    from mcgraph.reasoning.definition import threshold_number

    name, _, numbers = said.partition("=")
    name = name.strip()
    wanted: list[Decimal] = [threshold_number(name, one) for one in numbers.split(",") if one.strip()]
    if not wanted and name in found.definition.thresholds:
        wanted = [proposal.number for proposal in found.definition.thresholds[name].proposals]
    return sensitivity(found, name, wanted)


def _write_file(
    console: Console, found: Classification, chosen: Mask, tried: tuple[Trial, ...], output: Path, lang: str
) -> None:
    import json

    from mcgraph.errors import InputRefused
    from mcgraph.limits import Limits
    from mcgraph.queries.writing import write_answer
    from mcgraph.reasoning import tables
    from mcgraph.report.classification import sensitivity_svg, write_page

    most = Limits.from_environment().classified_listed
    suffix = output.suffix.lower()
    try:
        if suffix == ".html":
            write_page(output, found, chosen, tried=tried, most=most, lang=lang)
        elif suffix == ".svg":
            unit = found.definition.thresholds[tried[0].threshold].unit
            output.write_text(sensitivity_svg(tried, unit), encoding="utf-8")
        elif suffix == ".json":
            told = tables.document(found, chosen, most=most, tried=tried, lang=lang)
            output.write_text(json.dumps(told, ensure_ascii=False, indent=2, default=str) + "\n", encoding="utf-8")
        else:
            write_answer(tables.trials(found, tried) if tried else tables.records(found, chosen, lang=lang), output)
    except OSError as fault:
        raise InputRefused(f"{output} cannot be written: {fault.strerror or fault}") from fault
    console.say(f"wrote {output}")


def _checked(console: Console, found: Classification, number: int) -> dict[str, Any]:
    from mcgraph.reasoning.reference import compare

    with console.progress("Asking HermiT"):
        return compare(found, number)


def _show(
    console: Console,
    found: Classification,
    chosen: Mask,
    tried: tuple[Trial, ...],
    most: int,
    lang: str,
    *,
    only_trials: bool,
    listed: bool,
) -> None:
    from mcgraph.reasoning import tables

    if only_trials:
        answer = tables.trials(found, tried)
        console.table([name.replace("_", " ") for name in answer.columns], answer.shown())
        console.say("\n".join(answer.notes()))
        return
    head = tables.summary(found, chosen)
    console.table(head.columns, head.shown())
    console.data("")
    told = tables.criteria(found, chosen)
    console.table(told.columns, told.shown())
    missing = tables.gaps(found, chosen, most)
    if missing.rows:
        console.data("\nwhat would decide the undecided ones")
        console.table([name.replace("_", " ") for name in missing.columns], missing.shown())
    if listed:
        _records(console, found, chosen, most, lang)
    console.say("\n".join(head.notes()))


def _records(console: Console, found: Classification, chosen: Mask, most: int, lang: str) -> None:
    from mcgraph.reasoning import tables

    answer = tables.records(found, chosen, most=most, lang=lang)
    kept = [i for i, name in enumerate(answer.columns) if name not in _HIDDEN]
    short = {column.criterion.name: column.criterion.label for column in found.columns}
    heads = [short.get(answer.columns[i], answer.columns[i]).replace("_", " ") for i in kept]
    console.data("")
    console.table(heads, [[row[i] for i in kept] for row in answer.shown()])
    if answer.truncated:
        console.say(f"the first {len(answer):,} of {int(chosen.sum()):,}; --limit shows more, -o FILE.csv writes all")


def _list(console: Console, numbers: dict[str, str], as_json: bool, lang: str) -> None:
    from mcgraph.reasoning.definition import read_definition

    definition = read_definition(numbers, lang=lang)
    rows = []
    for one in definition.thresholds.values():
        said = one.source + ("" if one.read else " (not read in its source)")
        rows.append([one.name, f"{one.number:f}", one.unit, "in force", said if one.number == one.default else "given"])
        rows.extend(
            [one.name, f"{p.number:f}", one.unit, p.by, p.source + ("" if p.read else " (not read in its source)")]
            for p in one.proposals
        )
    heads = ["threshold", "below", "unit", "who", "source"]
    if as_json:
        console.document({"thresholds": [dict(zip(heads, row, strict=True)) for row in rows]})
    else:
        console.table(heads, rows)
