"""The gate's cases on both sides: every specification, and the products side by side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from harness.cores.protocol import DrizzleCore
from harness.errors import HarnessError
from harness.gates.evaluate import evaluate
from harness.gates.load import load_specifications
from harness.gates.specification import Specification
from harness.gates.subject import why_not_applicable
from harness.model import DrizzledProduct, Exposure, Measurement, Outcome, Verdict
from harness.trials.case import Case
from harness.trials.exposures import FrameAccess, exposures_of
from harness.trials.facts import missing_frames
from harness.trials.profile import list_cases, load_profile
from harness.trials.run import Trial, run_trial
from harness.trials.truth import find_truth
from harness.upgrade.arrays import Difference, find_worst, make_map, product_images
from harness.upgrade.check import Check, Family, State
from harness.upgrade.judge import judge_errors
from harness.upgrade.pair import Opened

BAD = (Outcome.FAIL, Outcome.NOT_MEASURED)


def list_trials(profile: str, frames_dir: Path | None) -> tuple[Case, ...]:
    """Return the cases of a profile whose frames can be had without the network."""
    cases = list_cases(load_profile(profile))
    absent = missing_frames(cases, frames_dir)
    return tuple(case for case in cases if case.source not in absent)


def compare_trials(
    pair: tuple[Opened, Opened], case: Case, *, frames_dir: Path | None = None
) -> list[Check]:
    """Run one case of the gate on both sides; compare its verdicts and its products."""
    return compare_cores((pair[0].core, pair[1].core), case, frames_dir=frames_dir)


def compare_cores(
    cores: tuple[DrizzleCore, DrizzleCore], case: Case, *, frames_dir: Path | None = None
) -> list[Check]:
    """Run one case on two cores; compare its verdicts and its products.

    Parameters
    ----------
    cores : tuple of DrizzleCore
        The old and the new one; both read files, or neither.
    case : Case
    frames_dir : Path, optional
        Folder of real frames.
    """
    trials = [_try(core, case, frames_dir) for core in cores]
    failed = [isinstance(trial, str) for trial in trials]
    name = f"specification/{case.id}"
    if any(failed):
        told = [trial if isinstance(trial, str) else "a product" for trial in trials]
        one_sided = State.REGRESSED if failed[1] else State.FIXED
        state = State.NOT_RUN if all(failed) else one_sided
        return [
            Check(
                name=name, family="specification", state=state, metric="outcome",
                message=f"{case.id}: {told[1]}; before: {told[0]}", old=told[0], new=told[1],
                smallest=case.id,
            )
        ]  # fmt: skip
    old, new = trials
    assert isinstance(old, Trial) and isinstance(new, Trial)  # noqa: S101, PT018 - else above
    checks = list(_compare_verdicts(old, new))
    return [*checks, _compare_products(old, new, frames_dir)]


def _try(core: DrizzleCore, case: Case, frames_dir: Path | None) -> Trial | str:
    try:
        return run_trial(core, case, frames_dir=frames_dir)
    except HarnessError as error:
        return str(error)


def _compare_verdicts(old: Trial, new: Trial) -> Iterator[Check]:
    for specification in load_specifications():
        sides = [
            None if why_not_applicable(specification, trial.subject) else trial
            for trial in (old, new)
        ]
        if sides == [None, None]:
            continue
        verdicts = [None if one is None else _judge(one, specification) for one in sides]
        yield _compare_verdict(specification, verdicts[0], verdicts[1], old.case)


def _judge(trial: Trial, specification: Specification) -> Verdict:
    regions = specification.applies_to.regions
    measured = next(
        (
            one
            for one in trial.measurements
            if one.metric == specification.metric and (not regions or one.region in regions)
        ),
        None,
    )
    return evaluate(measured, specification, trial.subject)


def _compare_verdict(
    specification: Specification, old: Verdict | None, new: Verdict | None, case: Case
) -> Check:
    was, now = ("NOT_APPLICABLE" if one is None else str(one.outcome) for one in (old, new))
    advisory = specification.limit.advisory
    message = (new or old).message if (new or old) is not None else ""  # type: ignore[union-attr]
    if old is None:
        state = State.REGRESSED if new is not None and new.outcome in BAD else State.ADDED
        told = f"can be asked of the new side only: {now}"
    elif new is None:
        state, told = State.VANISHED, f"can no longer be asked; was {was}"
    elif (old.outcome in BAD) == (new.outcome in BAD):
        state, told = State.SAME, f"{now} on both sides"
    elif new.outcome in BAD:
        state, told = State.REGRESSED, f"{now}, was {was}: {message}"
    else:
        state, told = State.FIXED, f"{now}, was {was}: {old.message}"
    if advisory and state in (State.REGRESSED, State.VANISHED):
        state = State.REWORDED
    return Check(
        name=f"specification/{specification.name}/{case.id}",
        family="specification",
        state=state,
        message=f"{specification.name} on {case.id}: {told}",
        old=f"{was} {_value(old)}".strip(),
        new=f"{now} {_value(new)}".strip(),
        metric=specification.metric,
        smallest=case.id if state is not State.SAME else "",
        figures={"old": _number(old), "new": _number(new), "level": specification.level},
    )


def _value(verdict: Verdict | None) -> str:
    number = _number(verdict)
    return "" if number is None else f"{number:.5g}"


def _number(verdict: Verdict | None) -> float | None:
    measurement: Measurement | None = None if verdict is None else verdict.measurement
    return None if measurement is None else measurement.value


def _compare_products(old: Trial, new: Trial, frames_dir: Path | None) -> Check:
    """Compare the images of both products, and say which side is nearer to the oracle's."""
    access = FrameAccess(folder=frames_dir, remote=False)
    truth = find_truth(old.case, access).product
    ready = exposures_of(old.case, access)
    largest = peak_rate(ready.exposures)
    contributions = int(np.max(truth.contributions))
    named = [named_product(one.product) for one in (old, new)]
    worst = find_worst(product_images(old.case.kernel, contributions, largest, *named))
    state = class_state(worst)
    told = worst.message
    exacts: dict[str, Any] = {"wht": truth.wht, "sci": truth.sci, "ctx": truth.ctx}
    exact = exacts.get(worst.name)
    if state is State.CHANGED and exact is not None:
        counts = worst.gap > worst.allowed
        errors = [
            np.abs(np.asarray(images[worst.name], dtype=np.float64) - exact)[counts]
            for images in named
        ]
        errors = [np.where(np.isnan(one), np.inf, one) for one in errors]
        state, why = judge_errors(errors[0], errors[1], worst.allowed)
        told += f"; {why}"
    seconds = [float(one.product.provenance.get("seconds_in_core", 0.0)) for one in (old, new)]
    return check_product(
        f"difference/product/{old.case.id}", "difference", worst, state,
        message=f"product of {old.case.id}: {told}", smallest=old.case.id, seconds=seconds,
    )  # fmt: skip


