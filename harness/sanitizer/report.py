"""Reports of the sanitizers: what was done, and in which functions of the core."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ADDRESS = re.compile(r"ERROR: AddressSanitizer: (.+)")
UNDEFINED = re.compile(r"runtime error: (.+)")
FRAME = re.compile(r"^\s*#\d+ \S+ in (\S+) (\S+?)(?::\d+)*\s*$", re.MULTILINE)
NUMBER = re.compile(r"0x[0-9a-f]+|-?\d[\d.e+-]*")
DEEPEST = 2
"""Functions of the core that tell a place: accessors of pixels are called from everywhere."""
FREEING = ("double-free", "bad-free", "attempting free")
SENTENCES = {
    "null pointer": "null pointer",
    "misaligned address": "misaligned address",
    "out of bounds": "index out of bounds",
}
"""What a sentence on undefined behaviour contains, and what it is called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One report.

    Attributes
    ----------
    what : str
        "foreign read" and "foreign write" (whose memory it is depends on chance), "bad free", "null
        pointer", "index out of bounds", "misaligned address", or the sentence on undefined
        behaviour, numbers left out.
    where : str
        The innermost function of the core on the stack, and its caller.
    stack : tuple of str
        "function file:line", innermost first, of the core alone.
    text : str
        The whole report.
    """

    what: str
    where: str
    stack: tuple[str, ...]
    text: str

    @property
    def signature(self) -> str:
        """What two reports of one cause have in common."""
        return f"{self.what} in {self.where}"


def read_report(text: str, sources: Path) -> Report | None:
    """Read what a process wrote at its end; None where it reports nothing.

    Parameters
    ----------
    text : str
    sources : Path
        Folder that the core was compiled in: its functions are told from others by their files.
    """
    address, undefined = ADDRESS.search(text), UNDEFINED.search(text)
    found = address or undefined
    if found is None:
        return None
    what = _of_address(text) if address else _of_sentence(found[1])
    # The stack of the access; those of the allocation follow after an empty line.
    first = text[found.start() :].partition("\n\n")[0]
    frames = [(one[1], one[0]) for one in re.finditer(FRAME, first)]
    own = [(name, line.strip()) for name, line in frames if str(sources) in line]
    names = [name for name, _ in own[:DEEPEST]] or [name for name, _ in frames[:1]] or ["?"]
    stack = tuple(" ".join(line.split()[3:]).replace(f"{sources}/", "") for _, line in own)
    return Report(what=what, where=" < ".join(names), stack=stack, text=text)


def _of_address(text: str) -> str:
    kind = next(ADDRESS.finditer(text))[1]
    if any(kind.startswith(one) for one in FREEING):
        return "bad free"
    if "points to the zero page" in text:
        return "null pointer"
    for access in ("WRITE", "READ"):
        if re.search(rf"^{access} of size|caused by a {access}", text, re.MULTILINE):
            return f"foreign {access.lower()}"
    return kind.split()[0]


def _of_sentence(sentence: str) -> str:
    for words, name in SENTENCES.items():
        if words in sentence:
            return name
    return NUMBER.sub("N", sentence).strip()
