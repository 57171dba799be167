"""The rule catalogue as text for people: one rule's page, and all of them as Markdown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mcgraph.validation.catalogue import Rule, Words

_LAYERS: dict[str, tuple[str, str]] = {
    "FILE": ("Files", "Fichiers"),
    "HEAD": ("Headers", "En-têtes"),
    "CELL": ("Cells", "Cellules"),
    "CRD": ("Credentials", "Certifications"),
    "ORG": ("Organisations", "Organisations"),
    "OFR": ("Offers", "Offres"),
    "OUT": ("Learning outcomes, skills, occupations", "Acquis, compétences, métiers"),
    "STK": ("Stacking rules", "Règles de capitalisation"),
    "REC": ("Recognition", "Reconnaissance"),
    "QAS": ("Quality assurance", "Assurance qualité"),
    "SRV": ("Surveys", "Enquêtes"),
    "FRM": ("Frameworks", "Cadres de certification"),
    "REF": ("References", "Références"),
    "RULE": ("Rules across records", "Règles entre fiches"),
    "SYS": ("The check itself", "Le contrôle lui-même"),
}
_SAY: dict[str, dict[str, str]] = {
    "en": {
        "title": "Rules", "why": "Why", "fix": "How to fix it", "good": "Good", "bad": "Bad", "source": "Source",
        "list": "Code list", "shape": "Shape", "used": "Stated in", "code": "Code", "message": "What it says",
        "severity": "Severity", "error": "error", "warning": "warning", "info": "remark",
        "intro": "Every code that a report can show. Made from `shapes/` by `mcgraph rules --format md`; "
        "`mcgraph explain CODE` shows one of them. An *error* keeps a record out; a *warning* lets it in and "
        "names a lack of quality; a *remark* may be right.",
    },
    "fr": {
        "title": "Règles", "why": "Pourquoi", "fix": "Comment corriger", "good": "Bon exemple",
        "bad": "Mauvais exemple", "source": "Source", "list": "Liste de codes", "shape": "Forme SHACL",
        "used": "Énoncée dans", "code": "Code", "message": "Ce qu'elle dit", "severity": "Gravité",
        "error": "erreur", "warning": "avertissement", "info": "remarque",
        "intro": "Tous les codes qu'un rapport peut montrer. Produit depuis `shapes/` par `mcgraph rules --format md "
        "--lang fr` ; `mcgraph explain CODE` en montre un. Une *erreur* écarte la fiche ; un *avertissement* "
        "l'accepte en signalant un défaut ; une *remarque* peut être juste.",
    },
}  # fmt: skip


def words(lang: str) -> dict[str, str]:
    """The headings of a page in `lang`, else in English."""
    return _SAY.get(lang, _SAY["en"])


def layer_name(layer: str, lang: str) -> str:
    """What a layer is called."""
    english, french = _LAYERS.get(layer, (layer, layer))
    return Words({"en": english, "fr": french}).said(lang)


def as_json(rule: Rule, lang: str) -> dict[str, Any]:
    """One rule as JSON: the texts in `lang`, and every language under `texts`."""
    return {
        "code": rule.code,
        "layer": rule.layer,
        "severity": rule.severity,
        "name": rule.name.said(lang),
        "message": rule.message.said(lang),
        "why": rule.why.said(lang),
        "fix": rule.fix.said(lang),
        "source": rule.source,
        "good": rule.good,
        "bad": rule.bad,
        "vocabulary": rule.vocabulary,
        "shape": rule.iri,
        "profiles": list(rule.profiles),
        "texts": {"message": dict(rule.message.by_language), "fix": dict(rule.fix.by_language)},
    }


def page(rule: Rule, lang: str) -> str:
    """One rule as plain text for a terminal."""
    say = words(lang)
    facts = [
        (say["why"], rule.why.said(lang)),
        (say["fix"], rule.fix.said(lang)),
        (say["good"], rule.good),
        (say["bad"], rule.bad),
        (say["list"], rule.vocabulary.replace("+", ", ")),
        (say["source"], rule.source),
        (say["used"], ", ".join(rule.profiles)),
        (say["shape"], rule.iri),
    ]
    width = max(len(name) for name, _ in facts)
    lines = [f"{rule.code} · {say[rule.severity]} · {rule.name.said(lang)}", rule.message.said(lang), ""]
    return "\n".join(lines + [f"  {name:<{width}}  {text}" for name, text in facts if text])


def markdown(rules: Iterable[Rule], lang: str = "en") -> str:
    """The whole catalogue as Markdown, one table per layer and a section per rule."""
    say, by_layer = words(lang), dict[str, list[Rule]]()
    for rule in rules:
        by_layer.setdefault(rule.layer, []).append(rule)
    parts = [f"# {say['title']}", "", say["intro"], ""]
    for layer, members in by_layer.items():
        parts += [
            f"## {layer_name(layer, lang)} (`{layer}-`)",
            "",
            f"| {say['code']} | {say['severity']} | {say['message']} |",
        ]
        parts += ["|---|---|---|"]
        parts += [
            f"| [{r.code}](#{r.code.lower()}) | {say[r.severity]} | {_cell(r.message.said(lang))} |" for r in members
        ]
        parts.append("")
        for rule in members:
            parts += _section(rule, say, lang)
    return "\n".join(parts).rstrip() + "\n"


def _section(rule: Rule, say: dict[str, str], lang: str) -> list[str]:
    lines = [f"### {rule.code}", "", f"{rule.message.said(lang)} ({say[rule.severity]}).", ""]
    lines += [f"- **{say['why']}:** {rule.why.said(lang)}", f"- **{say['fix']}:** {rule.fix.said(lang)}"]
    if rule.good or rule.bad:
        lines.append(f"- **{say['good']}:** `{rule.good}` · **{say['bad']}:** `{rule.bad}`")
    if rule.vocabulary:
        lines.append(f"- **{say['list']}:** {rule.vocabulary.replace('+', ', ')}")
    return [*lines, f"- **{say['source']}:** {rule.source}", ""]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
