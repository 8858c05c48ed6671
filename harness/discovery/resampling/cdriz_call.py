"""A call of `cdriz.tdriz`, what must come of it, and the check of many."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from harness.cores.request import DrizzleRequest, ExtensionRequest, RawImage, Reply
from harness.discovery.oracle_performer import OraclePerformer
from harness.discovery.resampling.check import Check
from harness.discovery.resampling.judge import product_figures, whole_product
from harness.discovery.resampling.placing import Placing
from harness.discovery.resampling.runs import run
from harness.discovery.subject import Subject

BEFORE = 9.0
"""What the science image holds before: kept where nothing falls and there is no fill value."""
OUTPUTS = ("output", "counts", "context")


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


def make_call(placing: Placing, one: RawImage, kernel: str, /, **changes: Any) -> CdrizCall:
    """Return a call of an image on a placing, with its meaning as a drizzle run."""
    fill = changes.get("fill", "-7")
    value = BEFORE if fill in ("", "INDEF", "indef") else float(fill)
    meaning = run(placing, kernel, one, fillval=value)
    return CdrizCall(
        request=cdriz_call(placing, one, kernel, **changes),
        meaning=meaning,
        truth=lambda: OraclePerformer().perform(meaning),
    )


def call_check(name: str, statement: str, calls: Mapping[str, CdrizCall]) -> Check:
    """Return the check that calls give the products of their meanings."""
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
