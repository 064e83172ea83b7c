"""The doctor's judgements from planted facts, and the command on this machine."""

from __future__ import annotations

import asyncio
import threading
from datetime import date

import pytest

from tests.support.commands import command, make_root
from tests.support.openai_server import Behaviour, serve
from tests.support.teachers import make_settings
from understudy.doctor import checks, machine
from understudy.doctor.channel import examine_channel
from understudy.doctor.checks import GIB, Check
from understudy.settings import load_settings
from understudy.training.room import parse_swapusage
from understudy.workspace import Workspace

TODAY = date(2026, 11, 22)


# --- judgements ------------------------------------------------------------------------


@pytest.mark.parametrize(("version", "status"), [((3, 10, 9), "fail"), ((3, 11, 0), "ok")])
def test_an_old_python_fails(version, status):
    assert checks.check_python(version).status == status


@pytest.mark.parametrize(
    ("system", "machine", "status"),
    [
        ("Darwin", "arm64", "ok"),
        ("Darwin", "x86_64", "fail"),
        ("Linux", "x86_64", "ok"),
        ("Windows", "AMD64", "fail"),
    ],
)
def test_mlx_needs_apple_silicon_or_linux(system, machine, status):
    assert checks.check_platform(system, machine, "chip").status == status


@pytest.mark.parametrize(
    ("total", "free", "status"),
    [(16, 10, "ok"), (16, 3, "warn"), (4, 4, "warn"), (None, None, "warn"), (16, None, "ok")],
)
def test_little_memory_is_a_warning(total, free, status):
    sizes = [None if size is None else size * GIB for size in (total, free)]

    assert checks.check_memory(*sizes).status == status


@pytest.mark.parametrize(("room", "status"), [(None, "ok"), (3 * GIB, "ok"), (GIB, "warn")])
def test_what_was_measured_is_held_against_the_room_and_told_as_a_time(room, status):
    found = checks.check_trial(peak=2 * GIB, update_s=9.0, updates=800, room=room)

    assert found.status == status
    assert "2.00 GiB at the peak" in found.found
    assert "at most 2.0 h for 800 updates" in found.found


def test_memory_that_is_swapped_out_is_a_warning():
    assert [one.status for one in checks.check_swap(3 * GIB, 16 * GIB)] == ["warn"]
    assert [one.status for one in checks.check_swap(GIB, 16 * GIB)] == ["ok"]
    assert checks.check_swap(None, 16 * GIB) == []
    said = "total = 2048.00M  used = 1034.25M  free = 1013.75M  (encrypted)"
    assert parse_swapusage(said) == round(1034.25 * 2**20)
    assert parse_swapusage("") is None


@pytest.mark.parametrize(("free", "status"), [(1, "fail"), (5, "warn"), (50, "ok")])
def test_a_full_disk_fails(free, status):
    assert checks.check_disk(free * GIB).status == status


def test_versions_are_held_against_the_bounds_and_all_offenders_named():
    wanted = ["fastapi>=0.139,<0.151", "prefect>=3.8.8", 'mlx>=0.32; extra == "cuda"', "rich>=14"]

    found = checks.check_packages(wanted, {"fastapi": "0.155.1", "rich": "15.0"})

    assert found.status == "fail"
    assert found.found == "fastapi 0.155.1 is not <0.151,>=0.139; prefect is missing"
    assert checks.check_packages(["rich>=14"], {"rich": "14.1"}).status == "ok"


def test_a_package_that_does_not_import_fails_with_its_own_words():
    assert checks.check_prefect(None, "ImportError: no").found == "ImportError: no"
    assert [one.status for one in checks.check_mlx(None, "")] == ["fail"]


def test_the_working_set_of_metal_is_told():
    probed = {
        "version": "0.32.4",
        "device": "Device(gpu, 0)",
        "info": {"max_recommended_working_set_size": 12 * GIB},
    }

    assert [one.found for one in checks.check_mlx(probed, "")] == [
        "0.32.4 on Device(gpu, 0)",
        "12.0 GiB recommended working set",
    ]


