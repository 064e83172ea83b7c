"""The leak of a random row split and of ours, on the real pairs or on generated ones."""

from __future__ import annotations

from frame import ROOT, report
from questions import built_in

from tests.support.rows import answer_of, dedup_settings, real_answers, split_settings
from understudy.dedup import deduplicate_rows
from understudy.leak import leak_report
from understudy.quality import defects
from understudy.records import Answer
from understudy.rows import rows_of
from understudy.split import split_rows_by_video

REAL = ROOT.parent / "shared" / "data" / "fung_qa.jsonl"


def main() -> None:
    rows = rows_of(real_answers(REAL) if REAL.exists() else generated())
    cleaned = deduplicate_rows(rows, dedup_settings(), defects=defects)
    settings = split_settings(salt="2025-11")
    split, _ = split_rows_by_video(cleaned.rows, settings)
    leak = leak_report(split, settings)
    report(
        "leak",
        {
            "rows_sharing_video_before": leak.before.rows_sharing_video,
            "rows_sharing_video_after": leak.after.rows_sharing_video,
            "rows_near_duplicate_before": leak.before.rows_near_duplicate,
            "rows_near_duplicate_after": leak.after.rows_near_duplicate,
            "rows_sharing_8gram_before": leak.before.rows_sharing_8gram,
            "rows_sharing_8gram_after": leak.after.rows_sharing_8gram,
            "held_out_before": leak.before.held_out_rows,
            "held_out_after": leak.after.held_out_rows,
            "purged_share": leak.purged_share,
            "threshold": leak.threshold,
        },
    )


def generated() -> list[Answer]:
    """Ten questions a video, neighbours in the built-in list in different videos."""
    questions = built_in()
    return [
        answer_of(
            f"v{number % 50:02d}:q{number // 50:02d}",
            question=question,
            answer=f"**It depends on the year.** Answer {number} to it.",
        )
        for number, question in enumerate(questions)
    ]


if __name__ == "__main__":
    main()
