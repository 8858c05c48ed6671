"""A product that was measured is measured again unless all its bits are the same."""

from __future__ import annotations

import dataclasses
import json
import math

import numpy as np
import pytest

from harness.content import content_key
from harness.cores.capability import capabilities_of
from harness.cores.registry import load_core
from harness.errors import MetricError
from harness.keeping import recall
from harness.model import Measurement
from harness.trials import measured, once, run
from harness.trials.case import Case
from harness.trials.exposures import FrameAccess
from harness.trials.run import run_trial

HERE = FrameAccess()
CASE = Case(source="scene/ir-box-noisy", kernel="square", pixfrac=0.8, scale=1.0, subset=2)
FIGURES = (
    Measurement(metric="a.b", value=0.1 + 0.2, unit="pix", region="output", sample_size=3),
    Measurement(
        metric="a.c",
        value=math.inf,
        unit="",
        region="output",
        sample_size=0,
        expected=-1e-308,
        uncertainty=5e-324,
        extras={"x": math.nan, "y": 2.0},
    ),
    Measurement(metric="a.d", value=None, unit="", region="r", sample_size=0, reason="no star"),
)


@pytest.fixture
def counted(monkeypatch):
    """Count how often a product is measured."""
    calls = []
    real = run.measure_pixels

    def measure(product, *others):
        calls.append(content_key(product.sci))
        return real(product, *others)

    monkeypatch.setattr(run, "measure_pixels", measure)
    return calls


@pytest.mark.parametrize("name", ["oracle", "drizzle", "drizzlepac"])
def test_the_same_pixels_are_measured_once(name, folder, counted) -> None:
    """What comes back is what was measured, figure by figure, and the run itself is judged anew."""
    core = load_core(name)
    first = run_trial(core, CASE)
    again = run_trial(core, CASE)
    assert len(counted) == 1
    assert again.measurements == first.measurements
    assert any(one.metric == "integrity.inputs_unmodified" for one in again.measurements)


def test_nothing_is_kept_without_a_folder(folder, counted, monkeypatch) -> None:
    """Without --truths every product is measured."""
    monkeypatch.delenv(once.VARIABLE)
    core = load_core("drizzle")
    run_trial(core, CASE)
    run_trial(core, CASE)
    assert len(counted) == 2
    assert not folder.exists()


@pytest.mark.parametrize(
    "fault", ["weight-lost", "context-bit-missing", "dq-lost", "fill-wrong", "input-modified"]
)
def test_a_broken_core_is_seen_after_a_right_one(fault, folder, counted) -> None:
    """What was measured of a right core is not taken for that of one with a fault."""
    right = run_trial(load_core("drizzle"), CASE)
    wrong = run_trial(load_core(f"fault:{fault}:drizzle"), CASE)
    # One that modifies its inputs may make the right pixels.
    assert len(counted) == 1 + (fault != "input-modified")
    assert right.measurements != wrong.measurements


@pytest.mark.parametrize("image", ["sci", "wht", "ctx", "variance", "dq"])
def test_one_bit_of_any_image_counts(image, folder) -> None:
    """A product that differs in the last bit of one pixel is measured again."""
    product = run_trial(load_core("drizzle"), CASE).product
    found = getattr(product, image)
    planes = found if isinstance(found, tuple) else (found,)
    other = planes[0].copy()
    other.view(np.uint32).flat[other.size // 2] ^= 1
    changed = dataclasses.replace(
        product, **{image: (other, *planes[1:]) if isinstance(found, tuple) else other}
    )
    without = dataclasses.replace(product, **{image: () if image == "variance" else None})
    names = {measured._name_pixels(one) for one in (product, changed, without)}
    assert len(names) == 3


def test_another_case_core_or_code_is_not_found(folder, monkeypatch) -> None:
    """Case, capabilities and code are in the key, beside the pixels."""
    core = load_core("drizzle")
    product, able = run_trial(core, CASE).product, capabilities_of(core)
    asked = []

    def measure_as(case=CASE, able=able):
        return measured.measure_once(
            product, case, HERE, able, lambda: asked.append(case) or FIGURES
        )

    measure_as(able=dataclasses.replace(able, dq=not able.dq))
    for change in ({"again": True}, {"pixfrac": 0.81}, {"kernel": "turbo"}, {"weighting": "ERR"}):
        measure_as(dataclasses.replace(CASE, **change))
    assert len(asked) == 5
    monkeypatch.setattr(once, "_code", lambda: "other")
    measure_as()
    measure_as()
    assert len(asked) == 6


def test_figures_come_back_as_they_were() -> None:
    """Infinity, NaN, nothing, denormal numbers and the last bit survive."""
    back = measured._measurements_from(measured._arrays_of(FIGURES))
    assert repr(back) == repr(FIGURES)


def test_what_could_not_be_measured_is_not_kept(folder, monkeypatch) -> None:
    """A failure is no result: the next run tries again, and a set that was cut is measured anew."""

    def fail(*args):
        raise MetricError("the oracle fails", where="here")

    core = load_core("drizzle")
    with monkeypatch.context() as patch:
        patch.setattr(run, "measure_pixels", fail)
        with pytest.raises(MetricError, match="the oracle fails"):
            run_trial(core, CASE)
    first = run_trial(core, CASE).measurements
    (kept,) = folder.glob(f"*/{measured.MEASURED}.npy")
    assert json.loads(recall(folder, kept.parent.name)[measured.MEASURED].tobytes())
    kept.write_bytes(kept.read_bytes()[:200])
    assert run_trial(core, CASE).measurements == first
