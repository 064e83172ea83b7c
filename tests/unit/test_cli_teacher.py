"""What the teacher will cost and did cost, as a user asks for it."""

from __future__ import annotations

import asyncio
import csv
import json
import os
import re
import socket
import subprocess
import sys

import pyarrow.parquet as pq
import pytest

from tests.support.commands import command, make_root, shelve
from tests.support.openai_server import Behaviour, serve
from tests.support.teachers import make_transcript, teaching
from understudy.teacher.money.ledger import Ledger, read_entries
from understudy.workspace import Workspace

PAID = ("--set", "teacher.kind=openai", "--set", "teacher.model=gpt-5-mini")


@pytest.fixture
def root(tmp_path):
    return make_root(tmp_path)


def quote(root, *more):
    return command(root, "quote", "--config", "config/demo.yaml", *more)


def line_of(text, name):
    """The cells of the table's line that begins with this name."""
    found = next(line for line in text.splitlines() if line.split()[:1] == [name])
    return re.split(r"\s{2,}", found.strip())


# --- quote -----------------------------------------------------------------------------


def test_without_transcripts_it_says_how_to_get_them(root):
    said = quote(root, *PAID)

    assert (said.status, said.out) == (1, "")
    assert "no transcript yet" in said.err
    assert "`understudy collect --config config/demo.yaml`" in said.err


def test_the_offline_teacher_costs_nothing(root):
    shelve(root, [make_transcript("talk1")])

    said = quote(root)

    assert said.status == 0
    assert said.out.startswith("The offline teacher costs nothing: it reads 1 talk on this machine")


def test_both_passes_stand_with_calls_tokens_and_both_prices(root):
    shelve(root, [make_transcript(f"talk{n}", words=3000) for n in range(4)])

    said = quote(root, *PAID)

    questions, answers, both = (line_of(said.out, one) for one in ("questions", "answers", "both"))
    assert (said.status, said.err) == (0, "")
    assert [cells[1] for cells in (questions, answers, both)] == ["4", "4", "8"]
    for column in (2, 4):
        parts = [int(cells[column].replace(",", "")) for cells in (questions, answers, both)]
        assert parts[0] + parts[1] == parts[2] > 1000
    for column in (5, 6):
        parts = [float(cells[column].lstrip("$")) for cells in (questions, answers, both)]
        assert parts[0] + parts[1] == pytest.approx(parts[2], abs=2e-4)
        assert parts[2] > 0
    assert questions[3] == "0 %"
    assert int(answers[3].removesuffix(" %")) > 70
    assert "Prices of 2026-" in said.out
    assert re.search(r"Prompt caching should serve [34]\d% of the live input tokens", said.out)


def test_variants_by_the_teacher_are_quoted_too_at_their_own_models_price(root):
    shelve(root, [make_transcript(f"talk{n}", words=3000) for n in range(4)])
    by_teacher = ("augment.by=teacher", "augment.model=gpt-6-luna", "augment.long_answers=0.5")

    plain = quote(root, *PAID)
    said = quote(root, *PAID, *(part for one in by_teacher for part in ("--set", one)))

    passes = [line_of(said.out, one) for one in ("questions", "answers", "augment", "all")]
    assert [cells[1] for cells in passes[:2]] == ["4", "4"]
    assert 2 <= int(passes[2][1]) <= 8
    costs = [float(cells[5].lstrip("$")) for cells in passes]
    assert sum(costs[:3]) == pytest.approx(costs[3], abs=2e-4)
    assert costs[2] > 0
    assert "What stands under augment is by gpt-6-luna." in said.out
    assert "augment" not in plain.out


def test_a_model_that_is_going_away_is_said_with_its_day_and_its_successor(root):
    shelve(root, [make_transcript()])

    said = quote(root, *PAID, "--set", "teacher.model=gpt-5-mini")

    assert re.search(
        r"^gpt-5-mini (shuts|was shut) down on 2026-12-11.*: set teacher.model to gpt-6.1-terra\.$",
        said.out,
        re.MULTILINE,
    )


@pytest.mark.parametrize(("mode", "verdict"), [("live", "too little"), ("batch", "enough")])
def test_the_mode_is_said_and_the_budget_held_against_its_price(root, mode, verdict):
    shelve(root, [make_transcript(words=3000)])
    model = ("--set", "teacher.model=gpt-5-mini", "--set", f"teacher.mode={mode}")
    cells = line_of(quote(root, *PAID, *model).out, "both")
    live, batch = (float(cell.lstrip("$")) for cell in cells[5:7])
    cap = round((live + batch) / 2, 4)

    said = quote(root, *PAID, *model, "--set", f"teacher.budget_usd={cap}")

    assert f"teacher.mode: {mode})" in said.out
    assert f"spent on this channel: {verdict}" in said.out


