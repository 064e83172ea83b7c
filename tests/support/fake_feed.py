"""A channel's Atom feed on loopback, as YouTube writes it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class FakeFeed:
    """What it shows, newest first, and how often it was asked."""

    address: str = ""
    videos: list[tuple[str, str]] = field(default_factory=list)
    """Id and title."""
    status: int = 200
    asked: int = 0


@contextmanager
def serving_feed(*videos: str) -> Iterator[FakeFeed]:
    """Serve until the block ends."""
    feed = FakeFeed(videos=[(one, f"Talk {one}") for one in videos])

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            feed.asked += 1
            body = atom(feed.videos)
            self.send_response(feed.status)
            self.send_header("Content-Type", "text/xml; charset=UTF-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    feed.address = f"http://127.0.0.1:{server.server_port}/feeds/videos.xml"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield feed
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def atom(videos: list[tuple[str, str]]) -> bytes:
    entries = "".join(
        f"""
 <entry>
  <id>yt:video:{video_id}</id>
  <yt:videoId>{escape(video_id)}</yt:videoId>
  <title>{escape(title)}</title>
  <link rel="alternate" href="https://www.youtube.com/watch?v={escape(video_id)}"/>
  <published>2026-11-2{number % 10}T09:00:11+00:00</published>
  <media:group><media:title>{escape(title)}</media:title></media:group>
 </entry>"""
        for number, (video_id, title) in enumerate(videos)
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns:yt="http://www.youtube.com/xml/schemas/2015" xmlns:media="http://search.yahoo.com/mrss/"
 xmlns="http://www.w3.org/2005/Atom">
 <id>yt:channel:aaaa</id><yt:channelId>aaaa</yt:channelId><title>Talks</title>
 <published>2010-01-01T00:00:00+00:00</published>{entries}
</feed>""".encode()
