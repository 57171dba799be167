"""What one column of a response file seems to be: identifier, personal, scale, number, choice, text; and why."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from mcgraph.sources.personal import is_personal

Kind = Literal["empty", "identifier", "personal", "marked", "single", "multiple", "likert", "numeric", "open"]
MOST_OPTIONS = 50
_MISSING_WORDS = (
    "na", "n/a", "#n/a", "nan", "null", "nil", "none given", "no answer", "not answered", "missing", "refused",
)  # fmt: skip
_MISSING_NUMBERS = ("-1", "-8", "-9", "-88", "-99", "-999", "88", "99", "888", "999", "9999")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[a-z]{2,}", re.IGNORECASE)
_ADDRESS = re.compile(r"(\d{1,3}\.){3}\d{1,3}|([0-9a-f]{1,4}:){3,7}[0-9a-f]{0,4}", re.IGNORECASE)
_PHONE = re.compile(r"\+?[\d ()/-]{9,20}")
_MOMENT = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}[T ]\d{1,2}:\d{2}.*")
_CODE = re.compile(r"[0-9A-Za-z_.-]{6,64}")
_HEADER_SIGNS = re.compile(
    r"\b(ip|network|device|session|user|browser|latitude|longitude|postcode|post code|zip|signature|linkedin|twitter)"
    r"\b.*\b(id|address|code|agent|name)?\b",
    re.IGNORECASE,
)
# Scales in words, lowest first; a column whose words are all of one of them is a Likert scale.
SCALES: tuple[tuple[str, ...], ...] = (
    ("strongly disagree", "disagree", "somewhat disagree", "neither", "neutral", "neither agree nor disagree",
     "undecided", "somewhat agree", "agree", "strongly agree"),
    ("never", "rarely", "seldom", "sometimes", "often", "usually", "always"),
    ("very dissatisfied", "dissatisfied", "neutral", "satisfied", "very satisfied"),
    ("very poor", "poor", "fair", "good", "very good", "excellent"),
    ("not at all", "a little", "somewhat", "moderately", "very", "a lot", "extremely"),
    ("pas du tout d'accord", "plutôt pas d'accord", "ni d'accord ni pas d'accord", "plutôt d'accord",
     "tout à fait d'accord"),
    ("jamais", "rarement", "parfois", "souvent", "toujours"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ColumnKind:
    """A guess about a column: its kind, why, the answers in the order to list them, and the missing codes."""

    kind: Kind
    reason: str
    answers: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    split: str = ";"


def guess(header: str, texts: Sequence[str | None], *, key: Sequence[str] = ()) -> ColumnKind:
    """The kind of a column from its header and its trimmed texts (None where a cell is empty).

    `key` are the texts that an answer key has for it.
    """
    counts = Counter(text for text in texts if text is not None)
    missing = _missing_codes(counts)
    for code in missing:
        del counts[code]
    said = sum(counts.values())
    if not said:
        return ColumnKind("empty", "no answer in it", missing=missing)
    sign = _personal_sign(header, counts, said)
    if sign:
        return ColumnKind("personal", sign, missing=missing)
    if len(counts) == 1 and header.split("#")[0].strip() == next(iter(counts)):
        return ColumnKind("marked", "holds nothing but its own header", missing=missing)
    if key:
        split = any(";" in text for text in counts)
        kind: Kind = "multiple" if split else "single"
        why = "the answer key has it" + (", and cells hold several answers" if split else "")
        return ColumnKind(kind, why, tuple(key), missing)
    if len(counts) == said and said >= 10 and all(_CODE.fullmatch(text) for text in counts):
        return ColumnKind("identifier", "another code in every row", missing=missing)
    return _by_answers(counts, said, missing)


def _by_answers(counts: Counter[str], said: int, missing: tuple[str, ...]) -> ColumnKind:
    distinct = len(counts)
    scale = _scale(counts)
    if scale:
        return ColumnKind("likert", f"the words of a scale ({scale[0]} … {scale[-1]})", scale, missing)
    numbers = [text for text in counts if _is_number(text)]
    numeric = sum(counts[text] for text in numbers) / said
    if numeric == 1 and {*numbers} <= {"0", "1"}:
        return ColumnKind("single", "only 0 and 1", ("1", "0"), missing)
    if numeric >= 0.9:
        whole = sorted(int(text) for text in numbers if re.fullmatch(r"\d{1,2}", text))
        if len(whole) == distinct >= 3 and whole[-1] <= 10 and said >= 2 * distinct:
            # Nobody may have chosen the lowest step of a scale that begins with 1.
            steps = tuple(str(step) for step in range(1 if whole[0] == 2 else whole[0], whole[-1] + 1))
            return ColumnKind("likert", f"whole numbers from {whole[0]} to {whole[-1]}", steps, missing)
    if numeric >= 0.98 or (numeric >= 0.9 and distinct > 12):
        return ColumnKind("numeric", f"{100 * numeric:.0f} % of the answers are numbers", missing=missing)
    several = _several(counts, said)
    if several is not None:
        split, parts = several
        return ColumnKind("multiple", f"several answers in a cell, split by «{split}»", parts, missing, split)
    if sum(len(text) * count for text, count in counts.items()) / said > 60:
        return ColumnKind("open", f"{distinct:,} different long texts", missing=missing)
    few = distinct <= 12 and said >= 1.5 * distinct
    if (few or (distinct <= MOST_OPTIONS and said >= 3 * distinct)) and max(map(len, counts)) <= 300:
        answers = tuple(sorted(counts, key=lambda text: (-counts[text], text)))
        return ColumnKind("single", f"{distinct} different answers in {said:,}", answers, missing)
    return ColumnKind("open", f"{distinct:,} different texts in {said:,} answers", missing=missing)


def _missing_codes(counts: Counter[str]) -> tuple[str, ...]:
    """Words that say «no answer», and numbers such as 99 that stand far from all others or among words."""
    found = [text for text in counts if text.casefold() in _MISSING_WORDS]
    others = [_value(text) for text in counts if _is_number(text) and text not in _MISSING_NUMBERS]
    words = [text for text in counts if not _is_number(text) and text not in found]
    for text in counts:
        if text not in _MISSING_NUMBERS:
            continue
        number = _value(text)
        far = bool(others) and not words and (
            (number < 0 <= min(others)) or (number > 0 and max(others) <= 11 and number >= 88)
        )
        if far or (bool(words) and not others):
            found.append(text)
    return tuple(sorted(found))


def _personal_sign(header: str, counts: Counter[str], said: int) -> str:
    if is_personal(header):
        return "the header announces personal data"
    for sign, what in ((_EMAIL, "e-mail addresses"), (_ADDRESS, "network addresses"), (_MOMENT, "moments in time")):
        if sum(count for text, count in counts.items() if sign.fullmatch(text)) > said / 2:
            return f"holds {what}, which can identify a person"
    phones = [text for text in counts if _PHONE.fullmatch(text) and not _is_number(text)]
    if phones and len(phones) > len(counts) / 2:
        return "holds telephone numbers, which can identify a person"
    unique = len(counts) > 0.9 * said and said >= 20
    if _HEADER_SIGNS.search(header) and (unique or len(counts) > MOST_OPTIONS):
        return "the header announces what can identify a person"
    if unique and len(counts) < said and all(_CODE.fullmatch(text) and not _is_number(text) for text in counts):
        return "nearly another code in every row, which can identify a person"
    return ""


def _scale(counts: Counter[str]) -> tuple[str, ...]:
    folded = {text.casefold().replace("’", "'"): text for text in counts}
    for scale in SCALES:
        if len(folded) >= 3 and set(folded) <= set(scale):
            return tuple(folded[word] for word in scale if word in folded)
    return ()


def _several(counts: Counter[str], said: int) -> tuple[str, tuple[str, ...]] | None:
    """The separator and the answers, where cells hold several answers that come again and again."""
    for split in (";", "|"):
        parts: Counter[str] = Counter()
        joined = 0
        for text, count in counts.items():
            found = [part.strip() for part in text.split(split) if part.strip()]
            joined += count if len(found) > 1 else 0
            for part in found:
                parts[part] += count
        often = joined >= max(2, said / 50) and len(parts) <= MOST_OPTIONS
        if often and sum(parts.values()) >= 3 * len(parts):
            return split, tuple(sorted(parts, key=lambda text: (-parts[text], text)))
    return None


def _value(text: str) -> float:
    return float(text.replace(",", "."))


def _is_number(text: str) -> bool:
    return bool(re.fullmatch(r"[+-]?\d{1,15}([.,]\d+)?", text))
