"""The gate: every specification on every case, as far as it applies to the core."""

from harness.gates.evaluate import evaluate, judge_without_value
from harness.trials.attempt import Absence
from harness.trials.run import subject_of


def test_specification(gate_trial, gate_core, gate_case, gate_specification, settle):
    """The product of the core meets the specification, or the verdict says by how much not."""
    subject = subject_of(gate_core, gate_case)
    if isinstance(gate_trial, Absence):
        verdict = judge_without_value(
            gate_trial.outcome, gate_specification, subject, gate_trial.reason
        )
        settle(verdict, subject.core_version, excusable=not gate_trial.died)
        return
    regions = gate_specification.applies_to.regions
    measured = next(
        (
            one
            for one in gate_trial.measurements
            if one.metric == gate_specification.metric and (not regions or one.region in regions)
        ),
        None,
    )
    settle(evaluate(measured, gate_specification, subject), subject.core_version)
