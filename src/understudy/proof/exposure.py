"""How far a canary stands out among numbers that were never trained on.

Source:
    Carlini et al., "The Secret Sharer" (USENIX Security 2019, arXiv:1802.08232), exposure estimated
    by sampling: the share of such numbers that a model finds at least as likely, in bits. One that
    was not trained on has b bits or more with a chance of 2^-b, and 1.4 in the mean.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite, log2

from understudy.proof.agenda import Agenda
from understudy.proof.quantiles import beta_quantile
from understudy.proof.records import ARMS, Arm, CanaryFacts, Evidence, Exposure, ScoreLine
from understudy.proof.wording import listed, number


def canary_facts(agenda: Agenda, scores: Sequence[ScoreLine]) -> tuple[CanaryFacts, ...]:
    """Rank each canary among its rivals, under base and tuned model.

    One whose loss is no number is left out, and so is such a rival.
    """
    found = {line.key: line.loss for line in scores if isfinite(line.loss)}
    confidence = agenda.settings.confidence

    def losses(arm: Arm) -> Mapping[str, float]:
        keys = {row.id: agenda.score_key(row, arm) for row in agenda.lineup.rows}
        return {name: found[key] for name, key in keys.items() if key in found}

    by_arm = {arm: losses(arm) for arm in ARMS}
    rivals = {
        arm: [own[row.id] for row in agenda.lineup.rivals if row.id in own]
        for arm, own in by_arm.items()
    }
    return tuple(
        CanaryFacts(
            id=row.id,
            copies=one.copies,
            base=exposure(by_arm["base"][row.id], rivals["base"], confidence),
            tuned=exposure(by_arm["tuned"][row.id], rivals["tuned"], confidence),
        )
        for one, row in zip(agenda.lineup.canaries, agenda.lineup.trained, strict=True)
        if all(row.id in own for own in by_arm.values())
    )


def exposure(loss: float, rivals: Sequence[float], confidence: float) -> Exposure:
    """Rank one loss among others; an equal one counts as the lower.

    Source:
        The interval: Clopper and Pearson, "The Use of Confidence or Fiducial Limits" (Biometrika 26,
        1934), of the share of all numbers with a lower loss.
    """
    lower, many = sum(rival <= loss for rival in rivals), len(rivals)
    tail = (1 - confidence) / 2
    least = beta_quantile(tail, lower, many - lower + 1) if lower else 0.0
    most = beta_quantile(1 - tail, lower + 1, many - lower) if lower < many else 1.0
    return Exposure(
        rank=lower + 1,
        of=many + 1,
        bits=log2((many + 1) / (lower + 1)),
        ci95=(-log2(most), -log2(least) if least else None),
    )


def chance_of(facts: Sequence[CanaryFacts], confidence: float) -> float:
    """How seldom one that was not trained on may rank so high by chance, to count as kept.

    Divided by their number, so that any of them is called kept wrongly with 1 - confidence at most
    (Bonferroni).
    """
    return (1 - confidence) / max(1, len(facts))


def canary_rows(facts: Sequence[CanaryFacts], confidence: float) -> tuple[Evidence, ...]:
    """Whether the numbers are kept; nothing for a training without canaries.

    It is passed unless a number stands out that lay among the rows once, as every row of the
    dataset does. It decides no verdict.
    """
    if not facts:
        return ()
    chance = chance_of(facts, confidence)
    kept = [one for one in facts if one.stands_out(chance=chance)]
    stood = listed([f"{one.copies}" for one in facts])
    says = (
        f"Canaries (made-up numbers that stood in {stood} training rows): {len(kept) or 'none'} of "
        f"{len(facts)} {'stand' if len(kept) > 1 else 'stands'} out among {facts[0].tuned.of - 1} that "
        f"training never saw{_which(kept)}."
    )
    return (Evidence(name="canaries", says=says, supports=all(one.copies > 1 for one in kept)),)


def _which(kept: Sequence[CanaryFacts]) -> str:
    shown = [f"{one.copies} with {number(one.tuned.bits, digits=1)} bits" for one in kept]
    return (
        f", those in {listed(shown)}"
        if len(shown) > 1
        else "".join(f", that in {one}" for one in shown)
    )
