"""The Prefect UI as a person's home: log in, fill in the form, run, and look at what came out."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from flows.home import auth_string
from tests.support.project import QUICK, TestProject, make_project
from tests.support.ui import open_ui
from understudy.artifacts import write_text
from understudy.settings import load_settings, parse_assignments

RUN_LIMIT_MS = 300_000
FLOWS = ("collect", "build-dataset", "train", "evaluate", "pipeline", "watch")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> TestProject:
    made = make_project(tmp_path_factory.mktemp("ui"))
    settings = load_settings(made.root / "config" / "demo.yaml", parse_assignments(QUICK))
    quick = yaml.safe_dump(settings.model_dump(mode="json"), allow_unicode=True)
    write_text(made.root / "config" / "quick.yaml", quick)
    return made


@pytest.fixture(scope="module")
def address(project: TestProject) -> Iterator[str]:
    """Of `understudy ui`, from its start to its Ctrl-C."""
    with open_ui(project) as ui:
        yield ui.address
    assert ui.process.returncode == 0, ui.said()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", int(ui.address.rpartition(":")[2]))) != 0


@pytest.fixture(scope="module")
def session(browser: Any, project: TestProject, address: str) -> Iterator[tuple[Any, list[str]]]:
    """A browser that is logged in, and every address it asked."""
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    page.set_default_timeout(60_000)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    page.locator("input").first.fill(auth_string(project.root / ".prefect"))
    page.get_by_role("button", name="Login", exact=True).click()
    page.wait_for_url(f"{address}/dashboard")
    yield page, asked
    page.close()


@pytest.fixture(scope="module")
def finished(session: tuple[Any, list[str]], address: str, tmp_path_factory: Any) -> Any:
    """The page of a pipeline run that was started from the form; pictures are kept beside it."""
    page, _ = session
    shots = tmp_path_factory.mktemp("screenshots")
    page.goto(f"{address}/deployments")
    for name in FLOWS:
        page.get_by_role("link", name=name, exact=True).first.wait_for()
    page.screenshot(path=shots / "deployments.png")
    page.get_by_role("link", name="pipeline", exact=True).first.click()
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_text("Custom run").click()
    page.get_by_text(
        "For one request."
    ).first.wait_for()  # the help of a setting, from its docstring
    page.screenshot(path=shots / "form.png", full_page=True)
    picker = page.locator("button.p-select-button__control").filter(has_text="config/demo.yaml")
    picker.focus()
    page.keyboard.press("ArrowDown")  # opens the list of the project's configs
    page.get_by_text("config/quick.yaml", exact=True).last.click()
    page.get_by_role("button", name="Submit").click()
    page.locator("a[href*='/runs/flow-run/']").first.click()
    badge = page.locator("[class*=state-badge]").first
    badge.filter(has_text=re.compile("Completed|Failed|Crashed")).wait_for(timeout=RUN_LIMIT_MS)
    page.screenshot(path=shots / "run.png", full_page=True)
    assert badge.inner_text().strip() == "Completed", page.inner_text("body")
    return page


def test_a_run_from_the_form_is_named_after_what_it_runs(finished: Any) -> None:
    assert "pipeline · config/quick.yaml" in finished.inner_text("body")


def test_the_run_went_by_the_config_that_the_form_gave(finished: Any, project: TestProject) -> None:
    (run,) = (project.root / "models" / "demo").glob("*Z-*")
    assert "epochs: 0.5" in (project.root / "config" / "quick.yaml").read_text()
    assert '"epochs": 0.5' in (run / "run_metadata.json").read_text()


@pytest.mark.parametrize(
    "artifact",
    ["pipeline-account", "pipeline-files", "loss-curve-demo", "verdict", "measures", "training"],
)
def test_what_came_out_is_shown(finished: Any, address: str, artifact: str) -> None:
    finished.goto(f"{address}/artifacts")
    finished.get_by_text(artifact, exact=True).first.wait_for()


def test_no_request_left_the_machine(
    finished: Any, session: tuple[Any, list[str]], address: str
) -> None:
    _, asked = session
    strangers = [url for url in asked if not url.startswith((address, "data:", "blob:"))]

    assert len(asked) > 20
    assert strangers == []