def test_short_talks_are_told_that_no_cache_holds_them(root):
    shelve(root, [make_transcript(words=50)])

    assert "should save nothing: it begins at 1,024" in quote(root, *PAID).out


def test_a_model_without_a_price_says_where_to_put_one(root):
    shelve(root, [make_transcript()])

    said = quote(root, *PAID, "--set", "teacher.model=llama3.2")

    assert said.status == 0
    assert line_of(said.out, "both")[5:] == ["–", "–"]
    assert "No price for 'llama3.2': put one into config/prices.yaml under models" in said.out


def test_a_price_that_is_put_there_as_said_is_taken(root):
    shelve(root, [make_transcript()])
    told = quote(root, *PAID, "--set", "teacher.model=llama3.2").out
    line = re.search(r"^  (llama3.2: {.*?})", told, re.MULTILINE).group(1)
    with (root / "config" / "prices.yaml").open("a", encoding="utf-8") as prices:
        prices.write(f"  {line}\n")

    said = quote(root, *PAID, "--set", "teacher.model=llama3.2")

    assert "No price" not in said.out
    assert line_of(said.out, "both")[5].startswith("$")


@pytest.mark.parametrize(("budget", "verdict"), [("0.001", "too little"), ("50", "enough")])
def test_the_budget_is_held_against_the_quote(root, budget, verdict):
    shelve(root, [make_transcript(words=3000)])

    said = quote(root, *PAID, "--set", f"teacher.budget_usd={budget}")

    assert re.search(rf"Budget \$.*spent on this channel: {verdict}", said.out)


