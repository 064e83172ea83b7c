from __future__ import annotations

import json
import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.proof import (
    arm,
    make_context,
    make_questions,
    make_results,
    measure,
    question,
)
from tests.support.rows import divided, many_rows, split_settings
from understudy.analysis.words import cautions_beside
from understudy.artifacts import write_json
from understudy.leak import leak_report
from understudy.proof.figures import forest, form_shares, lengths, loss_curve
from understudy.proof.markdown import safe_html
from understudy.proof.records import Results
from understudy.proof.report import examples, headline, markdown_summary, measure_rows, render
from understudy.proof.rows import accounts_of, parts_of
from understudy.proof.wording import change, interval, number, signed
from understudy.records import Row


def test_the_headline_comes_from_the_file_as_it_lies():
    results = json.loads(make_results().model_dump_json())

    assert headline(results).startswith("LEARNED: On 7 unseen videos the loss")


def test_results_survive_their_own_file():
    results = make_results()

    assert Results.model_validate_json(results.model_dump_json()) == results


def test_the_same_results_give_the_same_page():
    assert render(make_results(), make_context()) == render(make_results(), make_context())


def test_the_page_says_what_the_dataset_is_made_of():
    context = make_context().model_copy(update={"dataset": (("Rows", "1 kept of <b>2</b>"),)})

    page = render(make_results(), context)

    assert "<dt>Rows</dt>\n<dd>1 kept of &lt;b&gt;2&lt;/b&gt;</dd>" in page
    assert "What the dataset is made of" not in render(make_results(), make_context())


def test_the_page_says_at_its_head_what_cannot_be_claimed(tmp_path):
    rows, _ = divided(many_rows(4), split_settings())
    write_json(tmp_path / "leak.json", leak_report(rows, split_settings()))
    context = make_context().model_copy(update={"cautions": cautions_beside(tmp_path)})

    head, _ = render(make_results(), context).split("<main>")

    assert "With 4 videos nothing can be claimed about unseen talks" in head
    assert "cannot be claimed" not in render(make_results(), make_context())


def test_examples_are_chosen_by_rule():
    questions = make_questions(videos=3, each=3)
    best = question("talk-01", 8, base=arm(90.0), tuned=arm(1.0))
    worst = question("talk-01", 9, base=arm(1.0), tuned=arm(90.0))

    chosen = examples([*questions, best, worst])

    assert [(why, one.id) for why, one in chosen] == [
        ("First question of its video", "talk-00:q00"),
        ("First question of its video", "talk-01:q00"),
        ("First question of its video", "talk-02:q00"),
        ("Largest gain", best.id),
        ("Largest loss", worst.id),
    ]


def test_a_question_without_answers_is_no_example():
    silent = question("a", base=arm(text=None), tuned=arm(text=None))

    assert examples([silent]) == []


@given(st.text("<>[]()!`*_#&\"'=:/\\ \n-jscript1."))
def test_no_answer_becomes_markup_that_does_anything(text):
    html = str(safe_html(text))

    tags = set(re.findall(r"<\s*/?\s*([a-zA-Z]\w*)", html))
    assert tags <= {
        "p",
        "ul",
        "ol",
        "li",
        "strong",
        "em",
        "code",
        "pre",
        "blockquote",
        "hr",
        "br",
        "span",
    }
    assert not re.search(r"<[^>]*\b(on\w+|href|src|style)\s*=", html)


@pytest.mark.parametrize(
    "figure",
    [
        forest(measure(1.0, 0.4, (-0.8, -0.4))),
        forest(measure(1.0, 1.0, (0.0, 0.0))),
        forest(measure(1.0, 0.5, None)),
        loss_curve([(5, 2.0), (10, float("nan"))], [(0, 3.0), (10, 1.0)], 10),
        lengths([1, 5], [0, 0], [100]),
        form_shares([("bold", 0.0, 1.0, 0.9)]),
    ],
)
def test_a_figure_is_well_formed_and_inside_its_frame(figure):
    root = ET.fromstring(figure)

    _, _, width, height = map(float, root.attrib["viewBox"].split())
    for node in root.iter():
        for name, limit in (("cx", width), ("x1", width), ("x2", width), ("cy", height)):
            assert 0 <= float(node.attrib.get(name, 0)) <= limit


def test_no_points_make_no_figure():
    assert loss_curve([], [], None) == ""
    assert lengths([], [], []) == ""


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.5, "0.50"),
        (-0.5, "−0.50"),
        (0.0, "0.00"),
        (0.004, "0.004"),
        (2e-5, "2e−05"),
        (12.3, "12.30"),
    ],
)
def test_numbers_never_round_to_a_false_zero(value, shown):
    assert number(value) == shown


def test_a_difference_is_shown_in_its_unit():
    share = measure(0.2, 0.8, (0.5, 0.7), unit="share")

    assert (signed(share), interval(share)) == ("+60", "[50, 70]")
    assert change(measure(2.0, 1.5, (-0.6, -0.4))) == "by 0.50 (95 % interval 0.40 to 0.60)"
    assert interval(measure(1.0, 2.0, None)) == "–"


def test_the_small_versions_say_the_same():
    results = make_results()
    summary = markdown_summary(results)

    assert results.headline in summary
    assert "|" not in summary  # Prefect's page cuts a table's long cells off
    for one in results.answers:
        assert f"{one.question} **{one.answer}.** {one.because}" in summary
    assert [row["measure"] for row in measure_rows(results)] == [
        one.title for one in results.measures.values()
    ]


def row(number, **more):
    facts = {
        "id": f"vid:q{number:02d}",
        "source_id": f"vid:q{number:02d}",
        "video_id": "vid",
        "video_title": "T",
        "question": "Q?",
        "answer": "A.",
        "generator": "offline",
        "part": "train",
    } | more
    return Row(**facts)


def dropped(number, reason, **more):
    return row(number, status="dropped", reason=reason, part=None, **more)


def test_every_row_is_accounted_for_by_the_stage_that_dropped_it():
    rows = [
        row(1),
        dropped(2, "near_duplicate"),
        dropped(3, "near_heldout"),
        dropped(4, "too_short"),
        row(5, kind="paraphrase", source_id="vid:q01"),
    ]

    found = {
        one.stage: (one.requested, one.produced, dict(one.dropped)) for one in accounts_of(rows)
    }

    assert found == {
        "dedup": (4, 3, {"near_duplicate": 1}),
        "filter": (3, 2, {"too_short": 1}),
        "split": (2, 1, {"near_heldout": 1}),
        "augment": (1, 1, {}),
    }
    assert [(one.part, one.rows) for one in parts_of(rows)] == [
        ("train", 2),
        ("valid", 0),
        ("test", 0),
    ]


def test_what_the_passes_refused_and_what_cannot_be_a_row_is_not_laid_to_the_filter():
    rows = [
        row(1),
        dropped(2, "unsupported", generator="refused"),
        dropped(3, "duplicate_id"),
        dropped(4, "unsupported"),
    ]

    found = {one.stage: (one.requested, dict(one.dropped)) for one in accounts_of(rows)}

    assert found["passes"] == (4, {"unsupported": 1})
    assert found["rows"] == (3, {"duplicate_id": 1})
    assert found["filter"] == (2, {"unsupported": 1})
