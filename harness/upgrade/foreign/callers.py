"""Runs callers' code, call by call, and tells what became of each.

usage: python callers.py REQUESTS OUT PACKAGE

REQUESTS is a JSON list of {"name": ..., "code": ...}; each code leaves its results in a dict
`result`, of arrays, numbers and texts. OUT is a folder: NAME.npz holds the arrays, and one line
of JSON for each call goes to standard output as soon as it is over, after a line that says that
it begins; so whoever reads them knows which call ended the process, if one does. Of the warnings,
"notices" are those that PACKAGE itself gives to its callers; the others are what its dependencies
say of how it uses them.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np

END = 300
"""Characters of a message that are kept."""


def run_call(name: str, code: str, folder: Path, package: str) -> dict[str, Any]:
    """Run one call and return what became of it."""
    told: dict[str, Any] = {
        "name": name,
        "outcome": "returned",
        "error": "",
        "message": "",
        "values": {},
    }
    scope: dict[str, Any] = {"np": np, "__name__": "caller"}
    said: set[str] = set()
    notices: set[str] = set()

    def hear(message: Any, category: Any, filename: str, *_: Any, **__: Any) -> None:
        text = describe_warning(message, category)
        said.add(text)
        # Above this frame is that of the module `warnings`, and above it whoever warns; C code has
        # no frame, there it is whoever calls it.
        issuer = sys._getframe(2).f_globals.get("__name__", "").split(".")[0]
        of_numpy = issuer == package and "numpy" in text.lower()
        if filename == f"<{name}>" or (issuer == package and not of_numpy):
            notices.add(text)

    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("always")
        warnings.showwarning = hear
        try:
            exec(compile(code, f"<{name}>", "exec"), scope)  # noqa: S102 - its purpose
        except BaseException as error:
            told["outcome"] = "raised"
            told["error"] = type(error).__name__
            told["message"] = " ".join(str(error).split())[:END]
    told["warnings"], told["notices"] = sorted(said), sorted(notices)
    arrays: dict[str, Any] = {}
    for key, value in scope.get("result", {}).items():
        if isinstance(value, np.ndarray):
            arrays[key] = value
        else:
            told["values"][key] = repr(value)
    if arrays and told["outcome"] == "returned":
        np.savez(folder / (name + ".npz"), **arrays)
    return told


def describe_warning(message: Any, category: Any) -> str:
    """Return category and text of a warning, on one line."""
    return f"{category.__name__}: {' '.join(str(message).split())[:END]}"


def main() -> None:
    """Run all calls of the file named first."""
    calls = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    folder = Path(sys.argv[2])
    out = sys.stdout
    for call in calls:
        out.write(json.dumps({"begins": call["name"]}) + "\n")
        out.flush()
        told = run_call(call["name"], call["code"], folder, sys.argv[3])
        out.write(json.dumps(told) + "\n")
        out.flush()


if __name__ == "__main__":
    main()
