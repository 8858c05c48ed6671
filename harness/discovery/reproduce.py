"""Scripts that show one finding with numpy and the core alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.discovery.finding import Finding, kind_class
from harness.discovery.issue import SANITIZED
from harness.discovery.layout import layout_of
from harness.discovery.literal import ON_DISK, Names, literal
from harness.discovery.script_base import Calls
from harness.discovery.script_calls import CALLS

MOST_LINES = 40
UNSET = ("is NaN", "is not NaN", "is infinite")
"""Kinds that may come of memory that was never set, which is mostly zero in a new process."""
AMID = """\
def amid(array):  # the array between numbers that the core has no business with
    zone = np.full(array.size + 8192, around).astype(array.dtype)
    zone[4096:-4096] = array.ravel()
    return zone[4096:-4096].reshape(array.shape)""".splitlines()
PERTURB = "ctypes.CDLL(None).mallopt(-6, 165)  # glibc fills memory that was not set yet"
APART = [
    "child = os.fork()  # the call may end the process, or never end",
    "if child:",
    "    sys.exit(int(os.waitpid(child, 0)[1] != 0))",
    "signal.alarm(60)",
]


def write_script(finding: Finding) -> str:
    """Return a script that exits with 1 when the defect is there and with 0 when it is not.

    Empty where the core has no form of scripts, or the finding cannot be told in so few lines.
    """
    if finding.core not in CALLS:
        return ""
    names = Names()
    calls = CALLS[finding.core](names, finding)
    body = calls.lines()
    check = _check(finding, calls)
    if check is None:
        return ""
    head = [f'"""{_one_line(finding.message)}"""', "import sys", *calls.imports()]
    arrays = [f"{name} = {literal(array)}" for name, array in names.arrays.items()]
    before: list[str] = []
    if _ends_the_process(finding):
        head[1:1] = ["import os", "import signal"]
        before = APART
        if finding.claim == SANITIZED:
            before = ["# of a core that is built with -fsanitize=address,undefined", *APART]
    elif _reads_beyond(finding):
        head.insert(1, "import ctypes")
        before = AMID
    elif finding.kind.endswith(UNSET):
        head.insert(1, "import ctypes")
        before = [PERTURB]
    if any(line.find("on_disk(") >= 0 for line in arrays):
        head.insert(1, "import tempfile")
        arrays = [*ON_DISK, *arrays]
    lines = [*head, "", *before, "nan, inf = np.nan, np.inf", *arrays, *calls.definitions()]
    lines += [*check(body)]
    return "\n".join(lines) + "\n" if len(lines) <= MOST_LINES else ""


def _ends_the_process(finding: Finding) -> bool:
    return finding.claim == SANITIZED or kind_class(finding.kind)[0] == "process"


def _reads_beyond(finding: Finding) -> bool:
    """Tell whether the result depends on what lies beside the arrays."""
    by_value = finding.severity == "crash or memory" and kind_class(finding.kind)[0] != "process"
    unset = finding.kind.endswith(UNSET)
    return finding.claim.endswith("repeatable") or (by_value and not unset)


def _one_line(text: str) -> str:
    text = " ".join(text.split()).replace("\\", "/").replace('"', "'")
    return (text[:230] + " ...") if len(text) > 230 else text.rstrip(".") + "."


def _check(finding: Finding, calls: Calls) -> Any:
    """Return what makes the lines of the calls and of their judgement, or None."""
    kind = finding.kind

    def indented(body: list[str]) -> list[str]:
        return [f"    {line}" for line in body]

    if _ends_the_process(finding):
        return lambda body: ["try:", *indented(body), "except Exception as error:",
                             "    print(error)  # an answer, too"]  # fmt: skip
    if kind.startswith("raised"):
        return lambda body: ["try:", *indented(body), "except Exception as error:",
                             '    sys.exit(f"{type(error).__name__}: {error}")']  # fmt: skip
    if kind.startswith("accepted"):
        return lambda body: ["try:", *indented(body), "except Exception as error:",
                             "    print(error)", "else:", '    sys.exit("accepted")']  # fmt: skip
    if kind.startswith("input modified"):
        name = calls.name_of(finding.output)
        if name is None:
            return None
        return lambda body: [
            f"before = {name}.tobytes()",
            *body,
            f"print({name})",
            f"sys.exit(int({name}.tobytes() != before))",
        ]
    if kind.startswith("returned"):
        # Whether the pixels of skipped lines are missed as well is open: the recorded pair counts.
        return lambda body: [
            *body,
            f'print("returned", returned, "documented (nskip, nmiss) is {finding.expected}")',
            f"sys.exit(int(tuple(returned) != {finding.expected}))",
        ]
    value = calls.value(finding)
    if value is None:
        return None
    if _reads_beyond(finding):
        wrong = ""
        if isinstance(finding.value, float) and not finding.claim.endswith("repeatable"):
            # It may also be wrong in the same way twice.
            wrong = f" or not abs({value} - {finding.value!r}) <= {finding.tolerance:.3g}"
        plain = [name for name, one in calls.arrays().items() if layout_of(one) == "C"]
        return lambda body: [
            "seen = set()",
            "for around in (1, 2):  # what lies beside the arrays, and in memory that was not set",
            "    ctypes.CDLL(None).mallopt(-6, 85 * around)",
            *(f"    {name} = amid({name})" for name in plain),
            *indented(body),
            f"    seen.add(({value}).tobytes())",
            f"    print({value})",
            f"sys.exit(int(len(seen) > 1{wrong}))",
        ]
    if finding.value is None:
        return None
    judgement = [
        f"actual, expected = {value}, {finding.value!r}",
        'print("actual", actual, "expected", expected)',
    ]
    if isinstance(finding.value, float) and np.isnan(finding.value):
        judgement.append("sys.exit(int(not np.isnan(actual)))")
    else:
        tolerance = f"{finding.tolerance:.3g}" if finding.tolerance else "0"
        judgement.append(f"sys.exit(int(not abs(actual - expected) <= {tolerance}))")
        if not np.isfinite(finding.value):
            judgement[-1] = "sys.exit(int(actual != expected))"
    return lambda body: [*body, *judgement]
