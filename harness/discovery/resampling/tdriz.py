"""Checks of `cdrizzle.tdriz`, which pipelines call without the class around it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from harness.cores.request import Reply
from harness.discovery.oracle_performer import OraclePerformer
from harness.discovery.resampling.check import Check
from harness.discovery.resampling.geometry import STRAIGHT, TURNED
from harness.discovery.resampling.images import image
from harness.discovery.resampling.judge import or_refused
from harness.discovery.resampling.runs import run, size
from harness.discovery.resampling.tdriz_call import BEFORE, LEFT_OUT, Call, call, check_calls
from harness.discovery.subject import Subject
from harness.model import KERNELS

UNTOLD = (
    "input2", "output2", "dq", "outdq", "uniqid", "xmin", "xmax", "ymin", "ymax", "iscale", "scale",
    "pixfrac", "kernel", "in_units", "expscale", "wtscale",
)  # fmt: skip
"""Arguments that may be left out."""


def tdriz_checks() -> Iterator[Check]:
    """Yield them all."""
    yield from _products()
    yield from _fills()


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
    yield check_calls("arguments", "All arguments mean what they mean to the class.", whole)
    for kernel in ("square", "turbo"):
        one = image(TURNED, exptime=2.5)
        whole[f"{kernel}-cps"] = Call(request=call(TURNED, one, kernel),
                                      meaning=run(TURNED, kernel, one))  # fmt: skip
    plain = image(STRAIGHT)
    untold = dict.fromkeys(UNTOLD, LEFT_OUT)
    few = call(STRAIGHT, plain, "square", **untold)
    most = {name for name, _ in few.arguments} - {"fillstr", "fillstr2", "pscale_ratio"}
    least = replace(few, arguments=tuple(one for one in few.arguments if one[0] in most))
    meaning = run(STRAIGHT, "square", plain)
    none = call(STRAIGHT, plain, "square", context=None, fillstr="-7", fillstr2="-7")
    bare = run(STRAIGHT, "square", replace(plain, pixel_scale_ratio=1.0), fillval=BEFORE)
    yield check_calls(
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
    yield check_calls("variance-lists", "Variances that are None count as zero.", inputs)
    single = call(STRAIGHT, first, "square", input2=two.variance[0],
                  output2=np.full(STRAIGHT.output, BEFORE, dtype=np.float32))  # fmt: skip
    alone = Call(request=single, meaning=run(STRAIGHT, "square", first))
    yield replace(
        check_calls("variance-array", "One variance may be given as an array.", {"both": alone}),
        deadly="at once",
    )
    yield _limits()
    yield _outputs()
    yield from _conversions()
    numbers = {}
    for number in (1, 2, 31, 32, 33, 64, 65):
        request = call(STRAIGHT, plain, "point", uniqid=number)
        earlier = run(STRAIGHT, "point", plain)
        numbers[number] = Call(request=request, meaning=earlier, warns="")
    yield _bits(numbers)
    yield _dq_alone()


def _dq_alone() -> Check:
    """Return the check of an output DQ where the image has none."""
    alone_dq = {}
    for kernel in KERNELS:
        for planes in (0, 1):
            some = image(STRAIGHT, pixfrac=size(kernel, 0.9), planes=planes)
            zeros_dq = np.zeros(STRAIGHT.output, dtype=np.uint32)
            alone_dq[f"{kernel}-{planes}"] = Call(
                request=call(STRAIGHT, some, kernel, outdq=zeros_dq),
                meaning=run(STRAIGHT, kernel, some),
            )
    whole = check_calls(
        "dq-output-alone", "An output DQ without an input one is left alone.", alone_dq
    )

    def judge(subject: Subject, request: Any, reply: Reply, truth: Reply) -> str:
        if reply.dq is not None and reply.dq.any():
            return f"bits of the output DQ are set: {sorted(set(reply.dq.ravel().tolist()))}"
        return whole.judge(subject, request, reply, truth)

    return replace(whole, judge=judge)


def _conversions() -> Iterator[Check]:
    """Yield checks of inputs that are not of the type and order that the core works on."""
    one = image(TURNED, planes=2, dq=True)
    plain = {"input": one.data, "weights": one.weight, "pixmap": one.pixmap, "dq": one.dq,
             "input2": one.variance}  # fmt: skip
    for name, change in CONVERSIONS.items():
        changed: dict[str, Any] = {
            key: tuple(map(change, value)) if isinstance(value, tuple) else change(value)
            for key, value in plain.items()
        }
        calls = {
            which: Call(request=call(TURNED, one, "square", **some),
                        meaning=run(TURNED, "square", one))
            for which, some in {"all": changed, **{key: {key: value}
                                                   for key, value in changed.items()}}.items()
        }  # fmt: skip
        yield check_calls(
            f"conversions-{name}", "Inputs of other types and layouts are converted.", calls
        )


def _outputs() -> Check:
    """Return the check of outputs that a core cannot write to as they are."""
    one = image(TURNED, planes=1, dq=True)
    request = call(TURNED, one, "square")
    calls = {}
    for name, value in request.arguments:
        if name in ("output", "counts", "context", "outdq"):
            reverse = np.ascontiguousarray(value[::-1])[::-1]
            calls[name] = Call(request=call(TURNED, one, "square", **{name: reverse}),
                               meaning=run(TURNED, "square", one))  # fmt: skip
    whole = check_calls("outputs", "An output of another layout is filled, or refused.", calls)
    return replace(whole, judge=or_refused(whole.judge))


CONVERSIONS: dict[str, Any] = {
    "reversed": lambda array: np.ascontiguousarray(array[::-1])[::-1],
    "big-endian": lambda array: array.astype(array.dtype.newbyteorder(">")),
    "lists": lambda array: tuple(map(_as_tuples, array.tolist())),
}


def _as_tuples(values: Any) -> Any:
    return tuple(map(_as_tuples, values)) if isinstance(values, list) else values


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
    return check_calls(
        "limits", "Limits include both ends; zero and what is beyond are none.", calls
    )


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
    whole = check_calls(name, "Pixels without weight have the fill values.", calls)
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
