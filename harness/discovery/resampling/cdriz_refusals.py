"""Checks of what `drizzlepac.cdriz` must refuse, and of mappings that fail."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from harness.cores.request import Reply
from harness.discovery.resampling.cdriz_blot import blot_call
from harness.discovery.resampling.cdriz_call import cdriz_call
from harness.discovery.resampling.check import Check
from harness.discovery.resampling.geometry import STRAIGHT
from harness.discovery.resampling.images import image
from harness.discovery.resampling.judge import outcome_figures, refusal
from harness.discovery.resampling.leaks import REFUSED, leak_check
from harness.discovery.subject import Subject

CUBE = np.zeros((2, 3, 4), dtype=np.float32)
ROW = np.zeros(5, dtype=np.float32)
TDRIZ: dict[str, tuple[tuple[str, ...], dict[str, Any]]] = {
    **{f"{name}-{kind}": (words, {name: value})
       for name, words in {"input": ("input",), "weights": ("weight",), "output": ("output",),
                           "counts": ("array",), "context": ("context",)}.items()
       for kind, value in {"text": "rubbish", "cube": CUBE, "row": ROW}.items()},
    "scale-zero": (("scale",), {"scale": 0.0}),
    "pixfrac-negative": (("pfract -0.25",), {"pixfrac": -0.25}),
    "time-zero": (("expin 0",), {"expin": 0.0, "scale": 1.5}),
    "time-negative": (("expin -2.5",), {"expin": -2.5}),
    "align": (("align type 'bogus'",), {"align": "bogus"}),
    "align-prefix": (("align",), {"align": "cent"}),
    "kernel": (("kernel type 'bogus'",), {"kernel": "bogus"}),
    "kernel-prefix": (("kernel",), {"kernel": "squared"}),
    "units": (("unit type 'bogus'",), {"in_units": "bogus"}),
    "units-prefix": (("unit",), {"in_units": "cpsx"}),
    "fill-text": (("fill value 'rubbish'",), {"fill": "rubbish"}),
    "fill-tail": (("fill value '3x'",), {"fill": "3x"}),
    "uniqid-text": (("uniqid", "integer", "invalid parameters"), {"uniqid": "rubbish"}),
}  # fmt: skip
"""Words of which a message must have one, and arguments that must be refused."""
TBLOT: dict[str, tuple[tuple[str, ...], dict[str, Any]]] = {
    "output-text": (("output",), {"output": "rubbish"}),
    "output-cube": (("output",), {"output": CUBE}),
    "source-text": (("input",), {"source": "rubbish"}),
    "source-cube": (("input",), {"source": CUBE}),
    "scale-zero": (("scale",), {"scale": 0.0}),
    "kscale-zero": (("kscale 0",), {"kscale": 0.0}),
    "align": (("align type 'bogus'",), {"align": "bogus"}),
    "interp": (("interp type 'bogus'",), {"interp": "bogus"}),
    "interp-prefix": (("interp",), {"interp": "poly"}),
    "interp-spline": (("not implemented",), {"interp": "spline3"}),
    "xmin-text": (("xmin", "integer", "invalid parameters"), {"xmin": "rubbish"}),
}
DEADLY = ("output-text", "output-cube", "source-text", "source-cube", "scale-zero", "kscale-zero")
"""Refusals of tblot at which cdriz 3 gives back arrays that it does not have."""
UNREAD = ("uniqid-text", "xmin-text")
"""Refusals before any array is looked at, which end the process since Python 3.12."""
MAPPINGS: dict[str, tuple[str, tuple[str, ...]]] = {
    "raises": ("ZeroDivisionError", ("the mapping fails",)),
    "one": ("TypeError", ("2 arguments, got 1",)),
    "three": ("TypeError", ("2 arguments, got 3",)),
    "number": ("TypeError", ("not iterable",)),
    "text-x": ("ValueError", ("convert", "depth")),
    "text-y": ("ValueError", ("convert", "depth")),
    "short-x": ("ValueError", ("same dimension",)),
    "short-y": ("ValueError", ("same dimension",)),
    "no-function": ("TypeError", ("not callable",)),
}
"""Type of the exception that must come through, and words of its message."""


def cdriz_refusal_checks() -> Iterator[Check]:
    """Yield them all."""
    one = image(STRAIGHT)
    made = {
        "tdriz": {name: (words, cdriz_call(STRAIGHT, one, "square", **fields))
                  for name, (words, fields) in TDRIZ.items()},
        "tblot": {name: (words, blot_call(**fields)) for name, (words, fields) in TBLOT.items()},
    }  # fmt: skip
    for function, calls in made.items():
        for name, (words, request) in calls.items():
            yield Check(
                name=f"cdriz-refused/{function}-{name}",
                statement="What cannot be meant is refused, with a message that names it.",
                requests={"call": request},
                judge=refusal(*words),
                summary=outcome_figures,
                truth=lambda request: None,
                deadly="at once" if function == "tblot" and name in DEADLY else "",
            )
        yield leak_check(
            f"cdriz-refused/{function}-leaks",
            {name: request for name, (_, request) in calls.items()
             if name not in UNREAD and (function == "tdriz" or name not in DEADLY)},
            statement=REFUSED,
        )  # fmt: skip
    yield leak_check(
        "cdriz-refused/unread-leaks",
        {name: made[function][name][1]
         for function, name in zip(("tdriz", "tblot"), UNREAD, strict=True)},
        statement=REFUSED,
    )  # fmt: skip
    for name, (kind, words) in MAPPINGS.items():
        yield _mapping(name, kind, words)
    yield leak_check(
        "cdriz-mapping/leaks",
        {name: cdriz_call(STRAIGHT, one, "square", mapping=name) for name in MAPPINGS},
        statement=REFUSED,
    )


def _mapping(name: str, kind: str, words: tuple[str, ...]) -> Check:
    one = image(STRAIGHT)
    requests = {
        **{kernel: cdriz_call(STRAIGHT, one, kernel, mapping=name)
           for kernel in ("square", "turbo")},
        "blot": blot_call(mapping=name),
    }  # fmt: skip
    named = refusal(*words)

    def judge(subject: Subject, request: Any, reply: Reply, truth: Any) -> str:
        wrong = named(subject, request, reply, truth)
        told = [int(one) for one in re.findall(r"'(\d+)'", reply.message)]
        if not wrong and name.startswith("short") and not told[0] > told[1]:
            return f"the message {reply.message!r} tells fewer positions expected than got"
        if wrong or reply.error == kind:
            return wrong
        return f"raised {reply.error} instead of {kind}: {reply.message}"

    return Check(
        name=f"cdriz-mapping/{name}",
        statement="What goes wrong in the mapping is told as it is.",
        requests=requests,
        judge=judge,
        summary=outcome_figures,
        truth=lambda request: None,
    )
