"""Checks of drizzlepac's `cdriz.tdriz`, as `adrizzle.do_driz` and other callers make the call."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from harness.cores.request import DrizzleRequest, ExtensionRequest, RawImage, Reply
from harness.discovery.oracle_performer import OraclePerformer
from harness.discovery.resampling.check import Check
from harness.discovery.resampling.drizzles import run, size
from harness.discovery.resampling.geometry import CONTAINED, PARTIAL, Placing
from harness.discovery.resampling.images import image, values
from harness.discovery.resampling.judge import or_refused, product_figures, whole_product
from harness.discovery.resampling.leaks import leak_check
from harness.discovery.resampling.tophat import drizzle_tophat
from harness.discovery.subject import Subject
from harness.model import KERNELS

STRAIGHT = CONTAINED["straight"]
FINE = CONTAINED["fine"]
TURNED = CONTAINED["turned"]
BEFORE = 9.0
"""What the science image holds before: kept where nothing falls and there is no fill value."""
OUTPUTS = ("output", "counts", "context")
SECTION = (3, 2)
"""(xmin, ymin), 1-based: the first column and line of the output that the arrays hold."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class CdrizCall:
    """A call with what must come of it."""

    request: ExtensionRequest
    meaning: DrizzleRequest
    truth: Callable[[], Reply]


def cdriz_call(placing: Placing, one: RawImage, kernel: str, /, **changes: Any) -> ExtensionRequest:
    """Return the call that drizzles an image, some of its arguments changed."""
    arguments: dict[str, Any] = {
        "input": one.data,
        "weights": one.weight,
        "output": np.full(placing.output, BEFORE, dtype=np.float32),
        "counts": np.zeros(placing.output, dtype=np.float32),
        "context": np.zeros(placing.output, dtype=np.int32),
        "uniqid": 1,
        "ystart": 0,
        "xmin": 1,
        "ymin": 1,
        "dny": one.data.shape[0],
        "scale": one.pixel_scale_ratio,
        "xscale": 1.0,
        "yscale": 1.0,
        "align": "center",
        "pixfrac": one.pixfrac,
        "kernel": kernel,
        "in_units": one.in_units,
        "expin": one.exptime,
        "wtscl": one.weight_scale,
        "fill": "-7",
        "nmiss": 0,
        "nskip": 0,
        "vflag": 1,
        "mapping": one.pixmap,
    } | changes
    return ExtensionRequest(function="cdriz.tdriz", arguments=tuple(arguments.items()))


def cdriz_checks() -> Iterator[Check]:
    """Yield them all."""
    yield from _products()
    yield from _parts()
    yield from _tophat()
    yield _bits()
    yield _log()
    yield from _leaks()


def _call(placing: Placing, one: RawImage, kernel: str, /, **changes: Any) -> CdrizCall:
    fill = changes.get("fill", "-7")
    value = BEFORE if fill in ("", "INDEF", "indef") else float(fill)
    meaning = run(placing, kernel, one, fillval=value)
    return CdrizCall(
        request=cdriz_call(placing, one, kernel, **changes),
        meaning=meaning,
        truth=lambda: OraclePerformer().perform(meaning),
    )


def _check(name: str, statement: str, calls: Mapping[str, CdrizCall]) -> Check:
    by_request = {id(one.request): one for one in calls.values()}

    def judge(subject: Subject, request: Any, reply: Reply, truth: Reply) -> str:
        changed = tuple(
            request.arguments[int(one.removeprefix("arguments[").partition("]")[0])][0]
            for one in reply.modified
        )
        left = tuple(one for one in changed if one not in OUTPUTS)
        meaning = by_request[id(request)].meaning
        return whole_product(subject, meaning, replace(reply, modified=left), truth)

    return Check(
        name=f"cdriz/{name}",
        statement=statement,
        requests={key: one.request for key, one in calls.items()},
        judge=judge,
        summary=lambda request, reply: product_figures(by_request[id(request)].meaning, reply),
        truth=lambda request: by_request[id(request)].truth(),
    )


