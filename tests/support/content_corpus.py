"""Planted questions and answers: bad ones with the rule each breaks, and good ones that look bad.

The two talks are invented, and written as a speech recogniser writes: numbers in
words, no punctuation to rely on, names misheard. Every good item holds something
that a careless rule would fall for.
"""

from __future__ import annotations

from typing import NamedTuple

from understudy.records import DropReason, Segment, Transcript
from understudy.timed_text import spread

SPEAKER = "Dr. Ada Brenner"

_SALT = """
so let's talk about salt and about blood pressure because nearly everybody gets this wrong now when
you eat salt your body holds on to water and the volume of your blood goes up a little and that is
why the pressure rises in somebody whose kidneys cannot get rid of it a healthy kidney filters about
one hundred and eighty liters every day and gives back ninety nine percent of it so it has all the
room in the world to send a bit of salt on its way but when insulin is high the kidney is told to
hold on to sodium and that is the part nobody mentions to you a study from nineteen seventy seven
followed two thousand four hundred people for eleven years and those who ate the least salt did not
live the longest at all it was the people in the middle between three and five grams of sodium a day
who did best if you take a tablet for your blood pressure and you stop eating bread and sugar your
pressure can fall within a week and then the same dose is too much so you talk to your doctor before
you change what you eat and not after look at the label on a loaf of bread according to the label
there is one point two grams of salt in a hundred grams and nobody thinks of bread as salty food the
old method of doctor kempner gave people nothing but rice and fruit and their pressure came down and
everybody said that it was the salt but they also lost a lot of weight there was a trial where they
let teenagers play a video game for an hour and took their pressure before and after and it went up by
about ten points in the first fifteen minutes so excitement alone does it in the cell it begins with
a gene that is read and the transcript of that gene travels to the ribosome and there the channel for
sodium is built piece by piece so a person who is born with a different gene builds a different
channel and feels every gram of it and you should drink when you are thirsty and not because somebody
told you to drink two liters magnesium helps some people and four hundred milligrams in the evening
is what was tried and half of them slept better too and oh zempic and drugs like it take away the
hunger but they do not teach anybody to cook my grandmother cured a ham for six weeks in salt and she
lived to be ninety six so put the shaker on the table taste first and then decide
"""

_SOUND = """
the first thing to understand about a loudspeaker is that it pushes air and nothing else a speaker is a
magnet and a coil and a paper cone and when the current goes back and forth the cone goes back and forth
with it if the cone moves twenty times a second you feel it more than you hear it and at twenty thousand
times a second only a child hears it still now put that box into a corner and the walls help it along so
the bass gets about six decibels louder and the whole room booms move it out by half a meter and the
boom is gone it costs nothing with video it is the same story of leaving things out a camera takes
twenty five or thirty pictures each second and most of the picture is the same as the one before so the
encoder sends one whole picture and then only what has changed and that is how a film of one hundred
gigabytes becomes a film of four when the scene cuts too often there is nothing to reuse and the blocks
show up what people forget is the cable a cable for a speaker can be cheap copper as long as it is thick
two and a half square millimeters are plenty for ten meters in a lecture hall you want the voice and not
the bass so you put small boxes along the wall and delay each by as many milliseconds as the sound needs
to walk there which is about three milliseconds for every meter edison recorded on tin foil in eighteen
seventy seven and it could be played perhaps five times before it was worn the compact disc gave us
forty four thousand one hundred numbers each second for each ear and that is more than twice of what
anybody hears which is what nyquist asked for if you record an interview put the microphone a hand away
from the mouth and switch off the fridge because your ear gets used to the hum and the recording does not
and in the end trust your ears and not the price list the best system i ever built cost two hundred
dollars and stood in a kitchen
"""


def talk_of(video_id: str, text: str, *, minutes: float) -> Transcript:
    """A transcript with times that follow the letters."""
    plain = " ".join(text.split())
    segments: tuple[Segment, ...] = tuple(spread(plain, minutes * 60))
    return Transcript(
        video_id=video_id,
        title="A talk",
        language="en",
        origin="automatic",
        timing="measured",
        duration_s=minutes * 60,
        segments=segments,
    )


SALT = talk_of("saltsaltsal", _SALT, minutes=4)
SOUND = talk_of("soundsounds", _SOUND, minutes=3.5)


class BadQuestion(NamedTuple):
    rule: DropReason
    text: str
    others: tuple[str, ...] = ()
    """Accepted before it."""


class Pair(NamedTuple):
    """A question with its answer and the words that shall support it."""

    question: str
    answer: str
    quote: str
    talk: Transcript = SALT
    rule: DropReason | None = None
    """That it breaks; None for a good one."""


