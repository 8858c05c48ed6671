import dataclasses

import numpy as np
import pytest

from harness.cores import lending
from harness.cores.call import run_core
from harness.exposure_stream import keep_exposures
from harness.model import DrizzleParams, OutputGrid

SHAPE = (300, 200)


class Core:
    """A core that does with the exposures what a test wants."""

    name, version = "borrower", "1"
    capabilities = {"kernels": ["square"], "flux_conserving": ["square"]}  # noqa: RUF012

    def __init__(self, use) -> None:
        self._use = use

    def drizzle(self, exposures, params):
        """Use the exposures, and make nothing."""
        self._use(exposures)
        empty = np.zeros(params.grid.shape, np.float32)
        return {"sci": empty, "wht": empty.copy()}


@pytest.fixture(params=[True, False], ids=["pagemap", "every byte"])
def stream(request, make_exposure, monkeypatch, tmp_path):
    """Spool four exposures, where the system tells written pages and where it does not."""
    if not request.param:
        monkeypatch.setattr(lending, "PAGEMAP", tmp_path / "none")
    exposures = [
        make_exposure(SHAPE, seed=number, dq=np.ones(SHAPE, np.uint32)) for number in range(4)
    ]
    exposures[2].data[5, 5] = np.nan
    return keep_exposures(exposures, limit=0)


def modified_by(stream, use):
    """Run a core that uses the exposures in some way, and return what it was seen to write."""
    grid = OutputGrid(shape=(8, 8), pixel_scale=0.5)
    params = DrizzleParams(kernel="square", pixfrac=1.0, grid=grid)
    return run_core(Core(use), stream, params).provenance["modified_inputs"]


def read_all(exposures):
    """Touch every array without writing to it."""
    for exposure in exposures:
        assert np.isfinite(exposure.pixmap.sum() + exposure.weight_map.sum())
        assert exposure.data.size


def test_reading_modifies_nothing(stream) -> None:
    """A core that reads everything, twice, is not accused."""
    assert modified_by(stream, read_all) == ()
    assert modified_by(stream, lambda exposures: [read_all(exposures) for _ in range(2)]) == ()


def write_in_loop(exposures):
    """Write to one pixel of each exposure but the first, the last byte of an array included."""
    for number, exposure in enumerate(exposures):
        if number == 1:
            exposure.data[17, 3] += 1.0
        if number == 2:
            exposure.pixmap[-1, -1, -1] += 1e-9
        if number == 3:
            exposure.dq[0, 0] = 0


def write_to_list(exposures):
    """Take all exposures, and write to them afterwards."""
    held = list(exposures)
    write_in_loop(held)


def write_by_index(exposures):
    """Ask for single exposures, from the end too."""
    exposures[1].data[17, 3] += 1.0
    exposures[-2].pixmap[-1, -1, -1] += 1e-9
    exposures[3].dq[0, 0] = 0


def write_to_arrays(exposures):
    """Write through arrays alone, whose exposures are gone."""
    one, two, three = exposures[1].data, exposures[2].pixmap, exposures[3].dq
    one[17, 3] += 1.0
    two[-1, -1, -1] += 1e-9
    three[0, 0] = 0


@pytest.mark.parametrize("use", [write_in_loop, write_to_list, write_by_index, write_to_arrays])
def test_whatever_is_written_is_found(stream, use) -> None:
    """Each array that was written to is named, however the core held it; the next run is sound."""
    names = [exposure.name for exposure in stream]
    expected = (f"{names[1]}[1].data", f"{names[2]}[1].pixmap", f"{names[3]}[1].dq")
    assert modified_by(stream, use) == expected
    assert modified_by(stream, read_all) == ()
    assert np.isnan(stream[2].data[5, 5])


def test_writing_what_was_there_is_no_change(stream) -> None:
    """A core that writes the same value back has left the input as it was."""

    def rewrite(exposures):
        exposures[2].data[...] = exposures[2].data.copy()

    assert modified_by(stream, rewrite) == ()


def test_one_exposure_is_held_at_a_time(stream) -> None:
    """In a loop, no more than the exposure in hand and the one before are open."""
    held = []

    def count(exposures):
        for exposure in exposures:
            held.append(len({loan.index for loan, _ in exposures._out.values()}))
            assert len({loan.index for loan in exposures._back}) <= 1
            del exposure

    modified_by(stream, count)
    assert max(held) <= 2


def test_time_of_the_check_is_not_the_core_s(stream) -> None:
    """Lending and comparing is taken off the seconds that are told of the core."""
    told = []

    def use(exposures):
        read_all(exposures)
        told.append(exposures.seconds)

    grid = OutputGrid(shape=(8, 8), pixel_scale=0.5)
    params = DrizzleParams(kernel="square", pixfrac=1.0, grid=grid)
    product = run_core(Core(use), stream, params)
    assert told[0] > 0
    assert product.provenance["seconds"] >= 0


def test_in_memory_and_spooled_exposures_give_the_same_product(
    make_exposure, in_memory_cores
) -> None:
    """The real cores make the same bits of a stream as of exposures in memory."""
    for exposures in (
        [make_exposure(seed=number, shift=(8.0 + number / 4, 8.0)) for number in range(3)],
        [make_exposure(seed=1), dataclasses.replace(make_exposure(seed=2), pixel_scale=1.1)],
    ):
        grid = OutputGrid(shape=(100, 104), pixel_scale=0.5)
        params = DrizzleParams(kernel="square", pixfrac=0.8, grid=grid)
        for core in in_memory_cores.values():
            direct = run_core(core, exposures, params)
            streamed = run_core(core, keep_exposures(exposures, limit=0), params)
            for name in ("sci", "wht", "ctx"):
                assert getattr(direct, name).tobytes() == getattr(streamed, name).tobytes()
