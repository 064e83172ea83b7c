"""The real mlx_lm.server as a teacher. The sample's base is no teacher: what counts is the protocol."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from tests.support.teachers import make_settings, make_workspace, two_passes
from understudy.artifacts import read_json
from understudy.errors import TeacherSetupError
from understudy.records import Question, Transcript
from understudy.sources.folder import list_folder, read_folder_transcript
from understudy.teacher.ledger import read_entries
from understudy.teacher.opening import open_openai_teacher

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.campaign, pytest.mark.anyio, pytest.mark.timeout(300)]