BAD_QUESTIONS = (
    # the person and the medium
    BadQuestion("mentions_source", "What does the speaker say about salt and bread?"),
    BadQuestion("mentions_source", "Why does the presenter distrust the price list?"),
    BadQuestion("mentions_source", "How does Brenner explain the effect of insulin on the kidney?"),
    BadQuestion("mentions_source", "What is Dr. Ada Brenner's view on drinking two litres a day?"),
    BadQuestion("mentions_source", "What did she say about magnesium in the evening?"),
    BadQuestion("mentions_source", "Which trial is described in this video?"),
    BadQuestion("mentions_source", "What is the main message of the talk about blood pressure?"),
    BadQuestion(
        "mentions_source", "Which numbers are given in the transcript for a healthy kidney?"
    ),
    BadQuestion("mentions_source", "What does the video mention about the salt in bread?"),
    BadQuestion("mentions_source", "How much sodium a day is best, as explained in this lecture?"),
    BadQuestion("mentions_source", "What examples of cables are discussed here?"),
    BadQuestion("mentions_source", "According to the talk, why does blood pressure rise?"),
    BadQuestion("mentions_source", "According to him, how thick should a cable be?"),
    BadQuestion("mentions_source", "Why do pressures rise during games, according to Dr. Kempner?"),
    BadQuestion("mentions_source", "According to experts, how much salt is too much?"),
    # cannot stand alone
    BadQuestion("not_standalone", "Why does this happen in the kidney?"),
    BadQuestion("not_standalone", "How do they affect blood pressure?"),
    BadQuestion("not_standalone", "And what about bread?"),
    BadQuestion("not_standalone", "What is the aforementioned method of losing water?"),
    BadQuestion("not_standalone", "Is this approach safe for children?"),
    BadQuestion("not_standalone", "How does it work?"),
    # no question
    BadQuestion("not_a_question", "Explain how insulin makes the kidney hold on to sodium."),
    BadQuestion("not_a_question", "Salt and blood pressure"),
    BadQuestion("not_a_question", "Why salt?"),
    BadQuestion("not_a_question", "Tell me what magnesium does in the evening!"),
    # nobody would put it so
    BadQuestion("unnatural", "Salt bread sodium label grams?"),
    BadQuestion("unnatural", "Insulin makes the kidney hold on to sodium?"),
    BadQuestion("unnatural", "WHY DOES SALT RAISE THE PRESSURE OF THE BLOOD?"),
    BadQuestion("unnatural", "What is sodium? How much of it should an adult eat?"),
    BadQuestion("unnatural", "What is **sodium** and why does the body keep it?"),
    BadQuestion("unnatural", "Q: How much salt is there in bread?"),
    BadQuestion("unnatural", "What does the the kidney do with sodium?"),
    BadQuestion("unnatural", "Um how much salt is there in bread?"),
    BadQuestion("unnatural", "What is [topic] and why does it matter for the blood?"),
    BadQuestion("unnatural", "What does https://example.org/salt say about sodium in bread?"),
    # too long, empty, again
    BadQuestion(
        "too_long", "How is it that " + "salt and water and pressure and " * 16 + "blood go on?"
    ),
    BadQuestion("too_long", "What happens " + "when somebody eats bread " * 15 + "every day?"),
    BadQuestion("too_long", "Why " + "does the kidney keep sodium and water " * 9 + "in the body?"),
    BadQuestion("empty", " "),
    BadQuestion("empty", "\u200b\u2060"),
    BadQuestion("empty", "\n\t"),
    BadQuestion(
        "near_copy",
        "Why does salt raise the blood pressure of some people?",
        ("Why does salt raise blood pressure in some people?",),
    ),
    BadQuestion(
        "near_copy",
        "How does insulin affect the kidney\u2019s handling of sodium?",
        ("How does insulin affect the kidney's handling of the sodium?",),
    ),
    BadQuestion(
        "near_copy",
        "What is the best daily amount of sodium for an adult?",
        ("Is bread salty?", "What Is the Best Daily Amount of Sodium for Adults?"),
    ),
)

