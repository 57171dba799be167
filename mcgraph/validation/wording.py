"""The texts of a finding, in the reader's language: message, what was expected, how to fix it."""

from __future__ import annotations

from collections.abc import Mapping

from mcgraph.model.language import Language
from mcgraph.model.namespaces import SH, XSD, shorten
from mcgraph.validation.catalogue import Rule
from mcgraph.validation.findings import Wording
from mcgraph.validation.ir import Constraint, Shape
from mcgraph.validation.messages import without_places


def wording(rule: Rule | None, shape: Shape | None, component: str, own: Mapping[str, str], lang: Language) -> Wording:
    """The texts for one rule and constraint component; `own` is the `sh:message` of a shape without a rule."""
    expected = _expected(shape, component, rule, lang)
    if rule is None:
        name = shorten(shape.id) if shape else component
        message = without_places(lang.chosen(own)) if own else _plain_message(shape, name, lang)
        return Wording(message=message, expected=expected)
    _, message, _, fix = rule_texts(rule, lang)
    return Wording(message, fix, expected, rule.source)


def rule_texts(rule: Rule, lang: Language) -> tuple[str, str, str, str]:
    """(name, message, why, fix) of a rule, from the language's own file or from the shape."""
    parts = {"name": rule.name, "message": rule.message, "why": rule.why, "fix": rule.fix}
    name, message, why, fix = (lang.rule(rule.code, part, words.by_language) for part, words in parts.items())
    return name, message, why, fix


def _plain_message(shape: Shape | None, name: str, lang: Language) -> str:
    """For shapes files that are not ours."""
    known = shape is not None and not shape.id.startswith("_:")
    return lang.said("expected.rule", name=name) if known else lang.said("expected.some_rule")


def _expected(shape: Shape | None, component: str, rule: Rule | None, lang: Language) -> str:
    if shape is None:
        return ""
    local = component.removeprefix(SH).removesuffix("ConstraintComponent")
    if rule is not None and rule.vocabulary and local in ("NodeKind", "In", "Pattern"):
        return listed(rule.vocabulary, lang)
    wanted = [c for c in shape.constraints if f"{SH}{c.component}ConstraintComponent" == component]
    return _said(wanted[0], lang) if wanted else ""


def _said(constraint: Constraint, lang: Language) -> str:
    if constraint.component == "Datatype":
        key = f"datatype.{constraint.terms[0].value.removeprefix(XSD)}"
        return lang.said(key) if lang.has(key) else ""
    key = f"expected.{constraint.component}"
    if not lang.has(key):
        return ""
    value = constraint.terms[0].value if constraint.terms else ""
    names = ", ".join(sorted(term.value.rpartition("#")[2] or term.value for term in constraint.terms)[:30])
    return lang.said(key, n=constraint.number, v=value, list=names)


def listed(name: str, lang: Language, *, most: int = 20) -> str:
    """The members of a code list as their labels, sorted; long lists are only named."""
    from mcgraph.errors import RuleBroken
    from mcgraph.model.vocabularies import vocabulary

    try:
        known = vocabulary(name)
    except (RuleBroken, OSError):
        return ""
    if len(known.labels) > most:
        return lang.said("expected.list", name=name, n=len(known.labels))
    labels = sorted(known.label(iri, lang.tag) for iri in known.labels)
    return lang.said("expected.one_of", list=", ".join(labels))
