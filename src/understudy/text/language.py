"""Which language a text is in, as far as its commonest words and its script tell."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

_FUNCTION_WORDS = {
    "en": "the and of to in is that it for with are this not you your can be from which by or as "
    "have when what how why does more than their they was but these",
    "de": "der die das und ist nicht mit ein eine einen dem den des von zu auf für sich auch wird "
    "sind oder wie werden bei aus nach wenn kann aber durch dass es",
    "fr": "le la les des est une un et du dans que qui pour pas sur avec plus ce cette sont par au "
    "aux ou mais vous votre être ne se il elle leur ces",
    "es": "el la los las de que y en un una es por con para no se del al como más pero sus su "
    "este esta son lo cuando muy también puede hay",
    "it": "il lo la gli le di che e un una è per con non del della dei delle al alla come più ma "
    "sono anche questo questa può si nel nella quando",
    "pt": "o a os as de que e do da em um uma é para com não por mais no na dos das como mas ao "
    "são também pode seu sua quando isso este",
    "nl": "de het een en van is niet dat die in op te zijn met voor aan ook als maar door bij naar "
    "wordt worden kan deze uit of meer heeft je",
}
_WORDS = {language: frozenset(words.split()) for language, words in _FUNCTION_WORDS.items()}
_LANGUAGES = {
    word: tuple(language for language, words in _WORDS.items() if word in words)
    for word in frozenset().union(*_WORDS.values())
}
_LATIN = frozenset({"en", "de", "fr", "es", "it", "pt", "nl", "sv", "da", "pl", "tr", "cs"})
_UNSPACED = frozenset({"zh", "ja", "th", "km", "lo", "my"})
_WORD = re.compile(r"[^\W\d_]+")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_ENOUGH = 12
"""Words under which a text is too short to tell."""

STOPWORDS = frozenset(_LANGUAGES)
"""Function words of all these languages: they carry no content."""


def base(language: str) -> str:
    """The language of a BCP 47 code, `en` of `en-GB`."""
    return language.replace("_", "-").partition("-")[0].lower()


def spaced(language: str) -> bool:
    """Whether words are separated by spaces, so that counting them makes sense."""
    return base(language) not in _UNSPACED


def foreign(text: str, language: str) -> bool:
    """Whether the text is clearly not in the language.

    True where most letters are of another script than the language's, or where another language's
    function words are at least twice as frequent as its own. Unknown languages and short texts
    are never foreign by their words.
    """
    expected = base(language)
    others = _letters_of_other_scripts(text) if expected in _LATIN else 0
    if others and 2 * others > sum(map(str.isalpha, text)):
        return True
    guess = guess_language(text)
    return expected in _WORDS and guess is not None and guess != expected


def guess_language(text: str) -> str | None:
    """Name the language whose function words are twice as frequent as any other's, or None."""
    words = [word.lower() for word in _WORD.findall(text)]
    if len(words) < _ENOUGH:
        return None
    counts = Counter(dict.fromkeys(_WORDS, 0))
    counts.update(language for word in words for language in _LANGUAGES.get(word, ()))
    (first, most), (_, second) = counts.most_common(2)
    return first if most >= 2 * second and most >= len(words) / 10 else None


def _letters_of_other_scripts(text: str) -> int:
    return sum(
        character.isalpha() and not unicodedata.name(character, "").startswith("LATIN")
        for character in _NOT_ASCII.findall(text)
    )
