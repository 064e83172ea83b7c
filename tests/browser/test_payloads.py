"""Every page that Understudy writes, with each payload wherever others write: nothing runs or leaves."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.support.browser import PAYLOADS
from tests.support.proof import make_context, make_results
from tests.support.rows import row_of
from tests.support.runs import make_run
from understudy.browse.page import render as render_rows
from understudy.proof.records import Results
from understudy.proof.report import markdown_summary, measure_rows
from understudy.proof.report import render as render_report
from understudy.rows import drop
from understudy.runs.compare import compare
from understudy.runs.page import render_comparison
from understudy.runs.reading import read_run
from understudy.settings import load_settings

EVERYTHING = "\n".join(PAYLOADS)


@cache
def results() -> Results:
    return make_results(EVERYTHING)


def report(folder: Path) -> str:
    return render_report(results(), make_context(EVERYTHING))


def rows(folder: Path) -> str:
    """Each payload in a row of its own, dropped and kept, and all of them in one."""
    hostile = [
        row_of(
            f"talk:q{place:02d}",
            video_title=text,
            question=f"Is this text? {text}",
            answer=f"**Yes.**\n\n{text}\n\n- one\n- {text}",
            tags=(text,),
            quote=text,
            evidence_start=1.0,
            part="train",
        )
        for place, text in enumerate((EVERYTHING, *PAYLOADS))
    ]
    gone = [drop(row, "near_duplicate") for row in hostile[1:4]]
    channel = load_settings(Path(__file__).parents[2] / "config" / "demo.yaml").channel
    told = channel.model_copy(update={"speaker": EVERYTHING, "subject": EVERYTHING})
    return render_rows([*hostile[:1], *gone, *hostile[4:]], told, linked=True)


def comparison(folder: Path) -> str:
    """Everything of a run's files that the page repeats."""
    names = ("20261122T180000Z-aaaaaaaaaaaa", "20261122T190000Z-bbbbbbbbbbbb")
    given = {"hyperparameters": {"system_prompt": EVERYTHING, EVERYTHING: 1}}
    base = {"base": {"name": EVERYTHING}, "environment": {"packages": {"mlx": EVERYTHING}}}
    runs = [
        make_run(folder, names[0], held_out={"a:q01": 1.0}),
        make_run(folder, names[1], held_out={"a:q01": 2.0}, **given, **base),
    ]
    return render_comparison(compare([read_run(run) for run in runs]))


PAGES = {"report.html": report, "dataset.html": rows, "comparison.html": comparison}


def opened(browser: Any, path: Path) -> tuple[Any, list[str]]:
    """The page after everything on it had its chance, and what it asked for or said."""
    page = browser.new_page()
    page.set_default_timeout(60_000)
    told: list[str] = []
    page.on("request", lambda one: told.append(one.url))
    page.on("dialog", lambda one: (told.append(one.message), one.dismiss()))
    page.on("popup", lambda one: told.append(one.url))
    page.goto(path.as_uri(), wait_until="commit")
    page.wait_for_timeout(300)
    page.mouse.move(200, 200)
    return page, told


def test_the_payloads_are_alive_where_nothing_holds_them_back(browser, tmp_path):
    """Otherwise the tests below would pass whatever a page does."""
    path = tmp_path / "open.html"
    without = [one for one in PAYLOADS if "refresh" not in one and "<!--" not in one]
    path.write_text(f"<!doctype html><title>x</title><p>{'<p>'.join(without)}", encoding="utf-8")

    page, told = opened(browser, path)

    assert page.evaluate("window.ran") is not None
    assert len({one for one in told if "spy" in one}) >= 3
    page.close()


@pytest.mark.parametrize("name", PAGES)
def test_no_payload_runs_and_no_request_leaves(browser, tmp_path, name):
    path = tmp_path / name
    path.write_text(PAGES[name](tmp_path), encoding="utf-8")

    page, told = opened(browser, path)
    for key in ("Tab", "Enter", "j", "j", "End"):
        page.keyboard.press(key)

    assert page.evaluate("window.ran") is None
    assert set(told) == {path.as_uri()}
    assert page.url.partition("#")[0] == path.as_uri()
    assert page.locator("iframe, object, embed, base, form, svg script, img").count() == 0
    assert page.locator("[onerror], [onload], [onmouseover], [onfocus], [ontoggle]").count() == 0
    assert page.locator("a[href^='javascript:'], a[href^='data:text']").count() == 0
    assert "window.ran = 'script'" in page.inner_text("body")
    page.close()


def test_what_goes_into_prefect_s_artifacts_holds_no_text_of_others():
    """Prefect renders Markdown with images and links, so that none of it may come from outside."""
    shown = markdown_summary(results()) + str(measure_rows(results()))

    assert results().verdict in shown
    assert not {word for word in ("window.ran", "spy", "<", "javascript:") if word in shown}