GOOD_QUESTIONS = (
    "Why does playing a video game raise a teenager's blood pressure?",
    "How should I talk to my doctor about changing my diet while taking blood pressure tablets?",
    "How much salt does bread hold according to the label?",
    "How are drug doses chosen according to body weight?",
    "What happens to the transcript of a gene before a protein is built from it?",
    "Why does a speaker in the corner of a room boom?",
    "How thick should a speaker cable be for ten metres?",
    "What is video compression and why does it matter?",
    "Why do small boxes along the wall work better in a lecture hall?",
    "How far from the mouth should a microphone be when recording an interview?",
    "What did Edison record on in 1877, and how often could it be played?",
    "Why does a compact disc store 44,100 numbers per second?",
    "Is it true that everybody should drink two litres of water a day?",
    "What does it mean that a kidney gives back 99% of what it filters?",
    "Can blood pressure fall within a week of giving up bread and sugar?",
    "If somebody has normal kidneys, does salt matter at all?",
    "Who lives longest: people who eat little salt, or people in the middle?",
    "What's the difference between sodium and salt on a label?",
    "At what dose was magnesium tried for sleep?",
    "In which people does salt raise the pressure most?",
    "How do I stop my room from booming without spending money?",
    "Are drugs such as Ozempic enough to teach somebody to eat well?",
    "Does excitement alone raise blood pressure, and how fast?",
    "Why is HbA1c of no use for blood pressure?",
    "What do people who say that salt is poison get wrong?",
    "Which frequencies can children hear that adults cannot?",
    "How many decibels does a corner add to the bass?",
    "Should I trust my ears or the price when I buy loudspeakers?",
    "Why were patients on nothing but rice and fruit losing weight?",
    "How does a presentation of chest pain differ between men and women?",
    "What makes this century's hearing loss different from the last one's?",
    "Where does the word \u201csalary\u201d come from?",
)

_LEAD = "**Salt raises the pressure only where the kidney cannot get rid of it.**"
_BODY = (
    "It makes the body hold on to water, so that the volume of the blood goes up a little. A healthy "
    "kidney has all the room in the world to send it on its way."
)
_Q = "Why does salt raise the blood pressure of some people?"
_QUOTE = "the volume of your blood goes up a little and that is why the pressure rises"
_HALL = (
    "you put small boxes along the wall and delay each by as many milliseconds as the sound needs"
)


def _bad(rule: DropReason, answer: str, *, question: str = _Q, quote: str = _QUOTE) -> Pair:
    return Pair(question, answer, quote, SALT, rule)


BAD_ANSWERS = (
    _bad("mentions_source", f"{_LEAD}\n\n{_BODY} The transcript gives no figure for it."),
    _bad("mentions_source", f"{_LEAD}\n\nAs the speaker puts it, {_BODY}"),
    _bad("mentions_source", f"{_LEAD}\n\n{_BODY} The video mentions a trial of it."),
    _bad("mentions_source", f"{_LEAD}\n\n{_BODY} More on that in this lecture."),
    _bad("mentions_source", f"{_LEAD}\n\n{_BODY} She also explains what to do about it."),
    _bad("mentions_source", f"{_LEAD}\n\n{_BODY} According to Dr. Brenner, that is rare."),
    _bad("mentions_source", f"{_LEAD}\n\n{_BODY} Nothing more is stated in the material provided."),
    _bad("mentions_source", f"{_LEAD}\n\n{_BODY} As mentioned earlier, insulin plays a part."),
    _bad("mentions_source", f"{_LEAD}\n\n{_BODY} I will come to that in a later video."),
    _bad("mentions_source", f"{_LEAD}\n\n{_BODY} The talk does not say how much."),
    _bad("indirect_opening", f"Great question! {_LEAD}\n\n{_BODY}"),
    _bad("indirect_opening", f"Sure, {_BODY}"),
    _bad("indirect_opening", f"As an AI, I can say this much. {_BODY}"),
    _bad("indirect_opening", f"Here is the answer: {_BODY}"),
    _bad("indirect_opening", f"To answer your question, {_BODY}"),
    _bad("truncated", f"{_LEAD}\n\n{_BODY} And where it cannot, the pressure rises because"),
    _bad("truncated", f"{_LEAD}\n\n{_BODY} There are three reasons for it:"),
    _bad("truncated", f"{_LEAD}\n\n{_BODY} What is more, it also..."),
    _bad("truncated", f"{_LEAD}\n\n{_BODY} The rest is told (by the hormone that"),
    _bad("truncated", f"{_LEAD}\n\n{_BODY}\n\n- It holds water.\n- It raises the volume and"),
    _bad(
        "no_final_punctuation", f"{_LEAD}\n\n{_BODY} What the kidney cannot send on its way stays"
    ),
    _bad("no_final_punctuation", f"{_LEAD}\n\n{_BODY}\n\nInsulin tells the kidney so"),
    _bad(
        "no_final_punctuation", f"{_LEAD}\n\n- It holds water.\n\nThat raises the volume of the blo"
    ),
    _bad("broken_markdown", f"**Salt raises the pressure.\n\n{_BODY}"),
    _bad("broken_markdown", f"{_LEAD}\n\n- It holds water.\n-\n- It raises the volume."),
    _bad("broken_markdown", f"<p>{_BODY}</p>"),
    _bad("broken_markdown", f"{_LEAD}\n\n```\n{_BODY}"),
    _bad("too_short", "It holds water."),
    _bad("too_short", "Because it makes the body hold on to its water."),
    _bad("too_short", "**Because of the water.**", question="How does salt raise the pressure?"),
    _bad("too_long", f"{_LEAD}\n\n" + f"{_BODY}\n\n" * 40),
    _bad("too_long", f"**96 years.**\n\n{_BODY * 11}", question="How old did the grandmother get?"),
    _bad(
        "too_long", f"**Two.**\n\n{_BODY * 11}", question="How many litres should one drink a day?"
    ),
    _bad("empty", "\u200b"),
    _bad("empty", " \n "),
    _bad("empty", ""),
    # evidence
    _bad(
        "unsupported",
        f"{_LEAD}\n\n{_BODY}",
        quote="salt is known to damage the arteries of old people",
    ),
    _bad(
        "unsupported",
        f"{_LEAD}\n\n{_BODY}",
        quote="the kidney of a healthy adult can easily excrete it",
    ),
    _bad("unsupported", f"{_LEAD}\n\n{_BODY}", quote=_HALL),
    _bad("unsupported", f"{_LEAD}\n\n{_BODY}", quote="goes up"),
    _bad("unsupported", f"{_LEAD}\n\n{_BODY}", quote=""),
    # numbers, doses, names
    _bad("foreign_terms", f"{_LEAD}\n\n{_BODY} It happens in 37% of all adults."),
    _bad("foreign_terms", f"{_LEAD}\n\n{_BODY} That was shown in 1985."),
    _bad(
        "foreign_terms", f"{_LEAD}\n\n{_BODY} A kidney filters 180 litres and gives back 97% of it."
    ),
    _bad("foreign_terms", f"{_LEAD}\n\n{_BODY} Take 400 g of magnesium in the evening."),
    _bad("foreign_terms", f"{_LEAD}\n\n{_BODY} Take 250 mg of magnesium in the evening."),
    _bad("foreign_terms", f"{_LEAD}\n\n{_BODY} A pinch holds 7 grams of sodium."),
    _bad("foreign_terms", f"{_LEAD}\n\n{_BODY} That was found in Framingham."),
    _bad("foreign_terms", f"{_LEAD}\n\n{_BODY} A drug such as Lisinopril helps the kidney."),
    _bad("foreign_terms", f"{_LEAD}\n\n{_BODY} It is what the FDA asks for."),
)

