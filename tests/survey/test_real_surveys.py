"""Tables of real surveys against figures computed by others: pandas, statsmodels and R's survey package.

freeCodeCamp 2016 (15,653 × 51) and the Carpentries' long-term survey of December 2020 (87 responses). Figures of R 4.5
with survey 4.1.1 were made with, for the weights `0.5 + (row mod 7) / 4` (rows from 0) and whoever answered a question:

    des <- svydesign(ids = ~1, weights = ~w, data = a); m <- svymean(~home, des)
    v <- vcov(m) * (n - 1) / n; neff <- p * (1 - p) / v
    prop.test(p * neff, neff, correct = FALSE)$conf.int
    m <- svymean(~x, des); confint(m, df = n - 1); svyquantile(~x, des, c(.25, .5, .75), qrule = "hf2")

`(n - 1) / n` takes out R's correction, so that equal weights give an effective size of n.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from mcgraph.survey.codebook_file import read_codebook, to_yaml
from mcgraph.survey.proposal import Proposal, propose
from mcgraph.survey.table import SurveyTable, make_table
from mcgraph.survey.wave import Wave, read_wave

FCC = """
survey: fcc-2016
respondent: {id: "#", weight: w}
questions:
  developer:
    column: Are you already working as a software developer?
    options: {"1": {en: "Yes"}, "0": {en: "No"}}
  place:
    column: Would you prefer to work...
    options:
      office: {en: in an office with other developers}
      home: {en: from home}
      any: {en: no preference}
  events:
    type: multiple
    columns:
      coffee: coffee-and-codes
      hackathons: hackathons
      conferences: conferences
      nodeschool: NodeSchool
      rails: RailsBridge
      weekend: Startup Weekend
      wwc: Women Who Code
      gdi: Girl Develop It
      none: None
    other: "Other#2"
  hours:
    column: About how many hours do you spend learning each week?
    type: numeric
    minimum: 0
    maximum: 168
    unit: hours
