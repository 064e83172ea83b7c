"""Defects: each planted one is caught, and sound answers are left in peace."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.support.rows import GOOD, filter_settings, real_answers, row_of
from understudy.analysis.figures import form_rates
from understudy.quality import CHECKS, defects, filter_rows, judge, score
from understudy.records import DropReason
from understudy.rows import rows_of
from understudy.text.overlap import overlap

LONG = "Bees keep their winter stores dry because they fan the damp air out of the hive all night."

PLANTED = {
    "not_a_question": [
        {"question": "Bees in winter."},
        {"question": "Why?"},
        {"question": "the stores and the damp"},
    ],
    "too_short": [
        {"answer": "They fan."},
        {"answer": "They fan the damp air out of it."},
        {"answer": "Because they fan the damp air out of the hive.", "question": "Why do bees fan?"},
    ],
    "mentions_source": [
        {"answer": f"{LONG} The transcript gives no figure."},
        {"answer": f"As the speaker says in this talk: {LONG}"},
        {"answer": f"{LONG} The video mentions more."},
        {"answer": f"{LONG} That is outside the evidence provided."},
    ],
    "truncated": [
        {"answer": f"{LONG} And they do so because"},
        {"answer": f"{LONG} Then they go on to..."},
        {"answer": f"{LONG} There are three ways:"},
        {"answer": f"{LONG}\n\n```\nbees = 1"},
    ],
    "no_final_punctuation": [
        {"answer": LONG.rstrip(".")},
        {"answer": f"**{LONG}** So it goes"},
        {"answer": f"{LONG}\n\nThe bees of the next spring need"},
    ],
    "broken_markdown": [
        {"answer": f"**{LONG}"},
        {"answer": f"{LONG}\n\n- one\n-\n- two"},
        {"answer": f"<p>{LONG}</p>"},
    ],
    "repetitive": [
        {"answer": f"{LONG} {LONG} {LONG}"},
        {"answer": f"{LONG} very very very very very very cold."},
        {"answer": f"{LONG} {'ha' * 3}{'!' * 30}"},
    ],
    "wrong_language": [
        {"answer": "Die Bienen halten ihre Vorräte trocken, weil sie die feuchte Luft in der Nacht "
                   "aus dem Stock fächeln und sich dabei auch wärmen, wenn es kalt ist."},
        {"answer": "Les abeilles gardent leurs provisions au sec parce que la ruche est ventilée "
                   "pendant la nuit et que les ouvrières sont dans une grappe pour se chauffer."},
        {"answer": "蜜蜂在冬天保持干燥,因为它们整夜扇风把潮湿的空气赶出蜂箱,并且聚在一起取暖保护蜂王。"},
    ],
    "personal_data": [
        {"answer": f"{LONG} Write to maren.holt@example.org for more."},
        {"answer": f"{LONG} Call 555-123-4567 for help."},
        {"answer": f"{LONG} Ring +44 20 7946 0958 in an emergency."},
    ],
    "profanity": [
        {"answer": f"{LONG} That is bullshit."},
        {"answer": f"{LONG} What the fuck did you expect?"},
        {"question": "Why do these bastards sting people in winter?"},
    ],
    "off_topic": [
        {"answer": "Sugar syrup is boiled for an hour, then cooled and poured into a jar, and the jar "
                   "is closed while it is warm."},
        {"answer": "Roses like sun and clay. Cut them back in March, above an eye that looks outwards, "
                   "and give them compost."},
        {"answer": "The train leaves at noon and takes two hours to the coast, with one change and "
                   "enough time for lunch."},
    ],
    "unsupported": [
        {"quote": None, "evidence_score": None},
        {"quote": None, "question": "Do bees fan in winter?"},
        {"quote": None, "answer": f"{LONG} And they cluster."},
    ],
    "foreign_terms": [
        {"answer": f"{LONG} It takes 40 days.", "foreign_terms": ("40 d", "Langstroth")},
        {"answer": f"{LONG} Langstroth said so in 1852.", "foreign_terms": ("1852", "Langstroth")},
        {"answer": f"{LONG} Give them 500 mg of it.", "foreign_terms": ("500 mg",)},
    ],
}  # fmt: skip

SOUND = [
    {
        "answer": "They fan the damp air out (all night long.) That keeps the stores of the hive dry."
    },
    {"answer": f"{LONG}\n\n1. They fan\n2. They cluster"},
    {"answer": f"{LONG} “It works.”"},
    {"answer": f"{LONG} In 2010–2015 there were 1,000–2,000 colonies, 12.5 % more than before."},
    {"answer": f"{LONG} The RNA transcript of this gene rises."},
    {"answer": f"{LONG} Bees talk to each other, and that dance is a lecture in itself."},
    {"answer": f"{LONG} 5 < 6, and a * b stays as it is."},
    {"answer": f"{LONG} It takes a month.", "foreign_terms": ("40 d",)},
    {"question": "Explain how bees keep their stores dry in winter."},
    {"question": "If stores are damp, how do bees keep them dry in winter?"},
]


def test_the_closed_list_of_reasons_has_every_check():
    assert set(CHECKS) <= set(DropReason.__args__)
    assert set(PLANTED) == set(CHECKS)


@pytest.mark.parametrize(
    ("check", "changes"), [(name, one) for name, several in PLANTED.items() for one in several]
)
def test_a_planted_defect_is_caught(check, changes):
    assert check in judge(row_of(**changes), filter_settings(), "en")


@pytest.mark.parametrize("changes", [{}, *SOUND])
def test_a_sound_row_has_no_finding(changes):
    assert judge(row_of(**changes), filter_settings(), "en") == ()


# --- policies ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("policy", "status", "findings"),
    [("drop", "dropped", ("off_topic",)), ("flag", "kept", ("off_topic",)), ("keep", "kept", ())],
)
def test_the_policy_decides_what_a_finding_does(policy, status, findings):
    row = row_of(**PLANTED["off_topic"][0])

    [judged] = filter_rows([row], filter_settings(off_topic=policy), "en")

    assert (judged.status, judged.findings) == (status, findings)


def test_the_first_fatal_finding_is_the_reason_and_all_are_kept():
    row = row_of(question="Bees in winter.", answer="They fan")

    [judged] = filter_rows([row], filter_settings(not_a_question="flag"), "en")

    assert judged.reason == "too_short"
    assert {"not_a_question", "too_short", "no_final_punctuation"} <= set(judged.findings)


def test_imported_rows_without_evidence_are_only_flagged():
    row = row_of(quote=None, evidence_score=None, generator="import")

    [judged] = filter_rows([row], filter_settings(unsupported="drop"), "en")

    assert (judged.status, judged.findings) == ("kept", ("unsupported",))


def test_judging_edits_nothing_but_the_verdict():
    row = row_of(**PLANTED["truncated"][0])

    [judged] = filter_rows([row], filter_settings(), "en")

    same = {"status", "reason", "findings", "part"}
    assert judged.model_dump(exclude=same) == row.model_dump(exclude=same)


def test_dropped_rows_are_not_judged_again():
    row = row_of(status="dropped", reason="near_duplicate", answer="")

    assert list(filter_rows([row], filter_settings(), "en")) == [row]


def test_the_top_share_is_off_unless_asked_for_and_exact_then():
    rows = [row_of(f"v:q{n:02d}", evidence_score=float(n)) for n in range(10)]

    judged = list(filter_rows(rows, filter_settings(keep_share=0.8), "en"))

    assert [row.reason for row in judged] == ["not_selected"] * 2 + [None] * 8
    assert all(row.status == "kept" for row in filter_rows(rows, filter_settings(), "en"))


def test_score_is_highest_for_a_sound_full_answer():
    assert score(row_of()) > score(row_of(answer="They fan.")) >= 0
    assert score(row_of()) <= 1


def test_overlap_compares_content_words_by_their_stem():
    assert overlap("How do bees keep dry?", "Each bee is keeping it damp.") == pytest.approx(2 / 3)
    assert overlap("What is it?", "Something else.") == 1


def test_defects_counts_what_is_wrong_whatever_the_settings():
    assert defects(row_of(answer=GOOD)) == 0
    assert defects(row_of(answer="**The video says that they fan and")) >= 3


# --- the real answers (FACTS 6 and 7) ------------------------------------------


@pytest.fixture(scope="module")
def real_rows(real_pairs):
    return rows_of(real_answers(real_pairs))


@pytest.fixture(scope="module")
def real_findings(real_rows):
    return {row.id: judge(row, filter_settings(), "en") for row in real_rows}


def test_real_answers_have_the_strict_rates(real_rows):
    rates = form_rates([row.answer for row in real_rows])

    assert (rates.bold, rates.list, rates.paragraphs) == (0.9865, 0.8502, 0.9824)
    assert rates.all_three == 0.8408


def test_every_real_answer_that_names_its_transcript_is_found(real_rows, real_findings):
    naming = [row for row in real_rows if "transcript" in row.answer.lower()]
    of_a_gene = [row for row in naming if "transcriptional" in row.answer]

    assert (len(naming), len(of_a_gene)) == (12, 1)
    caught = {row.id for row in naming if "mentions_source" in real_findings[row.id]}
    assert caught == {row.id for row in naming} - {row.id for row in of_a_gene}


def test_false_alarms_on_real_answers_stay_under_two_percent(real_findings):
    fired = Counter(name for names in real_findings.values() for name in names)
    fired.pop("unsupported")  # imported pairs have no evidence

    assert fired == {"mentions_source": 31}  # each looked at: docs/CONTENT.md
