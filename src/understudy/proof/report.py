"""One self-contained page that says in words whether it worked, and shows why.

No network, no script, no font from elsewhere: the page's own policy forbids it,
and everything untrusted (titles, questions, answers) is escaped or goes through
`markdown.safe_html`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from understudy.accounting import Account
from understudy.pages import page_environment, palette, resource, source_digest
from understudy.proof import figures
from understudy.proof.exposure import chance_of
from understudy.proof.markdown import safe_html
from understudy.proof.measures.form import FORM_MARKS
from understudy.proof.records import Measure, QuestionFacts, Results
from understudy.proof.texts import words_of
from understudy.proof.wording import figure, interval, number, open_ended, signed
from understudy.records import Record

VERSION = "8"
EXAMPLES = 8
PACKAGE = "understudy.proof"


class PartCount(Record):
    """Size of one part of the dataset."""

    part: str
    rows: int
    videos: int


class Context(Record):
    """What the page shows beside the results."""

    speaker: str
    subject: str
    base: str
    """As the settings name it."""
    timestamp: str
    """When the training ended, as the run's metadata says it; "" where it does not."""
    parts: tuple[PartCount, ...] = ()
    accounts: tuple[Account, ...] = ()
    """Of the stages before the training, in order."""
    dropped: Mapping[str, int] = {}
    """Rows of the dataset's table that are not in it, by reason."""
    dataset: tuple[tuple[str, str], ...] = ()
    """What the dataset is made of, name and value."""
    cautions: tuple[str, ...] = ()
    """What the dataset's split cannot show, whatever the figures say."""
    costs: tuple[tuple[str, str], ...] = ()
    """What it cost, name and figure."""
    metrics: Mapping[str, Any] | None = None
    training: Mapping[str, str] = {}
    """Effective settings of the training, flattened."""
    commit: str | None = None
    commands: tuple[str, ...] = ()
    """What repeats this run, in order."""


def headline(results: Mapping[str, Any]) -> str:
    """One line for a terminal: the verdict and its sentence.

    Args:
        results: The content of `evaluation_results.json`.
    """
    return f"{results['verdict']}: {results['headline']}"


def render(results: Results, context: Context) -> str:
    """Make the page. Equal arguments give equal bytes."""
    return page(
        resource(PACKAGE, "report.html.j2"),
        r=results,
        c=context,
        curve=_curve(results, context.metrics),
        lengths=_lengths(results.questions),
        forms=_forms(results.measures),
        examples=examples(results.questions),
        general=_general(results.general),
        chance=chance_of(results.canaries, float(str(results.settings["confidence"]))),
        short={"prompted": "Prompt", "examples": "Examples"},
        shown_settings=sorted(context.training.items()),
    )


def page(template: str, more_style: str = "", **values: Any) -> str:
    """Fill in a page of figures in the report's style; it lets in nothing but that style.

    Args:
        template: Gets `style` and `style_digest` for its policy beside the values.
        more_style: Put after the report's own.
    """
    style = palette() + resource(PACKAGE, "report.css") + more_style
    environment = page_environment()
    filters: dict[str, Any] = environment.filters  # its own type is narrower than what it takes
    filters |= {
        "number": number,
        "signed": signed,
        "interval": interval,
        "figure": figure,
        "open_ended": open_ended,
        "markdown": safe_html,
        "forest": figures.forest,
        "brief": brief,
        "setting": setting,
        "clock": clock,
    }
    return environment.from_string(template).render(
        style=Markup(style),  # noqa: S704  (our own file)
        style_digest=source_digest(style),
        **values,
    )


