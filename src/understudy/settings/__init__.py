"""The whole configuration as types, one section per stage; reading and overriding in `loading`.

There is no default here: a channel's YAML is complete, so that all numbers of a
run are visible in one place and there is one copy of each. The sentence under a
field is its help text in `understudy explain`, in docs and in the Prefect form.
"""

from understudy.settings.explaining import Setting, explain
from understudy.settings.loading import (
    Overrides,
    channel_files,
    load_settings,
    override,
    parse_assignments,
    settings_from,
)
from understudy.settings.model import EvaluateSettings, LoraSettings, Prompting, TrainSettings
from understudy.settings.rows import (
    AuditSettings,
    AugmentSettings,
    DatasetSettings,
    DedupSettings,
    FilterSettings,
    SplitSettings,
)
from understudy.settings.section import Policy, Section
from understudy.settings.source import (
    BreakerSettings,
    ChannelSettings,
    ProxySettings,
    SourceSettings,
    TranscriptSettings,
)
from understudy.settings.teaching import (
    AnswerSettings,
    BatchSettings,
    QuestionSettings,
    TeacherSettings,
)
from understudy.settings.watch import WatchSettings
from understudy.settings.whole import FloorSettings, ScalingSettings, Settings

__all__ = [
    "AnswerSettings",
    "AuditSettings",
    "AugmentSettings",
    "BatchSettings",
    "BreakerSettings",
    "ChannelSettings",
    "DatasetSettings",
    "DedupSettings",
    "EvaluateSettings",
    "FilterSettings",
    "FloorSettings",
    "LoraSettings",
    "Overrides",
    "Policy",
    "Prompting",
    "ProxySettings",
    "QuestionSettings",
    "ScalingSettings",
    "Section",
    "Setting",
    "Settings",
    "SourceSettings",
    "SplitSettings",
    "TeacherSettings",
    "TrainSettings",
    "TranscriptSettings",
    "WatchSettings",
    "channel_files",
    "explain",
    "load_settings",
    "override",
    "parse_assignments",
    "settings_from",
]