@pytest.mark.parametrize(
    ("gflops", "installed", "status"), [(31, True, "ok"), (3, False, "warn"), (3, True, "warn")]
)
def test_a_slow_blas_is_a_warning(gflops, installed, status):
    assert checks.check_blas(gflops, linux_cpu=True, installed=installed).status == status


def test_a_missing_openblas_names_the_package():
    advice = checks.check_blas(3, linux_cpu=True, installed=False).advice

    assert "apt-get install libopenblas0-pthread" in advice
    assert checks.check_blas(3, linux_cpu=False, installed=False) is None


BATTERY = "Now drawing from 'Battery Power'\n -InternalBattery-0 (id=1)\t57%; discharging;"
SETTINGS = """Currently in use:
 standby              1
 Sleep On Power Button 1
 powernap             1
 sleep                10 (sleep prevented by coreaudiod)
 disksleep            10
 displaysleep         0
"""


def test_a_mac_on_battery_that_sleeps_with_its_display_on_is_warned_thrice():
    found = checks.check_power(BATTERY, SETTINGS)

    assert [(one.name, one.status) for one in found] == [
        ("power", "warn"),
        ("sleep", "warn"),
        ("display", "warn"),
    ]
    assert "after 10 min" in found[1].found
    assert "caffeinate -i" in found[1].advice


def test_a_mac_that_is_plugged_in_and_stays_awake_is_well():
    found = checks.check_power("Now drawing from 'AC Power'", " sleep   0\n displaysleep   5\n")

    assert [(one.name, one.status) for one in found] == [("power", "ok")]


def test_tools_that_say_nothing_give_no_lines():
    assert checks.check_power("", "") == []


# --- one channel -------------------------------------------------------------------------


def looked_at(root, settings, *, online=False, device=None):
    workspace = Workspace(root, "demo")
    return examine_channel(settings, workspace, device=device or {}, online=online, today=TODAY)


def examined(root, settings, **options):
    return {one.name: one for one in looked_at(root, settings, **options)}


def paid(root, monkeypatch, **teacher):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted")
    changes = {"kind": "openai", "model": "gpt-5-mini", **teacher}
    return load_settings(root / "config" / "demo.yaml", {"teacher": changes})


def test_a_base_that_is_not_there_fails_and_one_that_would_be_fetched_warns(root):
    def with_base(name):
        return load_settings(root / "config" / "demo.yaml", {"train": {"base": name}})

    assert examined(root, with_base("models/none"))["base"].status == "fail"
    assert examined(root, with_base("nobody/nothing-4bit"))["base"].status == "warn"
    assert examined(root, with_base("models/sample-base"))["base"].status == "ok"


def test_what_a_base_cannot_be_exported_to_is_said_before_training(root):
    settings = load_settings(root / "config" / "demo.yaml")

    said = [one.found for one in looked_at(root, settings) if one.name == "export"]
    assert said[0] == "can become fused, hf"
    assert [text.partition(":")[0] for text in said[1:]] == ["not gguf", "not ollama"]


@pytest.mark.parametrize(("room", "status"), [(20 * GIB, "ok"), (2**20, "fail")])
def test_a_training_is_held_against_what_the_device_itself_recommends(root, room, status):
    settings = load_settings(root / "config" / "demo.yaml")
    metal = {"max_recommended_working_set_size": room}

    assert examined(root, settings, device=metal)["footprint"].status == status


def test_a_missing_key_fails_and_names_its_variable(root, monkeypatch):
    settings = paid(root, monkeypatch)
    monkeypatch.delenv("OPENAI_API_KEY")

    found = examined(root, settings)["teacher"]

    assert found.status == "fail"
    assert "OPENAI_API_KEY" in found.found


@pytest.mark.parametrize(("budget", "status"), [(None, "warn"), (5, "fail")])
def test_a_model_without_a_price_fails_where_there_is_a_cap(root, monkeypatch, budget, status):
    settings = paid(root, monkeypatch, model="llama3.2", budget_usd=budget)

    assert examined(root, settings)["price"].status == status


