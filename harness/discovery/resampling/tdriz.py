"""Checks of `cdrizzle.tdriz`, which pipelines call without the class around it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from harness.cores.request import DrizzleRequest, ExtensionRequest, RawImage, Reply
from harness.discovery.oracle_performer import OraclePerformer
from harness.discovery.resampling.check import Check
from harness.discovery.resampling.drizzles import run, size
from harness.discovery.resampling.geometry import CONTAINED, Placing
from harness.discovery.resampling.images import image
from harness.discovery.resampling.judge import (
    outcome_figures,
    product_figures,
    refusal,
    whole_product,
)
from harness.discovery.resampling.leaks import leak_figures, leaks_nothing
from harness.discovery.resampling.tdriz_refusals import DEADLY, SHAPES_TOLD, bad_arguments
from harness.discovery.subject import Subject
from harness.model import KERNELS

STRAIGHT = CONTAINED["straight"]
TURNED = CONTAINED["turned"]
UNTOLD = (
    "input2", "output2", "dq", "outdq", "uniqid", "xmin", "xmax", "ymin", "ymax", "iscale", "scale",
    "pixfrac", "kernel", "in_units", "expscale", "wtscale",
)  # fmt: skip
"""Arguments that may be left out."""
OUTPUTS = ("output", "counts", "context", "outdq", "output2")
BEFORE = 9.0
"""What the science image holds before: kept where nothing falls and there is no fill value."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Call:
    """A call of tdriz with the drizzle run that it stands for."""

    request: ExtensionRequest
    meaning: DrizzleRequest
    warns: str = ""


def tdriz_checks() -> Iterator[Check]:
    """Yield them all."""
    yield from _products()
    yield from _fills()
    yield from _warnings()
    yield from _leaks()
    yield from _refusals()


def call(placing: Placing, one: RawImage, kernel: str, /, **changes: Any) -> ExtensionRequest:
    """Return the call that drizzles an image with all arguments given, some of them changed."""
    xmin, xmax, ymin, ymax = (limit or 0 for limit in one.limits)
    arguments: dict[str, Any] = {
        "input": one.data,
        "weights": one.weight,
        "pixmap": one.pixmap,
        "output": np.full(placing.output, BEFORE, dtype=np.float32),
        "counts": np.zeros(placing.output, dtype=np.float32),
        "context": np.zeros(placing.output, dtype=np.int32),
        "input2": one.variance,
        "output2": None
        if one.variance is None
        else tuple(np.full(placing.output, BEFORE, dtype=np.float32) for _ in one.variance),
        "dq": one.dq,
        "outdq": None if one.dq is None else np.zeros(placing.output, dtype=np.uint32),
        "uniqid": 1,
        "xmin": xmin,
        "xmax": xmax,
        "ymin": ymin,
        "ymax": ymax,
        "iscale": one.iscale,
        "pscale_ratio": one.pixel_scale_ratio,
        "scale": None,
        "pixfrac": one.pixfrac,
        "kernel": kernel,
        "in_units": one.in_units,
        "expscale": one.exptime,
        "wtscale": one.weight_scale,
        "fillstr": "-7",
        "fillstr2": "nan",
    }
    arguments |= changes
    left = tuple((name, value) for name, value in arguments.items() if value is not LEFT_OUT)
    return ExtensionRequest(function="tdriz", arguments=left)


REPEAT = 72
LEFT_OUT = object()
"""Value of an argument that is not given."""


def _check(name: str, statement: str, calls: Mapping[Any, Call]) -> Check:
    meanings = {id(one.request): one for one in calls.values()}

    def truth(request: Any) -> Reply:
        return OraclePerformer().perform(meanings[id(request)].meaning)

    def judge(subject: Subject, request: Any, reply: Reply, truth: Reply) -> str:
        meant = meanings[id(request)]
        if meant.warns and not any(meant.warns in one for one in reply.warnings):
            return f"no warning names {meant.warns!r}: {reply.warnings}"
        return whole_product(
            subject, meant.meaning, replace(reply, modified=_inputs(request, reply)), truth
        )

    def summary(request: Any, reply: Reply) -> tuple[float, ...]:
        return product_figures(meanings[id(request)].meaning, reply)

    return Check(
        name=f"tdriz/{name}",
        statement=statement,
        requests={key: one.request for key, one in calls.items()},
        judge=judge,
        summary=summary,
        truth=truth,
    )


def _inputs(request: ExtensionRequest, reply: Reply) -> tuple[str, ...]:
    """Return the names of changed arrays that are no outputs."""
    found = []
    for name in reply.modified:
        number = int(name.removeprefix("arguments[").partition("]")[0])
        if request.arguments[number][0] not in OUTPUTS:
            found.append(request.arguments[number][0])
    return tuple(found)


