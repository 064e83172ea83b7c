"""Figures say what is in the rows, and the picture is the same for the same rows."""

from __future__ import annotations

import pytest

from tests.support.rows import GOOD, divided, many_rows, row_of, split_settings
from understudy.analysis.figures import Analysis, figures_of
from understudy.analysis.picture import drawable, picture
from understudy.analysis.words import facts_of
from understudy.leak import leak_report
from understudy.rows import drop


@pytest.fixture(scope="module")
def rows():
    rows, _ = divided(many_rows(12), split_settings())
    variant = rows[0].model_copy(
        update={"id": f"{rows[0].id}:p1", "kind": "paraphrase", "part": "train"}
    )
    return [*rows, variant, drop(row_of("w:q01"), "off_topic", findings=("off_topic",))]


def test_figures_count_rows_parts_kinds_and_reasons(rows):
    figures = figures_of(rows)

    assert (figures.rows, figures.kept) == (50, 49)
    assert sum(figures.rows_by_part.values()) == 49
    assert sum(figures.videos_by_part.values()) == 12
    assert figures.kinds == {"original": 48, "paraphrase": 1}
    assert figures.dropped == figures.findings == {"off_topic": 1}


def test_form_and_lengths_are_of_originals_alone():
    plain = row_of("v:q02:p1", kind="paraphrase", answer="No form.", part="train")

    figures = figures_of([row_of(part="train"), plain])

    assert figures.form.all_three == 1
    assert figures.answers.longest == len(GOOD)


def test_conflicting_clusters_are_counted_and_told():
    keeper = row_of("a:q01", answer="Yes. They do.", cluster="a:q01", part="train")
    copy = drop(row_of("b:q01", answer="No. They never do.", cluster="a:q01"), "near_duplicate")
    rows = [keeper, copy, *many_rows(2)]
    analysis = Analysis(figures=figures_of(rows), tokens=None, without_tokens="")

    told = dict(facts_of(analysis, leak_report(rows, split_settings())))

    assert analysis.figures.conflicting == 1
    assert told["Near-duplicates"].startswith("2 rows in 1 clusters; answers conflict in 1:")


def test_no_rows_at_all_have_figures():
    assert figures_of([]).answers.longest == 0


def test_the_same_rows_give_the_same_picture_whatever_is_in_them(rows):
    strange = row_of("s:q01", part="train", tags=("$x_{1}$", "糖尿病", "<b>", "a" * 90))
    rows = [*rows, strange]
    analysis = Analysis(figures=figures_of(rows), tokens=None, without_tokens="no $base$ <here>")
    arguments = rows, analysis, leak_report(rows, split_settings())

    first = picture(*arguments)

    assert first == picture(*arguments)
    assert first.startswith(b"\x89PNG")
    assert b"Software" not in first


def test_text_the_font_cannot_draw_is_replaced():
    assert drawable("蜜 ok ü") == "? ok ü"
    assert len(drawable("x" * 99)) == 28