GOOD_ANSWERS = (
    Pair(
        "Why does playing a video game raise a teenager's blood pressure?",
        "**Excitement alone does it.**\n\nWhen teenagers played a video game for an hour, their pressure "
        "went up by about 10 points in the first 15 minutes.",
        "it went up by about ten points in the first fifteen minutes",
    ),
    Pair(
        "Why should I talk to my doctor before I change my diet?",
        "**Because the dose that was right may soon be too much.**\n\nTalk to your doctor first if you "
        "take a tablet for your blood pressure: without bread and sugar it can fall within a week.",
        "so you talk to your doctor before you change what you eat and not after",
    ),
    Pair(
        "How much salt is there in bread?",
        "According to the label of a loaf, there are 1.2 grams of salt in 100 grams of bread.",
        "according to the label there is one point two grams of salt in a hundred grams",
    ),
    Pair(
        "How does a gene change how somebody reacts to salt?",
        "**It decides which sodium channel is built.**\n\nThe gene is read, and the transcript travels "
        "to the ribosome. In the transcript stands how the channel is put together, piece by piece, so "
        "another gene means another channel.",
        "the transcript of that gene travels to the ribosome and there the channel for sodium is built",
    ),
    Pair(
        "What did Kempner's diet show?",
        "**Less than people thought.** Kempner gave people nothing but rice and fruit, and their pressure "
        "came down. He said that it was the salt; but they also lost a lot of weight.",
        "gave people nothing but rice and fruit and their pressure came down",
    ),
    Pair(
        "How many litres does a kidney filter?",
        "A healthy kidney filters about **180 litres** every day, and gives back 99 % of it.",
        "filters about one hundred and eighty liters every day and gives back ninety nine percent",
    ),
    Pair(
        "Who did best in the study of salt and survival?",
        "**People in the middle.**\n\nIn a study of 2,400 people, begun in 1977, those with 3 to 5 g of "
        "sodium a day lived longest, over 11 years.",
        "it was the people in the middle between three and five grams of sodium a day who did best",
    ),
    Pair(
        "What does insulin do to the kidney?",
        "It tells the kidney to hold on to sodium. That is the part that hardly anybody talks about, and "
        "the reason why **bread and sugar** matter for blood pressure.",
        "when insulin is high the kidney is told to hold on to sodium",
    ),
    Pair(
        "Does magnesium help with sleep?",
        "It helps some people. What was tried is **400 mg** in the evening, and half of them (50%) slept "
        "better.",
        "four hundred milligrams in the evening is what was tried and half of them slept better",
    ),
    Pair(
        "Are drugs such as Ozempic enough?",
        "**No.** Ozempic takes away the hunger, but it does not teach anybody to cook.",
        "drugs like it take away the hunger but they do not teach anybody to cook",
    ),
    Pair(
        "What should I do with the salt shaker?",
        "Three steps are enough:\n\n1. Put the shaker on the table\n2. Taste first\n3. Decide what it is for",
        "put the shaker on the table taste first and then decide",
    ),
    Pair(
        "How long did the ham lie in salt?",
        "For **six weeks**; and the woman who ate such ham lived to be 96.",
        "cured a ham for six weeks in salt and she lived to be ninety six",
    ),
    Pair(
        "Why do people underrate the salt in bread?",
        "Nobody thinks of bread as salty food. There is more in it than in much that tastes of salt, and "
        "it is eaten every day \u2014 that is why it counts.",
        "nobody thinks of bread as salty food",
    ),
    Pair(
        "How much should somebody drink?",
        "Drink when you are thirsty (not because somebody told you to drink 2 litres).",
        "you should drink when you are thirsty and not because somebody told you to drink two liters",
    ),
    Pair(
        "Which vitamins or minerals were tried?",
        "Only one of these was tried:\n\n- not vitamin A\n- not vitamin E\n- magnesium, 400 mg in the evening",
        "magnesium helps some people and four hundred milligrams in the evening is what was tried",
    ),
    # sound
    Pair(
        "How does a speaker make sound?",
        "**A speaker pushes air.**\n\nThe speaker is a magnet, a coil and a paper cone: when the current goes "
        "back and forth, the cone goes with it.",
        "a speaker is a magnet and a coil and a paper cone and when the current goes back and forth",
        SOUND,
    ),
    Pair(
        "Why does a box in the corner boom?",
        "The walls help the speaker along, and the bass gets about 6 decibels louder. Moved out by 0.5 m "
        "(half a metre), it the boom is gone.",
        "the walls help it along so the bass gets about six decibels louder",
        SOUND,
    ),
    Pair(
        "How is a film made smaller?",
        "**By leaving out what is there already.**\n\nOf a video file the encoder sends one whole picture, and "
        "then only what has changed. So a film of 100 GB becomes one of 4 GB.",
        "the encoder sends one whole picture and then only what has changed",
        SOUND,
    ),
    Pair(
        "When does video compression fail?",
        "When the scene cuts too often there is nothing to reuse, and the blocks show up. In a video call "
        "with one face this is rare.",
        "when the scene cuts too often there is nothing to reuse and the blocks show up",
        SOUND,
    ),
    Pair(
        "How is sound set up in a lecture hall?",
        "In the lecture hall you want the voice and not the bass. Put small boxes along the wall, and delay "
        "each by 3 milliseconds for every metre.",
        _HALL,
        SOUND,
    ),
    Pair(
        "What did Edison record on?",
        "Edison recorded on tin foil, in 1877. He mentioned himself that it wore out: it could be played "
        "perhaps five times.",
        "edison recorded on tin foil in eighteen seventy seven and it could be played perhaps five times",
        SOUND,
    ),
    Pair(
        "Why 44,100 numbers per second?",
        "Because Nyquist asks for twice of what anybody hears. The compact disc took 44,100 for each ear, "
        "which is a little more than that, and gave as many numbers to each second.",
        "the compact disc gave us forty four thousand one hundred numbers each second for each ear",
        SOUND,
    ),
    Pair(
        "How should I record an interview?",
        "**A hand away from the mouth.** In the interview itself, switch off the fridge: the recording of "
        "its hum is there for ever, while your ear gets used to it.",
        "if you record an interview put the microphone a hand away from the mouth and switch off the fridge",
        SOUND,
    ),
    Pair(
        "How thick should a cable be?",
        "For 10 metres a cable of 2.5 mm\u00b2 copper is plenty. It can be cheap.",
        "two and a half square millimeters are plenty for ten meters",
        SOUND,
    ),
    Pair(
        "What can only children hear?",
        "A child still hears 20,000 vibrations a second. At 20 a second you feel the cone more than you hear "
        "it, whoever you are.",
        "at twenty thousand times a second only a child hears it still",
        SOUND,
    ),
    Pair(
        "What did the best system cost?",
        "It cost $200, and stood in a kitchen. Trust your ears, not the price list!",
        "the best system i ever built cost two hundred dollars and stood in a kitchen",
        SOUND,
    ),
    Pair(
        "How many pictures does a camera take?",
        "It takes 25 or 30 each second; most of a picture is the same as the one before.",
        "a camera takes twenty five or thirty pictures each second",
        SOUND,
    ),
    Pair(
        "Why trust one's ears?",
        "Because the price says little. \u201cThe best system I ever built\u201d, as people like to put it, may be "
        "the one in the kitchen.",
        "trust your ears and not the price list the best system i ever built",
        SOUND,
    ),
    Pair(
        "Is thick copper cable expensive?",
        "No:\n\n| Cable | Good for |\n|---|---|\n| cheap, thick copper | 10 metres |\n| thin copper | nothing |",
        "a cable for a speaker can be cheap copper as long as it is thick",
        SOUND,
    ),
    Pair(
        "Why does a delay help in a long room?",
        "Because sound has to walk there. Each box waits for as long as the sound needs, and so the voice "
        "comes from *one* place; `3 ms` for a metre is what to set.",
        "which is about three milliseconds for every meter",
        SOUND,
    ),
)  # fmt: skip


