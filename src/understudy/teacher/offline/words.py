"""Which words carry a talk's content, and how much."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from understudy.teacher.offline.sentences import Sentence

_WORD = re.compile(r"[^\W\d_][\w'’-]*")

FUNCTION_WORDS = frozenset(
    """
    a able about above across actually after again against ago all almost along already also
    although always am among an and another any anybody anyone anything anywhere are aren't
    around as at away back basically be because been before begin behind being below between
    big billion bit both bunch but by came can can't cannot case certainly come could
    couldn't day days definitely did didn't do does doesn't doing don't done down during
    each eight either else else's end enough especially essentially even ever every
    everybody everyone everything everywhere exactly example few fifth finally first five
    folks for four fourth from further get gets getting go goes going gone gonna good got
    great guys had has have having he he's her here here's hers herself hey high him himself
    his how however huge hundred i i'd i'll i'm i've if in instead into is isn't it it's its
    itself just kind kinda know last least less let let's like literally little long look
    lot lots low made make makes making man many may maybe me mean might million mine month
    months more most much must my myself nearly need needs neither never new next nine no
    nobody none nor not nothing now number obviously of off often ok okay old on once one
    ones only onto or other others our ours out over own part particularly people per
    percent perhaps person point pretty probably put quite rather really right said same say
    saying says second see sense seven she she's short should shouldn't simply since six so
    some somebody someone something sometimes somewhere soon sort sorta start still stuff
    such super take takes talk talking tell ten than that that's the their theirs them
    themselves then there there's these they they'll they're they've thing things think
    third this those though thousand three through thus time times to today together told
    tomorrow too toward towards two type uh um under until up upon us use used using very
    via wanna want wants was wasn't way ways we we'll we're we've week weeks well went were
    weren't what what's whatever when where whether which while who who's whole whom whose
    why will with within without won't would wouldn't yeah year years yes yesterday yet you
    you'll you're you've your yours yourself
    """.split()  # noqa: SIM905  (a word list)
)
VERBISH = frozenset(
    """
    able actual allow allows amount announced answer answers approach ask asked asking asks
    available become becomes best better bigger bring brings build builds built call called
    calling came change changed changes clear comes coming conversation couple create
    creates different early easy enable enables entire everyday example examples fact false
    faster feature features feel feeling feels find finding follow front full gains game
    gave general give given gives giving guess half hand hands happen happened happening
    happens hard head hear heart help helps hold human humans idea important include
    includes interesting issue issues keep keeps kept kinds knew larger late launched learn
    learned learning's leave left lets level levels life likely line lines live looked
    looking looks lose lost lots love major matter matters means meant moment move moved
    multiple needed news note open opens particular pays piece pieces place places play
    possible problem problems put question questions read real reality reason reasons
    released remember require requires rest result results role room run running runs saw
    says seeing seem seems seen set sets show showed shows side sides single sit smaller
    spend spent spirits start started starting step steps stop stopped story subject sure
    taken taking talked tells terms thinking thinks thought took total tried true try trying
    turn turns types wanted wants watch ways whole won word words work worked working works
    world worse worst write writes wrote
    """.split()  # noqa: SIM905  (a word list)
)


@dataclass(frozen=True)
class Weights:
    """How often each content word stands in a talk."""

    counts: Counter[str]

    @classmethod
    def of(cls, sentences: Sequence[Sentence]) -> Weights:
        """Count the stems over all sentences."""
        return cls(Counter(stem for sentence in sentences for stem in stems(sentence.text)))

    def of_text(self, text: str) -> float:
        """Salience of a text: the mean log count of its content words, dampened for few words."""
        found = set(stems(text))
        return sum(math.log1p(self.counts[stem]) for stem in found) / (3 + len(found))

    def tags(self, *texts: str) -> tuple[str, ...]:
        """The most salient content words of some texts, at most four, in order of salience."""
        forms = {stem(word): word.lower() for text in texts for word in words_of(text)}
        found = {found for text in texts for found in stems(text)}
        ranked = sorted(found, key=lambda one: (-self.counts[one], one))
        return tuple(forms[one] for one in ranked[:4])


def words_of(text: str) -> list[str]:
    """The words of a text as written, without punctuation."""
    return _WORD.findall(text)


def stems(text: str) -> list[str]:
    """The content words of a text, in order, in a form that plural and singular share."""
    return [stem(word) for word in words_of(text) if is_content(word)]


def is_content(word: str) -> bool:
    return len(word) > 2 and word.lower().replace("’", "'") not in FUNCTION_WORDS


def stem(word: str) -> str:
    """Lower case without the commonest English endings."""
    lower = word.lower().replace("’", "'").removesuffix("'s")
    for ending in ("ies", "ing", "ed", "es", "s"):
        if lower.endswith(ending) and len(lower) - len(ending) >= 4:
            return lower.removesuffix(ending) + ("y" if ending == "ies" else "")
    return lower.removesuffix("s") if len(lower) > 3 and not lower.endswith("ss") else lower
