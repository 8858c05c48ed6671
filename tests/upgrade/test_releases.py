"""Tests of the adapters of old releases, each in an environment of its own, against the oracle."""

import dataclasses
import subprocess

import numpy as np
import pytest

from harness.cores import stsci_drizzle
from harness.cores.call import run_core
from harness.cores.oracle import combine
from harness.cores.remote import RemoteCore
from harness.cores.request import BlotRequest, DrizzleRequest, Reply, make_pixmap
from harness.cores.worker import Worker
from harness.errors import CoreError
from harness.metrics.allowance import weight_allowance
from harness.timing.side import TimedCase, write_case
from harness.timing.workload import Workload, prepare

RELEASES = ("1.15.3", "2.1.1", "2.2.0", "3.0.0")
"""One of each interface, all with wheels."""


@pytest.fixture(scope="module", params=RELEASES)
def remote(request, release):
    """Hold a release in its environment."""
    environment = release(f"drizzle=={request.param}")
    with Worker("drizzle", environment.python) as worker:
        yield RemoteCore(worker, "drizzle", worker.versions["drizzle"])


def small(**fields):
    """Return two small exposures, unequally weighted, and how to drizzle them."""
    exposures, params = prepare(Workload(size=32, frames=2))
    generator = np.random.default_rng(1)
    changed = tuple(
        dataclasses.replace(
            one,
            data=one.data * generator.uniform(0.5, 2, one.data.shape).astype(np.float32),
            weight_map=generator.uniform(0.5, 2, one.data.shape).astype(np.float32),
            **fields,
        )
        for one in exposures
    )
    return changed, params


@pytest.mark.parametrize("kernel", ["square", "turbo", "point"])
def test_a_release_agrees_with_the_oracle(remote, kernel):
    """Science, weight and context of every interface come back in the harness's convention."""
    exposures, params = small()
    params = dataclasses.replace(params, kernel=kernel)
    product = run_core(remote, exposures, params)
    truth = combine(exposures, params)
    allowed = weight_allowance(kernel, truth.contributions)
    peak = truth.wht.max()
    assert np.abs(product.wht - truth.wht).max() <= np.max(allowed) * peak
    covered = truth.wht > 1e-3 * peak
    largest = max(float(np.abs(one.data).max()) for one in exposures)
    difference = np.abs(product.sci - truth.sci)[covered].max()
    assert difference <= 2 * np.max(allowed) * largest
    assert np.array_equal(product.ctx[0][covered] != 0, truth.ctx[0][covered] != 0)
    assert np.isnan(product.sci[product.wht == 0]).all()


def test_exposures_of_unequal_scale(remote):
    """The factor of a release's convention is undone for each exposure by its own scale."""
    exposures, params = small()
    exposures = (exposures[0], dataclasses.replace(exposures[1], pixel_scale=0.2))
    params = dataclasses.replace(params, kernel="square")
    product = run_core(remote, exposures, params)
    truth = combine(exposures, params)
    covered = truth.wht > 1e-3 * truth.wht.max()
    np.testing.assert_allclose(product.sci[covered], truth.sci[covered], rtol=1e-5)


def test_what_a_release_can_do_is_found_by_asking(remote):
    """Variance and DQ came with 2.2; the square of the scale went with it."""
    recent = remote.version >= "2.2"
    assert remote.capabilities["variance"] is recent
    assert remote.capabilities["dq"] is recent
    assert remote.scales_science is not recent
    assert len(remote.capabilities["kernels"]) == 6


def test_blot_of_a_release(remote):
    """Nearest neighbours are handed through, in every interface."""
    data = np.arange(30, dtype=np.float32).reshape(5, 6)
    request = BlotRequest(data=data, pixmap=make_pixmap((5, 6)), interp="nearest", exptime=2.0)
    reply = remote._performer.perform(request, time_limit=30.0)
    assert reply.outcome == "returned"
    np.testing.assert_array_equal(reply.sci, 2 * data)


@pytest.mark.parametrize("version", RELEASES)
def test_the_adapter_for_timing_makes_the_same_product(release, version, tmp_path):
    """The adapter that the clock loads in the release's environment agrees with the worker's."""
    environment = release(f"drizzle=={version}")
    exposures, params = small()
    write_case(TimedCase(name="small", exposures=exposures, params=params), tmp_path)
    code = (
        "import sys, json, numpy as np; from types import SimpleNamespace as N\n"
        "import importlib.util as u\n"
        f"s = u.spec_from_file_location('adapter', {stsci_drizzle.__file__!r})\n"
        "m = u.module_from_spec(s); s.loader.exec_module(m)\n"
        f"f = json.load(open({str(tmp_path / 'facts.json')!r}))\n"
        f"a = np.load({str(tmp_path / 'arrays.npz')!r})\n"
        "es = [N(**(e | {'data': a[f'{i}.data'], 'weight_map': a[f'{i}.weight_map'],\n"
        "  'pixmap': a[f'{i}.pixmap'], 'dq': None, 'variance': ()}))\n"
        "  for i, e in enumerate(f['exposures'])]\n"
        "p = N(**(f['params'] | {'grid': N(**f['params']['grid'])}))\n"
        "r = m.load().drizzle(es, p)\n"
        f"np.savez({str(tmp_path / 'made.npz')!r}, sci=r['sci'], wht=r['wht'], ctx=r['ctx'])\n"
    )
    subprocess.run([str(environment.python), "-I", "-c", code], check=True)
    with Worker("drizzle", environment.python) as worker:
        expected = run_core(RemoteCore(worker, "drizzle", version), exposures, params)
    with np.load(tmp_path / "made.npz") as made:
        for name in ("sci", "wht", "ctx"):
            np.testing.assert_array_equal(made[name], getattr(expected, name))


class Refusing:
    """Answers every request with one outcome."""

    def __init__(self, outcome: str) -> None:
        self.outcome = outcome

    def perform(self, request: DrizzleRequest, *, time_limit: float) -> Reply:
        """Answer."""
        return Reply(outcome=self.outcome, error="SIGSEGV", message="the end")


def test_a_core_that_does_nothing_is_told(tmp_path):
    """A release that cannot drizzle nine pixels is an error with what it said."""
    with pytest.raises(CoreError, match="does not drizzle 3x3 ones: died SIGSEGV the end"):
        RemoteCore(Refusing("died"), "drizzle", "0.1")


def test_a_death_in_a_run_is_an_error(remote, monkeypatch):
    """A run in which the core dies ends with an error that names the release."""
    monkeypatch.setattr(remote, "_performer", Refusing("died"))
    exposures, params = small()
    with pytest.raises(CoreError, match=f"{remote.version}: died SIGSEGV"):
        run_core(remote, exposures, params)
