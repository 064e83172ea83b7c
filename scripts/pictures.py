"""Take the pictures of docs/images from a real run: the rows' page, the report, a form in the Prefect UI.

    make demo
    .venv/bin/python scripts/pictures.py [ROOT]

ROOT is a checkout with a finished demo, this one by default. Takes Debian's Chromium.
"""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

CHECKOUT = Path(__file__).resolve().parents[1]
IMAGES = CHECKOUT / "docs" / "images"
CHROMIUM = "/usr/bin/chromium"
LARGE: Any = {"width": 1280, "height": 960}
WIDE: Any = {"width": 1100, "height": 720}
START_LIMIT_S = 240


def newest(root: Path, pattern: str) -> Path:
    """The file that the newest run or dataset of the demo has."""
    found = sorted(root.glob(pattern), key=lambda path: path.stat().st_mtime)
    if not found:
        sys.exit(f"no {pattern} in {root}: run `make demo` there first")
    return found[-1]


def page_of(browser: Browser, address: str, name: str) -> None:
    """The first screen of a page of ours."""
    page = browser.new_page(viewport=LARGE)
    page.goto(address)
    page.wait_for_timeout(500)
    page.screenshot(path=IMAGES / name)
    page.close()


@contextmanager
def served(root: Path) -> Generator[tuple[str, str]]:
    """`understudy ui` for as long as it takes: its address and what it asks for."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "understudy", "--root", str(root), "ui", "--port", str(port)]
    process = subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    deadline = time.monotonic() + START_LIMIT_S
    try:
        for line in process.stdout:
            if "once per browser: " in line:
                yield f"http://127.0.0.1:{port}", line.partition("browser: ")[2].strip()
                break
            if time.monotonic() > deadline:
                sys.exit("the UI did not start")
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()


def form_of(browser: Browser, address: str, password: str) -> None:
    """What the Prefect UI asks before it starts the pipeline."""
    page: Any = browser.new_page(viewport=WIDE)
    page.set_default_timeout(60_000)
    page.goto(address)
    page.locator("input").first.fill(password)
    page.get_by_role("button", name="Login", exact=True).click()
    page.wait_for_url(f"{address}/dashboard")
    page.goto(f"{address}/deployments")
    page.get_by_role("link", name="pipeline", exact=True).first.click()
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_text("Custom run").click()
    page.get_by_text("Folder name under data/").first.wait_for()  # a setting's help
    page.wait_for_timeout(1000)
    page.get_by_text("Folder name under data/").first.scroll_into_view_if_needed()
    page.wait_for_timeout(500)
    page.screenshot(path=IMAGES / "form.png")
    page.close()


def main(root: Path) -> None:
    IMAGES.mkdir(exist_ok=True)
    shutil.copyfile(newest(root, "models/demo/*Z-*/loss_curve.png"), IMAGES / "loss_curve.png")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page_of(browser, newest(root, "data/demo/dataset/*/dataset.html").as_uri(), "dataset.png")
        page_of(
            browser, newest(root, "models/demo/*Z-*/report.html").as_uri(), "report.png", width=800
        )
        with served(root) as (address, password):
            form_of(browser, address, password)
        browser.close()
    for path in sorted(IMAGES.glob("*.png")):
        print(f"{path.name}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else CHECKOUT)