"""


@pytest.fixture(scope="module")
def fcc_file(shared: Path) -> Path:
    return shared / "data" / "surveys" / "fcc_2016" / "raw-data" / "2016 New Coders Survey Part 1.csv"


@pytest.fixture(scope="module")
def fcc(fcc_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Wave:
    """The survey with a column of weights behind its own."""
    import csv

    folder = tmp_path_factory.mktemp("fcc")
    with fcc_file.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    lines = [[*rows[0], "w"], *([*row, str(0.5 + (at % 7) / 4)] for at, row in enumerate(rows[1:]))]
    with (folder / "fcc.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(lines)
    (folder / "fcc.yaml").write_text(FCC, encoding="utf-8")
    return read_wave(folder / "fcc.csv", read_codebook(folder / "fcc.yaml"))


def cell(table: SurveyTable, code: str, group: str = "*"):  # type: ignore[no-untyped-def]
    (column,) = (one for one in table.columns if one.code == group)
    return next(one for one in column.cells if one.code == code)


def test_counts_are_those_of_pandas(fcc: Wave) -> None:
    """`value_counts` of column 8, and of the columns 10 to 19 with any of them filled."""
    table = make_table(fcc, "place")
    assert fcc.size == 15_653
    assert [(one.code, one.n) for one in table.total.cells] == [("office", 3833), ("home", 1216), ("any", 1694)]
    assert (table.total.asked, table.total.base, table.total.missing.n) == (15_653, 6_743, 8_910)
    events = make_table(fcc, "events").total
    assert [one.n for one in events.cells] == [2080, 2429, 2901, 481, 257, 744, 711, 558, 8612, 1236]
    assert events.base == 15_088


def test_intervals_are_those_of_statsmodels(fcc: Wave) -> None:
    """`proportion_confint(1216, 6743, method="wilson")` and `(2429, 15088)`."""
    home = cell(make_table(fcc, "place"), "home")
    assert (home.low, home.high) == pytest.approx((0.1713414187022079, 0.18969292213532882), abs=1e-12)
    hack = cell(make_table(fcc, "events"), "hackathons")
    assert (hack.low, hack.high) == pytest.approx((0.1552109972173695, 0.16693931638661455), abs=1e-12)


def test_weighted_shares_are_those_of_r(fcc: Wave) -> None:
    """Share, interval with the effective size, and the sum of weights of who answered."""
    table = make_table(fcc, "place", weight="w")
    home, office = cell(table, "home"), cell(table, "office")
    assert (home.share, home.low, home.high) == pytest.approx((0.179414990, 0.169793264, 0.189457526), abs=5e-9)
    assert (office.share, office.low, office.high) == pytest.approx((0.570429422, 0.557674404, 0.583091600), abs=5e-9)
    assert table.total.base_weighted == pytest.approx(8_435.75)


def test_weighted_shares_of_a_group_are_those_of_r(fcc: Wave) -> None:
    """Those who said they are no developers: 6,719, of whom the design is made."""
    table = make_table(fcc, "place", by=["developer"], weight="w")
    home = cell(table, "home", "0")
    assert (home.share, home.low, home.high) == pytest.approx((0.179239392, 0.169603154, 0.189298319), abs=5e-9)
    assert next(one.base for one in table.groups if one.code == "0") == 6_719


def test_means_and_quartiles_are_those_of_r_and_statsmodels(fcc: Wave) -> None:
    """9 answers over 168 hours a week and 20 that are no number are findings and in no mean; «15 hours» is 15."""
    told = make_table(fcc, "hours", weight="w").total
    assert told.base == 14_975
    assert told.summary is not None
    assert (told.summary.mean, told.summary.low, told.summary.high) == pytest.approx(
        (15.515588495, 15.258632630, 15.772544360), abs=5e-9
    )
    assert (told.summary.quartile_1, told.summary.median, told.summary.quartile_3) == (5, 10, 20)
    plain = make_table(fcc, "hours").total.summary
    assert plain is not None
    assert (plain.mean, plain.low, plain.high) == pytest.approx((15.445245409, 15.208064428, 15.682426390), abs=5e-9)
    about = [one for one in dict.fromkeys(fcc.findings) if one.where.column.startswith("About how many h")]
    counted = Counter(one.code for one in about)
    assert counted == {"CELL-RANGE-001": 9, "SRV-NUMBER-001": 20}


def test_a_codebook_is_proposed_for_the_coders(fcc_file: Path) -> None:
    """51 columns: three one-hot questions with their «Other», numbers, choices, and four columns about persons."""
    made = propose(fcc_file)
    assert (made.responses, made.columns) == (15_653, 51)
    kinds = Counter(one.kind for one in made.guesses)
    assert kinds == {"single": 11, "multiple": 3, "numeric": 6, "open": 4, "respondent's id": 1}
    assert [len(one.columns) for one in made.guesses if one.kind == "multiple"] == [10, 12, 6]
    assert [one.columns[0] for one in made.guesses if one.personal] == [
        "Start Date (UTC)", "Submit Date (UTC)", "Network ID",
    ]  # fmt: skip
    assert dict(made.codebook.respondent) == {"id": "#"}


@pytest.fixture(scope="module")
def carpentries(shared: Path) -> Path:
    return shared / "data" / "surveys" / "carpentries" / "2020-12-longterm-survey"


def proposal(folder: Path) -> Proposal:
    return propose(
        folder / "2020-12-long-term-other_questions-no-open.csv",
        names=folder / "2020-12-longterm-questions.csv",
        key=folder / "2020-12-longterm-answer-key.csv",
    )


def test_the_answer_key_and_the_questionnaire_make_the_codebook(carpentries: Path) -> None:
    """Codes from the key, texts from the questionnaire."""
    made = proposal(carpentries)
    questions = {one.id: one for one in made.codebook.questions}
    content = questions["workshop_attended_content"]
    assert content.type == "multiple"
    assert "unix" in content.codes
    assert content.said().startswith("What content was covered")
    assert questions["impact_increase_confidence"].type == "likert"
    assert questions["new_topics"].type == "open"


def test_tables_of_the_carpentries_are_those_of_pandas(carpentries: Path, tmp_path: Path) -> None:
    """`value_counts` of the columns, of the parts between semicolons, and `crosstab`."""
    made = proposal(carpentries)
    (tmp_path / "c.yaml").write_text(to_yaml(made.codebook), encoding="utf-8")
    (tmp_path / "2020-12-longterm-questions.csv").write_bytes(
        (carpentries / "2020-12-longterm-questions.csv").read_bytes()
    )
    book = read_codebook(tmp_path / "c.yaml")
    wave = read_wave(carpentries / "2020-12-long-term-other_questions-no-open.csv", book)
    counts = {one.code: one.n for one in make_table(wave, "workshop_attended_content", small=1).total.cells}
    assert {code: counts[code] for code in ("git", "unix", "py", "r", "or", "sql")} == {
        "git": 55, "unix": 46, "py": 39, "r": 30, "or": 14, "sql": 8,
    }  # fmt: skip
    confidence = make_table(wave, "impact_increase_confidence", small=1).total
    assert [one.n for one in confidence.cells] == [3, 2, 23, 34, 25]
    crossed = make_table(wave, "change_confidence", by=["first_time"], small=1)
    assert {group.label: sorted(one.n or 0 for one in group.cells) for group in crossed.groups} == {
        "Yes": [1, 12, 67], "No": [0, 2, 5],
    }  # fmt: skip
    hidden = make_table(wave, "change_confidence", by=["first_time"])
    assert all(one.n is None or one.n == 0 or one.n >= 5 for group in hidden.columns for one in group.cells)
