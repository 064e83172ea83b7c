"""Whether a text speaks of its source: the video, the transcript, the person on the stage.

A reader of the dataset knows of none of them. The words themselves are innocent:
there are video games, transcripts of genes and speakers with a plug. So each rule
names the company in which a word means the source, and each is followed by the
senses that it spares. FACTS 7 counts what the real answers hold.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from understudy.text.language import base

_VIDEO = (
    r"video(?:\s+clip|(?![\s-]+(?:games?|gam(?:ing|ers?)|cards?|calls?|cameras?|chats?|conferenc\w+"
    r"|signals?|files?|stream\w*|feeds?|codecs?|encod\w+|edit\w+|record\w+|memory|output|player"
    r"|compression|formats?|resolution|production|quality|links?|stores?|rental|surveillance"
    r"|monitor\w*|clips?)))"
)
_LECTURE = r"lecture(?!\s+(?:hall|theatre|room|notes))"
_TALK = r"talk(?!\s+(?:of|with|to|therapy|show|time)\b)"
_RECORDING = r"recording(?!\s+(?:of|studio|device|equipment))"
_MEDIUM = (
    rf"(?:{_VIDEO}|{_LECTURE}|{_TALK}|{_RECORDING}|transcript|podcast|episode(?!\s+of)|webinar"
    r"|presentation(?!\s+(?:of|layer|skills|software)))"
)
"""What is watched or heard, without the things that are named after it."""

_PAPER = r"(?:excerpt|passage|interview|discussion|material|segment|session|speech|text|summary)"
"""Names the source only with a verb of saying, or with `provided` and the like."""

_TELLER = (
    r"(?:speaker(?!s?['’]?\s+(?:fees?|cables?|wires?|cabinets?|cones?|stands?|programs?|"
    r"programmes?|systems?|box|boxes|of\s+the\s+house|output|placement|bureau)\b)"
    r"|presenter|narrator|lecturer|podcaster|youtuber|vlogger)"
)
_SAYS = (
    r"(?:(?:also|then|even|only|further|later|repeatedly|clearly|briefly|explicitly|simply)\s+)?"
    r"(?:says?|said|shows|mentions?|mentioned|explains?|explained|describes?|described|argues?|argued"
    r"|claims?|claimed|discusses|discussed|states?|stated|recommends?|recommended|suggests?"
    r"|suggested|notes?|noted|emphasi[sz]e[sd]?|highlights?|highlighted|stress(?:es|ed)|points?\s+out"
    r"|pointed\s+out|talks?\s+about|talked\s+about|refers?\s+to|cites?|outlines?|outlined"
    r"|warns?|warned|advises?|advised|covers?|focus(?:es|ed)\s+on|touches\s+on|addresses"
    r"|(?:does|did)(?:\s+not|n['’]t)\s+(?:\w+\s+)?(?:say|mention|explain|describe|discuss|state"
    r"|recommend|suggest|specify|provide|give|detail|list|cover|address|elaborate|name|attempt))\b"
)
_TOLD = (
    r"(?:mentioned|discussed|described|explained|stated|covered|detailed|specified|reviewed|noted"
    r"|presented|provided|given|outlined|reported|cited|shown)"
)
_HOST = r"(?:host|guest|author|narrator|creator|channel|interviewee|interviewer|podcast)"
_ASSERT = (
    r"(?:say|think|explain|describe|recommend|suggest|mention|mean|believe|argue|claim|advise|discuss"
    r"|compare|define|show|use|give)"
)
_GIVEN = r"(?:provided|given|supplied|source|attached)"

_ENGLISH = (
    # The medium, said to be this one.
    (
        rf"(?:in|from|during|throughout|within|per|of|by)\s+(?:the|this|that|his|her|my|our|today['’]?s)"
        rf"\s+(?:\w+\s+)?{_MEDIUM}\b"
    ),
    rf"(?:does|did)\s+(?:the|this|that)\s+(?:(?:\w+\s+)?{_MEDIUM}|clip)\b",
    r"in\s+the\s+clip(?=\s*[,.;?!]|\s*$)",
    rf"the\s+(?:{_VIDEO}|{_LECTURE}|transcript|podcast|webinar)\b",
    (
        rf"(?:this|today['’]?s)\s+(?:{_VIDEO}|clip|transcript|{_LECTURE}|{_TALK}|podcast|webinar"
        rf"|{_RECORDING})\b"
    ),
    rf"(?:the|your|this)\s+(?:{_GIVEN}|above|full|original)\s+(?:{_MEDIUM}|{_PAPER})\b",
    rf"(?:{_MEDIUM}|{_PAPER})\s+(?:here\b|{_SAYS})",
    rf"{_GIVEN}\s+transcripts?\b",
    r"(?:my|our)\s+(?:\w+\s+)?(?:videos?|talks?|lectures?|podcasts?|webinars?|channel)\b",
    (
        r"in\s+(?:the\s+|an?\s+)?(?:later|previous|earlier|other|future|another|next|last|separate)\s+"
        r"(?:videos?|talks?|lectures?|episodes?|podcasts?)\b"
    ),
    rf"in\s+this\s+{_PAPER}\b(?!\s+(?:of|message|field|box|editor)\b)",
    r"(?:like\s+and\s+subscribe|subscribe\s+to\s+(?:the|my|our|this)|link\s+in\s+the\s+description)\b",
    # What the writer was given.
    rf"based\s+on\s+(?:the\s+)?(?:{_GIVEN}\s+|available\s+)(?:material|information|text|content)\b",
    (
        rf"(?:material|excerpt|passage|summary)\s+(?:{_TOLD}|available|above)"
        r"(?!\s+(?:by|for|from|in|on|to|as|at)\b)"
    ),
    (
        r"(?:evidence|information|text)\s+(?:provided|given|reviewed|presented)"
        r"(?!\s+(?:by|for|from|in|on|to|at)\b)"
    ),
    rf"(?:reported\s+ranges|{_TOLD})\s+(?:[\w-]+\s+){{0,2}}(?:in|from)\s+(?:the|this)\s+{_PAPER}\b",
    rf"the\s+(?:material|context|source)\s+(?:here\b|{_SAYS})",
    rf"the\s+{_GIVEN}\s+context\b",
    r"the\s+(?:transcript|recording|excerpt|passage)\s+(?:ends|begins|stops|cuts\s+off|breaks\s+off)\b",
    (
        r"no\s+(?:further|more|other|specific|additional|exact)\s+(?:\w+\s+)?(?:details?|information|figures?"
        r"|numbers?|examples?|explanations?)\s+(?:is|are|was|were)\s+(?:provided|given|mentioned|specified|stated)\b"
    ),
    # A place in it.
    rf"{_TOLD}\s+here\b(?!\s+and\s+there)",
    rf"as\s+(?:{_TOLD}|seen|said)\s+(?:here|above|earlier|before|previously)\b",
    r"(?:mentioned|discussed|explained|described)\s+(?:above|earlier)(?!\s+(?:than|in|by|this|on|that|the)\b)",
    r"at\s+(?:the\s+)?\d{1,2}:\d\d\s+(?:mark|in\s+the|minutes?\s+in)\b",
    # The person.
    rf"(?:the|this|our)\s+{_TELLER}\b",
    rf"the\s+(?:host|guest|author|narrator|channel)\s+{_SAYS}",
    rf"(?:does|did)\s+the\s+{_HOST}\s+(?:also\s+)?{_ASSERT}\b",
    r"(?:does|did)\s+the\s+(?:doctor|professor|expert|teacher)\s+(?:say|explain|mention|mean|discuss)\b",
    rf"as\s+(?:he|she|they|the\s+(?:doctor|professor|expert|author|host|guest))\s+(?:just\s+)?{_SAYS}",
    r"as\s+(?:i|we)\s+(?:just\s+)?(?:said|mentioned|discussed|explained|described|noted)\b",
    r"what\s+(?:\w+\s+)?(?:was|were|is|are|gets?)\s+(?:said(?!\s+to\b)|mentioned|discussed|covered|told)\b",
    r"(?:can|should|could|do|are)\s+(?:the\s+)?(?:viewers|listeners)\b",
    r"(?:viewers|listeners)\s+(?:can|should|could|are|learn)\b",
    rf"{_TOLD}\s+by\s+(?:him|her|the\s+host)\b",
    r"according\s+to\s+(?:him|her|them|the\s+(?:author|host))\b",
    rf"according\s+to\s+(?:the|this|that|his|her)\s+(?:\w+\s+)?(?:{_MEDIUM}|{_PAPER}|{_TELLER})\b",
)
_HE_SAYS = re.compile(rf"\b(?:he|she)\s+{_SAYS}", re.IGNORECASE)
_DID = (
    r"(?:gave|took|wrote|found|discovered|invented|recorded|built|tried|asked|told|believed|thought"
    r"|studied|published|treated|lost|ate|began|became|lived|died|worked|noticed|proposed|observed"
    r"|founded|taught|learned|learnt|went|came|left)"
)
_PERSON = re.compile(
    r"(?<=[a-z,;] )[A-Z][a-z]{2,}\b|\b(?:Dr|Mr|Mrs|Ms|Prof|Sir|King|Queen|Saint)\b"
    r"|\b(?!(?:It|That|What|Here|There|Let)['’])[A-Z][a-z]+(?:\s+[A-Z][a-z]+\b|['’]s\b)"
    rf"|\b[A-Z][a-z]{{2,}}\s+{_DID}\b"
    r"|\b(?:man|woman|boy|girl|doctor|physician|nurse|patient|teacher|student|scientist|researcher"
    r"|friend|(?:grand)?mother|(?:grand)?father|sister|brother|uncle|aunt|cook|baker|guy|lady|neighbou?r|wife|husband|son|daughter|child|farmer|writer|author|king|queen|judge"
    r"|engineer|someone|somebody|person|client|colleague|professor|president)\b"
)
"""Somebody a pronoun can stand for: a name, a title, a person's noun."""