@pytest.fixture
def address():
    """The local server in a thread of its own: the doctor brings its own event loop."""
    loop, ready = asyncio.new_event_loop(), threading.Event()
    made = []

    def live():
        made.extend(loop.run_until_complete(serve(Behaviour())))
        ready.set()
        loop.run_forever()
        loop.run_until_complete(made[1].cleanup())
        loop.close()

    thread = threading.Thread(target=live)
    thread.start()
    ready.wait()
    yield made[0].address
    loop.call_soon_threadsafe(loop.stop)
    thread.join()


@pytest.mark.parametrize(
    ("model", "status", "said"),
    [
        ("gpt-6.1-terra", "ok", "gpt-6.1-terra is there"),
        ("gpt-5-mini", "warn", "shuts down on 2026-12-11, in 19 days"),
        ("gpt-9", "fail", "does not list 'gpt-9'"),
    ],
)
def test_online_the_endpoint_is_asked_for_the_model_and_its_days(
    root, address, model, status, said
):
    settings = make_settings(address, {"teacher": {"model": model}})

    found = examined(root, settings, online=True)["endpoint"]

    assert found.status == status
    assert said in found.found


@pytest.mark.parametrize(
    ("model", "status"), [("gpt-5-mini", "warn"), ("gpt-4o-mini", "warn"), ("gpt-6-luna", None)]
)
def test_the_price_table_knows_the_last_day_of_a_model_without_a_connection(root, model, status):
    settings = make_settings("http://127.0.0.1:9/v1", {"teacher": {"model": model}})

    found = examined(root, settings).get("model")

    assert (found.status if found else None) == status
    assert found is None or "set teacher.model to gpt-6" in found.advice


def test_offline_the_endpoint_is_not_asked(root):
    settings = make_settings("http://127.0.0.1:9/v1")

    assert "endpoint" not in examined(root, settings)


# --- the command -------------------------------------------------------------------------


@pytest.fixture
def healthy(monkeypatch):
    monkeypatch.setattr(machine, "ask_mlx", lambda: machine.Mlx({"info": {}}, ""))
    monkeypatch.setattr(machine, "examine", lambda root, mlx: [Check("python", "ok", "3.11.7")])


def test_the_report_has_a_line_per_check_and_the_advice_below(healthy, root):
    said = command(
        root, "doctor", "--config", "config/demo.yaml", "--set", "train.base=nobody/nothing-4bit"
    )

    lines = said.out.splitlines()
    assert (said.status, said.err) == (0, "")
    at = next(place for place, line in enumerate(lines) if line.startswith("warn  base"))
    assert lines[at + 1].strip().startswith("→ the first training fetches it")


def test_a_config_that_does_not_load_is_a_line_and_status_1(healthy, root):
    said = command(root, "doctor", "--config", "config/demo.yaml", "--set", "train.epoch=1")

    assert said.status == 1
    assert "fail  config" in said.out
    assert "did you mean train.epochs?" in said.out


def test_outside_a_project_the_machine_is_examined_all_the_same(healthy, tmp_path):
    said = command(tmp_path, "doctor")

    assert said.status == 1
    assert "fail  project" in said.out
    assert "ok    python" in said.out


def test_questions_about_a_channel_need_one(tmp_path):
    said = command(make_root(tmp_path), "doctor", "--online")

    assert (said.status, "need a --config" in said.err) == (2, True)


def test_this_machine_is_examined_for_real_and_left_as_it_was(root, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))

    mlx = machine.ask_mlx()
    found = {one.name: one for one in machine.examine(root, mlx)}

    assert found["packages"].status == "ok", found["packages"]
    assert found["prefect"].found.endswith("imports"), found["prefect"]
    assert found["mlx"].status == "ok", found["mlx"]
    assert mlx.said["gflops"] > 0
    assert mlx.device
    assert found["memory"].found.split()[0].replace(".", "").isdigit()
    assert list(tmp_path.iterdir()) == []


def test_a_child_that_fails_is_quoted():
    assert machine._asked("raise SystemExit('no such thing')") == (None, "no such thing")
