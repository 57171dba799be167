"""The reference files against the registers and vocabularies beside the project."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

Read = Callable[[str], list[dict[str, str]]]
CONCEPT = re.compile(
    r"<(http://data\.europa\.eu/snb/(\w[\w-]*)/\S+)> a skos:Concept ;.*?prefLabel \"(.*?)\"@en", re.DOTALL
)


def real(shared: Path, name: str) -> Path:
    """A real file, or a skip that names it."""
    path = shared / "data" / name
    if not path.exists():
        pytest.skip(f"{name} is not on this machine")
    return path


@pytest.fixture(scope="module")
def eu_lists(shared: Path) -> dict[str, dict[str, str]]:
    """The EU code lists: list name → IRI → English label."""
    lists: dict[str, dict[str, str]] = {}
    text = real(shared, "standards/elm/europass-cv-en.ttl").read_text(encoding="utf-8")
    for iri, name, label in CONCEPT.findall(text):
        lists.setdefault(name, {})[iri] = label
    return lists


def test_rqf_levels_are_those_of_ofqual(read: Read, shared: Path) -> None:
    """Every single level of Ofqual's own list has the same EQF level here."""
    ours = {
        row["level"]: row["eqf_level"] for row in read("national-levels") if row["framework"] == "GBR-RQF"
    }
    path = real(shared, "registries/ofqual_uk/openregister_2017/data/qualification-level.tsv")
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    theirs = {}
    for row in rows:
        single = re.fullmatch(r"(Level|Entry)(\d)", row["qualification-level"])
        if single:
            name = single[2] if single[1] == "Level" else f"Entry {single[2]}"
            theirs[name] = (row["european-qualification-framework-level"] or "").removeprefix("Level ")
    assert len(theirs) == 11
    assert ours == theirs


def test_scqf_differs_from_the_ctdl_map_only_at_level_6(read: Read, shared: Path) -> None:
    """The CTDL map is ours but for SCQF 6: the regulators' table gives EQF 4, the map EQF 3."""
    ours = {
        row["level"]: row["eqf_level"] for row in read("national-levels") if row["framework"] == "GBR-SCQF"
    }
    path = real(shared, "registries/ctdl/QualificationsFramework/Examples/scqf-eqf-mapping.json")
    graph = json.loads(path.read_text(encoding="utf-8"))["@graph"]
    theirs = {
        part["ceterms:sourceNode"].removeprefix("scqf:level"): part.get(
            "ceterms:targetNode", ""
        ).removeprefix("eqf:level")
        for node in graph
        for part in node.get("ceterms:hasPart", [])
    }
    assert ours.keys() == theirs.keys()
    assert {level: (ours[level], theirs[level]) for level in ours if ours[level] != theirs[level]} == {
        "6": ("4", "3")
    }


def test_cncp_levels_are_those_of_the_french_register(read: Read, shared: Path) -> None:
    """The register writes European levels 3 to 8, and exactly these levels are verified for France."""
    path = real(shared, "registries/rncp_fr/v1.4/rncp_info.v1.4.csv")
    found = {level.decode() for level in re.findall(rb";niveau(\d);", path.read_bytes())}
    ours = {row["level"]: row for row in read("national-levels") if row["framework"] == "FRA-CNCP"}
    assert found == {level for level, row in ours.items() if row["verified"] == "yes"} == set("345678")
    assert all(ours[level]["eqf_level"] == level for level in found)


def test_eqar_countries_are_known(read: Read, shared: Path) -> None:
    """Every country of EQAR's list is here with the same codes and IRI; Kosovo's XKX is our 1A0."""
    listed = yaml.safe_load(
        real(shared, "reference/eqar/countries/fixtures/country.yaml").read_text(encoding="utf-8")
    )
    ours = {row["alpha2"]: row for row in read("countries")}
    odd = []
    for entry in listed:
        fields = entry["fields"]
        row = ours[fields["iso_3166_alpha2"]]
        if (row["alpha3"], row["iri"]) != (fields["iso_3166_alpha3"], fields["eu_controlled_vocab_country"]):
            odd.append((row["alpha3"], fields["iso_3166_alpha3"]))
    assert len(listed) > 240
    assert odd == [("1A0", "XKX")]


def test_eqar_languages_agree(read: Read, shared: Path) -> None:
    """Every verified language has EQAR's three-letter code, ours or the bibliographic one."""
    listed = yaml.safe_load(
        real(shared, "reference/eqar/lists/fixtures/language.yaml").read_text(encoding="utf-8")
    )
    theirs = {entry["fields"]["iso_639_1"]: entry["fields"]["iso_639_2"].upper() for entry in listed}
    checked = [row for row in read("languages") if row["verified"] == "yes"]
    assert len(checked) > 100
    assert [r for r in checked if theirs[r["bcp47"]] not in {r["code"], r["bibliographic_code"]}] == []


def test_fields_are_those_of_the_eu_list(read: Read, eu_lists: dict[str, dict[str, str]]) -> None:
    """The 220 ISCED-F fields and their English labels are exactly the EU list's."""
    assert {row["iri"]: row["label_en"] for row in read("isced-f")} == eu_lists["isced-f"]
    assert len(eu_lists["isced-f"]) == 220


def test_eqf_iris_are_those_of_the_eu_list(read: Read, eu_lists: dict[str, dict[str, str]]) -> None:
    """The eight EQF IRIs are the EU list's."""
    assert {row["iri"] for row in read("eqf-levels")} == set(eu_lists["eqf"])


def test_national_levels_cover_the_eu_list(read: Read, eu_lists: dict[str, dict[str, str]]) -> None:
    """All 424 entries of the EU list are here under their own number, but for two joint entry levels."""
    theirs = eu_lists["qdr"]
    levels = {row["eu_iri"]: row for row in read("national-levels") if row["eu_iri"]}
    frameworks = {row["eu_iri"] for row in read("national-frameworks") if row["eu_iri"]}
    assert len(theirs) == 424
    assert levels.keys() | frameworks <= theirs.keys()
    assert sorted(theirs[iri] for iri in theirs.keys() - levels.keys() - frameworks) == [
        "CQFW Entry 1-3",
        "RQF Entry Levels 1-2",
    ]
    wrong = [
        (row["local_id"], theirs[iri])
        for iri, row in levels.items()
        if row["level"].split()[-1].casefold() not in theirs[iri].casefold()
        or theirs[iri] not in {row["label"], *row["aliases"].split("|")}
    ]
    assert wrong == []


def test_cycles_are_those_of_deqar(read: Read, shared: Path) -> None:
    """EQAR's four cycles have the same numbers and names here."""
    listed = yaml.safe_load(
        real(shared, "reference/eqar/lists/fixtures/qf_ehea_level.yaml").read_text(encoding="utf-8")
    )
    theirs = {str(entry["fields"]["code"]): entry["fields"]["level"] for entry in listed}
    assert {row["deqar_code"]: row["label_en"].casefold() for row in read("qf-ehea")} == theirs
