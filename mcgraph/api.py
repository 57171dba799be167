"""The Python face: open a store, check a submission, ask, and trace, in the words of the command line.

    import mcgraph as mg
    graph  = mg.open("store/")
    report = mg.validate("submission.xlsx", profile="annex1-catalogue", context=graph)
    report.to_dataframe(), report.write("report.html")
    graph.load("submission.xlsx", mapping="template", source="provider-17")
    graph.ask("credentials-by-level", country="IE").to_dataframe()
    routes = graph.pathways(held=["IRL-001"], to="IRL-007", budget=mg.Budget(weeks=52))
    routes.cheapest(prove=True).cost, routes.draw("route.svg")
    mg.classify(graph, thresholds={"ects": 30}).frame()
    with graph.whatif() as change:
        change.recognise(by="…", what="IRL-007", effect="full")
        change.compare()
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

from mcgraph.errors import WrongUse

if TYPE_CHECKING:
    import pandas  # type: ignore[import-untyped]

    from mcgraph.api_survey import Survey
    from mcgraph.model.answer import Answer
    from mcgraph.model.batch import Batch
    from mcgraph.model.finding import Finding
    from mcgraph.pathways import Route, RouteAnswer, RuleBook
    from mcgraph.pathways.constraints import Budget, Constraints
    from mcgraph.pathways.pricing import By
    from mcgraph.pathways.whatif import WhatIf
    from mcgraph.reasoning.classify import Classification
    from mcgraph.recognition import Register
    from mcgraph.store import Graph
    from mcgraph.store.manifest import Event
    from mcgraph.submissions.loading import Loaded
    from mcgraph.survey.agreement import Agreement
    from mcgraph.validation import Report

Files = str | Path | Sequence[str | Path]
Day = datetime.date | str | None


def open(path: str | Path, *, create: bool = False) -> Store:
    """The store in a folder; `create` makes an empty one where there is none.

    Raises `StoreUnavailable` where it is missing, damaged or of a newer format.
    """
    from mcgraph.store import open_graph

    return Store(Path(path), open_graph(path, create=create))


def validate(
    files: Files,
    *,
    profile: str | None = None,
    mapping: str | None = None,
    source: str | None = None,
    context: Store | None = None,
    date: Day = None,
    lang: str = "en",
) -> Checked:
    """The findings of a submission: a workbook, tables, or a folder of them; nothing is stored.

    `profile` is a bundled profile or a SHACL file (default: the mapping's own), `mapping` a bundled mapping or a
    YAML file (default: the one that fits), `context` the store that references are looked up in, `date` the day
    on which expiry is judged (ISO; default today).

    Raises `InputRefused` or `InputUnreadable` for a file that cannot be read, `WrongUse` for unknown names.
    """
    from mcgraph.submissions.naming import source_name
    from mcgraph.submissions.reading import read_batch
    from mcgraph.validation import validate as check

    paths = _paths(files)
    batch = read_batch(paths, mapping, source_name(source, mapping, paths))
    graph = context.graph if context is not None else None
    report = check(batch, profile=profile or batch.profile, date=_day(date), context=graph, lang=lang)
    return Checked(batch, report)


def classify(
    store: Store,
    *,
    thresholds: Mapping[str, str | int | float] | None = None,
    assured: bool = False,
    lang: str = "en",
) -> Classification:
    """Every credential of a store with its verdict, each criterion, and the fact that would decide (`.frame()`).

    `thresholds` are other numbers by name (`{"ects": 30}`); with `assured` quality assurance must be shown as well.
    Raises `WrongUse` for an unknown threshold or a number that is none.
    """
    from mcgraph.reasoning.classify import classify as decide

    return decide(store.graph, thresholds=thresholds, assured=assured, lang=lang)


@dataclass(frozen=True, slots=True)
class Checked:
    """A report with the submission it speaks of."""

    batch: Batch
    report: Report

    @property
    def conforms(self) -> bool:
        """Whether something was checked and nothing is an error."""
        return self.report.conforms

    @property
    def findings(self) -> Iterator[Finding]:
        """Every finding, in the order of file, sheet, row, column and code."""
        return iter(self.report.findings)

    def to_json(self) -> dict[str, Any]:
        """The document of `mcgraph validate --json`."""
        return self.report.to_json()

    def to_dataframe(self) -> pandas.DataFrame:
        """One row per finding: code, severity, place, record, message, found, expected, fix, suggestion."""
        frame = _pandas().DataFrame([_flat(finding) for finding in self.findings])
        return frame if len(frame) else _pandas().DataFrame(columns=_COLUMNS)

    def write(self, path: str | Path) -> None:
        """The report as a file, in the format of its ending (.html, .json, .csv, .xlsx, .ttl, .sarif, .md, .svg)."""
        from mcgraph.report.findings import write_report

        write_report(self.report, self.batch, Path(path))

    def __str__(self) -> str:
        """The report as the terminal shows it."""
        return self.report.to_text()


@dataclass(slots=True)
class Store:
    """A store that is open: one snapshot to ask, and loads that make the next. A context manager."""

    path: Path
    graph: Graph
    _books: dict[datetime.date, RuleBook] = field(default_factory=dict)

    @property
    def snapshot(self) -> str:
        """The id of the snapshot that answers, to be cited."""
        return self.graph.snapshot

    def stats(self) -> dict[str, Any]:
        """What the store holds, as `mcgraph stats --json` prints it."""
        return self.graph.stats()

    def history(self) -> tuple[Event, ...]:
        """What was done to the store, oldest first."""
        return self.graph.history()

    def load(
        self,
        files: Files,
        *,
        mapping: str | None = None,
        source: str | None = None,
        profile: str | None = None,
        accept: Literal["valid", "all", "none"] = "valid",
        date: Day = None,
        lang: str = "en",
    ) -> Loaded:
        """Check and store a submission in one transaction; this store then answers from the new snapshot.

        Raises `StoreUnavailable` where another process is writing or the disk fails: the store is as it was.
        """
        from mcgraph.store import open_graph
        from mcgraph.submissions.loading import load_files
        from mcgraph.submissions.naming import source_name

        paths = _paths(files)
        loaded = load_files(
            self.path, paths, mapping=mapping, source=source_name(source, mapping, paths), profile=profile,
            accept=accept, date=_day(date), lang=lang,
        )  # fmt: skip
        self.graph.close()
        self.graph = open_graph(self.path)
        self._books.clear()
        return loaded

    def ask(self, question: str, /, **parameters: str) -> Answer:
        """The answer to a named question, with its parameters, or to a SPARQL text."""
        from mcgraph.queries import ask

        return ask(self.graph, question, parameters)

    def pathways(
        self,
        held: Collection[str],
        to: str,
        *,
        by: By = "credentials",
        budget: Budget | None = None,
        wishes: Constraints | None = None,
        plans: int | None = None,
        date: Day = None,
    ) -> Routes:
        """The plans from what is held to a credential, best first, under the rules in force on `date`.

        Credentials are named by IRI, identifier or title. `budget` is a short form of `wishes`, which holds all that
        a plan may be held to. `by` says what is best. Raises `WrongUse` for unknown or ambiguous names.
        """
        from mcgraph.pathways.constraints import Budget, Constraints
        from mcgraph.pathways.names import find_credential

        if budget is not None and wishes is not None:
            raise WrongUse("A budget is given twice", fix="Put it into the wishes.")
        book = self.rules(date)
        own = tuple(find_credential(book, one) for one in held)
        asked = wishes or Constraints(budget=budget or Budget())
        return Routes(book, own, find_credential(book, to), asked, by, plans)

    def classify(self, **options: Any) -> Classification:
        """What is a microcredential by definition, labelled or not: see `mcgraph.reasoning.classify`."""
        return classify(self, **options)

    def whatif(self, date: Day = None) -> WhatIf:
        """Changes to agreements, rules and credentials, laid over what is stored without touching it."""
        from mcgraph.pathways.whatif import WhatIf

        return WhatIf(self.rules(date))

    def recognition(self, as_of: Day = None, lang: str = "en") -> Register:
        """The recognition register as of a day, for `mcgraph.recognition`'s questions."""
        from mcgraph.recognition import read_register

        return read_register(self.graph, as_of=_day(as_of), lang=lang)

    def survey(self, name: str | None = None) -> Survey:
        """A stored survey, by name, source or IRI (default: the only one). Raises `WrongUse` where there is none."""
        from mcgraph.api_survey import Survey
        from mcgraph.survey.stored import stored_wave

        return Survey(stored_wave(self.graph, name))

    def compare_survey(
        self, name: str | None = None, *, as_of: Day = None, weight: str = "", small: int = 5, name_them: bool = False
    ) -> Agreement:
        """What respondents say against what the register shows, by the links accepted in `mcgraph survey link`.

        `name_them` lists the disagreements by name. Raises `WrongUse` where no link was accepted.
        """
        from mcgraph.survey.agreement import compare
        from mcgraph.survey.link_log import in_force, read_log
        from mcgraph.survey.stored import find_survey, stored_wave

        stored = find_survey(self.graph, name)
        links = in_force(read_log(self.path, stored))
        if not links:
            raise WrongUse("no link between the survey and the register was accepted", fix="See mcgraph survey link.")
        return compare(
            stored_wave(self.graph, stored.iri), self.graph, links, as_of=_day(as_of), weight=weight, small=small,
            name_them=name_them,
        )  # fmt: skip

    def rules(self, date: Day = None) -> RuleBook:
        """The rule book of a day; read once."""
        from mcgraph.pathways import RuleBook

        day = _day(date)
        if day not in self._books:
            self._books[day] = RuleBook.read(self.graph, date=day)
        return self._books[day]

    def close(self) -> None:
        """Give the snapshot back."""
        self.graph.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@dataclass(slots=True)
class Routes:
    """A question about routes; the answer is computed when it is first looked at."""

    book: RuleBook
    held: tuple[str, ...]
    target: str
    wishes: Constraints
    by: By
    most: int | None
    _answer: RouteAnswer | None = None

    @property
    def answer(self) -> RouteAnswer:
        """Plans, what is missing, why not, and what it rests on."""
        if self._answer is None:
            self._answer = self._ask(self.most, prove=False)
        return self._answer

    @property
    def plans(self) -> tuple[Route, ...]:
        """The plans, best first; empty where there is none (`answer.reason` tells why)."""
        return self.answer.plans

    def cheapest(self, *, prove: bool = False) -> Route:
        """The best plan; with `prove` the exact model is asked even where the quick search would do.

        Raises `WrongUse` with the first unmet condition where there is no plan.
        """
        answer = self._ask(1, prove=True) if prove else self.answer
        if not answer.plans:
            reasons = [reason.text for reason in answer.reason] + [conflict.text for conflict in answer.conflicts]
            raise WrongUse("There is no plan", fix="; ".join(reasons))
        return answer.plans[0]

    def draw(self, path: str | Path) -> None:
        """Draw the best plan as .svg, .png or .dot."""
        from mcgraph.pathways import draw

        self.cheapest()
        file = Path(path)
        if file.suffix == ".png":
            file.write_bytes(draw.png(self.answer, self.plans[0]))
            return
        if file.suffix not in (".svg", ".dot"):
            raise WrongUse(f"«{file.name}» has no ending that is known", fix="Use .svg, .png or .dot.")
        picture = draw.svg if file.suffix == ".svg" else draw.dot
        file.write_text(picture(self.answer, self.plans[0]), encoding="utf-8")

    def to_dataframe(self) -> pandas.DataFrame:
        """One row per step of each plan: what to do, why it holds, who says so, and the proof of its plan."""
        from mcgraph.pathways.frames import steps_frame

        frame = steps_frame(self.answer)
        return _pandas().DataFrame(frame.to_dict(as_series=False), columns=frame.columns)

    def to_json(self) -> dict[str, Any]:
        """The document of `mcgraph pathways --json`."""
        from mcgraph.pathways.answer import document

        return document(self.answer)

    def __str__(self) -> str:
        """The routes as the terminal shows them."""
        from mcgraph.pathways.tell import tell

        return tell(self.answer, len(self.plans))

    def _ask(self, plans: int | None, *, prove: bool) -> RouteAnswer:
        from mcgraph.limits import Limits
        from mcgraph.pathways.plans import plan_routes

        return plan_routes(
            self.book, self.held, self.target, wishes=self.wishes, by=self.by, plans=plans, prove=prove,
            limits=Limits.from_environment(),
        )  # fmt: skip


_COLUMNS = ("code", "severity", "verdict", "file", "sheet", "row", "column", "cell", "record", "label", "message",
            "found", "expected", "fix", "suggestion", "safe")  # fmt: skip


def _flat(finding: Finding) -> dict[str, Any]:
    where, record = finding.where, finding.record
    place = {"file": where.file, "sheet": where.sheet, "row": where.row, "column": where.column, "cell": where.cell}
    about = {"record": record.id or record.iri, "label": record.label}
    return {name: {**place, **about}.get(name, getattr(finding, name, None)) for name in _COLUMNS}


def _paths(files: Files) -> tuple[Path, ...]:
    if isinstance(files, str | Path):
        return (Path(files),)
    return tuple(Path(one) for one in files)


def _day(date: Day) -> datetime.date:
    if isinstance(date, datetime.date):
        return date
    try:
        return datetime.date.fromisoformat(date) if date else datetime.date.today()
    except ValueError:
        raise WrongUse(f"«{date}» is not a date", fix="Write it as 2026-11-24.") from None


def _pandas() -> Any:
    try:
        import pandas
    except ImportError:
        raise WrongUse("pandas is not installed", fix="Install it: pip install 'mcgraph[dataframe]'.") from None
    return pandas
