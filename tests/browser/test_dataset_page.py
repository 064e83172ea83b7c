"""The page of rows as a reader meets it: quick, by keyboard, on a phone, with hostile text in it."""

from __future__ import annotations

import csv
import io
import json

import pytest

from tests.support.browser import CONTRAST, PAYLOAD
from tests.support.rows import many_rows, row_of
from understudy.browse.page import render
from understudy.marks import read_marks
from understudy.rows import drop
from understudy.settings import load_settings

REAL_ID = "dQw4w9WgXcQ"


def make_rows():
    """Rows of every fate, one of them hostile in every field that others write."""
    hostile = row_of(
        f"{REAL_ID}:q01",
        video_title=PAYLOAD,
        question=f"Is this text? {PAYLOAD}",
        answer=f"**Yes.**\n\n{PAYLOAD}\n\n- one\n- two",
        tags=(PAYLOAD,),
        quote=PAYLOAD,
        evidence_start=83.7,
        part="train",
    )
    script = row_of("t:q01", answer="</script><script>window.ran = 5</script>", part="test")
    dropped = drop(row_of("u:q01", question="Which bees dance on the comb?"), "near_duplicate")
    rows = [row.model_copy(update={"part": "train"}) for row in many_rows(20, each=15)]
    return [hostile, script, dropped, *conflicting(), *rows]


def conflicting():
    """A cluster whose keeper says yes where one of its two duplicates says no."""
    asked = {"question": "Do wasps sleep at night?", "cluster": "c:q01"}
    keeper = row_of("c:q01", answer="Yes. They sleep at night.", part="test", **asked)
    agrees = row_of("c:q02", answer="Yes. They sleep at night too.", **asked)
    denies = row_of("c:q03", answer="No. They never sleep at night.", **asked)
    return [keeper, *(drop(row, "near_duplicate") for row in (agrees, denies))]


@pytest.fixture(scope="module")
def channel(root):
    return load_settings(root / "config" / "demo.yaml").channel


@pytest.fixture(scope="module")
def rows():
    return make_rows()


@pytest.fixture(scope="module")
def file(tmp_path_factory, rows, channel):
    path = tmp_path_factory.mktemp("page") / "dataset.html"
    path.write_text(render(rows, channel, linked=True), encoding="utf-8")
    return path


@pytest.fixture
def opened(browser, file, request):
    """The page and every request it sent, at the width and scheme that the test asks for."""
    width, scheme = getattr(request, "param", (1280, "light"))
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, accept_downloads=True
    )
    page = context.new_page()
    page.sent = []
    page.on("request", lambda one: page.sent.append(one.url))
    page.goto(file.as_uri())
    yield page
    context.close()


def counted(page):
    return page.inner_text("#count")


def test_no_foreign_script_runs_and_no_request_leaves(opened, file):
    for _ in range(3):
        opened.keyboard.press("j")
    opened.keyboard.press("Home")

    assert opened.evaluate("window.ran") is None
    assert opened.sent == [file.as_uri()]
    assert opened.locator("img, iframe, link, [onerror], [onload]").count() == 0


def test_what_others_wrote_is_shown_as_it_is(opened):
    text = opened.inner_text("#detail")

    assert "<script>window.ran = 1</script>" in text
    assert text.startswith(PAYLOAD)
    assert opened.locator("#detail li").count() == 2
    assert opened.locator("#tag option").nth(1).inner_text().startswith(PAYLOAD[:40])


def test_the_policy_lets_nothing_in_that_a_row_could_bring(opened):
    opened.evaluate(
        "document.querySelector('.answer').innerHTML = '<img src=x onerror=\"window.ran=9\">'"
    )
    opened.wait_for_timeout(100)

    assert opened.evaluate("window.ran") is None


def test_evidence_leads_to_the_second_of_the_video(opened):
    link = opened.locator(".evidence a")

    assert link.get_attribute("href") == f"https://www.youtube.com/watch?v={REAL_ID}&t=83s"
    assert link.inner_text() == "Hear it at 1:23"
    assert link.get_attribute("rel") == "noopener noreferrer"


def test_ids_that_cannot_be_of_youtube_and_local_talks_are_no_links(opened, rows, channel):
    opened.keyboard.press("j")

    assert opened.locator("#detail a").count() == 0
    assert "youtube.com" not in render(rows, channel, linked=False)


