"""An upgrade as JUnit XML, which every CI system can show."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree as Xml

UNPRINTABLE = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd]")
"""What XML 1.0 has no place for, such as NUL in what a dying process said."""

MEASURED = ("clock", "memory", "instructions")
"""Families whose figures are told where they pass, too."""


def make_junit(record: dict[str, Any]) -> str:
    """Return JUnit XML: a suite for each family, a test for each check.

    What fails is a failure; what could not be decided an error; what is waived, or could not be
    asked, is skipped; the policy's own faults are failures of a suite of their own.
    """
    families: dict[str, list[dict[str, Any]]] = {}
    for check in record["checks"]:
        families.setdefault(check["family"], []).append(check)
    root = Xml.Element("testsuites", name=_clean(f"{record['old']['label']} to "
                                                 f"{record['new']['label']}"))  # fmt: skip
    for family, checks in families.items():
        suite = Xml.SubElement(root, "testsuite", name=family, tests=str(len(checks)))
        counts = {"failures": 0, "errors": 0, "skipped": 0}
        for check in checks:
            test = Xml.SubElement(
                suite, "testcase", classname=f"upgrade.{family}", name=_clean(check["name"])
            )
            kind = _add_outcome(test, check)
            if kind:
                counts[kind] += 1
        for name, number in counts.items():
            suite.set(name, str(number))
    faults = [reason for reason in record["reasons"] if reason.startswith("waiver ")]
    suite = Xml.SubElement(
        root, "testsuite", name="policy", tests=str(len(faults)), failures=str(len(faults))
    )
    for reason in faults:
        test = Xml.SubElement(suite, "testcase", classname="upgrade.policy", name=_clean(reason))
        Xml.SubElement(test, "failure", message=_clean(reason))
    Xml.indent(root)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n' + Xml.tostring(root, encoding="unicode") + "\n"
    )


def _add_outcome(test: Xml.Element, check: dict[str, Any]) -> str:
    message = _clean(f"{check['state']}: {check['message']}")
    if check["ruling"] == "fail":
        failure = Xml.SubElement(test, "failure", message=message, type=check["state"])
        failure.text = _clean(
            f"{check['message']}\nold: {check['old']}\nnew: {check['new']}\n{check['smallest']}"
        )
        return "failures"
    if check["ruling"] == "inconclusive":
        Xml.SubElement(test, "error", message=message, type="inconclusive")
        return "errors"
    if check["ruling"] in ("waived", "ignored") or check["state"] == "not run":
        reason = check["waiver"] or message
        Xml.SubElement(test, "skipped", message=_clean(f"{check['ruling']}: {reason}"))
        return "skipped"
    if check["ruling"] == "note" or check["family"] in MEASURED:
        figures = f" (old {check['old']}, new {check['new']})" if check["old"] else ""
        Xml.SubElement(test, "system-out").text = _clean(f"{message}{figures}")
    return ""


def _clean(text: str) -> str:
    return UNPRINTABLE.sub("?", text)
