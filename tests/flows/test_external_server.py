"""A Prefect server elsewhere, with PostgreSQL: commands report to it, several workers share its queue."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from flows.home import AUTH, EXTERNAL, auth_string, open_home
from flows.server import start_server, stop
from tests.support.postgres import postgres, postgres_tools
from tests.support.project import QUICK, make_project

DEMO = ("--config", "config/demo.yaml")
LIMIT_S = 300


@pytest.fixture(scope="module")
def database():
    tools = postgres_tools()
    if tools is None:
        pytest.skip("Debian's postgresql is not installed")
    with postgres(tools) as served:
        yield served


@pytest.fixture(scope="module")
def elsewhere(database, tmp_path_factory):
    """What a command's environment needs to find the server."""
    root = make_project(tmp_path_factory.mktemp("elsewhere"), talks=1).root
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PREFECT_SERVER_DATABASE_CONNECTION_URL", database.url)
        process, url = start_server(root)
    yield {EXTERNAL: url, AUTH: auth_string(open_home(root))}
    stop(process)


@pytest.mark.campaign
@pytest.mark.timeout(1200)
def test_the_line_runs_against_a_server_with_postgresql(tmp_path, database, elsewhere):
    project = make_project(tmp_path)

    ran = project.run("pipeline", *DEMO, settings=QUICK, env=elsewhere, limit_s=LIMIT_S)

    assert ran.status == 0, ran.said
    ended = "select count(*) from flow_run where state_type = 'COMPLETED' and name like '%{}%'"
    assert database.value(ended.format("pipeline")) == 1
    assert database.value("select count(*) from task_run where state_type = 'COMPLETED'") > 24
    assert not list((project.root / ".prefect").glob("*.db*"))


@pytest.mark.campaign
@pytest.mark.timeout(1200)
def test_two_workers_share_one_queue(tmp_path, database, elsewhere):
    project = make_project(tmp_path)

    with worker(project, elsewhere), worker(project, elsewhere):
        until(lambda: database.value("select count(*) from worker where status = 'ONLINE'") == 2)
        runs = [started(project, elsewhere, f"other{number}") for number in range(4)]
        assert [run.wait(LIMIT_S) for run in runs] == [0] * 4

    done = (
        "select count(*) from flow_run where state_type = 'COMPLETED' and deployment_id is not null"
    )
    assert database.value(done) == 4
    assert all((project.data(f"other{number}") / "videos.jsonl").exists() for number in range(4))


@contextmanager
def worker(project, env):
    """`understudy ui` of one machine, which has no server to start."""
    process = project.start("ui", env=env)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def started(project, env, channel):
    """Ask the queue for a run, and wait for its end in a process of its own."""
    command = (
        "deployment", "run", "collect/collect", "--watch", "--param", "config=config/demo.yaml",
        "--param", f'overrides={{"channel": {{"name": "{channel}"}}}}',
    )  # fmt: skip
    own = {
        "PREFECT_API_URL": env[EXTERNAL],
        AUTH: env[AUTH],
        "PREFECT_HOME": str(project.root / ".prefect"),
    }
    return subprocess.Popen(
        [sys.executable, "-m", "prefect", *command],
        cwd=project.root,
        env=project.environment(own),
        stdout=subprocess.DEVNULL,
    )


def until(holds):
    deadline = time.monotonic() + LIMIT_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(1)
