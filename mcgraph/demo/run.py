"""Run the demo: load, find, store, ask, trace, report. Every number printed is computed on the spot."""

from __future__ import annotations

import datetime
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcgraph.errors import RuleBroken, WrongUse
from mcgraph.model import bundled
from mcgraph.model.yaml_text import read_yaml
from mcgraph.submissions.loading import Loaded, load_files

if TYPE_CHECKING:
    from mcgraph.model.answer import Answer
    from mcgraph.pathways import RouteAnswer
    from mcgraph.report.story import Section

DAY = datetime.date(2026, 11, 1)  # the day the demo data was made for (story.yaml, as_of)
QUESTIONS: tuple[tuple[str, dict[str, str], str], ...] = (
    ("label-versus-definition", {"labelled": "no", "verdict": "yes"},
     "Which credentials are microcredentials by definition, though nobody calls them so?"),
    ("credentials-by-kind", {}, "What is on offer, by type of provider, country and form?"),
    ("recognition-gaps", {}, "Which well-described credentials does nobody recognise yet?"),
)  # fmt: skip
FILES = ("registry.xlsx", "survey.csv", "survey.codebook.yaml", "README.md")

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Story:
    """What the demo data was made to show: the route of one learner."""

    held: tuple[str, ...]
    target: str


def run_demo(folder: Path, say: Say) -> dict[str, Any]:
    """Make the demo in `folder` and tell it through `say`; returns the figures of each step.

    What stood in `folder` from an earlier demo is replaced; nothing else is touched.
    """
    _clear(folder)
    data = folder / "data"
    data.mkdir(parents=True)
    for name in FILES:
        shutil.copyfile(bundled.path("data", "demo", name), data / name)
    store = folder / "store"
    say("mcgraph demo: all records below are SYNTHETIC, invented to show the work.\n")
    say("1 · Reference data: qualifications frameworks, levels, fields of education, countries, languages")
    frameworks = _load(store, bundled.path("data", "frameworks"), "frameworks", "frameworks")
    say(f"    {frameworks.accepted:,} records · {_changes(frameworks)}\n")
    say("2 · A registry arrives as a workbook, with the mistakes such workbooks have")
    registry = _load(store, data / "registry.xlsx", "template", "demo-registry")
    say(_indented(registry.report.to_text(100)))
    say(f"    stored: {registry.accepted:,} records · refused, kept in quarantine: {registry.rejected:,}\n")
    say("3 · A survey of stakeholders: attributed to the respondents' groups, never mixed with facts")
    survey = _load(store, data / "survey.csv", str(data / "survey.codebook.yaml"), "demo-survey")
    say(_indented(survey.report.to_text(100)))
    say(f"    stored: {survey.accepted:,} records · refused: {survey.rejected:,}\n")
    answers = _ask(store, say)
    route, drawing = _trace(store, folder, say)
    report = folder / "report.html"
    _write(report, registry, survey, answers, route, drawing)
    say(f"6 · The briefing is in {report}; open it in a browser.\n")
    say(_next(folder))
    return {
        "store": str(store),
        "report": str(report),
        "loads": [one.to_json() for one in (frameworks, registry, survey)],
        "answers": [
            {"name": a.name, "rows": len(a), "coverage": a.coverage.to_json() if a.coverage else None} for a in answers
        ],
        "pathway": {"target": route.target, "reachable": route.reachable, "plans": len(route.plans)},
    }


def _clear(folder: Path) -> None:
    """Remove what an earlier demo left, and refuse a folder that holds anything else."""
    known = {"data", "store", "report.html", "route.svg"}
    strangers = [p.name for p in folder.iterdir() if p.name not in known] if folder.is_dir() else []
    if strangers:
        raise WrongUse(
            f"the folder {folder} holds other things ({strangers[0]})",
            fix="Name an empty folder for the demo.",
        )
    if folder.exists():
        shutil.rmtree(folder)


def _load(store: Path, path: Path, mapping: str, source: str) -> Loaded:
    loaded = load_files(store, [path], mapping=mapping, source=source, date=DAY, synthetic=source.startswith("demo"))
    if loaded.result is None:
        raise RuleBroken(f"the demo's own data «{source}» was not stored", fix="Report this as a fault of mcgraph.")
    return loaded


def _changes(loaded: Loaded) -> str:
    return f"{loaded.result.triples:,} triples in the store" if loaded.result else "nothing stored"