def _products() -> Iterator[Check]:
    for kernel in KERNELS:
        calls = {}
        for name, placing in {"straight": STRAIGHT, "fine": FINE, "turned": TURNED}.items():
            one = image(placing, pixfrac=size(kernel, 0.7), weight_scale=0.625)
            calls[name] = _call(placing, one, kernel)
        yield _check(f"product-{kernel}", "All arguments mean what they are called.", calls)
    times = {unit: image(TURNED, in_units=unit, exptime=2.5) for unit in ("cps", "counts")}
    yield _check(
        "cps", "The exposure time does not concern count rates.",
        {kernel: _call(TURNED, times["cps"], kernel) for kernel in ("square", "turbo", "point")},
    )  # fmt: skip
    yield _check(
        "counts", "Counts are divided by the exposure time, and left as they are.",
        {kernel: _call(TURNED, times["counts"], kernel) for kernel in ("square", "turbo", "point")},
    )  # fmt: skip
    one = image(STRAIGHT, pixfrac=0.8)
    for group, which in {"": "square", "-turbo": "turbo"}.items():
        fills = ("INDEF", "indef", "", "NaN", "-7", "2.5e1", "0")
        yield _check(
            f"fill{group}",
            "Pixels without weight have the fill value, or keep what they hold.",
            {repr(fill): _call(STRAIGHT, one, which, fill=fill) for fill in fills},
        )
    calls = {}
    for name, value in cdriz_call(STRAIGHT, one, "square").arguments:
        if name in OUTPUTS:
            reverse = np.ascontiguousarray(value[::-1])[::-1]
            calls[name] = _call(STRAIGHT, one, "square", **{name: reverse})
    outputs = _check("outputs", "An output of another layout is filled, or refused.", calls)
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
    yield _check(
        "layouts",
        "Inputs of other types and layouts are converted.",
        {name: _call(TURNED, turned, "square", **some) for name, some in layouts.items()},
    )


def _parts() -> Iterator[Check]:
    """Parts of the input, and outputs that begin beyond the first pixel."""
    for kernel in (*KERNELS[:3], "gaussian"):
        kernel_size = size(kernel, 0.7)
        calls, lines = {}, {}
        for name, placing in {"straight": STRAIGHT, "turned": TURNED,
                              "over": PARTIAL["over-corner"]}.items():  # fmt: skip
            for fill in ("-7", "INDEF"):
                calls[f"{name}-{fill}"] = _section(placing, kernel, kernel_size, fill)
        for name, placing in {"straight": STRAIGHT, "turned": TURNED}.items():
            ny = placing.pixmap.shape[0]
            one = image(placing, pixfrac=kernel_size, limits=(None, None, None, ny - 4))
            lines[name] = _call(placing, one, kernel, dny=ny - 3)
        yield _check(
            f"section-{kernel}",
            "An output that begins at (xmin, ymin) holds that part of the whole one.",
            calls,
        )
        yield _check(f"lines-{kernel}", "Only the first dny lines are drizzled.", lines)
        start, whole = 2, image(TURNED, pixfrac=kernel_size)
        kept = whole.data.shape[0] - start
        rest = replace(
            whole,
            data=whole.data[:kept],
            weight=None if whole.weight is None else whole.weight[:kept],
            pixmap=whole.pixmap[start:],
        )
        meaning = run(TURNED, kernel, rest)
        request = cdriz_call(TURNED, whole, kernel, ystart=start, dny=kept)
        yield _check(
            f"ystart-{kernel}",
            "The first line of the array is line ystart of the image.",
            {"2": CdrizCall(request=request, meaning=meaning,
                            truth=lambda meaning=meaning: OraclePerformer().perform(meaning))},  # type: ignore[misc]
        )  # fmt: skip


def _section(placing: Placing, kernel: str, pixfrac: float, fill: str) -> CdrizCall:
    """Return the call of which the lower and left part is cut off, with the rest as its truth."""
    left, below = SECTION[0] - 1, SECTION[1] - 1
    # (Without weights of zero: what they do to the science image is not what is asked here.)
    ny, nx = placing.pixmap.shape[:2]
    weight = np.maximum(values("weight", (ny, nx), 0), np.float32(0.4))
    one = image(placing, pixfrac=pixfrac, weight=weight)
    ny, nx = placing.output
    smaller = replace(placing, output=(ny - below, nx - left))
    value = BEFORE if fill == "INDEF" else float(fill)
    moved = replace(one, pixmap=one.pixmap - np.array([left, below]))
    meaning = run(smaller, kernel, moved, fillval=value)

    def truth() -> Reply:
        part = OraclePerformer().perform(meaning)
        return replace(part, **{name: _embedded(getattr(part, name), placing.output, before)
                                for name, before in OUTSIDE.items()})  # fmt: skip

    request = cdriz_call(placing, one, kernel, xmin=SECTION[0], ymin=SECTION[1], fill=fill)
    return CdrizCall(request=request, meaning=meaning, truth=truth)


OUTSIDE: dict[str, float] = {"sci": BEFORE, "wht": 0.0, "ctx": 0}
"""What the arrays hold where no call may write."""


def _embedded(part: Any, shape: tuple[int, int], before: float) -> Any:
    whole = np.full((*part.shape[:-2], *shape), before, dtype=part.dtype)
    whole[..., : part.shape[-2], : part.shape[-1]] = part
    return whole


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
    yield _check(
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
