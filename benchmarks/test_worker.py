"""How many small calls a second go through the isolated worker."""

import importlib.util

import pytest

CALLS = 100
"""In one round."""


@pytest.mark.parametrize("core", ["drizzle", "drizzlepac"])
def test_worker(benchmark, core):
    """Time requests of 3x3 pixels, one after the other; `calls_per_s` is in the record."""
    if importlib.util.find_spec(core) is None:
        pytest.skip(f"{core} is not installed")
    from harness.cores.worker import Worker
    from harness.discovery.subject import plain_request

    request = plain_request()
    with Worker(core) as worker:

        def call():
            for _ in range(CALLS):
                worker.perform(request)

        benchmark.group = "worker"
        benchmark.pedantic(call, rounds=5, warmup_rounds=1)
        if benchmark.stats is not None:
            benchmark.extra_info["calls_per_s"] = CALLS / benchmark.stats.stats.median
