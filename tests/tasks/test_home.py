"""The project's Prefect home is closed to others, and its secret is never empty."""

from __future__ import annotations

import socket
import stat

import pytest

from flows.home import EXTERNAL, auth_string, environment, open_home
from flows.server import server, start_server
from understudy.errors import ProjectError


def test_the_home_and_its_secret_are_their_owners_alone(tmp_path):
    home = open_home(tmp_path)

    made = auth_string(home)

    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert stat.S_IMODE((home / "auth").stat().st_mode) == 0o600
    assert [path.name for path in home.iterdir()] == ["auth"]
    assert made.startswith("understudy:")
    assert auth_string(home) == made


def test_an_empty_secret_is_made_again_for_it_would_let_anybody_in(tmp_path):
    home = open_home(tmp_path)
    (home / "auth").touch()

    made = auth_string(home)

    assert len(made) > 30
    assert auth_string(home) == made


def test_server_and_clients_get_the_same_secret(tmp_path):
    found = environment(tmp_path)

    assert found["PREFECT_API_AUTH_STRING"] == found["PREFECT_SERVER_API_AUTH_STRING"]
    assert found["PREFECT_API_AUTH_STRING"] == auth_string(tmp_path / ".prefect")


def test_the_server_flushes_at_whole_seconds(tmp_path):
    """Prefect takes the integer part of an interval: at 0.5 its recorder never rests."""
    intervals = [text for name, text in environment(tmp_path).items() if "FLUSH_INTERVAL" in name]

    assert intervals
    assert all(int(text) >= 1 for text in intervals)


def test_a_server_elsewhere_keeps_its_own_secret(tmp_path, monkeypatch):
    monkeypatch.setenv(EXTERNAL, "https://prefect.example.org/api")

    assert not [name for name in environment(tmp_path) if name.endswith("AUTH_STRING")]
    assert not (tmp_path / ".prefect" / "auth").exists()


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/api", "file:///etc/api", "prefect"])
def test_a_server_that_does_not_answer_is_named_with_what_to_do(tmp_path, monkeypatch, address):
    monkeypatch.setenv(EXTERNAL, address)

    with (
        pytest.raises(ProjectError, match=r"no Prefect server answers at .* unset the variable"),
        server(tmp_path),
    ):
        pass


def test_a_port_where_a_stranger_listens_is_refused(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        port = stranger.getsockname()[1]

        with pytest.raises(ProjectError, match=rf"port {port} .* is taken .* --port"):
            start_server(tmp_path, port=port)

    assert not (tmp_path / ".prefect").exists()  # nothing was started
