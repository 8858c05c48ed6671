"""When enough has been timed, and what may be said then.

The ratio of each block of pairs (new processes, so new addresses, new pages) is one observation:
calls within a process share its luck, and counting them as independent is how a clock comes to
cry wolf (Mytkowicz et al. 2009, ASPLOS; Kalibera & Jones 2013, ISMM: repeat at the level at which
the variation arises). Student's t of the blocks then holds for baselines and candidates that are
the same, whatever the tails: the order within pairs is random, so the observations are symmetric
about 0, and t of symmetric observations errs to the safe side (Efron 1969, JASA 64, 1278).

Decisions are tried at planned numbers of blocks. The error is spent in equal parts on these looks
(a Bonferroni correction, so nothing is assumed of their dependence; Jennison & Turnbull 2000,
"Group Sequential Methods", ch. 2 and, for repeated confidence intervals, ch. 9), and among the
workloads by Holm (1979, Scand. J. Statist. 6, 65).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from harness.timing.comparison import ClockPlan, Speed

POWER = 0.9
"""Chance of being seen of what is called detectable."""
Logs = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What some blocks of one workload say.

    Attributes
    ----------
    estimate : float
        Mean log ratio of the blocks.
    half_width : float
        Of the interval that holds at all looks at once, without regard to other workloads.
    standard_error : float
    p_value : float
        Two-sided, of no difference, multiplied by the number of looks.
    blocks : int
    """

    estimate: float
    half_width: float
    standard_error: float
    p_value: float
    blocks: int


def locate(logs: Logs) -> float:
    """Return the Hodges-Lehmann estimate of the centre: the median of the means of all pairs.

    Of normal noise it loses a twentieth against the mean, and it stands up to bursts that spoil
    up to 29 % of the values (Hodges & Lehmann 1963, Ann. Math. Statist. 34, 598).

    Parameters
    ----------
    logs : ndarray, (n,), float64
    """
    first, second = np.triu_indices(len(logs))
    return float(np.median((logs[first] + logs[second]) / 2))


def look_at(blocks: Logs, plan: ClockPlan) -> Look:
    """Return what the blocks say so far.

    Parameters
    ----------
    blocks : ndarray, (n,), float64
        Log ratio of each block, at least 2.
    plan : ClockPlan
    """
    from scipy.special import stdtr, stdtrit

    count = len(blocks)
    estimate = float(np.mean(blocks))
    error = float(np.std(blocks, ddof=1)) / math.sqrt(count)
    looks = len(plan.looks)
    width = float(stdtrit(count - 1, 1 - plan.error / looks / 2)) * error
    if error == 0.0:
        p_value = 1.0 if estimate == 0.0 else 0.0
    else:
        p_value = min(2.0 * looks * float(stdtr(count - 1, -abs(estimate) / error)), 1.0)
    return Look(
        estimate=estimate,
        half_width=width,
        standard_error=error,
        p_value=p_value,
        blocks=count,
    )


def adjust_holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values that hold for all hypotheses of a family at once (Holm 1979)."""
    adjusted = [1.0] * len(p_values)
    highest = 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=lambda one: p_values[one])):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = highest
    return adjusted


def judge(look: Look, adjusted: float, plan: ClockPlan) -> Speed:
    """Return the verdict, or INCONCLUSIVE if more blocks are needed.

    Parameters
    ----------
    look : Look
    adjusted : float
        Its p-value, corrected for the workloads.
    plan : ClockPlan

    Returns
    -------
    Speed
        FASTER and SLOWER if the difference is significant and at least `plan.least_change`; SAME
        if the estimate is below that and the whole interval below the sensitivity.
    """
    least = math.log1p(plan.least_change)
    if abs(look.estimate) >= least:
        if adjusted <= plan.error:
            return Speed.SLOWER if look.estimate > 0 else Speed.FASTER
        return Speed.INCONCLUSIVE
    if abs(look.estimate) + look.half_width <= math.log1p(plan.sensitivity):
        return Speed.SAME
    return Speed.INCONCLUSIVE


def find_detectable(look: Look, plan: ClockPlan, workloads: int) -> float:
    """Return the relative slowdown that would have been called SLOWER with a chance of 90 %.

    Parameters
    ----------
    look : Look
        The last one.
    plan : ClockPlan
    workloads : int
        Size of the family; the strictest step of Holm's correction is assumed.
    """
    from scipy.special import stdtrit

    freedom = look.blocks - 1
    level = plan.error / len(plan.looks) / workloads / 2
    critical = float(stdtrit(freedom, 1 - level)) * look.standard_error
    margin = float(stdtrit(freedom, POWER)) * look.standard_error
    return math.expm1(max(critical, math.log1p(plan.least_change)) + margin)
