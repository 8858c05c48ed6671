"""The same exposures a second time, and in reverse order: what must not make a difference."""

from __future__ import annotations

from collections.abc import Sequence

from harness.cores.call import run_core
from harness.cores.oracle_sums import OracleProduct
from harness.cores.protocol import DrizzleCore
from harness.metrics.repetition import ORDER, REPEAT, measure_repetition
from harness.model import DrizzledProduct, DrizzleParams, Exposure, Measurement

AGAIN = "again"
"""Tag of the cases on which a core runs more than once."""


def repeat_run(
    core: DrizzleCore,
    exposures: Sequence[Exposure],
    params: DrizzleParams,
    product: DrizzledProduct,
    truth: OracleProduct,
) -> tuple[Measurement, ...]:
    """Run a core twice more and compare what it makes.

    Parameters
    ----------
    core : DrizzleCore
    exposures, params :
        As of the first run.
    product : DrizzledProduct
        Of the first run.
    truth : OracleProduct
        Whose numbers of contributions say how large roundoff may be.

    Returns
    -------
    tuple of Measurement
        integrity.repeat and integrity.order.

    Raises
    ------
    HarnessError
        As `harness.cores.call.run_core`.
    MetricError
        If the two products cannot be compared.
    """
    found = []
    for metric, step in ((REPEAT, 1), (ORDER, -1)):
        again = run_core(core, exposures[::step], params)
        found.append(
            measure_repetition(
                metric,
                product,
                again,
                kernel=params.kernel,
                contributions=truth.contributions,
            )
        )
    return tuple(found)