_NEAR_QUESTIONS = (
    "Is it safe to fast while breastfeeding?",
    "How long does it take to burn through the glycogen?",
    "What does it mean when ketones rise?",
    "Why is it so hard to keep weight off?",
    "Is it worth buying a second hive?",
    "How does it feel to fast for three days?",
    "What is it like to live without sugar?",
    "Is it better to walk before or after a meal?",
    "Can it be dangerous to lower insulin too fast?",
    "What is the best time of the day to eat?",
    "What are the five steps of making sourdough?",
    "Which of the two kidneys is removed for a transplant?",
    "Who was William Banting, and what did he eat?",
    "How did Marie Curie die, and could she have known the risk?",
    "What did the researchers of the Framingham study find?",
    "What was the result of the Minnesota starvation experiment?",
    "How do bees store honey, and what do they do with it?",
    "What happens to the body first, and what happens next?",
    "What are the results of the Women's Health Initiative?",
    "Why do people talk about inflammation so much?",
    "How should a presentation be opened?",
    "What makes a good lecture?",
    "How do podcasts earn money?",
    "How do I write a transcript of an interview?",
    "How long should a video be to keep viewers watching?",
    "What does a host do at a wedding?",
    "What does a parasite do to its host?",
    "How do authors describe characters?",
    "How many episodes of low blood sugar are normal?",
    "What is the source of most sodium in the diet?",
    "In this day and age, why do people still smoke?",
    "Why do these three hormones rise in the morning: cortisol, adrenaline and growth hormone?",
    "Do those who skip breakfast eat more at lunch?",
    "Is there such a thing as too much water?",
    "What is the speaker of a parliament for?",
    "How is a USB speaker connected?",
    "What material are speaker cones made of?",
    "Does the video card or the processor limit a game?",
    "Why is the recording of vital signs important in a ward?",
    "When should I see my doctor about headaches?",
    "What should I tell my doctor before fasting?",
    "How is blood sugar described as normal or high?",
    "Which foods are covered by the glycaemic index?",
    "What is said to cause gout?",
    "Who can give advice on insulin doses?",
    "How do I get out of here on public transport if I live in the hills?",
    "What's the point of counting calories if hormones decide?",
    "Which ones of the B vitamins are stored in the liver?",
)
"""Each near a rule for questions."""

