"""The Python face of surveys.

    import mcgraph as mg
    survey = mg.read_survey("answers.csv", codebook="answers.codebook.yaml")
    survey.table("q7", by="provider_type", weight="w").to_dataframe()
    survey.chart("q8", by="group").svg()
    with mg.open("store/") as store:
        store.survey().table("q1", by="group", weight="weight")
        store.compare_survey(as_of="2026-11-01").claims
    mg.survey_trend("waves.yaml", "labelled", by="group")
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcgraph.errors import WrongUse

if TYPE_CHECKING:
    import pandas  # type: ignore[import-untyped]
    import polars as pl

    from mcgraph.model.finding import Finding
    from mcgraph.report.survey_charts import Chart
    from mcgraph.survey.proposal import Proposal
    from mcgraph.survey.table import SurveyTable
    from mcgraph.survey.trend import Trend
    from mcgraph.survey.wave import Wave

Names = str | Sequence[str]


@dataclass(frozen=True, slots=True)
class TableView:
    """One or more tables with every face of them; `tables` are the typed results (`mcgraph.survey.table`)."""

    tables: tuple[SurveyTable, ...]

    def to_dataframe(self) -> pandas.DataFrame:
        """A pandas data frame: one row per group and answer; what is hidden is missing there too."""
        from mcgraph.survey.table_rows import to_dataframe

        return to_dataframe(self.tables)

    def to_polars(self) -> pl.DataFrame:
        """A polars data frame."""
        from mcgraph.survey.table_rows import to_polars

        return to_polars(self.tables)

    def to_csv(self) -> str:
        """Comma-separated text."""
        from mcgraph.survey.table_rows import to_csv

        return to_csv(self.tables)

    def to_json(self) -> list[dict[str, Any]]:
        """The documents of `mcgraph survey table --json`."""
        from mcgraph.survey.table_rows import document

        return [document(one) for one in self.tables]

    def to_turtle(self) -> str:
        """RDF Data Cube."""
        from mcgraph.survey.cube import to_turtle

        return to_turtle(self.tables)

    def write_parquet(self, path: str | Path) -> None:
        """A Parquet file."""
        from mcgraph.survey.table_rows import write_parquet

        write_parquet(self.tables, Path(path))

    def chart(self, kind: str = "") -> Chart:
        """A drawing: `likert`, `bars`, or what fits. Raises `WrongUse` where Altair is not installed."""
        from mcgraph.report import survey_charts

        made = {"likert": survey_charts.likert_chart, "bars": survey_charts.bar_chart, "": survey_charts.chart_of}
        if kind not in made:
            raise WrongUse(f"«{kind}» is no kind of chart", fix="Use likert or bars.")
        return made[kind](self.tables)


@dataclass(frozen=True, slots=True)
class Survey:
    """One wave of a survey, from a file or from a store; `wave` is the typed result (`mcgraph.survey.wave`)."""

    wave: Wave

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was found wrong in the columns looked at so far."""
        return tuple(dict.fromkeys(self.wave.findings))

    def table(
        self,
        question: Names,
        *,
        by: Names = (),
        weight: str = "",
        small: int = 5,
        level: float = 0.95,
        lang: str = "en",
    ) -> TableView:
        """The table of a question (or of several), by groups; as `mcgraph.survey.table.make_tables`."""
        from mcgraph.survey.table import make_tables

        return TableView(
            tuple(
                table
                for one in _names(question)
                for table in make_tables(
                    self.wave, one, by=_names(by), weight=weight, small=small, level=level, lang=lang
                )
            )
        )

    def chart(self, question: Names, *, kind: str = "", **wishes: Any) -> Chart:
        """A question, or several with one scale, as a drawing; `wishes` as for `table`."""
        return self.table(question, **wishes).chart(kind)


def read_survey(file: str | Path, codebook: str | Path | None = None, *, names: str | Path | None = None) -> Survey:
    """A wave from a response file and its codebook (default: `NAME.codebook.yaml` beside it).

    Raises `InputRefused` where they cannot be read or do not belong together, `RuleBroken` for a wrong codebook.
    """
    from mcgraph.survey.codebook_file import read_codebook
    from mcgraph.survey.wave import read_wave

    path = Path(file)
    book = Path(codebook) if codebook else path.with_name(f"{path.stem}.codebook.yaml")
    return Survey(read_wave(path, read_codebook(book), names=Path(names) if names else None))


def propose_codebook(file: str | Path, *, names: str | Path | None = None, key: str | Path | None = None) -> Proposal:
    """The codebook that a response file seems to follow, with the reason of every guess."""
    from mcgraph.survey.proposal import propose

    return propose(Path(file), names=Path(names) if names else None, key=Path(key) if key else None)


def survey_trend(waves: str | Path, question: str, *, by: Names = (), weight: str = "", **wishes: Any) -> Trend:
    """A question over the waves of a mapping; as `mcgraph.survey.trend.make_trend`."""
    from mcgraph.survey.trend import make_trend, read_harmony

    return make_trend(read_harmony(Path(waves)), question, by=_names(by), weight=weight, **wishes)


def _names(given: Names) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)
