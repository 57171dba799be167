"""National frameworks, their levels, and how far the link to the EQF is known."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

from mcgraph.model.terms import local_name

Read = Callable[[str], list[dict[str, str]]]

EU = {
    "AUT",
    "BEL",
    "BGR",
    "CYP",
    "CZE",
    "DEU",
    "DNK",
    "ESP",
    "EST",
    "FIN",
    "FRA",
    "GRC",
    "HRV",
    "HUN",
    "IRL",
    "ITA",
    "LTU",
    "LUX",
    "LVA",
    "MLT",
    "NLD",
    "POL",
    "PRT",
    "ROU",
    "SVK",
    "SVN",
    "SWE",
}
EEA_AND_UK = {"ISL", "LIE", "NOR", "GBR"}
BASES = {"table", "statement", "no-eqf-level"}
PARTIAL_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")


def test_eqf_has_eight_levels_with_the_eu_iris(read: Read) -> None:
    """EQF levels are 1 to 8 and carry the EU list's IRIs."""
    assert [row["level"] for row in read("eqf-levels")] == [str(n) for n in range(1, 9)]
    assert all(row["iri"] == f"http://data.europa.eu/snb/eqf/{row['level']}" for row in read("eqf-levels"))


def test_the_cycles_of_higher_education_stand_at_eqf_5_to_8(read: Read) -> None:
    """Short, first, second and third cycle are EQF 5, 6, 7 and 8."""
    found = [(row["code"], row["eqf_level"], row["eqf_iri"][-1]) for row in read("qf-ehea")]
    assert found == [
        ("short-cycle", "5", "5"),
        ("first-cycle", "6", "6"),
        ("second-cycle", "7", "7"),
        ("third-cycle", "8", "8"),
    ]


def test_every_country_of_the_eu_the_eea_and_the_uk_has_a_framework(read: Read) -> None:
    """No member state is missing, and every framework's country is a known country."""
    countries = {row["country"] for row in read("national-frameworks")}
    assert countries >= EU | EEA_AND_UK
    assert countries <= {row["alpha3"] for row in read("countries")}
    assert all(row["code"].startswith(row["country"] + "-") for row in read("national-frameworks"))


def test_levels_belong_to_frameworks_and_run_from_low_to_high(read: Read) -> None:
    """Each framework has as many levels as it says, numbered 1, 2, 3 … without a gap."""
    order: dict[str, list[int]] = defaultdict(list)
    for row in read("national-levels"):
        order[row["framework"]].append(int(row["order"]))
    assert {code: len(numbers) for code, numbers in order.items()} == {
        row["code"]: int(row["level_count"]) for row in read("national-frameworks")
    }
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in order.values())


def test_an_unverified_level_has_no_eqf_level(read: Read) -> None:
    """Where no source was read, the link to the EQF is empty and never guessed."""
    for row in read("national-levels"):
        if row["verified"] == "no":
            told = [row[c] for c in ("eqf_level", "basis", "referencing_source", "referencing_date")]
            assert told == [""] * 4, row


def test_a_verified_level_says_where_its_eqf_level_was_read(read: Read) -> None:
    """A verified level has a listed source, a basis, and EQF 1 to 8 unless the source says it has none."""
    listed = {row["url"] for row in read("sources")}
    for row in read("national-levels"):
        if row["verified"] == "yes":
            assert row["referencing_source"] in listed, row
            assert row["basis"] in BASES, row
            assert (row["eqf_level"] == "") == (row["basis"] == "no-eqf-level"), row
            assert row["eqf_level"] in {"", *"12345678"}, row


def test_a_higher_level_never_stands_lower_on_the_eqf(read: Read) -> None:
    """Within a framework the EQF level never falls as the national level rises."""
    highest: dict[str, int] = defaultdict(int)
    for row in read("national-levels"):
        if row["eqf_level"]:
            assert int(row["eqf_level"]) >= highest[row["framework"]], row
            highest[row["framework"]] = int(row["eqf_level"])


def test_a_framework_without_referencing_has_no_eqf_level(read: Read) -> None:
    """A framework that is not referenced to the EQF has no verified level and no date."""
    apart = {row["code"] for row in read("national-frameworks") if row["referenced_to_eqf"] != "yes"}
    assert apart == {"BEL-QDG", "BIH-BHQF"}
    assert all(row["verified"] == "no" for row in read("national-levels") if row["framework"] in apart)


def test_referencing_dates_are_a_year_a_month_or_a_day(read: Read) -> None:
    """A date of referencing is as exact as its source and always has one."""
    listed = {row["url"] for row in read("sources")}
    for row in read("national-frameworks"):
        assert row["referencing_source"] in listed, row
        assert not row["referencing_date"] or PARTIAL_DATE.fullmatch(row["referencing_date"]), row
    dates = {row["code"]: row["referencing_date"] for row in read("national-frameworks")}
    assert all(row["referencing_date"] in {"", dates[row["framework"]]} for row in read("national-levels"))


def test_local_identifiers_need_no_escaping(read: Read) -> None:
    """The identifier that becomes part of a level's IRI is unique and already an IRI part."""
    names = [row["local_id"] for row in read("national-levels")]
    assert len(set(names)) == len(names)
    assert all(local_name(name) == name for name in names)
    assert all(row["local_id"].startswith(row["framework"] + "-") for row in read("national-levels"))


def test_a_spelling_points_at_one_level_of_a_framework(read: Read) -> None:
    """Within a framework no spelling of a level is shared, so «NLQF 4» never means 4+."""
    spellings: Counter[tuple[str, str]] = Counter()
    for row in read("national-levels"):
        forms = {form.casefold() for form in (row["level"], row["label"], *row["aliases"].split("|"))}
        spellings.update((row["framework"], form) for form in forms)
    assert [key for key, count in spellings.items() if count > 1] == []


def test_known_cases_where_the_national_number_is_not_the_eqf_number(read: Read) -> None:
    """RQF 2 is EQF 3, NFQ 8 is EQF 6, SCQF 7 is EQF 5, SOK 5 is EQF 4, ISQF 7 is EQF 8, NLQF 4+ is EQF 4."""
    eqf = {(row["framework"], row["level"]): row["eqf_level"] for row in read("national-levels")}
    assert eqf["GBR-RQF", "2"] == "3"
    assert eqf["IRL-NFQ", "8"] == "6"
    assert eqf["GBR-SCQF", "7"] == "5"
    assert eqf["SVN-SOK", "5"] == "4"
    assert eqf["ISL-ISQF", "7"] == "8"
    assert eqf["NLD-NLQF", "4+"] == "4"
    assert eqf["CYP-CYQF", "5b"] == "5"
    assert eqf["FRA-1969", "III"] == "5"


def test_the_readme_counts_are_the_files_counts(read: Read, folder: Path) -> None:
    """The table of verified and unverified levels in README.md is the one the file gives."""
    text = (folder / "README.md").read_text(encoding="utf-8")
    told = {
        code: (int(yes), int(no))
        for code, yes, no in re.findall(r"^\| (\w{3}-\w+) \| (\d+) \| (\d+) \|$", text, flags=re.MULTILINE)
    }
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for row in read("national-levels"):
        found[row["framework"]][row["verified"] == "no"] += 1
    assert told == {code: (yes, no) for code, (yes, no) in found.items()}