def _products() -> Iterator[Check]:
    whole = {}
    for kernel in KERNELS:
        for planes in (0, 1, 2):
            one = image(
                TURNED, pixfrac=size(kernel, 0.7), planes=planes, dq=planes == 1, iscale=1.75,
                weight_scale=0.625, in_units="counts", exptime=2.5,
            )  # fmt: skip
            meaning = run(TURNED, kernel, one)
            whole[f"{kernel}-{planes}"] = Call(request=call(TURNED, one, kernel), meaning=meaning)
    yield _check("arguments", "All arguments mean what they mean to the class.", whole)
    plain = image(STRAIGHT)
    untold = dict.fromkeys(UNTOLD, LEFT_OUT)
    few = call(STRAIGHT, plain, "square", **untold)
    most = {name for name, _ in few.arguments} - {"fillstr", "fillstr2", "pscale_ratio"}
    least = replace(few, arguments=tuple(one for one in few.arguments if one[0] in most))
    meaning = run(STRAIGHT, "square", plain)
    none = call(STRAIGHT, plain, "square", context=None, fillstr="-7", fillstr2="-7")
    bare = run(STRAIGHT, "square", replace(plain, pixel_scale_ratio=1.0), fillval=BEFORE)
    yield _check(
        "defaults",
        "Left out are: no variance and DQ, no limits, square, pixfrac 1, cps, no fill value.",
        {
            "few": Call(request=few, meaning=meaning),
            "least": Call(request=least, meaning=bare),
            "no-context": Call(request=none, meaning=replace(meaning, context=False)),
        },
    )
    inputs = {}
    two = image(STRAIGHT, planes=2)
    assert two.variance is not None  # noqa: S101 - planes=2
    first = replace(two, variance=two.variance[:1])
    zeros = replace(two, variance=(two.variance[0], np.zeros(two.data.shape, dtype=np.float32)))
    inputs["none-of-two"] = Call(
        request=call(STRAIGHT, two, "square", input2=(two.variance[0], None)),
        meaning=run(STRAIGHT, "square", zeros),
    )
    for kernel in KERNELS:
        inputs[f"none-first-{kernel}"] = Call(
            request=call(STRAIGHT, two, kernel, input2=(None, two.variance[1])),
            meaning=run(STRAIGHT, kernel, replace(two, variance=(zeros.variance[1],  # type: ignore[index]
                                                                 two.variance[1]))),
        )  # fmt: skip
    inputs["array"] = Call(
        request=call(STRAIGHT, first, "square", input2=two.variance[0]),
        meaning=run(STRAIGHT, "square", first),
    )
    inputs["all-none"] = Call(
        request=call(STRAIGHT, first, "square", input2=(None,), output2=(None,)),
        meaning=run(STRAIGHT, "square", replace(plain, variance=None)),
    )
    inputs["empty"] = Call(
        request=call(STRAIGHT, plain, "square", input2=(), output2=()),
        meaning=run(STRAIGHT, "square", plain),
    )
    yield _check("variance-lists", "Variances that are None count as zero.", inputs)
    single = call(STRAIGHT, first, "square", input2=two.variance[0],
                  output2=np.full(STRAIGHT.output, BEFORE, dtype=np.float32))  # fmt: skip
    alone = Call(request=single, meaning=run(STRAIGHT, "square", first))
    yield replace(
        _check("variance-array", "One variance may be given as an array.", {"both": alone}),
        deadly=True,
    )
    yield _limits()
    numbers = {}
    for number in (1, 2, 31, 32, 33, 64, 65):
        request = call(STRAIGHT, plain, "point", uniqid=number)
        earlier = run(STRAIGHT, "point", plain)
        numbers[number] = _bit_call(request, earlier, number)
    yield _bits(numbers)
    yield _check(
        "dq-output-alone",
        "An output DQ without an input one is left alone.",
        {"zeros": Call(request=call(STRAIGHT, plain, "square",
                                    outdq=np.zeros(STRAIGHT.output, dtype=np.uint32)),
                       meaning=meaning)},
    )  # fmt: skip


def _limits() -> Check:
    """Return the check of limits as they are; those of the class are cut to the image before."""
    ny, nx = STRAIGHT.pixmap.shape[:2]
    calls = {}
    for limits in ((0, nx, 0, ny), (0, nx - 1, 0, ny - 1), (0, 99, 0, 99), (2, 5, 1, 4),
                   (0, 0, 0, 0), (3, 0, 2, 0), (nx - 2, nx, ny - 2, ny)):  # fmt: skip
        for kernel in ("square", "turbo"):
            one = image(STRAIGHT, limits=limits)
            calls[f"{kernel}-{limits}"] = Call(
                request=call(STRAIGHT, one, kernel), meaning=run(STRAIGHT, kernel, one)
            )
    return _check("limits", "Limits include both ends; zero and what is beyond are none.", calls)


