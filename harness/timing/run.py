"""The whole way from frames to measurements, with the time that each stage takes."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from types import ModuleType

from harness.cores.protocol import DrizzleCore
from harness.trials import exposures as exposures_module
from harness.trials import kept as kept_module
from harness.trials import truth as truth_module
from harness.trials.case import Case
from harness.trials.exposures import FrameAccess, exposures_of
from harness.trials.run import Trial, run_trial
from harness.trials.truth import find_truth

CACHED: tuple[ModuleType, ...] = (exposures_module, truth_module, kept_module)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class TimedTrial:
    """One case on one core, with the seconds of every stage.

    Attributes
    ----------
    trial : Trial
    seconds : dict of str to float
        "exposures": made or read, projected, weighted; "truth": the oracle's product and the
        regions; "core": the core's call alone; "measure": what is left of the trial, the checks
        around the core and all measurements.
    """

    trial: Trial
    seconds: dict[str, float]


def forget_cases() -> None:
    """Empty what a process keeps of exposures, pixmaps and truths, so that a run starts cold."""
    for module in CACHED:
        for member in vars(module).values():
            if hasattr(member, "cache_clear"):
                member.cache_clear()


def time_trial(core: DrizzleCore, case: Case, access: FrameAccess) -> TimedTrial:
    """Do what the gate does with a case, in its order of dependence, and time the stages.

    Raises
    ------
    HarnessError
        See `harness.trials.run.run_trial`.
    """
    start = perf_counter()
    exposures_of(case, access)
    exposed = perf_counter()
    find_truth(case, access)
    known = perf_counter()
    # The trial finds both of them made.
    trial = run_trial(core, case, frames_dir=access.folder, remote=access.remote)
    done = perf_counter()
    seconds = float(trial.product.provenance["seconds"])
    return TimedTrial(
        trial=trial,
        seconds={
            "exposures": exposed - start,
            "truth": known - exposed,
            "core": seconds,
            "measure": done - known - seconds,
        },
    )
