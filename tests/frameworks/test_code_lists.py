"""Countries, languages and fields of study."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

Read = Callable[[str], list[dict[str, str]]]

AUTHORITY = "http://publications.europa.eu/resource/authority"
EU_OFFICIAL = {
    "BUL",
    "HRV",
    "CES",
    "DAN",
    "NLD",
    "ENG",
    "EST",
    "FIN",
    "FRA",
    "DEU",
    "ELL",
    "HUN",
    "GLE",
    "ITA",
    "LAV",
    "LIT",
    "MLT",
    "POL",
    "POR",
    "RON",
    "SLK",
    "SLV",
    "SPA",
    "SWE",
}
REGIONAL = {"CAT", "EUS", "GLG", "CYM", "LTZ", "BRE", "COS", "OCI", "SRD", "GLA", "FRY", "SME", "ROH", "HSB"}


def test_country_codes_and_iris_agree(read: Read) -> None:
    """The IRI of a country ends in its alpha-3 code, and alpha-2 codes are unique."""
    rows = read("countries")
    assert all(row["iri"] == f"{AUTHORITY}/country/{row['alpha3']}" for row in rows)
    assert all(len(row["alpha2"]) == 2 and len(row["alpha3"]) == 3 for row in rows)
    assert len({row["alpha2"] for row in rows}) == len(rows)
    assert {row["status"] for row in rows} == {"current", "former", "reserved"}


def test_kosovo_has_the_eu_code(read: Read) -> None:
    """Kosovo is 1A0 in the EU list and is also found as XKX."""
    kosovo = next(row for row in read("countries") if row["alpha3"] == "1A0")
    assert kosovo["alpha2"] == "XK"
    assert "XKX" in kosovo["alt_names"].split("|")


def test_the_world_is_there(read: Read) -> None:
    """All 249 countries of ISO 3166-1 and Kosovo are current rows, with a name in both languages."""
    current = [row for row in read("countries") if row["status"] == "current"]
    assert len(current) == 250
    assert all(row["label_en"] and row["label_fr"] for row in read("countries"))


def test_a_country_name_means_one_country(read: Read) -> None:
    """No English, French or other name stands for two countries."""
    names: Counter[str] = Counter()
    for row in read("countries"):
        names.update(
            {n.casefold() for n in (row["label_en"], row["label_fr"], *row["alt_names"].split("|")) if n}
        )
    assert [name for name, count in names.items() if count > 1] == []


def test_usual_other_names_are_found(read: Read) -> None:
    """Names people write, such as Czech Republic, UK, Holland or Turkey, lead to the country."""
    names = {name: row["alpha3"] for row in read("countries") for name in row["alt_names"].split("|")}
    asked = {
        "Czech Republic": "CZE",
        "UK": "GBR",
        "England": "GBR",
        "Holland": "NLD",
        "Turkey": "TUR",
        "EL": "GRC",
    }
    assert {name: names.get(name) for name in asked} == asked


def test_language_codes_and_iris_agree(read: Read) -> None:
    """The IRI of a language ends in its code; the short tag is unique and lower case."""
    rows = read("languages")
    assert all(row["iri"] == f"{AUTHORITY}/language/{row['code']}" for row in rows)
    assert len({row["bcp47"] for row in rows}) == len(rows)
    assert all(row["bcp47"].islower() and len(row["bcp47"]) in {2, 3} for row in rows)
    assert all(row["label_en"] and row["label_fr"] and row["native"] for row in rows)


def test_official_and_regional_languages_are_there(read: Read) -> None:
    """The 24 official languages of the EU are marked so, and Europe's regional languages are present."""
    groups = {row["code"]: row["group"] for row in read("languages")}
    assert {code for code, group in groups.items() if group == "eu-official"} == EU_OFFICIAL
    assert groups.keys() >= REGIONAL
    assert len(groups) >= 90


def test_a_bibliographic_code_is_not_another_languages_code(read: Read) -> None:
    """Codes such as GER or FRE are kept apart from the codes of the EU list."""
    codes = {row["code"] for row in read("languages")}
    other = [row["bibliographic_code"] for row in read("languages") if row["bibliographic_code"]]
    assert len(other) == len(set(other)) and not codes & set(other)


def test_fields_of_study_form_a_tree_of_three_levels(read: Read) -> None:
    """Each ISCED-F code has its parent in the file: the code without its last digit."""
    rows = read("isced-f")
    codes = {row["code"] for row in rows}
    levels = {2: "broad", 3: "narrow", 4: "detailed"}
    for row in rows:
        assert row["parent"] == (row["code"][:-1] if len(row["code"]) > 2 else ""), row
        assert not row["parent"] or row["parent"] in codes, row
        assert row["field_level"] == levels[len(row["code"])], row
        assert row["iri"] == f"http://data.europa.eu/snb/isced-f/{row['code']}"
        assert row["esco_iri"] == f"http://data.europa.eu/esco/isced-f/{row['code']}"
        assert row["label_en"] and row["label_fr"]


def test_there_are_220_fields(read: Read) -> None:
    """The EU list has 220 fields: 12 broad, and «field unknown» (99) among them."""
    rows = read("isced-f")
    assert len(rows) == 220
    assert sum(row["field_level"] == "broad" for row in rows) == 12