_POINTING_QUESTIONS = (
    BadQuestion("mentions_source", "What does he recommend for insulin?"),
    BadQuestion("mentions_source", "What did the doctor in the video say about sugar?"),
    BadQuestion("mentions_source", "What does the host think about keto?"),
    BadQuestion("mentions_source", "How does the author describe the metabolism of fat?"),
    BadQuestion("mentions_source", "What is discussed about fasting in the presentation?"),
    BadQuestion("mentions_source", "What are the key takeaways from this episode?"),
    BadQuestion("not_standalone", "What does this channel recommend for breakfast?"),
    BadQuestion("mentions_source", "What did the guest explain about bread?"),
    BadQuestion("mentions_source", "What study was cited in the talk?"),
    BadQuestion("mentions_source", "What tips were given in the clip?"),
    BadQuestion("mentions_source", "As mentioned in the transcript, what raises insulin?"),
    BadQuestion("mentions_source", "What is the speaker's opinion on salt?"),
    BadQuestion("mentions_source", "Based on the lecture, how does salt work?"),
    BadQuestion("mentions_source", "What was said about magnesium?"),
    BadQuestion("mentions_source", "According to research, is salt bad?"),
    BadQuestion("not_standalone", "What does she mean by insulin resistance?"),
    BadQuestion("not_standalone", "How did he lose so much weight?"),
    BadQuestion("not_standalone", "What is it?"),
    BadQuestion("not_standalone", "Why is that?"),
    BadQuestion("not_standalone", "Can you tell me more about that?"),
    BadQuestion("not_standalone", "What happens next?"),
    BadQuestion("not_standalone", "What are the three steps?"),
    BadQuestion("not_standalone", "What was the result of the study?"),
    BadQuestion("not_standalone", "What about it?"),
    BadQuestion("not_standalone", "Which one is better?"),
    BadQuestion("not_standalone", "What did they find?"),
    BadQuestion("not_standalone", "Why did she do that?"),
    BadQuestion("not_standalone", "What is the third point?"),
    BadQuestion("mentions_source", "How can viewers lower their blood pressure?"),
    BadQuestion("mentions_source", "What does the narrator recommend?"),
    BadQuestion("mentions_source", "In the video, what happens to the kidney?"),
    BadQuestion("mentions_source", "What topics are covered?"),
    BadQuestion("not_standalone", "What is this about?"),
    BadQuestion("not_standalone", "What is the main idea?"),
    BadQuestion("not_standalone", "Why is it bad?"),
    BadQuestion("not_standalone", "Is it true?"),
    BadQuestion("not_standalone", "Where can I find the link mentioned?"),
    BadQuestion("mentions_source", "What does the professor say about salt?"),
    BadQuestion("not_standalone", "What's the takeaway here?"),
    BadQuestion("not_standalone", "How does the above affect the kidney?"),
    BadQuestion("mentions_source", "What did Ada Brenner recommend?"),
    BadQuestion("not_standalone", "What were the findings?"),
    BadQuestion("not_standalone", "What example does he use to explain insulin?"),
    BadQuestion("mentions_source", "What does the clip show about bread?"),
)

