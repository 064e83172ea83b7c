"""Wrong input ends in one message and exit status 2, before Prefect is even imported."""

from __future__ import annotations

import errno
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from understudy.cli import explain as explaining
from understudy.cli import main as module
from understudy.errors import BudgetError, InvalidIdError
from understudy.settings import explain

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = sorted(module.cli.commands)
ON_A_CHANNEL = [
    name
    for name in COMMANDS
    if any(one.name == "config" and one.required for one in module.cli.commands[name].params)
]


@pytest.fixture
def run(monkeypatch, capsys, root):
    """Call the command as the console script does: (exit status, output, errors)."""

    def call(*arguments, cwd=root):
        monkeypatch.chdir(cwd)
        monkeypatch.delenv("UNDERSTUDY_ROOT", raising=False)
        monkeypatch.setattr(sys, "argv", ["understudy", *map(str, arguments)])
        before = list(sys.path)
        with pytest.raises(SystemExit) as ended:
            module.main()
        sys.path[:] = before
        said = capsys.readouterr()
        return ended.value.code or 0, said.out, said.err

    return call


def assert_wrong_input(result, *words):
    status, out, err = result
    assert status == 2
    assert out == ""
    assert "Traceback" not in err
    for word in words:
        assert word in err


# --- help --------------------------------------------------------------------------


def test_the_commands_are_the_flows_and_what_serves_them():
    assert set(ON_A_CHANNEL) >= {
        "build-dataset",
        "collect",
        "evaluate",
        "import",
        "pipeline",
        "train",
    }
    assert set(COMMANDS) >= {"explain", "ui"}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(run, command):
    status, out, err = run(command, "--help")

    assert (status, err) == (0, "")
    assert out.startswith(f"Usage: understudy {command}")
    assert module.cli.commands[command].help.splitlines()[0] in out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_has_a_help_text(command):
    for option in module.cli.commands[command].params:
        if option.param_type_name == "option":
            assert option.help, f"{command} {option.name}"


def test_the_version_is_the_package_s(run):
    assert run("--version")[:2] == (0, "understudy, version 0.1.0\n")


def test_explain_shows_every_setting(run):
    status, out, _ = run("explain")

    assert status == 0
    assert [line.split("  ")[0] for line in out.splitlines() if not line.startswith(" ")] == [
        one.key for one in explain()
    ]


def test_explain_narrows_to_a_key(run):
    _, out, _ = run("explain", "train.mask_prompt")

    assert out == (
        "train.mask_prompt  (bool)\n"
        "    Learn the answers only.\n"
        "    Made again when it changes: train.\n"
    )


def test_explain_names_the_nearest_key(run):
    assert_wrong_input(run("explain", "train.los"), "did you mean train.loss?")


# --- wrong input -----------------------------------------------------------------------


@pytest.mark.parametrize("command", [name for name in ON_A_CHANNEL if name != "import"])
def test_every_flow_checks_its_settings_at_the_door(run, command):
    assert_wrong_input(
        run(command, "--config", "config/demo.yaml", "--set", "train.epoch=1"),
        "config/demo.yaml with what was set for this run cannot be used:",
        "train.epoch: unknown key; did you mean train.epochs?",
    )


def test_nothing_runs_without_a_config(run):
    assert_wrong_input(run("pipeline"), "Missing option '--config'")


def test_a_missing_config_is_named_with_its_neighbour(run):
    assert_wrong_input(
        run("pipeline", "--config", "config/demp.yaml"),
        "cannot read the settings file",
        "config/demp.yaml; did you mean demo.yaml?",
    )


def test_a_config_outside_the_project_is_refused(run, tmp_path):
    path = tmp_path / "demo.yaml"
    path.write_bytes((ROOT / "config" / "demo.yaml").read_bytes())

    assert_wrong_input(
        run("pipeline", "--config", path),
        "demo.yaml lies outside the project; put it under config/",
    )


@pytest.mark.parametrize("short", ["demo", "demo.yaml"])
def test_a_config_without_its_folder_is_named_in_full(run, short):
    assert_wrong_input(run("pipeline", "--config", short), "did you mean config/demo.yaml?")


def test_a_config_that_leads_out_of_the_project_is_refused(run, tmp_path):
    link = tmp_path / "project"
    for name in ("flows", "tasks", "config"):
        (link / name).mkdir(parents=True)
    (link / "prefect.yaml").touch()
    (link / "config" / "mine.yaml").symlink_to(ROOT / "config" / "demo.yaml")

    assert_wrong_input(
        run("pipeline", "--config", "config/mine.yaml", cwd=link), "lies outside the project"
    )


@pytest.mark.parametrize(
    ("assignment", "words"),
    [
        ("train.epochs", "--set takes KEY=VALUE, such as train.epochs=3, got 'train.epochs'"),
        ("train.epochs=[", "--set train.epochs: '[' is not YAML"),
        ("train.epochs=many", "train.epochs: Input should be a valid number"),
        ("train.batch_size=010", "train.batch_size: Input should be a valid integer"),
        ("split.train=0.9", "split: train + valid + test must be 1"),
        ("train.lora.alpha=16", "alpha does not exist in mlx-lm"),
        ("train=1", "train: must be a section with keys of its own"),
        ("channel.name=../x", "channel.name: String should match pattern"),
    ],
)
def test_a_bad_override_is_named(run, assignment, words):
    assert_wrong_input(run("pipeline", "--config", "config/demo.yaml", "--set", assignment), words)


