"""The project's Prefect server gives nothing to who has no password, and nothing to other pages."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from flows.home import auth_string
from flows.server import running_server
from tests.support.project import TestProject
from tests.support.shell import Shell

FOREIGN = "https://pages.example"
CLOSED = (
    "flows/filter", "flow_runs/filter", "deployments/filter", "artifacts/filter", "logs/filter",
    "variables/filter", "block_documents/filter", "work_pools/filter",
)  # fmt: skip


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: Any


Ask = Callable[..., Reply]


@pytest.fixture(scope="module")
def url(project: TestProject) -> str:
    found = running_server(project.root)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def ask(project: TestProject, url: str) -> Ask:
    """One request as somebody else's program or page would send it."""
    password = base64.b64encode(auth_string(project.root / ".prefect").encode()).decode()

    def send(
        path: str, body: Any = None, *, method: str = "", known: bool = False, **headers: str
    ) -> Reply:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if known:
            given["Authorization"] = f"Basic {password}"
        data = None if body is None else json.dumps(body).encode()
        given["Content-Type"] = given.get("Content-Type", "application/json")
        request = Request(
            f"{url}/{path}",
            data,
            given,
            method=method or ("POST" if data is not None else "GET"),
        )
        try:
            with urlopen(request, timeout=20) as reply:
                return Reply(reply.status, dict(reply.headers), reply.read())
        except HTTPError as error:
            return Reply(error.code, dict(error.headers), error.read())

    return send


def test_it_listens_on_this_machine_alone(url: str) -> None:
    assert url.startswith("http://127.0.0.1:")


@pytest.fixture(scope="module")
def token(ask: Ask) -> dict[str, str]:
    """The pair of headers with which the server's own page writes."""
    made = json.loads(ask("csrf-token?client=tester", known=True).body)
    return {"Prefect_Csrf_Token": made["token"], "Prefect_Csrf_Client": "tester"}


@pytest.mark.parametrize("path", CLOSED)
def test_an_anonymous_caller_gets_nothing(ask: Ask, token: dict[str, str], path: str) -> None:
    bare, informed = ask(path, {}), ask(path, {}, **token)

    assert (bare.status, informed.status) == (403, 401)
    assert set(json.loads(informed.body)) <= {"exception_message", "detail"}


@pytest.mark.parametrize("path", ["csrf-token?client=x", "admin/settings", "admin/version", "me"])
def test_an_anonymous_reader_gets_nothing(ask: Ask, path: str) -> None:
    assert ask(path).status == 401


@pytest.mark.parametrize("password", ["Basic dW5kZXJzdHVkeTo=", "Basic Og==", "Bearer x", "Basic"])
def test_a_wrong_password_is_none(ask: Ask, token: dict[str, str], password: str) -> None:
    assert ask("flows/filter", {}, Authorization=password, **token).status == 401


def test_an_anonymous_caller_cannot_write(ask: Ask, token: dict[str, str]) -> None:
    assert ask("flows/", {"name": "mine"}, **token).status == 401
    assert b"mine" not in ask("flows/filter", {}, known=True, **token).body


def test_a_browser_that_is_logged_in_cannot_be_made_to_write_by_another_page(
    ask: Ask, token: dict[str, str]
) -> None:
    """It would send the password along; it cannot know the token."""
    forged = ask("flows/", {"name": "forged"}, known=True, Origin=FOREIGN)
    plain = ask("flows/", {"name": "forged"}, known=True, Content_Type="text/plain")
    guessed = ask(
        "flows/", {"name": "forged"}, known=True,
        Prefect_Csrf_Token="0" * 64, Prefect_Csrf_Client="tester",
    )  # fmt: skip

    assert {forged.status, plain.status, guessed.status} == {403}
    assert b"forged" not in ask("flows/filter", {}, known=True, **token).body


@pytest.mark.parametrize("origin", [FOREIGN, "http://127.0.0.1:1", "http://localhost:4200", "null"])
def test_no_page_of_another_origin_may_read_an_answer(
    ask: Ask, token: dict[str, str], origin: str
) -> None:
    read = ask("flows/filter", {}, known=True, Origin=origin, **token)
    asked_before = ask(
        "flows/filter", method="OPTIONS", Origin=origin,
        Access_Control_Request_Method="POST", Access_Control_Request_Headers="authorization",
    )  # fmt: skip

    for one in (read, asked_before):
        allowed = {k.lower(): v for k, v in one.headers.items()}.get("access-control-allow-origin")
        assert allowed is None


def test_the_server_s_own_page_may(ask: Ask, token: dict[str, str], url: str) -> None:
    own = url.removesuffix("/api")

    read = ask("flows/filter", {}, known=True, Origin=own, **token)

    assert read.status == 200
    assert {k.lower(): v for k, v in read.headers.items()}["access-control-allow-origin"] == own


def test_what_prefect_writes_down_of_a_failed_run_is_no_pickle(
    project: TestProject, shell: Shell
) -> None:
    """It keeps a failed flow's exception whatever is set; a pickle would run what it holds."""
    store = project.root / ".prefect" / "storage"
    before = set(store.glob("*"))

    ran = shell.run(
        "collect",
        "--config",
        "config/demo.yaml",
        settings=("channel.name=failing", "transcripts.min_words=9999", "floors.transcripts=1"),
    )
    kept = [path.read_text(encoding="utf-8") for path in set(store.glob("*")) - before]

    assert (ran.status, "transcripts: only 0 of" in ran.err) == (1, True), ran.said
    assert kept
    assert all(isinstance(json.loads(text), dict) for text in kept)
    assert all("understudy.errors.YieldError" in text for text in kept)