_NEAR_SENTENCES = (
    "According to the WHO, most people eat twice as much.",
    "According to a 2015 study, it falls.",
    "According to your care plan, treat low sugar at once.",
    "Discuss this with your doctor, who may lower the dose.",
    "As described by Newton, a body stays at rest.",
    "The studies discussed above the line are small.",
    "Patients reported less hunger.",
    "The context matters: salt in summer is another thing.",
    "In this context, sodium is the same as salt.",
    "The material of the vessel does not matter.",
    "The source of most salt is bread.",
    "The author of your cookbook may salt by weight.",
    "A host of reasons speak for it.",
    "The parasite needs its host.",
    "Note that the dose differs.",
    "If he says he is thirsty, give the child water.",
    "A farmer told me what he does. He says that rain decides.",
    "My grandmother cured ham. She said that salt keeps it.",
    "Isaac Newton was no cook. He described motion.",
    "Listen to a podcast while you walk.",
    "Watch a video of the exercise first.",
    "Give a talk in front of friends to practise.",
    "The lecture hall was cold.",
    "It is the talk of the town.",
    "During the talk with your doctor, bring the list.",
    "Small talk helps.",
    "This episode of low blood sugar passes.",
    "The interview went well because the applicant slept.",
    "Write the text in large letters.",
    "In this passage of the river, boats are slow.",
    "Speakers of German say it otherwise.",
    "The mRNA is the transcript of a gene, and the transcript leaves the nucleus.",
    "A court keeps a transcript of each hearing.",
    "The recording of a heart rate takes a minute.",
    "No other vitamin is given by mouth.",
    "The evidence presented by the cohort is weak.",
    "The information given on the label is enough.",
    "As we saw in the kitchen, heat matters.",
    "See here for why: water follows salt.",
    "The presentation of gout is sudden.",
    "It is described here and there in old books.",
    "The doctor explains the risks before the operation.",
    "This video game was used in the trial.",
    "Their video calls were short.",
    "Video is compressed, and so is sound.",
    "The speaker fee was paid by a company.",
    "He who eats salt drinks water.",
    "Well-being improves.",
    "Okay is what most people feel.",
    "Yes, in most people it does.",
    "Answer honestly when you are asked.",
    "Great questions have simple answers.",
    "Thanks to magnesium, sleep improves.",
    "Sure signs are thirst and headaches.",
    "Let me be clear: salt is no poison.",
    "The question of dose is open.",
    "“Here,” said the cook, “taste it!”",
    "Use `a * b` for it.",
    "Costs are about $5 (or less).",
    "It takes 5 * 3 minutes.",
    "Write C:\\\\new for the folder.",
    "Vitamin A is not vitamin C.",
    "The rest is up to you.",
    "Is it safe? In most people, yes.",
    "Ask yourself: what am I eating for?",
)
"""Each near a rule for answers, to stand behind another sentence."""

_NEAR_OPENINGS = (
    "Well-being improves with sleep.",
    "Thanks to magnesium, sleep improves.",
    "Great questions have simple answers.",
    "Sure signs are thirst and headaches.",
    "Let the pan get hot.",
    "Yes: in most people it does.",
    "No, and nobody has shown otherwise.",
    "Absolutely everybody needs some salt.",
    "Hi-fi is a hobby.",
    "Hello is what the bee's dance says.",
    "Answering a child takes patience.",
    "This kind of question of dose is open.",
    "In response to salt, the body holds water.",
    "Of course not all people react alike.",
)

