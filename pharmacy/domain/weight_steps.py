"""The worksheet of capsules weighed one by one."""

from __future__ import annotations

from collections.abc import Sequence

from pharmacy.domain.capsule_weights import (
    CONTENT_SOURCE,
    LEAST_SHARE,
    NOT_PROVEN,
    USUAL,
    CapsuleLimits,
    CapsuleStatistics,
    pooled_text,
    what_weight_cannot_prove,
)
from pharmacy.domain.quantity import NBSP, Mass, decimal_text
from pharmacy.domain.spread import LISTED, root, side_text, spread
from pharmacy.domain.worksheet import OWN, WorksheetStep

LIMITS_SOURCE = "90.0 to 110.0 % of the theoretical weight per unit: 22 TAC 291.131; on net mass"
OWN_LIMITS = "limits as given, not those of 22 TAC 291.131; on net mass"


def weight_steps(
    found: CapsuleStatistics,
    shell: Mass,
    target: Mass,
    limits: CapsuleLimits,
    shells: Sequence[Mass] = (),
    strength: Mass | None = None,
) -> tuple[WorksheetStep, ...]:
    """The steps from the gross masses to the verdicts, and what no weight can prove.

    `shells` are the empty shells, where they were weighed; `strength` is the drug in one capsule, where it is known.
    """
    steps = []
    if shells:
        numbers = f"{_sum(shells)} ÷ {len(shells)}"
        steps.append(WorksheetStep("Mean empty shell", "sum ÷ number", numbers, *_mg(shell), OWN))
    nets = [one.net for one in found.each]
    mean = found.mean_net.text("mg", 4)
    words = "(sum of gross masses) ÷ number − mean empty shell"
    grosses = [one.gross for one in found.each]
    numbers = f"{_sum(grosses)} ÷ {found.count} − {shell.text('mg', 4)}"
    steps.append(WorksheetStep("Mean net mass", words, numbers, *_mg(found.mean_net), OWN))
    steps.append(_mean_step(found, target, limits))
    variance = spread([one.value for one in nets]).variance
    sd = f"{decimal_text(root(variance), 4)}{NBSP}mg"
    steps.append(
        WorksheetStep(
            "Sample standard deviation",
            "√(sum of (net − mean net)² ÷ (number − 1))",
            f"√({decimal_text(variance * (found.count - 1), 4)}{NBSP}mg² ÷ {found.count - 1})",
            decimal_text(root(variance), 4),
            "mg",
            OWN,
            "the shell is taken off each capsule alike, so it changes the mean and not the spread",
        )
    )
    steps.append(_rsd_step(found, sd, mean, limits))
    steps.append(_each_step(found, shell, target, limits, "" if strength else f". {NOT_PROVEN}"))
    if strength is not None:
        steps.append(_drug_step(strength, target))
    return tuple(steps)


def _drug_step(strength: Mass, target: Mass) -> WorksheetStep:
    """What the weights say nothing about, with the numbers of this capsule."""
    share = side_text(strength.ratio(target) * 100, (LEAST_SHARE,), 2)
    return WorksheetStep(
        "Drug in the fill",
        "drug in one capsule ÷ target net × 100 %",
        f"{strength.text('mg', 4)} ÷ {target.text('mg', 4)} × 100 %",
        share,
        "%",
        CONTENT_SOURCE,
        what_weight_cannot_prove(strength, target),
    )


def _mg(mass: Mass) -> tuple[str, str]:
    return decimal_text(mass.value, 4), "mg"


def _sum(masses: Sequence[Mass]) -> str:
    """The masses as a sum; of many only how many, and what they weigh together."""
    if len(masses) <= LISTED:
        return f"({' + '.join(decimal_text(one.value, 4) for one in masses)}{NBSP}mg)"
    return f"{Mass(sum(one.value for one in masses)).text('mg', 4)} (of {len(masses)} together)"  # type: ignore[arg-type]


def _mean_step(found: CapsuleStatistics, target: Mass, limits: CapsuleLimits) -> WorksheetStep:
    verdict = "inside" if found.mean_within(limits) else "OUTSIDE"
    percent, unit = found.mean_percent_text(limits).split(NBSP)
    return WorksheetStep(
        "Mean in per cent of the target",
        "mean net ÷ target net × 100 %",
        f"{found.mean_net.text('mg', 4)} ÷ {target.text('mg', 4)} × 100 %",
        percent,
        unit,
        OWN,
        f"{verdict} {limits.mean_text()}. {pooled_text(found, limits)}",
    )


def _rsd_step(found: CapsuleStatistics, sd: str, mean: str, limits: CapsuleLimits) -> WorksheetStep:
    verdict = "inside" if found.rsd_within(limits) else "OUTSIDE"
    numbers, (percent, unit) = f"{sd} ÷ {mean} × 100 %", found.rsd_text(limits).split(NBSP)
    note = f"{verdict}: at most {decimal_text(limits.rsd)}{NBSP}%"
    return WorksheetStep("RSD", "standard deviation ÷ mean net × 100 %", numbers, percent, unit, OWN, note)


def _each_step(
    found: CapsuleStatistics, shell: Mass, target: Mass, limits: CapsuleLimits, not_proven: str
) -> WorksheetStep:
    low, high = (target.times(1 + side * limits.each / 100) for side in (-1, 1))
    gross = f"{(low + shell).text('mg', 4)} to {(high + shell).text('mg', 4)} with the shell"
    expected = (
        f"{found.expected_outside} expected outside in the lot, if its weights are normally distributed{not_proven}"
    )
    return WorksheetStep(
        "Single capsules outside",
        f"those not within {limits.each_text()} of the target net",
        f"{low.text('mg', 4)} to {high.text('mg', 4)} net, {gross}",
        f"{found.outside} of {found.count}",
        "",
        LIMITS_SOURCE if limits.each == USUAL.each else OWN_LIMITS,
        expected,
    )
