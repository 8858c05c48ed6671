"""Verdicts: every kind of limit at its edge, applicability, and what messages say."""

import dataclasses
import math

import pytest

from harness.errors import SpecificationError
from harness.gates.evaluate import ADVICE, evaluate, evaluate_all
from harness.gates.specification import Within
from harness.model import Outcome


def outcome(value, specification, measurement, subject):
    """Judge another value."""
    other = dataclasses.replace(measurement, value=value)
    return evaluate(other, specification, subject).outcome


@pytest.mark.parametrize(
    ("limit", "inside", "beyond"),
    [
        ({"max": 1.5}, 1.5, 1.5000001),
        ({"min": 0.5}, 0.5, 0.4999999),
        ({"min": 0.5, "max": 1.5}, 0.5, 1.6),
        ({"equal": 0}, 0.0, 1.0),
        ({"equal": 3}, 3.0, 3.0000001),
        ({"within": Within(absolute=0.25)}, 1.25, 1.2500001),
        ({"within": Within(relative=0.25)}, 0.75, 0.7499999),
        ({"within": Within(sigmas=2.0)}, 1.00399, 1.00401),
        ({"within": Within(relative=0.005, sigmas=1.0)}, 1.00699, 1.00701),
        ({"within": Within(absolute=0.0)}, 1.0, math.nextafter(1.0, 2)),
    ],
)
def test_limit_holds_up_to_its_edge(specify, measurement, subject, limit, inside, beyond):
    """The edge passes and the next value fails, for every kind of limit."""
    specification = specify(limit)
    assert outcome(inside, specification, measurement, subject) is Outcome.PASS
    assert outcome(beyond, specification, measurement, subject) is Outcome.FAIL


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize(
    "limit", [{"max": math.inf}, {"min": -math.inf}, {"equal": 0}, {"within": Within(absolute=9)}]
)
def test_value_that_is_not_finite_fails(specify, measurement, subject, limit, value):
    """NaN and infinity fail whatever the limit."""
    assert outcome(value, specify(limit), measurement, subject) is Outcome.FAIL


@pytest.mark.parametrize("sigma", [math.nan, math.inf, -1.0])
def test_broken_standard_error_is_not_measured(specify, measurement, subject, sigma):
    """An infinite standard error would allow everything, so it allows nothing."""
    broken = dataclasses.replace(measurement, uncertainty=sigma)
    verdict = evaluate(broken, specify({"within": Within(sigmas=1.0)}), subject)
    assert verdict.outcome is Outcome.NOT_MEASURED
    assert str(sigma) in verdict.message


def test_infinite_expectation_is_not_measured(specify, measurement, subject):
    """A relative limit on an infinite expectation would allow everything."""
    broken = dataclasses.replace(measurement, expected=math.inf)
    verdict = evaluate(broken, specify({"within": Within(relative=0.1)}), subject)
    assert verdict.outcome is Outcome.NOT_MEASURED


def test_missing_standard_error_is_strict(specify, measurement, subject):
    """Without a standard error the sigmas allow nothing."""
    exact = dataclasses.replace(measurement, uncertainty=None)
    specification = specify({"within": Within(sigmas=5.0)})
    assert outcome(1.0, specification, exact, subject) is Outcome.PASS
    assert outcome(1.001, specification, exact, subject) is Outcome.FAIL


def test_message_of_failure_tells_all(specify, measurement, subject):
    """A failure says what was seen, allowed, what it means, what to do, and on what."""
    verdict = evaluate(measurement, specify({"within": Within(absolute=0.001)}), subject)
    for said in (
        "psf.fwhm_recovery = 1.003 +- 0.002, expected 1 (region full_coverage, n = 144)",
        "within 0.001 of the expectation [HALF_PERCENT: Fits repeat to a tenth of that.]",
        "differs by 0.003, 3 times that",
        "it means: Stars come out wider than they should.",
        "to do: Compare the kernel with the oracle.",
        "mycore 1.2.0, case scene/box-square-p0.6 (synthetic, noise-free), kernel square, "
        "pixfrac 0.6, scale 0.5, weighting EXP",
    ):
        assert said in verdict.message
    assert (verdict.core, verdict.case) == ("mycore", "scene/box-square-p0.6")
    assert verdict.measurement is measurement


def test_advisory_limit_is_reported_and_passes(specify, measurement, subject):
    """An advisory limit never fails, and the excess is told."""
    within = evaluate(measurement, specify({"max": 1.1, "advisory": True}), subject)
    beyond = evaluate(measurement, specify({"max": 1.0, "advisory": True}), subject)
    assert beyond.outcome is Outcome.PASS
    assert "at most 1 (advisory)" in beyond.message
    assert [one.message.startswith(ADVICE) for one in (within, beyond)] == [False, True]


