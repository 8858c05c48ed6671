"""Checks of `cdrizzle.test_cdrizzle`, the tests in C that the drizzle package carries with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from harness.cores.request import ExtensionRequest, Reply
from harness.discovery.resampling.check import Check
from harness.discovery.resampling.judge import outcome_figures, refusal
from harness.discovery.resampling.leaks import leak_figures, leaks_nothing
from harness.discovery.subject import Subject

SIDE = 100
NAMES = ("data", "weights", "pixmap", "output_data", "output_counts", "output_context")
WRITTEN = ("data", "pixmap", "output_data")
"""What the tests leave otherwise than they got it: one bright pixel, its mapping, the result.
Weights are set to 1, counts and context to 0, as they were."""
KEPT = SIDE * SIDE * 2.0
"""Bytes of the heap that the tests may keep at each call: half of the smallest array; they keep
3 kB."""
TYPES = ("f4", "f4", "f8", "f4", "f4", "i4")


def selftest_checks() -> Iterator[Check]:
    """Yield them all."""
    yield Check(
        name="selftest/runs",
        statement="The core's own tests in C come to their end, and leave references as they were.",
        requests={"plain": _call(repeat=20), "copies": _call(repeat=20, backwards=True)},
        judge=_judge,
        summary=leak_figures,
        truth=lambda request: None,
    )
    # (The core takes pixmaps of up to four axes.)
    deep = {name: np.zeros((SIDE, SIDE, 1, 1, 1)[: 5 if name == "pixmap" else 3], dtype="i2")
            for name in NAMES}  # fmt: skip
    bad: dict[str, Any] = {name: {name: "rubbish"} for name in NAMES}
    bad |= {f"{name}-deep": {name: value} for name, value in deep.items()}
    for kind, changes in bad.items():
        name = kind.removesuffix("-deep")
        yield Check(
            name=f"selftest-refused/{kind}",
            statement="What is no array is refused, with a message that names it.",
            requests={"call": _call(changes)},
            judge=refusal(name.partition("_")[2] or name, "weghts", name),
            summary=outcome_figures,
            truth=lambda request: None,
        )
    yield _other_types()


def _other_types() -> Check:
    """Return the check of whole numbers, which are not of the type that the core works on."""
    whole = {name: np.zeros((SIDE, SIDE), dtype="i2") for name in NAMES if name != "pixmap"}
    requests = {name: _call({name: value}) for name, value in whole.items()}
    return Check(
        name="selftest/types",
        statement="Arrays of other types are converted, and the tests come to their end.",
        requests=requests,
        judge=lambda subject, request, reply, truth: (
            "" if reply.outcome == "returned" else f"{reply.outcome}: {reply.message[-200:]}"
        ),
        summary=outcome_figures,
        truth=lambda request: None,
    )


def _call(
    changes: Mapping[str, Any] | None = None, *, repeat: int = 1, backwards: bool = False
) -> ExtensionRequest:
    y, x = np.indices((SIDE, SIDE), dtype=np.float64)
    values: list[Any] = [np.zeros((SIDE, SIDE), dtype=kind) for kind in TYPES]
    values[1] += 1
    values[2] = np.stack([x, y], axis=-1)
    if backwards:
        # Not contiguous: the core makes copies, and must give them back.
        values = [np.ascontiguousarray(one[::-1])[::-1] for one in values]
    arguments = dict(zip(NAMES, values, strict=True)) | dict(changes or {})
    return ExtensionRequest(
        function="test_cdrizzle", arguments=tuple(arguments.items()), repeat=repeat
    )


def _judge(subject: Subject, request: Any, reply: Reply, truth: Any) -> str:
    if reply.outcome != "returned" or reply.attributes.get("value") is not None:
        return f"{reply.outcome} {reply.attributes.get('value')} {reply.message[-200:]}"
    # The tests themselves take memory that they never give back, but never as much as an array.
    kept = {name: value for name, value in reply.attributes.items() if name != "growth"}
    grown = reply.attributes.get("growth", {}).get("bytes", 0.0)
    if grown > KEPT:
        return f"each call keeps {grown:.0f} bytes, a whole array"
    wrong = leaks_nothing(subject, request, Reply(outcome="returned", attributes=kept), truth)
    given = [value for _, value in request.arguments]
    # What is not contiguous is copied, and the tests work on the copies.
    expected = [name for name in WRITTEN if given[NAMES.index(name)].flags.c_contiguous]
    written = [NAMES[int(one.removeprefix("arguments[").partition("]")[0])]
               for one in reply.modified]  # fmt: skip
    if not wrong and sorted(written) != sorted(expected):
        return f"wrote to {written} instead of {expected}"
    return wrong
