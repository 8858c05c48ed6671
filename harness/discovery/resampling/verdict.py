"""From what a check finds to a verdict of the gate."""

from __future__ import annotations

from harness.discovery.resampling.check import Fault
from harness.discovery.resampling.known import Known, is_as_known
from harness.model import Outcome, Verdict


def verdict_of(
    name: str, statement: str, core: str, fault: Fault | None, known: Known | None
) -> Verdict:
    """Return the verdict on one check of one core.

    Parameters
    ----------
    name, statement : str
        Of the check.
    core : str
        Name of the core.
    fault : Fault or None
        What the check finds.
    known : Known or None
        What it is known to find: it must find that, no less and nothing else, or nothing where
        that hangs on chance.
    """
    if fault is None and known is None:
        outcome, message = Outcome.PASS, statement
    elif fault is None and known is not None and known.by_chance:
        outcome = Outcome.PASS
        message = f"{statement} (Known to fail by chance: {known.reason})"
    elif fault is None and known is not None:
        outcome = Outcome.FAIL
        message = (
            f"passes, but {known.source} lists it as a known defect: {known.reason}\n"
            "  to do: take it out, or bound core_versions, so that it cannot return unseen"
        )
    elif fault is not None and known is None:
        outcome, message = Outcome.FAIL, f"{fault.message}\n  must hold: {statement}"
    else:
        assert fault is not None  # noqa: S101 - the cases before
        assert known is not None  # noqa: S101 - the cases before
        if is_as_known(fault, known):
            outcome = Outcome.EXPECTED_FAIL
            message = f"expected: {known.reason}\n{fault.message}"
        else:
            outcome = Outcome.FAIL
            message = (
                f"fails in another way than {known.source} says: {fault.message}\n"
                f"  known: {known.reason}\n  figures now: {list(fault.seen)}"
            )
    return Verdict(
        outcome=outcome,
        specification=f"resampling.{name.partition('/')[0]}",
        level="minimum",
        case=f"calls/{name}",
        core=core,
        measurement=None,
        message=message,
    )