def test_all_bad_overrides_are_named_at_once(run):
    result = run(
        *("pipeline", "--config", "config/demo.yaml"),
        *("--set", "train.epochs=0", "--set", "dedup.threshold=2"),
    )

    assert_wrong_input(result, "train.epochs: ", "dedup.threshold: ")


@pytest.mark.parametrize("command", ON_A_CHANNEL)
def test_outside_a_project_the_message_says_what_to_do(run, tmp_path, command):
    files = [tmp_path / "pairs.jsonl"] if command == "import" else []
    for path in files:
        path.touch()

    assert_wrong_input(
        run(command, *files, "--config", "config/demo.yaml", cwd=tmp_path),
        "no understudy project at",
        "--root or UNDERSTUDY_ROOT",
    )


def test_a_root_that_is_no_project_is_refused(run, tmp_path):
    assert_wrong_input(
        run("--root", tmp_path, "pipeline", "--config", "config/demo.yaml"),
        "is no understudy project: it lacks prefect.yaml",
    )


def test_importing_a_file_that_is_not_there_names_it(run):
    assert_wrong_input(
        run("import", "data/no_such.jsonl", "--config", "config/demo.yaml"),
        "error: there is no file data/no_such.jsonl",
    )


def test_importing_nothing_is_refused(run):
    assert_wrong_input(run("import", "--config", "config/demo.yaml"), "Missing argument 'FILES...'")


def test_an_unknown_command_is_refused(run):
    assert_wrong_input(run("pipelin"), "No such command 'pipelin'")


def test_an_unknown_option_is_refused(run):
    assert_wrong_input(run("pipeline", "--confg", "x"), "No such option", "--config")


# --- what goes wrong inside ------------------------------------------------------------


@pytest.fixture
def failing(run, monkeypatch):
    """Run `explain` while the settings' own explanation raises this."""

    def call(error):
        def fail(_):
            raise error

        monkeypatch.setattr(explaining, "explain_settings", fail)
        return run("explain")

    return call


def test_wrong_input_found_late_has_the_same_status(failing):
    assert failing(InvalidIdError("'a b' is no video id")) == (
        2,
        "",
        "error: 'a b' is no video id\n",
    )


def test_a_failure_is_told_apart_from_wrong_input(failing):
    assert failing(BudgetError("the next call could cross 5 USD")) == (
        1,
        "",
        "error: the next call could cross 5 USD\n",
    )


def test_a_full_disk_is_no_bug_wherever_it_is_met(failing):
    status, _, err = failing(OSError(errno.ENOSPC, "No space left on device", "models/x"))

    assert status == 1
    assert "cannot write models/x: No space left on device" in err
    assert "run the same command again" in err


def test_an_interruption_says_that_nothing_finished_is_lost(failing):
    status, _, err = failing(KeyboardInterrupt())

    assert status == 130
    assert "what was finished is kept, run the same command to go on" in err


def test_a_bug_is_called_one_and_its_details_are_kept(run, monkeypatch, tmp_path):
    def fail(_):
        raise ZeroDivisionError("by hand")

    for name in ("flows", "tasks", "config"):
        (tmp_path / name).mkdir()
    (tmp_path / "prefect.yaml").touch()
    monkeypatch.setattr(explaining, "explain_settings", fail)

    status, _, err = run("explain", cwd=tmp_path)

    assert status == 70
    assert "this is a bug in understudy: ZeroDivisionError: by hand" in err
    assert "Traceback" not in err
    kept = (tmp_path / "logs" / "crash.log").read_text(encoding="utf-8")
    assert "ZeroDivisionError: by hand" in kept
    assert "in fail" in kept


SLOW = """
import signal, sys, time
from understudy.cli import explain, main as cli
signal.signal(signal.SIGINT, signal.default_int_handler)
def work(_):
    print("at work", file=sys.stderr, flush=True)
    time.sleep(60)
explain.explain_settings = work
sys.argv = ["understudy", "explain"]
cli.main()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_request_to_end_a_running_command_is_an_interruption(number):
    with subprocess.Popen(
        [sys.executable, "-c", SLOW], cwd=ROOT, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr.readline() == "at work\n"
        process.send_signal(number)
        said = process.stderr.read()

    assert process.returncode == 130
    assert "what was finished is kept" in said
    assert "Traceback" not in said


def test_a_reader_that_goes_away_is_no_bug():
    """As in `understudy explain | head -1`."""
    with subprocess.Popen(
        [Path(sys.executable).with_name("understudy"), "explain"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        process.stdout.close()
        said = process.stderr.read()

    assert said == ""


# --- as installed ----------------------------------------------------------------------


def test_the_installed_command_refuses_before_it_imports_prefect(tmp_path):
    """The whole way, in a process of its own; Python's import log shows what it cost."""
    script = Path(sys.executable).with_name("understudy")
    done = subprocess.run(
        [
            *(sys.executable, "-X", "importtime", script, "pipeline"),
            *("--config", "config/demo.yaml", "--set", "train.epoch=1"),
        ],
        cwd=ROOT / "docs" if (ROOT / "docs").is_dir() else ROOT,
        env={name: value for name, value in os.environ.items() if name != "UNDERSTUDY_ROOT"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert "did you mean train.epochs?" in done.stderr
    assert "Traceback" not in done.stderr
    assert re.search(r"\|\s+understudy\.settings\b", done.stderr)
    assert not re.search(r"\|\s+prefect\b", done.stderr)


def test_importing_a_folder_says_how_a_folder_is_used(run):
    assert_wrong_input(
        run("import", "config", "--config", "config/demo.yaml"),
        "config is a folder: name the files in it",
    )
