"""Calls of `cdrizzle.tdriz`, and what must come of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from harness.cores.request import DrizzleRequest, ExtensionRequest, RawImage, Reply
from harness.discovery.oracle_performer import OraclePerformer
from harness.discovery.resampling.check import Check
from harness.discovery.resampling.judge import product_figures, whole_product
from harness.discovery.resampling.placing import Placing
from harness.discovery.subject import Subject

OUTPUTS = ("output", "counts", "context", "outdq", "output2")
BEFORE = 9.0
"""What the science image holds before: kept where nothing falls and there is no fill value."""
LEFT_OUT = object()
"""Value of an argument that is not given."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Call:
    """A call of tdriz with the drizzle run that it stands for."""

    request: ExtensionRequest
    meaning: DrizzleRequest
    warns: str = ""


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


def check_calls(name: str, statement: str, calls: Mapping[Any, Call]) -> Check:
    """Return the check that each call gives what the drizzle run that it stands for gives."""
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