def test_a_quote_opens_no_connection_and_needs_no_key(root, monkeypatch):
    shelve(root, [make_transcript()])
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)

    def refuse(*_):
        raise AssertionError("a quote must not touch the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)

    assert quote(root, *PAID).status == 0


def test_a_quote_imports_no_prefect(root):
    shelve(root, [make_transcript()])

    done = subprocess.run(
        [
            *(sys.executable, "-X", "importtime", "-m", "understudy", "--root", root),
            *("quote", "--config", "config/demo.yaml", *PAID),
        ],
        cwd=root,
        env=os.environ,
        capture_output=True,
        text=True,
        check=True,
    )

    assert "both" in done.stdout
    assert not re.search(r"\|\s+(prefect|mlx)\b", done.stderr)


# --- ledger ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bought(tmp_path_factory):
    """A project in which two models were asked about two talks each, by the real engine."""
    root = make_root(tmp_path_factory.mktemp("bought"))

    async def buy():
        server, runner = await serve(Behaviour())
        for model in ("gpt-5-mini", "gpt-6.1-terra"):
            async with teaching(root, server, teacher={"model": model}) as one:
                for number in range(2):
                    await one.teacher.write_questions(make_transcript(f"talk{number}"), count=3)
        await runner.cleanup()

    asyncio.run(buy())
    return root


@pytest.fixture
def ledger(bought, tmp_path):
    """A copy that a test may change."""
    root = make_root(tmp_path)
    path = Workspace(root, "demo").ledger
    path.parent.mkdir()
    path.write_bytes(Workspace(bought, "demo").ledger.read_bytes())
    return root


def entries(root):
    return list(read_entries(Workspace(root, "demo").ledger))


def test_an_empty_ledger_is_called_empty(root):
    assert (
        command(root, "ledger", "show").out
        == "No call has been paid for yet: the ledger is empty.\n"
    )


def test_the_sums_are_those_of_the_entries(bought):
    said = command(bought, "ledger", "show", "--by", "model")

    mini, whole = line_of(said.out, "gpt-5-mini"), line_of(said.out, "all")
    own = [one for one in entries(bought) if one.model == "gpt-5-mini"]
    assert mini[1:3] == [str(len(own)), f"{sum(one.usage.prompt for one in own):,}"]
    assert float(whole[5].lstrip("$")) == pytest.approx(
        sum(one.cost_usd for one in entries(bought)), abs=1e-4
    )
    assert whole[1] == str(len(entries(bought)))


def test_aspects_can_be_crossed(bought):
    said = command(bought, "ledger", "show", "--by", "pass", "--by", "model", "--by", "day")

    assert said.out.split()[:3] == ["pass", "model", "day"]
    day = entries(bought)[0].at[:10]
    assert len(re.findall(rf"questions +gpt-\S+ +{day}", said.out)) == 2


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize("replies", [False, True])
def test_an_export_holds_every_call(bought, tmp_path, suffix, replies):
    path = tmp_path / f"calls.{suffix}"

    said = command(bought, "ledger", "export", path, *(["--replies"] if replies else []))

    rows = {
        "csv": lambda: list(csv.DictReader(path.open(encoding="utf-8", newline=""))),
        "jsonl": lambda: [json.loads(line) for line in path.read_text("utf-8").splitlines()],
        "parquet": lambda: pq.read_table(path).to_pylist(),
    }[suffix]()
    assert said.out == f"{len(rows)} calls written to {path}\n"
    for row, entry in zip(rows, entries(bought), strict=True):
        assert row["digest"] == entry.digest
        assert int(row["prompt_tokens"]) == entry.usage.prompt
        assert float(row["cost_usd"]) == entry.cost_usd
        assert row.get("reply") == (entry.body if replies else None)


def test_an_export_in_no_known_format_is_refused(bought, tmp_path):
    said = command(bought, "ledger", "export", tmp_path / "calls.xlsx")

    assert said.status == 2
    assert "calls.xlsx: the ledger can be exported as .csv, .parquet, .jsonl" in said.err


def test_an_export_onto_the_ledger_itself_is_refused(ledger):
    before = entries(ledger)

    said = command(ledger, "ledger", "export", Workspace(ledger, "demo").ledger)

    assert (said.status, "is the ledger itself" in said.err) == (2, True)
    assert entries(ledger) == before


def test_pruning_keeps_what_was_named(ledger):
    before = entries(ledger)

    said = command(ledger, "ledger", "prune", "--keep", "model=gpt-6.1-terra", "--yes")

    gone = [one for one in before if one.model == "gpt-5-mini"]
    assert said.status == 0
    assert said.out.endswith(f"{len(gone)} calls taken out\n")
    assert entries(ledger) == [one for one in before if one.model == "gpt-6.1-terra"]


def test_several_conditions_of_one_aspect_are_alternatives_and_aspects_add_up(ledger):
    before = entries(ledger)
    models = ("--keep", "model=gpt-6.1-terra", "--keep", "model=gpt-5-mini")

    every = command(ledger, "ledger", "prune", *models, "--yes")
    none = command(ledger, "ledger", "prune", *models, "--keep", "channel=other", "--yes")

    assert every.out == "Nothing to take out: every call meets the conditions.\n"
    assert f"{len(before)} of {len(before)} calls would go" in none.out
    assert entries(ledger) == []


def test_a_day_divides_the_ledger(ledger):
    day = max(one.at[:10] for one in entries(ledger))

    kept = command(ledger, "ledger", "prune", "--keep", f"since={day}", "--yes")
    emptied = command(ledger, "ledger", "prune", "--keep", "since=2999-01-01", "--yes")

    assert "Nothing to take out" in kept.out
    assert "taken out" in emptied.out


def test_without_a_yes_nothing_is_pruned(ledger):
    before = Workspace(ledger, "demo").ledger.read_bytes()

    said = command(ledger, "ledger", "prune", "--keep", "channel=other", typed="n\n")

    assert said.status == 0
    assert "would be paid for again" in said.out
    assert said.out.endswith("Nothing was changed.\n")
    assert Workspace(ledger, "demo").ledger.read_bytes() == before


@pytest.mark.parametrize("condition", ["model", "modell=x", "since=yesterday", "channel="])
def test_a_condition_that_means_nothing_is_refused(ledger, condition):
    said = command(ledger, "ledger", "prune", "--keep", condition, "--yes")

    assert said.status == 2
    assert "since=2026-11-01" in said.err or "write it like 2026-11-01" in said.err


def test_a_ledger_in_use_is_left_alone_and_its_holder_named(ledger):
    before = entries(ledger)

    with Ledger(Workspace(ledger, "demo").ledger):
        said = command(ledger, "ledger", "prune", "--keep", "channel=other", "--yes")

    assert said.status == 1
    assert f"in use by process {os.getpid()}" in said.err
    assert entries(ledger) == before
