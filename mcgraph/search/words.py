"""How a text becomes words to find it by: the same way for labels and for what somebody types.

Case, accents and punctuation do not count (Unicode case folding and compatibility decomposition, UAX #15); a letter
that decomposes into nothing simpler (ł, ø, æ) is written as people without it type it. A script without spaces gives
one long word, of which any part can be found.
"""

from __future__ import annotations

import re
import unicodedata

_WORD = re.compile(r"[^\W_]+")
_PLAIN = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h"})
# Longer words are cut: nobody types them, and a hostile label may be one word of 60,000 letters.
LONGEST = 60


def fold(text: str) -> str:
    """The text without case and accents: `Pflege-Qualität` → `pflege-qualitat`."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(mark for mark in plain if not unicodedata.combining(mark))
    # Folding once more: a decomposition may have brought capitals (ᴬ → A).
    return bare.casefold().translate(_PLAIN)


def words(text: str) -> list[str]:
    """The words of a text, folded, in their order."""
    return [word[:LONGEST] for word in _WORD.findall(fold(text))]


def grams(word: str) -> list[str]:
    """The runs of three characters of a word with its ends marked: `care` → ^ca car are re$."""
    marked = f"^{word}$"
    return [marked[start : start + 3] for start in range(len(marked) - 2)]
