"""How quick `dataset.html` is in Chromium: first paint, rows in sight, searches."""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path
from typing import Any

from frame import ROOT, report

from tests.support.rows import many_rows, real_answers
from understudy.browse.page import render
from understudy.records import Row
from understudy.rows import rows_of
from understudy.settings import load_settings

ROWS, REAL_ROWS = 5_000, 1_709
BOTH = ("first_paint_ms", "rows_in_sight_ms", "search_ms", "loading_cpu_ms")
RUNS = 5
QUERIES = ("insulin", "fasting weight", "the", "zzz", "i")
REAL = ROOT.parent / "shared" / "data" / "fung_qa.jsonl"

WATCH = """new MutationObserver((_, observer) => {
  if (!document.querySelector(".row")) return;
  observer.disconnect();
  requestAnimationFrame(() => requestAnimationFrame(() => { window.rowsShown = performance.now(); }));
}).observe(document, {childList: true, subtree: true});"""
SEARCH = """(query) => {
  const box = document.getElementById("search");
  box.value = query;
  const begun = performance.now();
  box.dispatchEvent(new Event("input"));
  document.getElementById("list").getBoundingClientRect();  // layout belongs to the answer
  return performance.now() - begun;
}"""


def rows_to_show() -> list[Row]:
    """The real rows, over and over under ids of their own; generated ones where they are absent."""
    found = rows_of(real_answers(REAL)) if REAL.exists() else many_rows(500, each=10)
    copies = [
        row.model_copy(update={"id": f"{row.id}:p{number}"} if number else {})
        for number in range(ROWS // len(found) + 1)
        for row in found
    ]
    return copies[:ROWS]


def measured(browser: Any, address: str) -> dict[str, float]:
    """One visit with an empty cache: seconds as a person has them, and of the page's own thread."""
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.add_init_script(WATCH)
    thread = page.context.new_cdp_session(page)
    thread.send("Performance.setTimeDomain", {"timeDomain": "threadTicks"})
    thread.send("Performance.enable")
    page.goto(address)
    page.wait_for_function("window.rowsShown")
    paints = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
    page.wait_for_timeout(1_000)
    loading = busy_ms(thread)
    times: list[float] = []
    busy: list[float] = []
    for query in QUERIES:
        before = busy_ms(thread)
        times.append(page.evaluate(SEARCH, query))
        busy.append(busy_ms(thread) - before)
    found = {
        "first_paint_ms": page.evaluate(paints),
        "rows_in_sight_ms": page.evaluate("window.rowsShown"),
        "search_ms": max(times),
        "loading_cpu_ms": loading,
        "search_cpu_ms": max(busy),
        "rows_in_dom": page.locator(".row").count(),
    }
    page.context.close()
    return found


def busy_ms(thread: Any) -> float:
    """CPU milliseconds of the page's main thread so far."""
    metrics = {
        one["name"]: one["value"] for one in thread.send("Performance.getMetrics")["metrics"]
    }
    return 1_000 * metrics["TaskDuration"]


def visited(browser: Any, page: str, *, rows: int) -> dict[str, float]:
    """Medians of several visits, and the slowest of each kind."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "dataset.html"
        path.write_text(page, encoding="utf-8")
        visits = [measured(browser, path.as_uri()) for _ in range(RUNS)]
        megabytes = path.stat().st_size / 1e6
    figures = {
        name: round(statistics.median(visit[name] for visit in visits), 1) for name in visits[0]
    }
    return figures | {
        "search_ms_worst": round(max(visit["search_ms"] for visit in visits), 1),
        "first_paint_ms_worst": round(max(visit["first_paint_ms"] for visit in visits), 1),
        "rows": rows,
        "megabytes": round(megabytes, 1),
    }


def main() -> None:
    """Visit a page of 5,000 rows, and one of as many as the real channel has."""
    from playwright.sync_api import sync_playwright

    channel = load_settings(ROOT / "config" / "jason_fung.yaml").channel
    rows = rows_to_show()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        figures, smaller = (
            visited(browser, render(rows[:count], channel, linked=True), rows=count)
            for count in (ROWS, REAL_ROWS)
        )
        browser.close()
    report("dataset-page", figures | {f"{name}_{REAL_ROWS}": smaller[name] for name in BOTH})


if __name__ == "__main__":
    main()