_SOON_AFTER = 40
"""Characters behind a pronoun in which its person may still come: `if he says so, give the boy …`."""

_IN_LANGUAGE: Mapping[str, tuple[str, ...]] = {
    "en": _ENGLISH,
    "de": (
        r"transkript(?:e?s)?\b",
        (
            r"(?:im|in\s+(?:dem|diesem|seinem|ihrem)|dieses|diesem|das|des)\s+"
            r"(?:video|vortrag|podcast|interview|gespräch)s?(?![-\w])"
        ),
        r"(?:der|dieser|dieses|des|dem|den)\s+(?:sprecher|redner|referent|moderator)(?:s|n|en)?\b",
        r"laut\s+(?:dem|des|der|diesem)?\s*(?:video|vortrag|sprecher|redner|referent)",
    ),
    "fr": (
        (
            r"(?:la|cette|le|ce|notre)\s+(?:transcription|vidéo|conférence|podcast|exposé)\b"
            r"(?!\s+(?:de\s+l['’](?:adn|arn)|génétique))"
        ),
        r"l['’](?:orateur|oratrice|intervenante?|animateur|animatrice)\b",
        r"(?:le|la)\s+(?:conférencier|conférencière|présentateur|présentatrice)\b",
        r"selon\s+(?:lui|elle|l['’]auteur)\b",
    ),
    "es": (
        (
            r"(?:el|este|la|esta|del)\s+(?:vídeo|video|charla|conferencia|podcast|transcripción|ponencia)\b"
            r"(?!\s+(?:del?\s+(?:adn|arn)|genética))"
        ),
        r"(?:el|la|este)\s+(?:ponente|oradora?|conferenciante|presentadora?)\b",
        r"según\s+(?:él|ella|el\s+autor)\b",
    ),
    "it": (
        (
            r"(?:il|questo|nel|del|dal|la|questa|nella|della)\s+"
            r"(?:video|podcast|trascrizione|conferenza)\b(?!\s+(?:del\s+dna|giochi?))"
        ),
        r"(?:il|questo|del|dal)\s+(?:relatore|oratore|conduttore|presentatore)\b",
    ),
    "pt": (
        (
            r"(?:o|este|neste|no|do|a|esta|nesta|na|da)\s+(?:vídeo|podcast|palestra|transcrição)\b"
            r"(?!\s+(?:do\s+(?:dna|rna)|game))"
        ),
        r"(?:o|este|do|pelo)\s+(?:palestrante|orador|apresentador|locutor)\b",
    ),
    "nl": (
        r"(?:de|deze|dit|het)\s+(?:video|lezing|podcast|transcript)(?![-\w])",
        r"(?:de|deze)\s+(?:spreker|presentator|verteller)s?\b",
        r"volgens\s+(?:hem|haar)\b",
    ),
}
_RULES = {
    language: re.compile(rf"\b(?:{'|'.join(rules)})") for language, rules in _IN_LANGUAGE.items()
}
"""For texts in lower case: so many branches that ignore it take seven times as long."""

