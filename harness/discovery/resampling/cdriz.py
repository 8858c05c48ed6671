"""Checks of drizzlepac's `cdriz.tdriz`, as `adrizzle.do_driz` and other callers make the call."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from harness.cores.request import Reply
from harness.discovery.resampling.cdriz_call import (
    OUTPUTS,
    CdrizCall,
    call_check,
    cdriz_call,
    make_call,
)
from harness.discovery.resampling.cdriz_parts import part_checks
from harness.discovery.resampling.check import Check
from harness.discovery.resampling.geometry import CONTAINED, FINE, PARTIAL, STRAIGHT, TURNED
from harness.discovery.resampling.images import image
from harness.discovery.resampling.judge import or_refused
from harness.discovery.resampling.leaks import leak_check
from harness.discovery.resampling.runs import run, size
from harness.discovery.resampling.tophat import drizzle_tophat
from harness.discovery.subject import Subject
from harness.model import KERNELS


def cdriz_checks() -> Iterator[Check]:
    """Yield them all."""
    yield from _products()
    yield from part_checks()
    yield from _tophat()
    yield _bits()
    yield _log()
    yield from _leaks()


def _products() -> Iterator[Check]:
    for kernel in KERNELS:
        calls = {}
        for name, placing in {"straight": STRAIGHT, "fine": FINE, "turned": TURNED}.items():
            one = image(placing, pixfrac=size(kernel, 0.7), weight_scale=0.625)
            calls[name] = make_call(placing, one, kernel)
        yield call_check(f"product-{kernel}", "All arguments mean what they are called.", calls)
    times = {unit: image(TURNED, in_units=unit, exptime=2.5) for unit in ("cps", "counts")}
    yield call_check(
        "cps", "The exposure time does not concern count rates.",
        {one: make_call(TURNED, times["cps"], one) for one in ("square", "turbo", "point")},
    )  # fmt: skip
    yield call_check(
        "counts", "Counts are divided by the exposure time, and left as they are.",
        {one: make_call(TURNED, times["counts"], one) for one in ("square", "turbo", "point")},
    )  # fmt: skip
    one = image(STRAIGHT, pixfrac=0.8)
    for group, which in {"": "square", "-turbo": "turbo"}.items():
        fills = ("INDEF", "indef", "", "NaN", "-7", "2.5e1", "0")
        yield call_check(
            f"fill{group}",
            "Pixels without weight have the fill value, or keep what they hold.",
            {repr(fill): make_call(STRAIGHT, one, which, fill=fill) for fill in fills},
        )
    calls = {}
    for name, value in cdriz_call(STRAIGHT, one, "square").arguments:
        if name in OUTPUTS:
            reverse = np.ascontiguousarray(value[::-1])[::-1]
            calls[name] = make_call(STRAIGHT, one, "square", **{name: reverse})
    outputs = call_check("outputs", "An output of another layout is filled, or refused.", calls)
    yield replace(outputs, judge=or_refused(outputs.judge))
    turned = image(TURNED, pixfrac=0.7)
    weight = turned.weight
    assert weight is not None  # noqa: S101 - `image` gives one
    layouts: dict[str, dict[str, Any]] = {
        "big-endian": {"input": turned.data.astype(">f4"), "weights": weight.astype(">f4")},
        "reversed": {"input": turned.data[::-1].copy()[::-1],
                     "weights": weight[::-1].copy()[::-1]},
        "transposed": {"input": turned.data.T.copy().T, "weights": weight.T.copy().T},
        "lists": {"input": tuple(map(tuple, turned.data.tolist())),
                  "weights": tuple(map(tuple, weight.tolist()))},
    }  # fmt: skip
    yield call_check(
        "layouts",
        "Inputs of other types and layouts are converted.",
        {name: make_call(TURNED, turned, "square", **some) for name, some in layouts.items()},
    )


def _tophat() -> Iterator[Check]:
    calls = {}
    for number, (name, placing) in enumerate({**CONTAINED, **PARTIAL}.items()):
        pixfrac = (1.0, 1.63, 0.77, 2.3)[number % 4]
        one = image(placing, pixfrac=pixfrac, weight_scale=1.25)
        meaning = run(placing, "turbo", one)  # for tolerances, which are those of one product
        calls[name] = CdrizCall(
            request=cdriz_call(placing, one, "tophat"),
            meaning=meaning,
            truth=lambda one=one, placing=placing: drizzle_tophat(  # type: ignore[misc]
                one, placing.output, -7.0
            ),
        )
    yield call_check(
        "tophat",
        "A pixel gives its weight to the pixels whose centres lie within its circle.",
        calls,
    )
    counted = {
        name: one.request for name, one in calls.items() if name in (*CONTAINED, "far", "far-below")
    }
    truths = {id(one.request): one.truth for one in calls.values()}

    def judge(subject: Subject, request: Any, reply: Reply, truth: Any) -> str:
        if reply.outcome != "returned":
            return f"{reply.outcome} {reply.message}"
        told = tuple(int(one) for one in reply.attributes["value"][1:])
        return "" if told == truth else f"(nmiss, nskip) {told} instead of {truth}"

    def truth(request: Any) -> tuple[int, int]:
        nskip, nmiss = truths[id(request)]().returned[0]
        return int(nmiss), int(nskip)

    yield Check(
        name="cdriz/tophat-counts",
        statement="The pixels and lines that gave nothing are told.",
        requests=counted,
        judge=judge,
        summary=lambda request, reply: tuple(
            float(one) for one in reply.attributes.get("value", (0, -1.0))[1:]
        ),
        truth=truth,
    )


def _bits() -> Check:
    """Image number k sets bit (k - 1) % 32, beside those that are set already."""
    one = image(STRAIGHT)
    earlier = np.full(STRAIGHT.output, 1 << 20, dtype=np.int32)
    requests = {
        f"{kernel}-{number}": cdriz_call(STRAIGHT, one, kernel, uniqid=number,
                                         context=earlier.copy())
        for kernel in ("square", "point", "turbo", "tophat", "gaussian")
        for number in (1, 2, 31, 32, 33, 64, 65)
    }  # fmt: skip
    numbers = {id(request): int(name.rpartition("-")[2]) for name, request in requests.items()}

    def judge(subject: Subject, request: Any, reply: Reply, truth: Any) -> str:
        if reply.ctx is None or reply.wht is None:
            return f"no context: {reply.outcome} {reply.message}"
        bit = np.uint32(1) << np.uint32((numbers[id(request)] - 1) % 32)
        wanted = np.where(reply.wht > 0, bit, np.uint32(0)) | np.uint32(1 << 20)
        same = np.array_equal(reply.ctx.view(np.uint32), wanted)
        return "" if same else f"bits are {sorted(set(reply.ctx.ravel().tolist()))}, not {bit}"

    return Check(
        name="cdriz/uniqid",
        statement="Image number k sets bit (k - 1) % 32, and leaves the others.",
        requests=requests,
        judge=judge,
        summary=lambda request, reply: (
            (float(reply.ctx.astype(float).sum()),) if reply.ctx is not None else (-1.0,)
        ),
        truth=lambda request: None,
    )


def _log() -> Check:
    one = image(STRAIGHT)
    requests = {kernel: cdriz_call(STRAIGHT, one, kernel) for kernel in (*KERNELS, "tophat")}
    kernels = {id(request): kernel for kernel, request in requests.items()}

    def judge(subject: Subject, request: Any, reply: Reply, truth: Any) -> str:
        told = reply.attributes.get("log", [])
        kernel = kernels[id(request)]
        words = " ".join(told).split()
        return "" if kernel in words else f"no line of the log names {kernel}: {told}"

    return Check(
        name="cdriz/log",
        statement="The log says by which kernel is drizzled.",
        requests=requests,
        judge=judge,
        summary=lambda request, reply: (float(len(reply.attributes.get("log", []))),),
        truth=lambda request: None,
    )


def _leaks() -> Iterator[Check]:
    one = image(STRAIGHT)
    requests = {kernel: cdriz_call(STRAIGHT, one, kernel) for kernel in (*KERNELS, "tophat")}
    backwards: dict[str, Any] = {
        name: np.ascontiguousarray(value[::-1])[::-1]
        for name, value in requests["square"].arguments
        if isinstance(value, np.ndarray) and name != "mapping"
    }
    requests["copies"] = cdriz_call(STRAIGHT, one, "square", **backwards)
    yield leak_check("cdriz/leaks", requests)
