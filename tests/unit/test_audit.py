"""Rows judged by a model that reads the transcript: marked or dropped, paid once, quoted before."""

from __future__ import annotations

import pytest

from tests.support.openai_server import Behaviour, serve
from tests.support.rows import GOOD, row_of
from tests.support.teachers import make_settings, make_transcript, make_workspace
from understudy.artifacts import write_json
from understudy.audit import Opinion, audited_rows, to_audit
from understudy.teacher.side_jobs import ROW_AUDIT

pytestmark = pytest.mark.anyio

ROWS = [
    row_of("v1:q01"),
    row_of("v1:q02", answer=f"{GOOD}\n\nINVENTED."),
    row_of("v2:q01", answer=f"{GOOD}\n\nEVASIVE."),
    row_of("v2:q02", status="dropped", reason="empty"),
    row_of("v3:q01", answer=f"{GOOD}\n\nINVENTED."),
]
"""Of the third talk there is no transcript."""


async def judged(tmp_path, behaviour=None, times=1):
    server, runner = await serve(behaviour or Behaviour())
    try:
        settings = make_settings(server.address, {"audit": {"policy": "drop"}})
        workspace = make_workspace(tmp_path)
        for video in ("v1", "v2"):
            write_json(workspace.transcript(video), make_transcript(video))
        offered = to_audit(ROWS, {"v1", "v2"})
        offers, opinions = [], []
        for _ in range(times):
            offers.append(ROW_AUDIT.quote(settings, workspace, offered))
            async with ROW_AUDIT.open(settings, workspace) as (auditor, _):
                opinions.append(await auditor.judge(offered))
        return opinions, offers, len(server.completed)
    finally:
        await runner.cleanup()


async def test_faults_are_found_paid_once_and_as_quoted(tmp_path):
    (first, second), (offer, left), paid = await judged(tmp_path, times=2)

    assert first == second
    assert {one.id: one.faults for one in first} == {
        "v1:q01": (),
        "v1:q02": ("judged_unfaithful",),
        "v2:q01": ("judged_unanswered",),
    }
    assert (paid, offer.calls, left.calls) == (2, 2, 0)
    assert offer.cost_usd > 0 == left.cost_usd


@pytest.mark.parametrize("kind", ["missing_items", "duplicate_ids", "refusal"])
async def test_what_a_reply_leaves_out_has_no_opinion_and_no_fault(tmp_path, kind):
    (opinions,), _, _ = await judged(tmp_path, Behaviour(faults=1.0, kinds=(kind,)))

    assert {one.id for one in opinions} <= {"v1:q01", "v1:q02", "v2:q01"}
    after = list(audited_rows(ROWS, opinions, "drop"))
    assert after[0].status == "kept"


@pytest.mark.parametrize(("policy", "reason"), [("drop", "judged_unfaithful"), ("flag", None)])
def test_a_policy_drops_or_marks(policy, reason):
    opinion = Opinion(id="v1:q02", faithful=False, answers=False)

    after = list(audited_rows(ROWS, [opinion], policy))

    assert after[1].reason == reason
    assert after[1].findings == ("judged_unfaithful", "judged_unanswered")
    assert [row for row in after if row.id != "v1:q02"] == [r for r in ROWS if r.id != "v1:q02"]


def test_what_a_person_insists_on_stays():
    insisted = row_of("v1:q02", review="keep")

    [after] = audited_rows([insisted], [Opinion(id="v1:q02", faithful=False, answers=True)], "drop")

    assert (after.status, after.findings) == ("kept", ("judged_unfaithful",))
