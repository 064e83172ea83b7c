"""On PYTHONPATH, it stands in for YouTube in a command's own process: a channel without videos."""

from yt_dlp import YoutubeDL

from tests.support.fake_channel import FakeChannel

YoutubeDL.urlopen = FakeChannel([]).urlopen
