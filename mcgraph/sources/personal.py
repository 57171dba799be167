"""Columns of personal data, known by their headers: in tables about people they are refused."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from mcgraph.model.namespaces import MC

# Tables about people; in others «name» is the name of an organisation or a level.
ABOUT_PEOPLE = frozenset({MC + "Award", MC + "Response"})
_PERSONAL = re.compile(
    r"(?:first|last|family|given|full|sur|middle|learner|student|holder|recipient|respondent)_?names?|names?"
    r"|e_?mails?(?:_address)?|(?:date_of_)?birth(?:_?da(?:te|y))?|dob|place_of_birth"
    r"|(?:national|personal|identity|passport|social_security|tax)_?(?:id|no|number|card|code)|ssn|phone(?:_number)?"
    r"|mobile|(?:home|postal|street)_address|nom|prenom|nom_de_famille|date_(?:de_)?naissance|courriel|telephone|adresse"
)


def is_personal(header: str) -> bool:
    """Whether a column name announces personal data.

    >>> [is_personal(name) for name in ("Date of birth", "E-mail", "Prénom", "award_date")]
    [True, True, True, False]
    """
    letters = unicodedata.normalize("NFKD", header.strip().lower())
    kept = "".join(mark for mark in letters if not unicodedata.combining(mark))
    return bool(_PERSONAL.fullmatch(re.sub(r"[^a-z0-9]+", "_", kept).strip("_")))


def about_people(classes: Iterable[str]) -> bool:
    """Whether a table makes records of people: awards or responses."""
    return not ABOUT_PEOPLE.isdisjoint(classes)