def examples(questions: Sequence[QuestionFacts]) -> list[tuple[str, QuestionFacts]]:
    """Choose what is shown, by a rule that cannot flatter.

    The first answered question of each video, then the ones with the largest gain and the
    largest loss of loss, each with the words that say why it is there.
    """
    answered = [one for one in questions if one.generated]
    if not answered:
        return []
    first = {one.video_id: one for one in reversed(answered)}
    ordered = [one for one in answered if first[one.video_id] is one][: EXAMPLES - 2]
    chosen = [("First question of its video", one) for one in ordered]
    extremes = (
        ("Largest gain", min(answered, key=_gain)),
        ("Largest loss", max(answered, key=_gain)),
    )
    shown = {one.id for one in ordered}
    for why, one in extremes:
        if one.id not in shown:
            chosen.append((why, one))
            shown.add(one.id)
    return chosen


def _general(questions: Sequence[QuestionFacts]) -> list[QuestionFacts]:
    """The first answered question of each kind."""
    first = {one.video_id: one for one in reversed(questions) if one.generated}
    return list(reversed(first.values()))


def brief(text: str | None, *, most: int = 160) -> str:
    """The beginning of an answer on one line; a dash where there is none."""
    line = " ".join((text or "").split())
    return (line if len(line) <= most else f"{line[: most - 1].rstrip()}…") or "–"


def clock(seconds: float) -> str:
    """A place in a video as a player shows it: `1:02:03` or `2:03`."""
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02d}:{second:02d}" if hours else f"{minute}:{second:02d}"


def setting(value: Any) -> str:
    """A setting's value as a person reads it."""
    if value is None:
        return "–"
    return ", ".join(value) or "none" if isinstance(value, (list, tuple)) else str(value)


def _gain(one: QuestionFacts) -> float:
    return (one.tuned.loss - one.base.loss) / one.base.tokens


def _curve(results: Results, metrics: Mapping[str, Any] | None) -> Markup:
    if not metrics or results.curve is None:
        return Markup("")

    def series(name: str) -> list[tuple[float, float]]:
        pairs = zip(metrics["iterations"], metrics.get(name) or [], strict=False)
        return [(float(at), float(value)) for at, value in pairs if value is not None]

    best = results.curve.val_best_at
    return figures.loss_curve(series("train_loss"), series("val_loss"), best)


def _lengths(questions: Sequence[QuestionFacts]) -> Markup:
    answered = [one for one in questions if one.generated]
    return figures.lengths(
        [len(words_of(one.base.text or "")) for one in answered],
        [len(words_of(one.tuned.text or "")) for one in answered],
        [len(words_of(one.reference)) for one in answered],
    )


def _forms(measures: Mapping[str, Measure]) -> Markup:
    rows = [
        (mark, measures[f"form_{mark}"].base, measures[f"form_{mark}"].tuned, reference)
        for mark in FORM_MARKS
        if f"form_{mark}" in measures
        and (reference := measures[f"form_{mark}"].reference) is not None
    ]
    return figures.form_shares(rows) if rows else Markup("")


# --- the same in small, for the Prefect UI --------------------------------------


def markdown_summary(results: Results) -> str:
    """The verdict, what to do, the five answers and the reasons. Holds no untrusted text.

    Lists, for Prefect's page wraps no cell of a table.
    """
    answers = "\n".join(
        f"- {one.question} **{one.answer}.** {one.because}" for one in results.answers
    )
    reasons = "\n".join(f"- {row.says}" for row in results.reasons)
    return (
        f"# {results.verdict}\n\n{results.headline}\n\n**What to do next.** {results.next_action}"
        f"\n\n## The five questions\n\n{answers}\n\n## Why\n\n{reasons}\n\n"
        f"The whole report: `report.html` in the folder of run `{results.run}`.\n"
    )


def measure_rows(results: Results) -> list[dict[str, Any]]:
    """Rows of a table artifact, figures as the page shows them."""
    return [
        {
            "measure": one.title,
            "base": figure(one.base, one.unit),
            "tuned": figure(one.tuned, one.unit),
            "difference (95 %)": f"{signed(one)} {interval(one)}",
            "trivial": "–" if one.baseline is None else figure(one.baseline, one.unit),
            "references": "–" if one.reference is None else figure(one.reference, one.unit),
        }
        for one in results.measures.values()
    ]
