"""`loss_curve.png`: training and validation loss over the updates."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

from understudy.training.metrics import Metrics

_INK, _TRAIN, _VALID, _RATE = "#1f2933", "#8fa3b8", "#b3461f", "#4a6fa5"


def loss_curve(lines: Sequence[Metrics], *, title: str, best: int | None) -> bytes:
    """Draw the curve as a PNG on white.

    Args:
        best: The update whose adapter was kept, marked in the plot.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 5.4), dpi=120, facecolor="white", layout="constrained")
    FigureCanvasAgg(figure)
    losses, rates = figure.subplots(2, 1, sharex=True, height_ratios=[4, 1])
    _draw_losses(losses, lines, best)
    _draw_rates(rates, lines)
    figure.suptitle(title.replace("$", r"\$"), color=_INK, fontsize=12, x=0.02, ha="left")
    for axes in (losses, rates):
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(visible=True, axis="y", color="#e4e8ec", linewidth=0.8)
        axes.tick_params(colors=_INK, labelsize=9)
        axes.set_axisbelow(True)
    out = BytesIO()
    figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()


def _draw_losses(axes: Any, lines: Sequence[Metrics], best: int | None) -> None:
    train = [(one.iteration, one.train_loss) for one in lines if one.train_loss is not None]
    valid = [one for one in lines if one.val_loss is not None]
    if train:
        axes.plot(*zip(*train, strict=True), color=_TRAIN, linewidth=1.4, label="training")
    if valid:
        x = [one.iteration for one in valid]
        y = [one.val_loss or 0.0 for one in valid]
        half = [1.96 * (one.val_loss_se or 0.0) for one in valid]
        low = [v - h for v, h in zip(y, half, strict=True)]
        high = [v + h for v, h in zip(y, half, strict=True)]
        axes.fill_between(x, low, high, color=_VALID, alpha=0.15, linewidth=0)
        axes.plot(x, y, color=_VALID, marker="o", markersize=4, label="validation, 95% interval")
    kept = next((one for one in valid if one.iteration == best), None)
    if kept is not None and kept.val_loss is not None:
        axes.plot(
            [kept.iteration],
            [kept.val_loss],
            marker="o",
            markersize=11,
            markerfacecolor="none",
            markeredgecolor=_INK,
            linestyle="none",
            label=f"kept: update {kept.iteration}, {kept.val_loss:.3f}",
        )
    axes.set_ylabel("loss, nats per token", color=_INK)
    axes.set_ylim(bottom=0)
    if train or valid:
        axes.legend(frameon=False, fontsize=9)


def _draw_rates(axes: Any, lines: Sequence[Metrics]) -> None:
    rates = [(one.iteration, one.learning_rate) for one in lines if one.learning_rate is not None]
    if rates:
        axes.plot(*zip(*rates, strict=True), color=_RATE, linewidth=1.4)
    axes.set_ylabel("learning\nrate", color=_INK, fontsize=9)
    axes.set_ylim(bottom=0)
    axes.ticklabel_format(axis="y", style="sci", scilimits=(0, 0))
    axes.yaxis.get_offset_text().set_fontsize(8)
    axes.set_xlabel("updates", color=_INK)
