"""How a talk with the model goes on after a reply that cannot be used as it is."""

from __future__ import annotations

from understudy.records import DropReason
from understudy.teacher.calling.calls import Call, Reply, Turn


class InvalidReplyError(ValueError):
    """A reply that does not hold what was asked for; goes back to the model.

    Args:
        reason: For the account, should no repair help.
        problem: For the model.
    """

    def __init__(self, reason: DropReason, problem: str) -> None:
        super().__init__(reason, problem)
        self.reason: DropReason = reason
        self.problem = problem


def final_reason(reply: Reply) -> DropReason | None:
    """Why no further attempt at this call makes sense, or None."""
    if reply.refusal:
        return "refusal"
    if reply.finish_reason == "content_filter":
        return "content_filter"
    return "length" if reply.finish_reason == "length" else None


def expected_tokens(call: Call) -> float:
    """Of one call, prompt and reply, for the pace; corrected once the server has counted."""
    return call.prompt_chars / 4


def with_room(call: Call) -> Call:
    """The call with twice the room for its reply."""
    return call.model_copy(update={"max_tokens": call.max_tokens * 2})


def repaired(original: Call, reply: Reply, problem: str, number: int) -> Call:
    """The call once more, with the reply and what is wrong with it."""
    told = (
        f"That reply cannot be used (attempt {number}): {problem}. Send the whole JSON object "
        "again, corrected, and nothing else."
    )
    said = Turn(role="assistant", text=reply.text or "(empty reply)")
    turns = (*original.turns, said, Turn(role="user", text=told))
    return original.model_copy(update={"turns": turns})
