"""The gate: every specification on every case, as far as it applies to the core."""

from harness.gates.evaluate import evaluate


def test_specification(gate_trial, gate_specification, settle):
    """The product of the core meets the specification, or the verdict says by how much not."""
    regions = gate_specification.applies_to.regions
    measured = next(
        (
            one
            for one in gate_trial.measurements
            if one.metric == gate_specification.metric and (not regions or one.region in regions)
        ),
        None,
    )
    verdict = evaluate(measured, gate_specification, gate_trial.subject)
    settle(verdict, gate_trial.subject.core_version)
