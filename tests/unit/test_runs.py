"""Runs are found by what a person calls them, listed, and compared on the same questions."""

from __future__ import annotations

import json

import pytest

from tests.support.commands import command, make_root
from tests.support.runs import make_run
from understudy.artifacts import write_json
from understudy.errors import DataError
from understudy.manifests import recipe
from understudy.nested import flattened
from understudy.runs.compare import MOST, compare
from understudy.runs.finding import all_runs, find_run
from understudy.runs.page import headline, render_comparison
from understudy.runs.reading import Point, read_run
from understudy.training.runs import new_run

FIRST = "20260101T000000Z-aaaaaaaaaaaa"
SECOND = "20260102T000000Z-bbbbbbbbbbbb"
QUESTIONS = [f"v{video}:q{number:02d}" for video in range(6) for number in range(4)]
EVEN = dict.fromkeys(QUESTIONS, 10.0)


@pytest.fixture
def root(tmp_path):
    return make_root(tmp_path)


@pytest.fixture
def pair(root):
    """Compare two runs; keywords for the second one."""

    def make(**second):
        one = make_run(root, FIRST, held_out=EVEN)
        other = make_run(root, SECOND, **({"held_out": EVEN} | second))
        return compare([read_run(one), read_run(other)])

    return make


# --- finding and reading -------------------------------------------------------------


def test_a_new_run_is_the_newest_where_the_clock_was_set_back(tmp_path):
    made_by = recipe("train", "1")
    before = tmp_path / "29991231T235959Z-0123456789ab"
    before.mkdir()

    first, second = new_run(tmp_path, made_by), new_run(tmp_path, made_by)

    assert [one.name[:16] for one in (first, second)] == ["30000101T000000Z", "30000101T000001Z"]


@pytest.mark.parametrize("name", [FIRST, "aaaa", f"models/demo/{FIRST}", f"models/demo/{FIRST}/"])
def test_a_run_is_found_by_its_id_by_a_part_of_it_and_by_its_folder(root, name):
    for run in (FIRST, SECOND):
        make_run(root, run)

    assert find_run(root, name).name == FIRST


def test_the_latest_run_is_that_of_the_newest_time(root):
    make_run(root, SECOND, channel="a")
    make_run(root, FIRST, channel="b")

    assert find_run(root, "latest").name == SECOND
    assert [one.name for one in all_runs(root, "b")] == [FIRST]


@pytest.mark.parametrize(
    ("name", "says"), [("2026", "part of 2 runs"), ("../demo", "no run"), ("zz", "no run")]
)
def test_a_name_of_no_run_or_of_several_is_refused(root, name, says):
    make_run(root, FIRST)
    make_run(root, SECOND)

    with pytest.raises(DataError, match=says):
        find_run(root, name)


def test_the_kept_validation_is_read_with_its_standard_error(root):
    facts = read_run(make_run(root, FIRST, losses=(2.0, 0.5, 0.7)))

    assert facts.best == Point(10, 0.5, 0.1)
    assert (facts.updates, facts.whole, facts.verdict) == (20, True, None)


def test_runs_with_other_data_and_equal_settings_have_one_settings_digest(root):
    one = read_run(make_run(root, FIRST))
    other = read_run(make_run(root, SECOND, dataset={"path": "data/x/dataset/ba9876543210"}))
    third = read_run(make_run(root, SECOND, hyperparameters={"learning_rate": 2e-4}))

    assert one.settings_digest == other.settings_digest != third.settings_digest


@pytest.mark.parametrize(
    "written", [{"questions": [{"id": "v:q01", "tuned": {"loss": 1.0}}]}, {"measures": [1]}]
)
def test_results_that_no_evaluation_wrote_are_refused_by_name(root, written):
    run = make_run(root, "20261122T100000Z-0123456789ab", held_out={"v:q01": 1.0})
    results = json.loads((run / "evaluation_results.json").read_text())
    write_json(run / "evaluation_results.json", results | written)

    with pytest.raises(DataError, match=f"{run.name} cannot be read"):
        read_run(run)


