"""The one fixture that all benchmarks are timed with."""

from __future__ import annotations

from collections.abc import Callable
from time import process_time
from typing import Any

import pytest

from harness import __version__
from harness.timing.memory import measure_peak_memory
from harness.timing.pace import Pace, choose_rounds, find_pace

MEGA = 1e6


@pytest.fixture
def pace(request: pytest.FixtureRequest) -> Pace:
    """Give what the profile affords."""
    return find_pace(request.config.getoption("--profile"))


@pytest.fixture
def timed(benchmark: Any, pace: Pace) -> Callable[..., Any]:
    """Return the function that times a call and records what it cost.

    The call is made once more beforehand, to warm up, to see its peak memory and to choose the
    number of rounds. `extra_info` gets `info`, `input_mpixel`, `mpixel_per_s` (of the median
    round) and `mpixel_per_s_best`, `ns_per_pixel` (of the median), `cpu_seconds` (least of
    the rounds, all threads), `peak_memory_mb` and `memory_method`, `rounds` and `harness`.

    With `scale`, a tuple (axis, size, line), the benchmark takes part in `drizzle-harness scale`.
    """

    def time_call(
        call: Callable[[], Any],
        *,
        group: str,
        input_pixels: int,
        info: dict[str, Any],
        setup: Callable[[], None] | None = None,
        fewest: int | None = None,
        scale: tuple[str, float, str] | None = None,
    ) -> Any:
        benchmark.group = group
        if scale is not None:
            names = ("scale_axis", "scale_at", "scale_line")
            benchmark.extra_info.update(zip(names, scale, strict=True))
        benchmark.extra_info.update(info, harness=__version__, input_mpixel=input_pixels / MEGA)
        if benchmark.disabled:
            return benchmark.pedantic(call, setup=setup)
        if setup is not None:
            setup()
        memory, result = measure_peak_memory(call)
        del result
        processor: list[float] = []

        def counted() -> Any:
            start = process_time()
            result = call()
            processor.append(process_time() - start)
            return result

        rounds = choose_rounds(memory.seconds, pace, fewest=fewest)
        result = benchmark.pedantic(counted, setup=setup, rounds=rounds)
        stats = benchmark.stats.stats
        benchmark.extra_info.update(
            mpixel_per_s=input_pixels / MEGA / stats.median,
            mpixel_per_s_best=input_pixels / MEGA / stats.min,
            ns_per_pixel=stats.median * 1e9 / input_pixels,
            cpu_seconds=min(processor),
            peak_memory_mb=memory.megabytes,
            memory_method=memory.method,
            rounds=rounds,
        )
        return result

    return time_call
