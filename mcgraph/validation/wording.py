"""The texts of a finding, in the reader's language: message, what was expected, how to fix it."""

from __future__ import annotations

from mcgraph.model.namespaces import SH, XSD, shorten
from mcgraph.validation.catalogue import Rule, Words
from mcgraph.validation.findings import Wording
from mcgraph.validation.ir import Constraint, Shape

_DATATYPES = {
    XSD + "decimal": {"en": "a number such as 2.5", "fr": "un nombre tel que 2.5"},
    XSD + "integer": {"en": "a whole number", "fr": "un nombre entier"},
    XSD + "positiveInteger": {"en": "a whole number above 0", "fr": "un nombre entier supérieur à 0"},
    XSD + "date": {"en": "a date such as 2026-03-31", "fr": "une date telle que 2026-03-31"},
    XSD + "boolean": {"en": "yes or no", "fr": "oui ou non"},
    XSD + "anyURI": {"en": "a web address", "fr": "une adresse web"},
}
_FORMS = {
    "MinCount": {"en": "at least {n}", "fr": "au moins {n}"},
    "MaxCount": {"en": "at most {n}", "fr": "au plus {n}"},
    "MinLength": {"en": "at least {n} characters", "fr": "au moins {n} caractères"},
    "MaxLength": {"en": "at most {n} characters", "fr": "au plus {n} caractères"},
    "MinInclusive": {"en": "{v} or more", "fr": "{v} ou plus"},
    "MinExclusive": {"en": "more than {v}", "fr": "plus de {v}"},
    "MaxInclusive": {"en": "{v} or less", "fr": "{v} ou moins"},
    "MaxExclusive": {"en": "less than {v}", "fr": "moins de {v}"},
    "In": {"en": "one of: {list}", "fr": "l'une des valeurs : {list}"},
    "HasValue": {"en": "{v}", "fr": "{v}"},
    "UniqueLang": {"en": "one text per language", "fr": "un seul texte par langue"},
    "NodeKind": {"en": "a known name, code or identifier", "fr": "un nom, un code ou un identifiant connu"},
    "LessThan": {"en": "earlier than the later date", "fr": "antérieur à la date suivante"},
}


def wording(rule: Rule | None, shape: Shape | None, component: str, lang: str) -> Wording:
    """The texts for one rule and constraint component."""
    expected = _expected(shape, component, rule, lang)
    if rule is None:
        name = shorten(shape.id) if shape else component
        return Wording(message=_plain_message(shape, name, lang), expected=expected)
    return Wording(rule.message.said(lang), rule.fix.said(lang), expected, rule.source)


def _plain_message(shape: Shape | None, name: str, lang: str) -> str:
    """For shapes files that are not ours."""
    if shape is not None and not shape.id.startswith("_:"):
        return {"fr": f"La valeur ne respecte pas la règle {name}"}.get(lang, f"The value breaks the rule {name}")
    return {"fr": "La valeur ne respecte pas une règle"}.get(lang, "The value breaks a rule")


def _expected(shape: Shape | None, component: str, rule: Rule | None, lang: str) -> str:
    if shape is None:
        return ""
    if rule is not None and rule.vocabulary and component in ("NodeKind", "In", "Pattern"):
        return listed(rule.vocabulary, lang)
    wanted = [c for c in shape.constraints if f"{SH}{c.component}ConstraintComponent" == component]
    return _said(wanted[0], lang) if wanted else ""


def _said(constraint: Constraint, lang: str) -> str:
    if constraint.component == "Datatype":
        texts = _DATATYPES.get(constraint.terms[0].value, {})
        return texts.get(lang) or texts.get("en", "")
    form = _FORMS.get(constraint.component)
    if form is None:
        return ""
    value = constraint.terms[0].value if constraint.terms else ""
    names = ", ".join(sorted(term.value.rpartition("#")[2] or term.value for term in constraint.terms)[:30])
    return Words(form).said(lang).format(n=constraint.number, v=value, list=names)


def listed(name: str, lang: str, *, most: int = 20) -> str:
    """The members of a code list as their labels, sorted; long lists are only named."""
    from mcgraph.errors import RuleBroken
    from mcgraph.model.vocabularies import vocabulary

    try:
        known = vocabulary(name)
    except (RuleBroken, OSError):
        return ""
    if len(known.labels) > most:
        text = {"en": "a code or name of the list «{name}» ({n} entries)",
                "fr": "un code ou un nom de la liste «{name}» ({n} entrées)"}  # fmt: skip
        return Words(text).said(lang).format(name=name, n=len(known.labels))
    labels = sorted(known.label(iri, lang) for iri in known.labels)
    return Words({"en": "one of: ", "fr": "l'une des valeurs : "}).said(lang) + ", ".join(labels)
