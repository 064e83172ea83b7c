"""One self-contained page that shows every row, and takes a person's marks.

No network: the page's own policy lets this one script run and nothing else. What
others wrote (titles, questions, answers) stands in the page as data; the script
puts it there as text, and answers as what `markdown.safe_html` made of them.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from heapq import nsmallest
from typing import Any

from markupsafe import Markup

from understudy.conflicts import Disagreement, disagreements
from understudy.pages import page_environment, palette, resource, source_digest
from understudy.proof.markdown import safe_html
from understudy.records import YOUTUBE_ID, Row, digest_of, watch_url
from understudy.settings import ChannelSettings
from understudy.table import Rows, is_kept

VERSION = "3"
MOST = 10_000
"""Rows that one page holds: it is a file that a browser opens whole, of 2 kB a row."""
PIECE = 250
"""Rows whose rendered answers are parsed together, when the first of them is looked at: at once
they would double the time until the first row is in sight."""
PACKAGE = "understudy.browse"


def render(rows: Rows, channel: ChannelSettings, *, linked: bool) -> str:
    """Make the page. Equal arguments give equal bytes.

    Args:
        rows: All, kept and dropped. Of more than `MOST` it shows as many, drawn by their ids'
            digests, and says so.
        linked: Whether ids that can be YouTube's are; a folder's own ids may look like them.
    """
    fates = [is_kept(row) for row in rows]
    shown = _drawn(rows, len(fates))
    style = palette() + resource(PACKAGE, "page.css")
    script = resource(PACKAGE, "marks.js") + resource(PACKAGE, "page.js")
    conflicts = list(disagreements(rows))
    data = _embedded(columns(shown, conflicts, linked=linked))
    answers = [str(safe_html(row.answer)) for row in shown]
    template = page_environment().from_string(resource(PACKAGE, "page.html.j2"))
    return template.render(
        channel=channel,
        total=len(fates),
        shown=len(shown),
        kept=sum(fates),
        conflicting=len({one.keeper for one in conflicts}),
        style=Markup(style),  # noqa: S704  (our own file)
        script=Markup(script),  # noqa: S704  (our own file)
        style_digest=source_digest(style),
        script_digest=source_digest(script),
        data=data,
        piece=PIECE,
        pieces=[_embedded(answers[at : at + PIECE]) for at in range(0, len(answers), PIECE)],
        name=f"{channel.name}-{digest_of(data)[:12]}",
    )


def columns(
    rows: Sequence[Row], conflicts: Iterable[Disagreement], *, linked: bool
) -> dict[str, Any]:
    """Put rows as the script reads them: one list per field, videos once."""
    against: defaultdict[str, list[tuple[str, tuple[str, ...]]]] = defaultdict(list)
    for one in conflicts:
        against[one.id].append((one.keeper, one.how))
        against[one.keeper].append((one.id, one.how))
    titles = {row.video_id: row.video_title for row in sorted(rows, key=_titled)}
    videos = sorted(titles)
    number = {video: index for index, video in enumerate(videos)}
    return {
        "videos": [
            {"id": one, "title": titles[one], "url": _url(one) if linked else None}
            for one in videos
        ],
        "video": [number[row.video_id] for row in rows],
        "digest": [row.digest for row in rows],
        "conflicts": [against.get(row.id, []) for row in rows],
        **{name: [getattr(row, name) for row in rows] for name in _SHOWN},
    }


_SHOWN = (
    "id", "source_id", "kind", "question", "answer", "tags", "quote", "evidence_start",
    "generator", "reason", "cluster", "part", "findings", "foreign_terms", "review",
)  # fmt: skip


def _url(video_id: str) -> str | None:
    return watch_url(video_id) if YOUTUBE_ID.fullmatch(video_id) else None


def _titled(row: Row) -> tuple[bool, str]:
    """What a pass refused knows no title: its video's other rows come last, and win."""
    return bool(row.video_title), row.id


def _drawn(rows: Rows, total: int) -> list[Row]:
    if total <= MOST:
        return list(rows)
    chosen = set(nsmallest(MOST, (digest_of(row.id) for row in rows)))
    return [row for row in rows if digest_of(row.id) in chosen]


def _embedded(value: Any) -> Markup:
    """JSON that cannot end the element it stands in."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c"))  # noqa: S704  (no tag can begin in it)
