"""What the passes' texts may not say, and the characters that are put right."""

from __future__ import annotations

import re
import unicodedata

_HYPHENS = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u00ad\u2043\ufe63\uff0d"), "-")
_HYPHENS[0x00AD] = ""
_SPACES = dict.fromkeys(map(ord, "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007"), " ")
_SPACES.update(dict.fromkeys(map(ord, "\u2008\u2009\u200a\u202f\u205f\u3000"), " "))
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u200e\u200f"), "")
_TYPOGRAPHY = {**_HYPHENS, **_SPACES, **_INVISIBLE, ord("\u2032"): "'", ord("\u2212"): "-"}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")

_MEDIUM = (
    r"(?:video|clip|transcript|lecture|talk|podcast|episode|webinar|presentation|recording|excerpt)"
)
_WEAK_MEDIUM = r"(?:interview|speech|passage|segment|discussion|session|material|text)"
_TELLER = r"(?:speaker|presenter|narrator|lecturer|podcaster|youtuber)"
_SAYS = (
    r"(?:says?|said|mentions?|mentioned|explains?|explained|describes?|described|argues?|argued|"
    r"claims?|claimed|discusses|discussed|states?|stated|recommends?|recommended|suggests?|"
    r"suggested|notes?|noted|provides?|points\s+out|talks\s+about)"
)
_MENTIONS = re.compile(
    rf"""
    ^according\s+to\b
    | \baccording\s+to\s+(?:(?:the|this|that|his|her)\s+(?:\w+\s+)?
      (?:{_MEDIUM}|{_WEAK_MEDIUM}|{_TELLER})|him|her|them|dr|mr|ms|mrs|prof)\b
    | \b(?:in|from|during|throughout|of|by|within|does|did)\s+
      (?:the|this|that|his|her)\s+(?:\w+\s+)?{_MEDIUM}\b
    | \bthe\s+(?:video|transcript|lecture|podcast|webinar)(?:'s)?\b
    | \b(?:this(?!\s+episode)|(?:the|your|this)\s+(?:provided|given|above|full|original|source))\s+{_MEDIUM}\b
    | \b(?:this|(?:the|your)\s+(?:provided|given|above|source))\s+{_WEAK_MEDIUM}\b
    | \bin\s+the\s+(?:material|text|passage|discussion|interview)\b
    | \b(?:{_MEDIUM}|{_WEAK_MEDIUM})\s+{_SAYS}\b
    | \b(?:provided|given|your|source)\s+transcripts?\b
    | \b(?:the|this|our)\s+{_TELLER}\b
    | \b(?:mentioned|discussed|described|explained|stated)\s+
      (?:by\s+(?:him|her)|in\s+(?:the|this)\s+{_MEDIUM}|here|earlier)\b
    | \b(?:he|she|{_TELLER})\s+{_SAYS}\b
    | ^(?:what|why|how|which|when|where)(?:\s+\w+)?\s+(?:does|did|is|was)\s+(?:he|she)\b
    """,
    re.IGNORECASE | re.VERBOSE | re.MULTILINE,
)


def tidy(text: str) -> str:
    """Normalise what a keyboard would not write: odd hyphens and spaces, invisible characters.

    Dashes and curly quotes stay: they are punctuation, not accidents.
    """
    plain = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    return _CONTROL.sub("", plain.translate(_TYPOGRAPHY)).strip()


def mentions_source(text: str, *, speaker: str = "") -> bool:
    """Whether a text speaks of the video, transcript or speaker instead of the subject.

    Args:
        speaker: Full name; the name and its last part count as a mention.
    """
    return bool(_MENTIONS.search(text)) or _names(text, speaker)


def _names(text: str, speaker: str) -> bool:
    parts = [part for part in re.findall(r"[\w'-]+", speaker) if len(part) > 2]
    if not parts:
        return False
    # The last name alone, not the first: "Jason" may be anyone, and "Mark" is a verb.
    return re.search(rf"\b{re.escape(parts[-1])}(?:'s)?\b", text) is not None