_OTHER_SENSES: Mapping[str, re.Pattern[str]] = {
    "transcript": re.compile(
        r"\b(?:m?rna|dna|genes?|genom\w+|exons?|introns?|ribosom\w+|splic\w+|promoter|polymerase"
        r"|court|judges?|stenograph\w+|universit\w+|admissions?|grades?|diploma)\b",
        re.IGNORECASE,
    ),
    "speaker": re.compile(
        r"\b(?:audio|amplifiers?|subwoofers?|woofers?|tweeters?|loudspeakers?|stereo|hi-?fi|bass"
        r"|headphones?|microphones?|magnets?|coils?|cones?|decibels?|cables?|bluetooth|parliament|congress|senate|native)\b",
        re.IGNORECASE,
    ),
}
"""What a text that uses the word in another sense speaks of beside it."""


def mentions_source(text: str, *, speaker: str = "", language: str = "en") -> bool:
    """Whether a text speaks of the video, transcript or speaker instead of the subject.

    Args:
        text: As a reader sees it, without markup.
        speaker: Full name; the name and its last part count as a mention.
        language: BCP 47. Of languages without rules of their own, only names are found.
    """
    rules, lowered = _RULES.get(base(language)), text.lower()
    if rules is not None and any(_means_source(one, lowered) for one in rules.finditer(lowered)):
        return True
    return means_nobody(_HE_SAYS, text) or _names(text, speaker)


def _means_source(found: re.Match[str], text: str) -> bool:
    word = found.group()
    return not any(name in word and sense.search(text) for name, sense in _OTHER_SENSES.items())


def means_nobody(pronoun: re.Pattern[str], text: str) -> bool:
    """Whether a pronoun stands where nobody has been named whom it could mean."""
    return any(
        _PERSON.search(text[: found.end() + _SOON_AFTER]) is None
        for found in pronoun.finditer(text)
    )


def _names(text: str, speaker: str) -> bool:
    parts = [part for part in re.findall(r"[\w'-]+", speaker) if len(part) > 2]
    if not parts:
        return False
    # The last name alone, not the first: "Jason" may be anyone, and "Mark" is a verb.
    return re.search(rf"\b{re.escape(parts[-1])}(?:'s)?\b", text) is not None