def peak_rate(exposures: Iterable[Exposure]) -> float:
    """Return the largest |data| of exposures, counts/s, NaN apart."""
    return max(
        float(np.nanmax(np.abs(one.data)) / (one.exptime if one.in_units == "counts" else 1.0))
        for one in exposures
    )


def class_state(worst: Difference) -> State:
    """Return the state of products by their gravest difference, before any truth is asked."""
    return {"identical": State.SAME, "roundoff": State.ROUNDOFF}.get(worst.kind, State.CHANGED)


def check_product(
    name: str,
    family: Family,
    worst: Difference,
    state: State,
    *,
    message: str,
    smallest: str,
    **figures: Any,
) -> Check:
    """Return the check of two products: where they differ most, and how much, with a map."""
    return Check(
        name=name,
        family=family,
        state=state,
        message=message,
        old=f"{worst.old:.7g}",
        new=f"{worst.new:.7g}",
        metric=worst.name if state is not State.SAME else "",
        smallest=smallest if state is not State.SAME else "",
        figures={
            "largest_difference": worst.largest,
            "allowed": worst.allowed,
            "pixels_beyond": worst.pixels,
            **figures,
        },
        map=make_map(worst) if worst.kind == "changed" and worst.gap.ndim >= 2 else None,
    )


def named_product(product: DrizzledProduct) -> dict[str, Any]:
    """Return the images of a product by name; None for those it has not."""
    named: dict[str, Any] = {
        "wht": product.wht, "sci": product.sci, "ctx": product.ctx, "dq": product.dq,
    }  # fmt: skip
    named |= {f"variance[{plane}]": one for plane, one in enumerate(product.variance)}
    return named