_NEAR_ENDINGS = (
    "\n\n- eat less sugar\n- sleep more\n- know what it is for",
    "\n\n1. vitamin A\n2. vitamin E",
    "\n\nHe smiled :)",
    "\n\n> A quote.",
    "\n\n```\nx = 1\n```",
    " **It works.**",
    " (It works.)",
    " “It works.”",
    " It costs 5 €.",
    "\n\n| a | b |\n|---|---|\n| 1 | 2 |",
    "\n\n*Salt is not poison*.",
    " See [salt](https://example.org).",
)

_FRAMES = (
    ("indirect_opening", "Well, ", ""),
    ("indirect_opening", "That's a great question! ", ""),
    ("indirect_opening", "Absolutely! ", ""),
    ("indirect_opening", "Thank you for asking. ", ""),
    ("indirect_opening", "Let me explain. ", ""),
    ("indirect_opening", "The answer to this question is simple. ", ""),
    ("indirect_opening", "Hello! ", ""),
    ("indirect_opening", "Hi there, ", ""),
    ("indirect_opening", "In answer to your question, ", ""),
    ("indirect_opening", "This question asks about salt. ", ""),
    ("indirect_opening", "Let's dive in! ", ""),
    ("indirect_opening", "I'd be happy to help. ", ""),
    ("indirect_opening", "As a language model, I know. ", ""),
    ("indirect_opening", "**Answer:** ", ""),
    ("indirect_opening", "Good question. ", ""),
    ("indirect_opening", "Yes, great question! ", ""),
    ("indirect_opening", "# Salt\n\n", ""),
    ("mentions_source", "In this video, ", ""),
    ("mentions_source", "The speaker notes that ", ""),
    ("mentions_source", "This talk explains salt. ", ""),
    ("mentions_source", "As discussed in the lecture, ", ""),
    ("mentions_source", "The presenter argues so. ", ""),
    ("mentions_source", "Based on the transcript, ", ""),
    ("mentions_source", "In the clip, ", ""),
    ("mentions_source", "The host says so. ", ""),
    ("mentions_source", "Dr. Brenner says so. ", ""),
    ("mentions_source", "The video shows it. ", ""),
    ("mentions_source", "", " This was explained in the podcast."),
    ("mentions_source", "", " The author of the talk agrees."),
    ("mentions_source", "", " Watch the full video for more."),
    ("mentions_source", "", " Check out my other videos."),
    ("mentions_source", "", " As I said earlier, that matters."),
    ("mentions_source", "", " In today's talk, we look at it."),
    ("mentions_source", "", " As the doctor explains, it falls."),
    ("mentions_source", "", " The passage does not say more."),
    ("mentions_source", "", " No further details are provided."),
    ("mentions_source", "", " The text states so."),
    ("mentions_source", "", " This is not mentioned in the text."),
    ("mentions_source", "", " It was said in the recording."),
    ("mentions_source", "", " He explains that it falls."),
    ("mentions_source", "", " The discussion covers more."),
    ("mentions_source", "", " The provided context does not say."),
    ("mentions_source", "", " The context does not mention it."),
    ("mentions_source", "", " The source says so."),
    ("mentions_source", "", " The excerpt ends here."),
    ("truncated", "", " And then the"),
    ("truncated", "", " [salt](http://exam"),
    ("broken_markdown", "", "\n\n1. \n2. "),
    ("broken_markdown", "", "\n\n##"),
    ("broken_markdown", "", " ***"),
    ("broken_markdown", "", " **bold"),
    ("no_final_punctuation", "", " `code"),
    ("no_final_punctuation", "", "\n\n| a | b |\n|---|"),
    ("no_final_punctuation", "", " *it"),
    ("no_final_punctuation", "", " __so"),
    ("broken_markdown", "", "\n\n- [ ] item\n- "),
    ("broken_markdown", "", " <br> so."),
    ("broken_markdown", "", " \\n so."),
)
"""Rule, and what stands before and behind a sound sentence."""

BAD_QUESTIONS = (*BAD_QUESTIONS, *_POINTING_QUESTIONS)
GOOD_QUESTIONS = (*GOOD_QUESTIONS, *_NEAR_QUESTIONS)
BAD_ANSWERS = (
    *BAD_ANSWERS,
    *(_bad(rule, f"{before}{_BODY}{behind}") for rule, before, behind in _FRAMES),
)
GOOD_TEXTS = (
    *(f"{_BODY} {sentence}" for sentence in _NEAR_SENTENCES),
    *(f"{sentence} {_BODY}" for sentence in _NEAR_OPENINGS),
    *(f"{_BODY}{ending}" for ending in _NEAR_ENDINGS),
)
"""Answers that no rule of wording or form may refuse, whatever any talk says."""
