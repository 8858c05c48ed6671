import subprocess
import sys

import numpy as np
import pytest

from harness.cores.call import run_core
from harness.cores.registry import load_core

ONE_RUN = """
import sys
from harness.cores.registry import load_core
core = load_core("drizzlepac", lean=True)
assert "drizzlepac.cdriz" in sys.modules
assert "drizzlepac" not in sys.modules, "the package was imported"
import drizzlepac.adrizzle
assert drizzlepac.adrizzle.cdriz is sys.modules["drizzlepac.cdriz"]
"""


def test_the_package_is_not_imported():
    """The lean core has the C extension alone; the package meets the same one if it comes later."""
    subprocess.run([sys.executable, "-W", "ignore", "-c", ONE_RUN], check=True)


@pytest.mark.parametrize("kernel", ["square", "point", "turbo", "gaussian", "lanczos3"])
@pytest.mark.parametrize("pixfrac", [0.0, 0.4, 1.0])
def test_every_bit_is_that_of_do_driz(make_exposure, make_params, kernel, pixfrac):
    """Science, weight, context and counts are those of drizzlepac's own call."""
    params = make_params(kernel=kernel, pixfrac=pixfrac, fillval=-7.5)
    # More than one context plane, one exposure in counts, and some off the output.
    many = [
        make_exposure(seed=seed, angle=seed, shift=(3.0 * seed - 20, 8.0)) for seed in range(33)
    ]
    many.append(make_exposure(seed=33, exptime=7.0, in_units="counts", pixel_scale=0.9))
    whole, lean = (
        run_core(load_core("drizzlepac", lean=lean), many, params) for lean in (False, True)
    )
    for name in ("sci", "wht", "ctx"):
        ours, theirs = getattr(lean, name), getattr(whole, name)
        np.testing.assert_array_equal(ours.view(np.uint32), theirs.view(np.uint32), err_msg=name)
    for name in ("nmiss", "nskip", "core", "version"):
        assert lean.provenance[name] == whole.provenance[name]


def test_a_core_without_lean_is_as_it_is():
    """Cores that have nothing to leave out are loaded as always."""
    assert type(load_core("oracle", lean=True)) is type(load_core("oracle"))
    assert load_core("drizzlepac").lean() is not load_core("drizzlepac")
