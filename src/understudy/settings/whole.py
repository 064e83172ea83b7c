"""Everything one YAML holds."""

from __future__ import annotations

from typing import Literal

from understudy.settings.model import EvaluateSettings, TrainSettings
from understudy.settings.rows import (
    AuditSettings,
    AugmentSettings,
    DatasetSettings,
    DedupSettings,
    FilterSettings,
    SplitSettings,
)
from understudy.settings.section import Positive, Section, Share
from understudy.settings.source import (
    ChannelSettings,
    SourceSettings,
    TranscriptSettings,
)
from understudy.settings.teaching import AnswerSettings, QuestionSettings, TeacherSettings
from understudy.settings.watch import WatchSettings


class ScalingSettings(Section):
    """Where work that can be divided runs. Results are the same everywhere."""

    runner: Literal["threads", "dask", "ray"]
    """`threads` stays in the run's own process; `dask` and `ray` start workers for the search, for local
    transcripts and for the offline teacher, which pays from some 50,000 questions or some hundred
    talks on. They are extras: `pip install 'understudy[dask]'`."""
    workers: Positive | None
    """Processes of `dask` or `ray`; null for one per core."""


class FloorSettings(Section):
    """Least share of requested items a stage must produce, or the flow ends Failed."""

    transcripts: Share
    """Of the videos in scope."""
    questions: Share
    """Of the questions that the talks deserve."""
    answers: Share
    """Of the questions that were asked."""
    dataset: Share
    """Of the rows and variants that there were."""


class Settings(Section):
    """Everything that can be set for one channel."""

    channel: ChannelSettings
    source: SourceSettings
    transcripts: TranscriptSettings
    teacher: TeacherSettings
    questions: QuestionSettings
    answers: AnswerSettings
    dedup: DedupSettings
    filter: FilterSettings
    audit: AuditSettings
    split: SplitSettings
    augment: AugmentSettings
    dataset: DatasetSettings
    train: TrainSettings
    evaluate: EvaluateSettings
    watch: WatchSettings
    scaling: ScalingSettings
    floors: FloorSettings
