"""The report as a reader meets it, with hostile text in every place that others write."""

from __future__ import annotations

import pytest

from tests.support.browser import CONTRAST, PAYLOAD
from tests.support.proof import make_context, make_results
from understudy.proof.report import render


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(render(make_results(PAYLOAD), make_context(PAYLOAD)), encoding="utf-8")
    return path


@pytest.fixture
def opened(browser, report, request):
    """The page and every request it sent, at the width and scheme that the test asks for."""
    width, scheme = getattr(request, "param", (1280, "light"))
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=True
    )
    page = context.new_page()
    sent: list[str] = []
    page.on("request", lambda one: sent.append(one.url))
    page.goto(report.as_uri())
    yield page, sent
    context.close()


def test_no_script_runs_and_no_request_leaves(opened, report):
    page, sent = opened

    assert page.evaluate("window.ran") is None
    assert sent == [report.as_uri()]
    assert page.locator("script, img, iframe, link, [onerror], [onload], a[href]").count() == 0


def test_untrusted_text_is_shown_as_it_is(opened):
    page, _ = opened

    text = page.inner_text("body")
    assert "<script>window.ran = 1</script>" in text
    assert "{{ 7 * 6 }}" in text
    assert "<svg onload=window.ran=4>" in text
    where = page.locator("article .where").first.inner_text()
    assert where.endswith(PAYLOAD)


def test_the_verdict_is_the_first_thing_read(opened):
    page, _ = opened

    lines = [line for line in page.inner_text("body").split("\n") if line.strip()]
    assert lines[0] == "LEARNED"
    assert lines[1].startswith("On 7 unseen videos the loss of the reference answers falls")
    assert "95 % interval" in lines[1]


@pytest.mark.parametrize(
    "opened",
    [(400, "light"), (400, "dark"), (760, "light"), (1280, "dark")],
    indirect=True,
    ids=["400-light", "400-dark", "760-light", "1280-dark"],
)
def test_nothing_runs_over_the_edge(opened):
    page, _ = opened

    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= page.viewport_size["width"]


@pytest.mark.parametrize("opened", [(400, "light"), (1280, "light")], indirect=True)
def test_no_table_must_be_pushed_aside_to_be_read(opened):
    page, _ = opened

    hidden = page.evaluate(
        "[...document.querySelectorAll('.scroll')].map((one) => one.scrollWidth - one.clientWidth)"
    )
    assert hidden
    assert max(hidden) <= 0


def test_dark_is_dark_and_light_is_light(browser, report):
    shades = {}
    for scheme in ("light", "dark"):
        page = browser.new_page(color_scheme=scheme)
        page.goto(report.as_uri())
        shade = page.evaluate("getComputedStyle(document.body).backgroundColor")
        shades[scheme] = sum(int(part) for part in shade.strip("rgb()").split(","))
        page.close()

    assert shades["dark"] < 150
    assert shades["light"] > 600


def test_every_text_has_contrast_enough(browser, report):
    """WCAG AA: 4.5 to 1 for each text against the background it stands on, in both schemes."""
    for scheme in ("light", "dark"):
        page = browser.new_page(color_scheme=scheme)
        page.goto(report.as_uri())
        worst = page.evaluate(CONTRAST)
        page.close()

        assert worst["ratio"] >= 4.5, (scheme, worst)


@pytest.mark.parametrize(
    "opened", [(400, "dark"), (1280, "light")], indirect=True, ids=["400-dark", "1280-light"]
)
def test_axe_finds_no_violation(opened):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page, _ = opened

    found = axe.run(page).response["violations"]

    assert [(one["id"], one["nodes"][0]["html"][:80]) for one in found] == []


def test_paper_begins_with_the_verdict(browser, report):
    page = browser.new_page()
    page.goto(report.as_uri())
    page.emulate_media(media="print", color_scheme="dark")

    page.set_viewport_size({"width": 718, "height": 1046})  # A4 less the margins of a printer

    over = page.evaluate("document.documentElement.scrollWidth") - 718
    top = page.evaluate("document.querySelector('h1').getBoundingClientRect().top")
    shade = page.evaluate("getComputedStyle(document.body).backgroundColor")
    pdf = page.pdf(format="A4")
    page.close()

    assert over <= 0
    assert top < 60
    assert shade == "rgb(255, 255, 255)"
    assert pdf.startswith(b"%PDF")
