"""What a training costs and what it saves: abilities that were lost, and prompts that do as well."""

from __future__ import annotations

from collections.abc import Iterator

from understudy.proof.reasons import Case
from understudy.proof.records import ARM_NAMES, Evidence, Measure
from understudy.proof.wording import number
from understudy.settings import Prompting

# --- forgetting ---------------------------------------------------------------


def forgot(case: Case) -> bool:
    """Whether general ability was lost, beyond chance and beyond what is tolerated.

    A base that foresees general answers worse than token frequencies has none to lose.
    """
    one = case.measures.get("general_loss")
    if one is None or not _able(one) or one.diff <= case.limits.forgetting:
        return False
    return one.ci95 is not None and one.ci95[0] > 0


def forgetting_rows(case: Case) -> tuple[Evidence, ...]:
    """What became of general ability; nothing where it was not measured."""
    one = case.measures.get("general_loss")
    if one is None:
        return ()
    if not _able(one):
        says = (
            f"On {one.n_rows} general questions the base itself, at {number(one.base)} nats per "
            f"token, does worse than token frequencies alone ({number(one.baseline or 0)}): it has "
            "no general ability that it could lose."
        )
    else:
        direction = "rises" if one.diff > 0 else "falls"
        says = (
            f"On {one.n_rows} general questions the loss {direction} from {number(one.base)} to "
            f"{number(one.tuned)} nats per token; a rise of {number(case.limits.forgetting)} is "
            "tolerated."
        )
    return (Evidence(name="general_loss", says=says, supports=not forgot(case)),)


def _able(general: Measure) -> bool:
    return general.baseline is None or general.base < general.baseline


# --- prompting ----------------------------------------------------------------


def enough(case: Case) -> Prompting | None:
    """The prompt with which the untrained base does about as well as the tuned model.

    It must gain on the plain base what matters, leave the tuned model no gain that matters, keep
    half of what training gained for certain, and keep the references' form as well. That too few
    videos show no difference is not enough.

    Source:
        "Non-Inferiority Clinical Trials to Establish Effectiveness" (FDA guidance, 2016): the
        interval must exclude losing more than a set part of the effect, usually half.
    """
    others = case.loss.others
    good: list[Prompting] = [arm for arm in others if _does_as_well(case, arm)]
    return min(good, key=lambda arm: others[arm].value) if good else None


def _does_as_well(case: Case, arm: Prompting) -> bool:
    matters, loss = case.limits.loss_that_matters, case.loss.others[arm]
    gains = loss.value <= case.loss.base - matters
    keeps = loss.ci95 is not None and loss.ci95[0] > case.loss.diff / 2
    return gains and loss.diff > -matters and keeps and _formed(case, arm)


def _formed(case: Case, arm: Prompting) -> bool:
    form = case.measures.get("form_distance")
    other = None if form is None else form.others.get(arm)
    return form is None or other is None or other.value <= max(case.limits.form_kept, form.tuned)


def prompt_rows(case: Case) -> Iterator[Evidence]:
    """How each prompted arm compares, where there is one."""
    for arm, other in case.loss.others.items():
        yield Evidence(
            name=arm,
            says=(
                f"The {ARM_NAMES[arm]}, untrained, reaches {number(other.value)} nats per token; "
                f"the tuned model, at {number(case.loss.tuned)}, is "
                f"{number(abs(other.diff))} {'better' if other.diff < 0 else 'worse'}."
            ),
            supports=not _does_as_well(case, arm),
        )