def _bit_call(request: ExtensionRequest, meaning: DrizzleRequest, number: int) -> Call:
    return Call(request=request, meaning=meaning, warns="")


def _bits(calls: Mapping[int, Call]) -> Check:
    """Return the check that image number k sets bit (k - 1) % 32 of its plane."""
    numbers = {id(one.request): number for number, one in calls.items()}

    def judge(subject: Subject, request: Any, reply: Reply, truth: Reply) -> str:
        if reply.ctx is None or truth.ctx is None:
            return f"no context: {reply.outcome} {reply.message}"
        bit = np.uint32(1) << np.uint32((numbers[id(request)] - 1) % 32)
        wanted = np.where(truth.ctx[0] != 0, bit, np.uint32(0)).astype(np.uint32)
        same = np.array_equal(reply.ctx.view(np.uint32), wanted)
        return "" if same else f"bits are {sorted(set(reply.ctx.ravel().tolist()))}, not {bit}"

    return Check(
        name="tdriz/uniqid",
        statement="Image number k sets bit (k - 1) % 32.",
        requests={str(number): one.request for number, one in calls.items()},
        judge=judge,
        summary=lambda request, reply: (float((reply.ctx if reply.ctx is not None else 0).sum()),),  # type: ignore[union-attr]
        truth=lambda request: OraclePerformer().perform(calls[1].meaning),
    )


def _fills() -> Iterator[Check]:
    for name, planes in {"plain": 0, "variance": 1}.items():
        one = image(STRAIGHT, pixfrac=0.8, planes=planes)
        calls = {}
        for text, value in {"INDEF": BEFORE, "indef": BEFORE, "": BEFORE, "NaN": np.nan,
                            "nan": np.nan, "-7": -7.0, "2.5e1": 25.0}.items():  # fmt: skip
            request = call(STRAIGHT, one, "square", fillstr=text, fillstr2=LEFT_OUT)
            calls[repr(text)] = Call(
                request=request, meaning=run(STRAIGHT, "square", one, fillval=value)
            )
        # Without a fill value of their own, variances keep what they hold.
        yield _filled(f"fill-{name}", calls, dict.fromkeys(calls, BEFORE))
    one = image(STRAIGHT, pixfrac=0.8, planes=2)
    for fill in ("-7", "INDEF"):
        calls, seconds = {}, {}
        for text, value in {"INDEF": BEFORE, "indef": BEFORE, "": BEFORE, "NaN": np.nan,
                            "nan": np.nan, "-9.5": -9.5}.items():  # fmt: skip
            request = call(STRAIGHT, one, "turbo", fillstr=fill, fillstr2=text)
            first = BEFORE if fill == "INDEF" else -7.0
            meaning = run(STRAIGHT, "turbo", one, fillval=first)
            calls[repr(text)] = Call(request=request, meaning=meaning)
            seconds[repr(text)] = value
        yield _filled(f"fill-of-variance-{fill}", calls, seconds)


def _filled(name: str, calls: Mapping[str, Call], seconds: Mapping[str, float]) -> Check:
    """Return a check of science and of the fill values of variances."""
    whole = _check(name, "Pixels without weight have the fill values.", calls)
    values = {id(calls[key].request): value for key, value in seconds.items()}

    def truth(request: Any) -> Reply:
        found: Reply = whole.truth(request)
        assert found.wht is not None  # noqa: S101 - the oracle returned
        filled = tuple(
            np.where(found.wht == 0, np.float32(values[id(request)]), one)
            for one in found.variance
            if one is not None
        )
        return replace(found, variance=filled)

    def summary(request: Any, reply: Reply) -> tuple[float, ...]:
        if reply.wht is None:
            return (-1.0,)
        empty = reply.wht == 0
        fills = [float(np.nan_to_num(one[empty], nan=77.0).sum()) for one in reply.variance
                 if one is not None]  # fmt: skip
        return (*whole.summary(request, reply), *fills)

    return replace(whole, truth=truth, summary=summary)


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
    yield _check("warnings", "What is done otherwise than asked is told by a warning.", calls)
    silent = {}
    for kernel in ("square", "turbo", "point", "lanczos3"):
        request = call(STRAIGHT, image(STRAIGHT), kernel)
        silent[kernel] = request
    yield Check(
        name="tdriz/no-warnings",
        statement="What is done as asked needs no warning.",
        requests={kernel: silent[kernel] for kernel in ("square", "turbo", "point")},
        judge=lambda subject, request, reply, truth: "; ".join(reply.warnings),
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
        yield Check(
            name=f"tdriz/{group}",
            statement="No call leaves memory or references behind, whether it succeeds or not.",
            requests={name: replace(request, repeat=REPEAT) for name, request in some.items()},
            judge=leaks_nothing,
            summary=leak_figures,
            truth=lambda request: None,
            deadly=group == "leaks-refused-lists",
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
            deadly=name in DEADLY,
        )