def test_nested_settings_become_dotted_keys():
    assert dict(flattened({"a": {"b": 1, "c": []}, "d": None}, "t")) == {
        "t.a.b": 1,
        "t.a.c": [],
        "t.d": None,
    }


# --- comparing ------------------------------------------------------------------------


def test_exactly_the_settings_that_differ_are_shown(pair):
    comparison = pair(
        hyperparameters={"lora": {"rank": 16}}, environment={"packages": {"mlx": "1"}}
    )

    assert dict(comparison.differences) == {
        "train.lora.rank": ("8", "16"),
        "environment.packages.mlx": ("0.32", "1"),
    }


def test_a_lower_loss_on_every_video_is_a_difference_with_an_interval_below_zero(pair):
    better = {key: 8.0 + int(key[1]) * 0.1 for key in QUESTIONS}

    comparison = pair(held_out=better)

    (found,) = comparison.paired
    assert found.difference.estimate == pytest.approx(-0.175)
    assert found.difference.low < found.difference.high < 0
    assert headline(comparison) == "B has the lowest held-out loss."


def test_a_difference_in_both_directions_is_called_a_tie(pair):
    mixed = {key: 10 + (-1) ** int(key[1]) + 0.01 for key in QUESTIONS}

    said = headline(pair(held_out=mixed))

    assert said == "A has the lowest held-out loss; B not told apart from it."


def test_runs_that_were_judged_on_other_rows_are_not_paired_and_that_is_said(pair):
    comparison = pair(test_digest="u" * 64)

    assert comparison.paired == ()
    assert any("different held-out rows" in note for note in comparison.notes)


def test_without_an_evaluation_the_validation_losses_decide(pair):
    comparison = pair(held_out=None, losses=(2.0, 0.5))

    assert headline(comparison) == "B has the lowest validation loss, 0.500 nats per token."


def test_losses_of_other_rows_call_no_run_best(pair):
    comparison = pair(held_out=None, losses=(2.0, 0.5), dataset="other")

    assert headline(comparison).startswith("None is called best")


@pytest.mark.parametrize("count", [1, MOST + 1])
def test_too_few_and_too_many_runs_are_refused(root, count):
    runs = [read_run(make_run(root, FIRST))] * count

    with pytest.raises(DataError, match="runs can be compared"):
        compare(runs)


def test_the_page_escapes_what_others_wrote_and_loads_nothing(pair):
    html = render_comparison(pair(hyperparameters={"system_prompt": "<script>alert(1)</script>"}))

    assert "<script" not in html
    assert "Loss &lt;per&gt; token" in html
    assert "http" not in html.replace("http-equiv", "")
    assert html.count("<polyline") == 2


def test_a_setting_of_one_run_alone_and_a_verdict_never_made_do_not_break_the_page(pair):
    comparison = pair(hyperparameters={"new": True}, held_out=None, whole=False)

    assert ("train.new", ("–", "true")) in comparison.differences
    assert "not evaluated" in render_comparison(comparison)
    assert len(comparison.notes) == 2


# --- the commands -----------------------------------------------------------------------


def test_the_list_leaves_out_what_never_began_and_says_so(root):
    make_run(root, FIRST, held_out=EVEN)
    (root / "models" / "demo" / SECOND).mkdir()

    said = command(root, "runs")

    assert said.status == 0
    assert FIRST in said.out
    assert "LEARNED" in said.out
    assert "1.000 ± 0.100" in said.out
    assert SECOND in said.err


def test_compare_writes_one_page_for_the_same_runs(root):
    make_run(root, FIRST)
    make_run(root, SECOND, hyperparameters={"learning_rate": 0.5})

    said = [command(root, "compare", "aaaa", "bbbb") for _ in range(2)]

    assert [one.status for one in said] == [0, 0]
    assert "train.learning_rate" in said[0].out
    assert "held out: tuned  [tuned minus base]" in said[0].out
    assert len(list((root / "models" / "comparisons").iterdir())) == 1


def test_a_channel_without_a_run_is_named(root):
    assert (
        "There is no run of a channel 'nowhere' yet"
        in command(root, "runs", "--channel", "nowhere").out
    )