@pytest.mark.parametrize("opened", [(1280, "light"), (400, "dark")], indirect=True)
def test_conflicting_answers_are_counted_found_and_followed_by_keyboard(opened, rows):
    assert opened.inner_text("#clash") == "Answers conflict in 1 cluster"

    opened.focus("#clash")
    opened.keyboard.press("Enter")

    assert counted(opened) == f"2 of {len(rows)} rows"
    opened.focus("#list")
    opened.keyboard.press("Home")
    opened.keyboard.press("Enter")
    assert opened.inner_text(".conflict li") == "c:q03 one says yes, the other no"
    opened.focus(".conflict button")
    opened.keyboard.press("Enter")
    opened.locator("dd", has_text="dropped: near duplicate").wait_for()
    assert opened.inner_text(".conflict li") == "c:q01 one says yes, the other no"


def test_search_and_filters_narrow_the_list_together(opened, rows):
    opened.fill("#search", "DANCE comb")
    assert counted(opened) == f"1 of {len(rows)} rows"
    opened.fill("#search", "")
    opened.select_option("#status", "dropped")
    assert counted(opened) == f"3 of {len(rows)} rows"
    opened.select_option("#reason", "near_duplicate")
    opened.fill("#search", "nobody asks this")
    assert opened.is_visible("#none")
    opened.click("#reset")
    assert counted(opened) == f"{len(rows)} rows"


def test_only_what_is_in_sight_is_in_the_page(opened, rows):
    assert opened.locator(".row").count() < 40
    opened.keyboard.press("End")
    selected = opened.locator('.row[aria-selected="true"]')
    assert selected.get_attribute("aria-posinset") == str(len(rows))
    assert selected.is_visible()


def test_the_keyboard_alone_is_enough(opened):
    assert opened.evaluate("document.activeElement.id") == "list"
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    for keys in ("ArrowDown", "j", "k", "ArrowDown"):
        opened.keyboard.press(keys)
    assert opened.evaluate(outline) == "solid"
    assert opened.get_attribute("#list", "aria-activedescendant") == "row-2"
    opened.keyboard.press("/")
    opened.keyboard.type("bees dance")
    opened.keyboard.press("Enter")
    opened.keyboard.press("d")
    assert opened.locator('.row[aria-selected="true"] .mark').inner_text() == "drop"
    opened.keyboard.press("u")
    assert opened.locator(".row .mark").count() == 0
    opened.keyboard.press("Tab")
    assert opened.evaluate("document.activeElement.closest('#detail') !== null")
    assert opened.evaluate(outline) in {"solid", "none"}


def test_marks_are_downloaded_and_handed_back(opened, rows, tmp_path):
    opened.keyboard.press("d")
    opened.fill(".acts input", "not hers")
    opened.locator("#list").focus()
    opened.keyboard.press("j")
    opened.keyboard.press("a")
    opened.keyboard.press("j")
    opened.keyboard.press("e")
    opened.locator("textarea").nth(1).fill('=SUM(1)\n\nWritten "by hand".')
    opened.click("text=Save")
    opened.reload()
    assert opened.inner_text("#marks") == "3 marked"

    for name in ("csv", "jsonl"):
        with opened.expect_download() as download:
            opened.click(f"#{name}")
        path = tmp_path / f"marks.{name}"
        download.value.save_as(path)
        marks = read_marks(path, rows).given

        assert [(one.id, one.decision) for one in marks] == [
            (rows[0].id, "drop"), (rows[1].id, "keep"), (rows[2].id, "edit")
        ]  # fmt: skip
        assert marks[0].note == "not hers"
        assert marks[2].answer == '=SUM(1)\n\nWritten "by hand".'
        assert [one.digest for one in marks] == [row.digest for row in rows[:3]]
    cells = list(csv.reader(io.StringIO((tmp_path / "marks.csv").read_text("utf-8-sig"))))
    assert cells[3][3].startswith("'=SUM")


@pytest.mark.parametrize(
    "opened", [(400, "light"), (400, "dark"), (1280, "dark")], indirect=True, ids=str
)
def test_nothing_runs_over_the_edge_and_every_text_has_contrast(opened):
    width = opened.evaluate("document.documentElement.scrollWidth")
    assert width <= opened.viewport_size["width"]
    assert opened.evaluate(CONTRAST)["ratio"] >= 4.5
    if opened.viewport_size["width"] == 400:
        opened.click("#row-1")
        assert opened.is_visible("#back")
        opened.click("#back")
        assert not opened.is_visible("#back")
        assert opened.evaluate("document.activeElement.id") == "list"
        opened.click("#more")
        assert opened.is_visible("#status")


def test_more_rows_than_a_page_holds_are_drawn_and_said(monkeypatch, rows, channel):
    monkeypatch.setattr("understudy.browse.page.MOST", 50)

    page = render(rows, channel, linked=True)

    data = json.loads(page.partition('type="application/json">')[2].partition("</script>")[0])
    assert len(data["id"]) == 50
    assert "50 of them are shown here" in page
    assert page == render(rows, channel, linked=True)