def _ask(store: Path, say: Say) -> list[Answer]:
    from mcgraph.queries import ask
    from mcgraph.store import open_graph

    say("4 · Three questions, each with what it rests on")
    answers = []
    with open_graph(store) as graph:
        for name, params, sentence in QUESTIONS:
            answer = ask(graph, name, params, date=DAY)
            answers.append(answer)
            say(f"    {sentence}")
            flags = "".join(f" -p {key}={value}" for key, value in params.items())
            say(f"      mcgraph --store {store} query {name}{flags}")
            say(_indented(_preview(answer, 4), "      "))
            say(f"      {len(answer):,} rows · {answer.coverage or 'no share of unknowns applies'}\n")
    return answers


def _preview(answer: Answer, most: int) -> str:
    from mcgraph.cli.console import fit_table

    wanted = [i for i, name in enumerate(answer.columns) if not name.lower().endswith("iri")][:6]
    rows = [[row[i] for i in wanted] for row in answer.shown()[:most]]
    return fit_table([answer.columns[i] for i in wanted], rows, 92)


def _trace(store: Path, folder: Path, say: Say) -> tuple[RouteAnswer, str]:
    from mcgraph.pathways.draw import svg
    from mcgraph.pathways.names import find_credential
    from mcgraph.pathways.plans import plan_routes
    from mcgraph.pathways.read import read_book
    from mcgraph.pathways.tell import tell
    from mcgraph.store import open_graph

    story = read_story()
    say("5 · One learner's way, computed across providers")
    with open_graph(store) as graph:
        book = read_book(graph, date=DAY)
    held = [find_credential(book, name) for name in story.held]
    answer = plan_routes(book, held, find_credential(book, story.target))
    say(_indented(tell(answer, 1)))
    drawing = svg(answer, answer.plans[0]) if answer.plans else ""
    if drawing:
        (folder / "route.svg").write_text(drawing, encoding="utf-8")
        say(f"    drawn in {folder / 'route.svg'}\n")
    return answer, drawing


def read_story() -> Story:
    """The learner's route that the demo data holds (`data/demo/story.yaml`)."""
    text = bundled.path("data", "demo", "story.yaml").read_text(encoding="utf-8")
    given: Mapping[str, Any] = read_yaml(text, typed=True)
    return Story(held=tuple(str(one) for one in given["held"]), target=str(given["target"]))


def _write(
    path: Path, registry: Loaded, survey: Loaded, answers: Sequence[Answer], route: RouteAnswer, drawing: str
) -> None:
    """The HTML briefing, from the same answers that were printed."""
    from mcgraph.pathways.tell import tell
    from mcgraph.report.story import Section, write_story
    from mcgraph.validation.terminal import where

    def findings(title: str, loaded: Loaded) -> Section:
        report = loaded.report
        rows = [
            [g.severity, g.code, f"{g.count:,}", g.cause, where(report, at, g), g.fix]
            for at, g in enumerate(report.groups)
        ]
        return Section(
            title=title,
            lead=report.verdict(),
            headers=("severity", "code", "findings", "what is wrong", "where", "how to fix"),
            rows=tuple(tuple(row) for row in rows),
            note=f"{report.read:,} records read, {loaded.accepted:,} stored, {loaded.rejected:,} refused.",
        )

    sections = [
        findings("What the steward found in the registry", registry),
        findings("What the steward found in the survey", survey),
    ]
    for (_, _, sentence), answer in zip(QUESTIONS, answers, strict=True):
        shown = tuple(tuple(row) for row in answer.shown()[:25])
        sections.append(
            Section(
                title=sentence,
                lead=f"{len(answer):,} rows; the first {len(shown)} are shown.",
                headers=tuple(answer.columns),
                rows=shown,
                note=f"Coverage: {answer.coverage}. " if answer.coverage else "",
                code=answer.query,
            )
        )
    sections.append(
        Section(
            title="One learner's way, computed across providers",
            lead="Each step names the rule it follows and who claims it.",
            figure_svg=drawing or None,
            note=tell(route, 1),
        )
    )
    write_story(path, title="Microcredentials: a briefing on the demo data", sections=sections, synthetic=True)


def _indented(text: str, by: str = "    ") -> str:
    return "\n".join(by + line if line else line for line in text.splitlines())


def _next(folder: Path) -> str:
    store = folder / "store"
    story = read_story()
    return (
        "Try next:\n"
        f"  mcgraph --store {store} quarantine list demo-registry      what was refused, and why\n"
        f"  mcgraph --store {store} query --list                       all questions\n"
        f"  mcgraph --store {store} pathways --from {story.held[0]}    where one credential leads\n"
        "  mcgraph explain CRD-TITLE-001                              one rule, with its source"
    )
