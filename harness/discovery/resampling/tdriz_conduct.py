"""Checks of what a call of `cdrizzle.tdriz` does beside its product: warnings, memory, refusals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from harness.cores.request import ExtensionRequest
from harness.discovery.resampling.check import Check
from harness.discovery.resampling.geometry import STRAIGHT
from harness.discovery.resampling.images import image
from harness.discovery.resampling.judge import outcome_figures, refusal
from harness.discovery.resampling.leaks import EITHER, REPEAT, leak_check
from harness.discovery.resampling.runs import run
from harness.discovery.resampling.tdriz_call import Call, call, check_calls
from harness.discovery.resampling.tdriz_refusals import DEADLY, SHAPES_TOLD, bad_arguments
from harness.model import KERNELS


def conduct_checks() -> Iterator[Check]:
    """Yield them all."""
    yield from _warnings()
    yield from _leaks()
    yield from _refusals()


def _warnings() -> Iterator[Check]:
    calls = {}
    for factor in (0.8, 1.3):
        one = image(STRAIGHT, pixel_scale_ratio=factor, iscale=factor * factor)
        request = call(STRAIGHT, one, "turbo", scale=factor, iscale=5.0, pscale_ratio=None)
        meaning = run(STRAIGHT, "turbo", one)
        calls[f"scale-{factor}"] = Call(request=request, meaning=meaning, warns="'scale'")
    for kernel in ("gaussian", "lanczos2", "lanczos3"):
        one = image(STRAIGHT)
        calls[kernel] = Call(request=call(STRAIGHT, one, kernel), warns=f"'{kernel}'",
                             meaning=run(STRAIGHT, kernel, one))  # fmt: skip
    for planes in (0, 1):
        one = image(STRAIGHT, pixfrac=0.7, planes=planes)
        meaning = run(STRAIGHT, "lanczos3", replace(one, pixfrac=1.0))
        calls[f"lanczos-pixfrac-{planes}"] = Call(
            request=call(STRAIGHT, one, "lanczos3"), meaning=meaning, warns="ignored"
        )
    one = image(STRAIGHT, pixfrac=0.0005)
    calls["tiny"] = Call(request=call(STRAIGHT, one, "turbo"), warns="'point'",
                         meaning=run(STRAIGHT, "turbo", one))  # fmt: skip
    yield check_calls("warnings", "What is done otherwise than asked is told by a warning.", calls)
    yield Check(
        name="tdriz/no-warnings",
        statement="What is done as asked needs no warning.",
        requests={
            kernel: call(STRAIGHT, image(STRAIGHT), kernel)
            for kernel in ("square", "turbo", "point")
        },
        judge=lambda subject, request, reply, truth: "; ".join(reply.warnings),
        summary=outcome_figures,
        truth=lambda request: None,
    )
    yield Check(
        name="tdriz/no-warnings-of-pixfrac",
        statement="That lanczos ignores pixfrac needs no warning where it is 1.",
        requests={
            f"{kernel}-{planes}": call(STRAIGHT, image(STRAIGHT, planes=planes), kernel)
            for kernel in ("lanczos2", "lanczos3")
            for planes in (0, 1)
        },
        judge=lambda subject, request, reply, truth: "; ".join(
            one for one in reply.warnings if "ignored" in one
        ),
        summary=outcome_figures,
        truth=lambda request: None,
    )


def _leaks() -> Iterator[Check]:
    requests = {}
    for kernel in KERNELS:
        for planes in (0, 2):
            one = image(STRAIGHT, planes=planes, dq=bool(planes))
            requests[f"{kernel}-{planes}"] = call(STRAIGHT, one, kernel)
    one = image(STRAIGHT, planes=2, dq=True)
    reversed_rows: dict[str, Any] = {
        name: np.ascontiguousarray(value[::-1])[::-1]
        for name, value in (("input", one.data), ("weights", one.weight), ("pixmap", one.pixmap),
                            ("dq", one.dq))
        if value is not None
    }  # fmt: skip
    reversed_rows["input2"] = tuple(
        np.ascontiguousarray(plane[::-1])[::-1] for plane in one.variance or () if plane is not None
    )
    outputs = {
        name: np.zeros(STRAIGHT.output, dtype=kind)[::-1]
        for name, kind in (("output", "f4"), ("counts", "f4"), ("context", "i4"), ("outdq", "u4"))
    }
    outputs["output2"] = tuple(np.zeros(STRAIGHT.output, dtype="f4")[::-1] for _ in range(2))  # type: ignore[assignment]
    requests["copies"] = call(STRAIGHT, one, "square", **reversed_rows, **outputs)
    groups: dict[str, dict[str, ExtensionRequest]] = {"leaks": requests}
    for name, (_, fields) in bad_arguments().items():
        group = "leaks-refused-lists" if name in DEADLY else "leaks-refused"
        groups.setdefault(group, {})[name] = call(STRAIGHT, one, "square", **fields)
    for group, some in groups.items():
        yield leak_check(
            f"tdriz/{group}",
            some,
            statement=EITHER,
            deadly="by chance" if group == "leaks-refused-lists" else "",
        )


def _refusals() -> Iterator[Check]:
    one = image(STRAIGHT)
    for name, (words, fields) in bad_arguments().items():
        yield Check(
            name=f"tdriz-refused/{name}",
            statement="What cannot be meant is refused, with a message that names it.",
            # Memory that is freed by mistake tells itself sooner or later, one call alone may not.
            requests={
                "call": replace(
                    call(STRAIGHT, one, "square", **fields),
                    repeat=REPEAT if name in DEADLY else 1,
                )
            },
            judge=refusal(*words, numbers=SHAPES_TOLD.get(name, ())),
            summary=outcome_figures,
            truth=lambda request: None,
            deadly="by chance" if name in DEADLY else "",
        )
