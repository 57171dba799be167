"""Every text in every language; a further language is one file."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mcgraph.errors import RuleBroken, WrongUse
from mcgraph.model import bundled
from mcgraph.model.language import Language, language, languages
from mcgraph.report.page import to_html
from mcgraph.validation import catalogue

ENGLISH = language("en")
FOREIGN = [name for name in languages() if name != "en"]


def holes(text: object) -> list[str]:
    forms = text if isinstance(text, list) else [text]
    return sorted({hole for form in forms for hole in re.findall(r"\{\w*\}", str(form))} - {"{n}"})


def test_french_is_there() -> None:
    """English and French from the first day."""
    assert {"en", "fr"} <= set(languages())


@pytest.mark.parametrize("tag", FOREIGN)
def test_no_text_is_missing(tag: str) -> None:
    """The same keys, the same blanks to fill, and as many forms."""
    other = language(tag)
    assert set(other.texts) == set(ENGLISH.texts)
    for key, text in ENGLISH.texts.items():
        assert holes(other.texts[key]) == holes(text), key
        assert isinstance(other.texts[key], list) == isinstance(text, list), key
        assert all(
            str(form).strip() or key == "report.affects" for form in ([*text] if isinstance(text, list) else [text])
        ), key


def keys_in_use(root: Path) -> Iterator[str]:
    for path in [*(root / "mcgraph").rglob("*.py"), *(root / "mcgraph").rglob("*.j2")]:
        text = path.read_text(encoding="utf-8")
        yield from re.findall(r"(?:said|count|has)\(\s*[\"']([a-z_]+\.[A-Za-z0-9_-]+)[\"']", text)


def test_every_text_that_is_asked_for_exists_and_every_one_that_exists_is_asked_for(root: Path) -> None:
    """A key that nobody uses is a sentence that nobody corrects."""
    used = set(keys_in_use(root))
    assert used <= set(ENGLISH.texts), used - set(ENGLISH.texts)
    # Keys of these sections are made from a level, component, column or kind.
    made = ("severity", "state", "column", "expected", "datatype", "note", "layer", "diff", "number", "template",
            "quality", "language", "report.badge", "terminal", "answer", "matrix", "landscape")  # fmt: skip
    idle = {key for key in set(ENGLISH.texts) - used if not key.startswith(made)}
    assert not idle


def sentences(root: Path) -> dict[str, str]:
    """Every sentence that a reader of files puts into a finding, as a template, with the file it stands in."""
    found: dict[str, str] = {}
    for path in sorted((root / "mcgraph").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Finding":
                for keyword in node.keywords:
                    if keyword.arg in ("message", "expected", "fix", "found"):
                        found.update(dict.fromkeys(forms(keyword.value), path.name))
    return {text: name for text, name in found.items() if re.search(r"[A-Za-z]{2}", text.replace("{}", ""))}


def forms(node: ast.expr) -> set[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return {node.value}
    if isinstance(node, ast.JoinedStr):
        return {"".join(str(v.value) if isinstance(v, ast.Constant) else "{}" for v in node.values)}
    return forms(node.body) | forms(node.orelse) if isinstance(node, ast.IfExp) else set()


@pytest.mark.parametrize("tag", FOREIGN)
def test_what_the_readers_say_is_translated(tag: str, root: Path) -> None:
    """A new sentence in a reader needs a line under [phrases] in each language file."""
    other = language(tag)
    lacking = {
        text: file for text, file in sentences(root).items()
        if other.phrase(text.replace("{}", "7")) == text.replace("{}", "7") and text != "UTF-8"
    }  # fmt: skip
    assert not lacking


def test_a_phrase_keeps_what_stands_in_it() -> None:
    """The name of a column goes into the French sentence as it is."""
    assert language("fr").phrase("The column «{x}» is missing") == "La colonne «{x}» manque"


def test_the_matrix_and_unverified_sources_in_a_third_language(root: Path, tmp_path: Path, demo_file: Path, mcgraph) -> None:  # type: ignore[no-untyped-def]  # noqa: E501
    """The page of a matrix, and what could not be verified of a rule, are said in it too."""
    own = tmp_path / "de.toml"
    own.write_text(
        '[matrix]\nwhich = "Welches Profil erfüllt ist"\nrecord = "Datensatz"\n'
        '[rule]\nnot_verified = "ungeprüft: {why}"\n'
        '[rules."RULE-HOURS-001"]\nunverified = "Der Leitfaden lag nicht vor."\n',
        encoding="utf-8",
    )
    done = mcgraph("--store", tmp_path / "no", "validate", demo_file, "-p", "deqar", "-p", "nzqa", "--lang", own,
                   "--report", tmp_path / "m.html", "--fail-on", "never")  # fmt: skip
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "m.html").read_text(encoding="utf-8")
    assert "Welches Profil erfüllt ist" in page and "Datensatz" in page and "Record by record" in page
    rule = mcgraph("explain", "RULE-HOURS-001", "--lang", own)
    assert "ungeprüft: Der Leitfaden lag nicht vor." in rule.stdout, rule.stdout
    for template in (root / "mcgraph" / "report" / "templates").glob("*.j2"):
        assert "french" not in template.read_text(encoding="utf-8"), template.name


def test_numbers_inside_a_phrase_are_grouped_as_the_language_groups_them() -> None:
    """What the reader of files counted in English."""
    assert language("fr").phrase("25,514 repeated rows") == "25 514 lignes répétées"
    assert language("fr").phrase("1 repeated row") == "1 ligne répétée"


def test_numbers_and_plurals_follow_the_language() -> None:
    """French: 0 is singular, thousands stand apart with a space."""
    french = language("fr")
    assert (ENGLISH.count("severity.error", 0), french.count("severity.error", 0)) == ("errors", "erreur")
    assert (ENGLISH.number(12345), french.number(12345)) == ("12,345", "12 345")


def third(folder: Path, **changes: Any) -> Path:
    """A third language in one file: every text turned round, so that what is not from it shows."""
    lines = ['language = "Test"', "[number]", 'separator = "_"', "singular = [1]"]
    sections: dict[str, list[str]] = {}
    for key, text in ENGLISH.texts.items():
        section, _, name = key.partition(".")
        if not name or section == "number":
            continue
        said = (
            "[" + ", ".join(f'"§{form}"' for form in text) + "]"
            if isinstance(text, list)
            else '"§' + text.replace('"', "'") + '"'
        )
        sections.setdefault(section, []).append(f'"{name}" = {said}')
    for section, entries in sections.items():
        lines += [f"[{section}]", *entries]
    for code in catalogue.rules():
        lines += [
            f'[rules."{code}"]',
            f'name = "§n {code}"',
            f'message = "§m {code}"',
            f'why = "§w {code}"',
            f'fix = "§f {code}"',
        ]
    lines += [
        "[names]",
        '"mcsh:CredentialShape" = "§Credential"',
        "[phrases]",
        '"The column «{}» is missing" = "§ {} lacks"',
    ]
    path = folder / "xx.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_a_third_language_is_one_file(check, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """Headings, labels, causes, terminal text: all from the file, none of it in code."""
    report, _ = check("MC-1,,ORG-1,many,6,nanodegree,", lang=str(third(tmp_path)))
    assert report.findings[0].message == "§m CRD-TITLE-001" and report.groups[0].fix.startswith("§f")
    assert report.verdict().startswith("✘ 2 §errors §in 1 record")
    text = report.to_text()
    assert "§checked" in text and "§next" in text and "§m CRD-TITLE-001" in text
    html = to_html(report)
    assert html.startswith('<!doctype html>\n<html lang="xx">')
    for heading in re.findall(r"<(?:h[1-3]|th|caption|dt)\b[^>]*>(.*?)</", html, re.DOTALL):
        plain = re.sub(r"<[^>]+>", "", heading).strip()
        assert not plain or "§" in plain or plain.startswith(("✘", "!", "i")), heading
    assert language(str(tmp_path / "xx.toml")).phrase("The column «a» is missing") == "§ a lacks"


def test_a_language_with_gaps_falls_back_to_english(tmp_path: Path) -> None:
    """A translation that has begun can already be used."""
    (tmp_path / "de.toml").write_text('[severity]\nerror = ["Fehler", "Fehler"]\n', encoding="utf-8")
    german = language(str(tmp_path / "de.toml"))
    assert german.count("severity.error", 2) == "Fehler"
    assert german.said("report.to_fix") == "What to fix"


def test_an_unknown_language_is_refused_with_the_known_ones() -> None:
    """Never silently English."""
    with pytest.raises(WrongUse, match="en, fr"):
        language("klingon")
    with pytest.raises(WrongUse):
        language("../../etc/passwd")


def test_a_broken_language_file_says_where(tmp_path: Path) -> None:
    """The line is in the message."""
    (tmp_path / "de.toml").write_text("language = \n", encoding="utf-8")
    with pytest.raises(RuleBroken, match="line 1"):
        language(str(tmp_path / "de.toml"))


def test_a_text_that_does_not_exist_is_a_fault_of_ours() -> None:
    """A misspelt key is found by the tests, not by a reader."""
    with pytest.raises(RuleBroken, match=r"report\.nothing_of_the_kind"):
        Language("en", {}).said("report.nothing_of_the_kind")


def test_the_files_travel_with_the_package() -> None:
    """They are bundled data."""
    assert bundled.path("data", "languages", "fr.toml").is_file()