def test_no_measurement_is_not_measured(specify, measurement, subject):
    """Nothing, and a measurement without value, are NOT_MEASURED with the reason."""
    nothing = evaluate(None, specify(), subject)
    empty = dataclasses.replace(measurement, value=None, reason="3 isolated stars")
    reasoned = evaluate(empty, specify(), subject)
    assert nothing.outcome is reasoned.outcome is Outcome.NOT_MEASURED
    assert "nothing was measured" in nothing.message
    assert "3 isolated stars" in reasoned.message


def test_undefined_in_truth_is_not_applicable(specify, measurement, subject):
    """Where the truth has no value either, a core without one is not at fault, if so declared."""
    specification = specify({"within": Within(absolute=1.0)}, only_if_expected=True)
    empty = dataclasses.replace(measurement, value=None, expected=None, reason="median is zero")
    verdict = evaluate(empty, specification, subject)
    assert verdict.outcome is Outcome.NOT_APPLICABLE
    assert "median is zero" in verdict.message
    expected = dataclasses.replace(empty, expected=0.3)
    assert evaluate(expected, specification, subject).outcome is Outcome.NOT_MEASURED


def test_within_without_expectation_is_an_error(specify, measurement, subject):
    """A limit that needs the truth names file and specification when there is none."""
    blind = dataclasses.replace(measurement, expected=None)
    with pytest.raises(SpecificationError, match=r"psf.toml: specification 'recovery'.*'within'"):
        evaluate(blind, specify({"within": Within(absolute=1.0)}), subject)


def test_measurement_of_another_metric_is_an_error(specify, measurement, subject):
    """A specification never judges the number of another metric."""
    other = dataclasses.replace(measurement, metric="psf.fwhm")
    with pytest.raises(SpecificationError, match=r"'psf.fwhm'"):
        evaluate(other, specify(), subject)


@pytest.mark.parametrize(
    ("applies", "reason"),
    [
        ({"kernels": ("point",)}, "kernel point, not square"),
        ({"weightings": ("IVM",)}, "weighting IVM, not EXP"),
        ({"pixels": ("real", "derived")}, "pixels real, derived, not synthetic"),
        ({"noise": "noisy"}, "exposures noisy, not noise-free"),
        ({"needs": ("context", "dq", "variance")}, "mycore makes no dq and no variance image"),
        ({"dithered": False}, "are dithered"),
        ({"pixfrac": (0.7, 1.0)}, "pixfrac 0.7 to 1, not 0.6"),
        ({"scale": (1.0, 1.0)}, "scale 1 to 1, not 0.5"),
        ({"tags": ("stars", "sky")}, "not tagged sky"),
        ({"without_tags": ("stars",)}, "is tagged stars"),
    ],
)
def test_what_does_not_apply_is_told(specify, measurement, subject, applies, reason):
    """Every restriction gives NOT_APPLICABLE with its own reason, and can be met."""
    verdict = evaluate(measurement, specify(**applies), subject)
    assert verdict.outcome is Outcome.NOT_APPLICABLE
    assert reason in verdict.message


def test_met_restrictions_apply(specify, measurement, subject):
    """A specification whose restrictions are all met is judged."""
    specification = specify(
        kernels=("square",),
        weightings=("EXP",),
        pixels=("synthetic",),
        noise="noise-free",
        flux_conserving=True,
        needs=("context",),
        dithered=True,
        pixfrac=(0.6, 0.6),
        scale=(0.5, 0.5),
        tags=("stars",),
        without_tags=("sky",),
        regions=("full_coverage",),
    )
    assert evaluate(measurement, specification, subject).outcome is Outcome.PASS


def test_kernels_of_the_core_decide(specify, measurement, subject):
    """A kernel that the core lacks, or with which it conserves no flux, is not held against it."""
    lacking = dataclasses.replace(subject, kernel="turbo")
    spreading = dataclasses.replace(subject, kernel="gaussian")
    assert "no turbo kernel" in evaluate(measurement, specify(), lacking).message
    conserving = specify(flux_conserving=True)
    assert "not conserve flux" in evaluate(measurement, conserving, spreading).message
    assert evaluate(measurement, specify(), spreading).outcome is Outcome.PASS


def test_evaluate_all_judges_each_region(specify, measurement, subject):
    """One verdict a matching measurement; one that says so where none matches."""
    footprint = dataclasses.replace(measurement, region="footprint", value=9.0)
    other = dataclasses.replace(measurement, metric="psf.fwhm", value=9.0)
    both = specify()
    inner = specify(regions=("full_coverage",))
    nowhere = specify(regions=("box",))
    given = (measurement, footprint, other)
    assert [v.outcome for v in evaluate_all(given, [both], subject)] == [
        Outcome.PASS,
        Outcome.FAIL,
    ]
    assert [v.outcome for v in evaluate_all(given, [inner, nowhere], subject)] == [
        Outcome.PASS,
        Outcome.NOT_MEASURED,
    ]
