"""Everything this package raises on purpose.

* UnderstudyError
  * ConfigError                     the settings are wrong; nothing has run yet
  * ProjectError                    the command does not stand in a project folder
  * SourceError                     the source did not give us what we asked for
    - InvalidIdError                an id that is none: never becomes a path or a request
    - EmptySourceError              a channel, folder or file without anything in it
    - UnknownSourceError            a channel, playlist or folder that is not there
    - SourceUnreachableError        not now: the network, or the source refuses
    - TranscriptError               one video's transcript; carries its `reason`
      - TranscriptUnavailableError  never will: remembered, not asked again
      - SourceThrottledError        not now: try again
      - SourceBlockedError          not now, for anyone: the whole stage pauses
  * TeacherError                    the teacher model did not give us what we asked for
    - TeacherSetupError             no key, unknown model, wrong address: the run stops
    - TeacherBusyError              not now: try again
    - TeacherReplyError             this item's reply is unusable; carries its `reason`
    - BudgetError                   the next call could cross the cap
  * DataError                       an artifact on disk breaks its contract
    - RowError                      one line or row does not parse
    - EmptyStageError               a stage has nothing to work on
      - EmptySplitError             the split leaves a part without data
    - WriteError                    the file system refused; the old file is whole
    - BusyError                     another process holds this channel or ledger
  * TrainingError                   the training stopped; says with what was kept
    - BaseModelError                the base cannot be used for this
  * EvaluationError                 the comparison cannot be made
  * ExportError                     the export is not the model that was trained
  * YieldError                      item by item it could go on, but should not

A bug is not in this tree: it surfaces as the built-in exception it is.

Every exception carries its own arguments (`super().__init__(*arguments)`), so
that it survives the pickling by which it crosses a process boundary.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar


class UnderstudyError(Exception):
    """What failed, on which item, why, and what to do.

    Args:
        message: One or two sentences for the person who reads them in a terminal.
    """

    retryable: ClassVar[bool] = False
    """Whether doing the same again may work. Task retries ask this and nothing else."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        """The message, with what no terminal or log takes (a lone surrogate) by its number."""
        return self.message.encode("utf-8", "backslashreplace").decode()


class ConfigError(UnderstudyError):
    """The settings are wrong; nothing has run yet."""


class ProjectError(UnderstudyError):
    """The command does not stand in a project folder."""


class SourceError(UnderstudyError):
    """The source did not give us what we asked for."""


class InvalidIdError(SourceError):
    """An id that is none. It becomes neither a path nor a request."""


class EmptySourceError(SourceError):
    """A channel, folder or file without anything in it."""


class UnknownSourceError(SourceError):
    """A channel, playlist or folder that is not there: look at `source` in the settings."""


class SourceUnreachableError(SourceError):
    """Listing did not come through: the network, or YouTube refuses for now."""

    retryable = True


class TranscriptError(SourceError):
    """One video's transcript could not be had.

    Args:
        video_id: The video.
        reason: A member of `records.TranscriptReason`.
        detail: What the source said, shortened; untrusted text.
    """

    def __init__(self, video_id: str, reason: str, detail: str = "") -> None:
        Exception.__init__(self, video_id, reason, detail)
        self.video_id = video_id
        self.reason = reason
        self.detail = detail
        self.message = f"{video_id}: {reason.replace('_', ' ')}" + (
            f" ({detail})" if detail else ""
        )


class TranscriptUnavailableError(TranscriptError):
    """Never will be there: remembered in the ledger and not asked again."""


class SourceThrottledError(TranscriptError):
    """Not now: the same request may work later."""

    retryable = True


class SourceBlockedError(TranscriptError):
    """This address is blocked: going on would burn the other videos too."""


class TeacherError(UnderstudyError):
    """The teacher model did not give us what we asked for."""


class TeacherSetupError(TeacherError):
    """No key, unknown model, wrong address, exhausted quota: nothing can work until mended."""


class TeacherBusyError(TeacherError):
    """Rate limit, overload, network: the engine's own retries are used up."""

    retryable = True


class TeacherReplyError(TeacherError):
    """One item's reply is unusable after every repair; the raw reply is in quarantine.

    Args:
        item_id: The video or question the prompt was built from.
        reason: A member of `records.DropReason`.
        excerpt: The raw reply's beginning; untrusted text.
    """

    def __init__(self, item_id: str, reason: str, excerpt: str = "") -> None:
        Exception.__init__(self, item_id, reason, excerpt)
        self.item_id = item_id
        self.reason = reason
        self.excerpt = excerpt
        shown = f": {excerpt[:80]!r}" if excerpt else ""
        self.message = f"{item_id}: the teacher's reply is unusable, {reason}{shown}"


class BudgetError(TeacherError):
    """The next call could cross `teacher.budget_usd`. Everything paid for is in the ledger."""


class DataError(UnderstudyError):
    """An artifact on disk breaks its contract."""


class RowError(DataError):
    """One line or row does not parse.

    Args:
        path: The file.
        line: Its number, from 1.
        problem: What is wrong with it, in words.
    """

    def __init__(self, path: str | Path, line: int, problem: str) -> None:
        Exception.__init__(self, str(path), line, problem)
        self.path = str(path)
        self.line = line
        self.problem = problem
        self.message = f"{path}, line {line}: {problem}"


class EmptyStageError(DataError):
    """A stage has nothing to work on."""


class EmptySplitError(EmptyStageError):
    """The split leaves a part without data; says how many videos there are and what to change."""


class WriteError(DataError):
    """The file system refused a write. What was there before is still whole.

    Args:
        path: The file that was to appear.
        problem: What the operating system said.
    """

    def __init__(self, path: str | Path, problem: str) -> None:
        Exception.__init__(self, str(path), problem)
        self.path = str(path)
        self.problem = problem
        self.message = (
            f"cannot write {path}: {problem}. Nothing was changed: free some space or fix the "
            "permissions, then run the same command again"
        )


class BusyError(DataError):
    """Another process holds this channel or ledger; the message says which."""


class TrainingError(UnderstudyError):
    """The training stopped; the message says what was kept and what to change."""


class BaseModelError(TrainingError):
    """The base model cannot be used for this: missing file, no tokenizer, no chat template."""


class EvaluationError(UnderstudyError):
    """The comparison of base and tuned model cannot be made."""


class ExportError(UnderstudyError):
    """The export would not be the model that was trained, or its target cannot take it."""


class YieldError(UnderstudyError):
    """A stage's yield fell under its floor. The message holds the table of reasons."""
