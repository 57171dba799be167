"""Values as people write them → values as the graph keeps them, with a note for each one that was changed.

A normaliser says with one vectorised expression which values are already canonical; only the others are
looked at, once per distinct value. A value that cannot be understood is kept as it was written, so that a
shape reports it at its cell.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation

import polars as pl

from mcgraph.model.namespaces import XSD
from mcgraph.model.terms import few_distinct

Repaired = tuple[str, str]
"""The canonical value, and the code of the note that tells what was done."""


@dataclass(frozen=True, slots=True)
class Normaliser:
    """How one kind of value is made canonical.

    `clean` matches values that are canonical already (a regular expression, run vectorised); `repair` gives
    the canonical value and a note code for another one, or None where it cannot be understood.
    """

    name: str
    datatype: str
    clean: str
    repair: Callable[[str], Repaired | None]


@dataclass(frozen=True, slots=True)
class Normalised:
    """A column after normalising: `values` in place, and the changed ones as (index, code, found, became)."""

    values: pl.Series
    changed: pl.DataFrame = field(
        default_factory=lambda: pl.DataFrame(
            schema={"at": pl.UInt32(), "code": pl.String(), "found": pl.String(), "became": pl.String()}
        )
    )


def normalise(values: pl.Series, how: Normaliser) -> Normalised:
    """Apply `how` to a string column; nulls stay null, values that are not understood stay as written."""
    few = few_distinct(values)
    if few is not None and few.str.contains(how.clean).all():
        return Normalised(values)
    odd = (~values.str.contains(how.clean)).fill_null(False)
    if not odd.any():
        return Normalised(values)
    at = odd.arg_true()
    found = values.gather(at)
    distinct = found.unique()
    repaired = [how.repair(text) for text in distinct.to_list()]
    lookup = pl.DataFrame(
        {
            "found": distinct,
            "became": pl.Series([r[0] if r else None for r in repaired], dtype=pl.String),
            "code": pl.Series([r[1] if r else None for r in repaired], dtype=pl.String),
        }
    )
    joined = pl.DataFrame({"at": at, "found": found}).join(lookup, on="found", how="left", maintain_order="left")
    understood = joined.filter(pl.col("became").is_not_null())
    if understood.is_empty():
        return Normalised(values)
    new = values.clone().scatter(understood.get_column("at"), understood.get_column("became"))
    noted = understood.filter(pl.col("became") != pl.col("found"))
    return Normalised(new, noted.select("at", "code", "found", "became"))


# Text ------------------------------------------------------------------------------------------------------

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]")
_SPACE = re.compile(r"[ \t\xa0]+")
_BREAK = re.compile(r"\s*[\r\n]+\s*")
CLEAN_TEXT = (
    r"^[^\s\x00-\x1f\x7f-\x9f\u{a0}\u{200b}\u{2028}-\u{202e}\u{2066}-\u{2069}\u{feff}\p{Mn}]+"
    r"(?: [^\s\x00-\x1f\x7f-\x9f\u{a0}\u{200b}\u{2028}-\u{202e}\u{2066}-\u{2069}\u{feff}\p{Mn}]+)*$"
)


def _text(found: str) -> Repaired | None:
    text = unicodedata.normalize("NFC", _CONTROL.sub("", found))
    code = "NOTE-LINEBREAK" if _BREAK.search(text.strip()) else "NOTE-SPACE"
    text = _SPACE.sub(" ", _BREAK.sub(" ", text)).strip()
    return (text, code)


TEXT = Normaliser("text", XSD + "string", CLEAN_TEXT, _text)

# Numbers ---------------------------------------------------------------------------------------------------

_NUMBER = re.compile(r"^([+-]?)(\d{1,3}(?:[ \u202f\xa0'.]\d{3})+|\d+)?(?:[.,](\d+))?$")
_UNIT = re.compile(
    r"\s*(ects|ecvet|cr[ée]dits?|credit points?|cp|punkte?|pkt|hours?|heures?|hrs?|h|stunden|std|godz|"
    r"months?|mois|%|€|eur)\.?\s*$",
    re.I,
)


def _decimal(found: str) -> Repaired | None:
    text, code = found.strip(), "NOTE-NUMBER"
    unit = _UNIT.search(text)
    if unit:
        text, code = text[: unit.start()], "NOTE-UNIT"
    if "," in text:
        code = "NOTE-DECIMAL-COMMA"
    match = _NUMBER.match(text)
    if not match or not (match.group(2) or match.group(3)):
        return None
    whole = re.sub(r"\D", "", match.group(2) or "0")
    try:
        value = Decimal(f"{match.group(1)}{whole}.{match.group(3) or '0'}")
    except InvalidOperation:
        return None
    return (_plain(value), code)


def _plain(value: Decimal) -> str:
    text = format(value.normalize(), "f")
    return text if text != "-0" else "0"


DECIMAL = Normaliser("decimal", XSD + "decimal", r"^-?\d+(?:\.\d+)?$", _decimal)


def _integer(found: str) -> Repaired | None:
    repaired = _decimal(found)
    return repaired if repaired and "." not in repaired[0] else None


INTEGER = Normaliser("integer", XSD + "integer", r"^-?\d+$", _integer)

# Yes and no ------------------------------------------------------------------------------------------------

_YES = {"yes", "y", "true", "1", "oui", "o", "vrai", "ja", "j", "si", "sí", "tak", "x", "active"}
_NO = {"no", "n", "false", "0", "non", "faux", "nein", "nie", "nee", "ei", "inactive"}


def _boolean(found: str) -> Repaired | None:
    word = found.strip().casefold()
    if word in _YES:
        return ("true", "NOTE-YES-NO")
    return ("false", "NOTE-YES-NO") if word in _NO else None


BOOLEAN = Normaliser("boolean", XSD + "boolean", r"^(?:true|false)$", _boolean)

# Dates -----------------------------------------------------------------------------------------------------

_ISO = re.compile(r"^(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?:[T ][\d:.]+(?:Z|[+-]\d\d:?\d\d)?)?$")
_SLASHED = re.compile(
    r"^(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4}|\d{2})(?:[ T]\d{1,2}:\d\d(?::\d\d)?(?: ?[AP]M)?(?: ?[+-]\d\d:\d\d)?)?$",
    re.I,
)
_YEAR = re.compile(r"^\d{4}$")


def _date(found: str, order: str) -> Repaired | None:
    text = found.strip()
    iso = _ISO.match(text)
    if iso:
        return _as_date(int(iso.group(1)), int(iso.group(3)), int(iso.group(4)))
    slashed = _SLASHED.match(text)
    if not slashed:
        return None
    first, second, year = (int(part) for part in slashed.groups())
    if year < 100:
        # Two digits: a register looks forward at most 30 years.
        year += 2000 if year < 56 else 1900
    day, month = (second, first) if order == "mdy" else (first, second)
    return _as_date(year, month, day)


def _as_date(year: int, month: int, day: int) -> Repaired | None:
    try:
        return (date(year, month, day).isoformat(), "NOTE-DATE")
    except ValueError:
        return None


_CLEAN_DATE = (
    r"^\d{4}-(?:0[13578]-(?:[012]\d|3[01])|1[02]-(?:[012]\d|3[01])|0[469]-(?:[012]\d|30)|"
    r"11-(?:[012]\d|30)|02-(?:[01]\d|2[0-8]))$"
)
DATE_DMY = Normaliser("date", XSD + "date", _CLEAN_DATE, lambda found: _date(found, "dmy"))
DATE_MDY = Normaliser("date", XSD + "date", _CLEAN_DATE, lambda found: _date(found, "mdy"))

# Addresses -------------------------------------------------------------------------------------------------


def _url(found: str) -> Repaired | None:
    text = found.strip()
    if re.match(r"^www\.[\w-]+(\.[\w-]+)+", text):
        return (f"https://{text}", "NOTE-URL")
    return (text, "NOTE-SPACE") if re.match(r"^https?://[^\s<>\"{}|\\^`]+$", text) else None


URL = Normaliser("url", XSD + "anyURI", r"^https?://[^\s<>\"{}|\\^`]+$", _url)

# Text repairs a mapping asks for by name -------------------------------------------------------------------


def _doubled_apostrophe(found: str) -> Repaired | None:
    return (found.replace("''", "'"), "NOTE-APOSTROPHE")


def _block_id(found: str) -> Repaired | None:
    """French block ids: `RNCP35035BCRNCP35035BC01` and `RNCP32198BC1` both occur for `…BC01`."""
    match = re.match(r"^(?:RNCP\d+BC)?(RNCP\d+)BC(\d{1,2})$", found.strip())
    return (f"{match.group(1)}BC{int(match.group(2)):02d}", "NOTE-BLOCK-ID") if match else None


# A level of the EQF is written with these words; another framework's name before a number makes another level of it:
# «NFQ 8» of Ireland is EQF 6, «RQF Level 2» of England is EQF 3.
_LEVEL_WORDS = frozenset(
    (
        "level", "lvl", "niveau", "niveaux", "niv", "stufe", "nivel", "nivell", "nivelul", "nível", "livello", "poziom",
        "taso", "tase", "nivå", "szint", "úroveň", "raven", "razina", "lygis", "līmenis", "eqf", "eqr", "cec", "mec",
        "erk", "ekr", "eu", "european", "européen",
    )
)  # fmt: skip


def _leading_number(found: str) -> Repaired | None:
    """`Level 6`, `niveau7`, `EQF level 5`, `6.0` → the number; with any other word in front nothing is understood."""
    match = re.match(r"^((?:[^\W\d_]+[\s:.-]*){0,3})(\d{1,2})(?:\.0+)?$", found.strip())
    if match is None or not set(re.findall(r"[^\W\d_]+", match.group(1).casefold())) <= _LEVEL_WORDS:
        return None
    return (str(int(match.group(2))), "NOTE-LEVEL")


def _isced(found: str) -> Repaired | None:
    """Spreadsheets drop the leading zero of an ISCED-F code: `613` is 0613, `61` stays a broad guess."""
    match = re.match(r"^0?(\d{1,4})(?:\.0)?$", found.strip())
    if not match:
        return None
    digits = match.group(1)
    return (f"0{digits}", "NOTE-ISCED") if len(digits) == 3 and digits[0] != "0" else (digits, "NOTE-ISCED")


def _first_word(found: str) -> Repaired | None:
    """`01.1 Medicine and Dentistry` → the code in front."""
    match = re.match(r"^(\S+)\s", found.strip())
    return (match.group(1), "NOTE-CODE") if match else None


REPAIRS: Mapping[str, Normaliser] = {
    "first-word": Normaliser("first-word", "", r"^\S+$", _first_word),
    "doubled-apostrophe": Normaliser("doubled-apostrophe", "", r"^(?:[^']|'[^'])*'?$", _doubled_apostrophe),
    "block-id": Normaliser("block-id", "", r"^RNCP\d+BC\d\d$", _block_id),
    "leading-number": Normaliser("leading-number", "", r"^\d{1,2}$", _leading_number),
    "isced": Normaliser("isced", "", r"^\d{4}$", _isced),
}

KINDS: Mapping[str, Normaliser] = {
    "text": TEXT,
    "decimal": DECIMAL,
    "integer": INTEGER,
    "boolean": BOOLEAN,
    "date": DATE_DMY,
    "date-mdy": DATE_MDY,
    "url": URL,
}
