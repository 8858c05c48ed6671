"""Where a C source can be changed by one token, and into what."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from harness.installed import check_packages

NEEDED = ("tree_sitter", "tree_sitter_c")
"""What reads C sources."""
SWAPS: dict[str, tuple[str, ...]] = {
    "<": ("<=", ">"), "<=": ("<", ">"), ">": (">=", "<"), ">=": (">", "<"),
    "==": ("!=",), "!=": ("==",),
    "+": ("-",), "-": ("+",), "*": ("/",), "/": ("*",), "%": ("*",),
    "&&": ("||",), "||": ("&&",),
    "&": ("|",), "|": ("&",), "^": ("|",), "<<": (">>",), ">>": ("<<",),
    "+=": ("-=", "="), "-=": ("+=", "="), "*=": ("/=", "="), "/=": ("*=", "="),
    "|=": ("&=", "="), "&=": ("|=",),
    "++": ("--",), "--": ("++",),
}  # fmt: skip
"""Operator to what takes its place: the neighbour a hand may slip to, and the opposite."""
OPERATOR_NODES = {"binary_expression", "assignment_expression", "update_expression"}
CONDITION_NODES = {"if_statement", "while_statement"}
DELETED_NODES = {"expression_statement", "break_statement", "continue_statement"}
CONDITIONS = {"(1)": "always", "(0)": "never"}
WITHOUT_TOKEN = {"deletion": "statement deleted", "arguments": "arguments exchanged"}
KINDS = ("operator", "constant", "condition", "deletion", "arguments")


AROUND = 3
"""Lines on either side that `Mutation.key` depends on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutation:
    """One change of one source.

    Attributes
    ----------
    file : str
        Path of the source below the root of the sources.
    function : str
        C function in which it stands.
    kind : str
        One of `KINDS`.
    start, end : int
        Bytes of the source that are replaced, half-open.
    line, column : int
        1-based position of the first.
    original, replacement : str
        What stands there, and what takes its place.
    key : str
        Hash of the change, its line and those around it, spaces apart: it stays when they move.
    """

    file: str
    function: str
    kind: str
    start: int
    end: int
    line: int
    column: int
    original: str
    replacement: str
    key: str

    @property
    def change(self) -> str:
        """What is changed, without more of the source than one token."""
        if self.kind == "condition":
            return f"condition {CONDITIONS.get(self.replacement, 'negated')}"
        if self.kind in WITHOUT_TOKEN:
            return WITHOUT_TOKEN[self.kind]
        return f"{_squeeze(self.original)} -> {_squeeze(self.replacement)}"

    @property
    def id(self) -> str:
        """Name of the mutation in journals and lists of equivalents: file, place and change."""
        return (
            f"{self.file}:{self.line}:{self.column}:"
            f"{_squeeze(self.original)} -> {_squeeze(self.replacement)}"
        )

    def apply(self, source: bytes) -> bytes:
        """Return the source with the change made.

        Parameters
        ----------
        source : bytes
            The whole file, from which the mutation was listed.

        Returns
        -------
        bytes
            The whole file.
        """
        return source[: self.start] + self.replacement.encode() + source[self.end :]


def check_installed() -> None:
    """Raise unless the packages that read C sources are there; cheap, nothing is imported.

    Raises
    ------
    UsageError
        Naming what is missing.
    """
    check_packages(NEEDED, where="mutants", remedy='Install "drizzle-harness[mutants]"')


def list_mutations(file: str, source: bytes) -> tuple[Mutation, ...]:
    """List every one-token change of a C source, inside functions, in order of place.

    Parameters
    ----------
    file : str
        Name that the mutations get.
    source : bytes
        The C code.
    """
    import tree_sitter_c
    from tree_sitter import Language, Parser

    tree = Parser(Language(tree_sitter_c.language())).parse(source)
    found = []
    for function in _find(tree.root_node, {"function_definition"}):
        name = _function_name(function)
        body = function.child_by_field_name("body")
        for node in _walk(body):
            for kind, target, replacement in _changes(node):
                original = target.text.decode()
                found.append(
                    Mutation(
                        file=file,
                        function=name,
                        kind=kind,
                        start=target.start_byte,
                        end=target.end_byte,
                        line=target.start_point[0] + 1,
                        column=target.start_point[1] + 1,
                        original=original,
                        replacement=replacement,
                        key=_key(source, target.start_byte, target.end_byte, replacement),
                    )
                )
    return tuple(sorted(found, key=lambda one: (one.start, one.end, one.replacement)))


def list_functions(source: bytes) -> tuple[str, ...]:
    """List the functions that a C source defines.

    Parameters
    ----------
    source : bytes
        The whole file.

    Returns
    -------
    tuple of str
        Names in the order of the file.
    """
    import tree_sitter_c
    from tree_sitter import Language, Parser

    tree = Parser(Language(tree_sitter_c.language())).parse(source)
    return tuple(_function_name(one) for one in _find(tree.root_node, {"function_definition"}))


def _changes(node: Any) -> Iterator[tuple[str, Any, str]]:
    """Yield (kind, node to replace, replacement) for one node of the syntax tree."""
    if node.type in OPERATOR_NODES:
        operator = node.child_by_field_name("operator")
        for other in SWAPS.get(operator.type, ()):
            yield "operator", operator, other
    elif node.type == "unary_expression" and node.child_by_field_name("operator").type == "!":
        yield "operator", node.child_by_field_name("operator"), ""
    elif node.type == "number_literal" and node.parent.type != "array_declarator":
        # (One element more in an array changes nothing.)
        for other in _other_numbers(node.text.decode()):
            yield "constant", node, other
    elif node.type in DELETED_NODES:
        yield "deletion", node, ";"
    elif node.type == "argument_list":
        yield from _swapped_arguments(node)
    if node.type in CONDITION_NODES:
        condition = node.child_by_field_name("condition")
        text = condition.text.decode()
        yield "condition", condition, f"(!{text})"
        yield "condition", condition, "(1)" if node.type == "if_statement" else "(0)"
        if node.type == "if_statement":
            yield "condition", condition, "(0)"


def _other_numbers(text: str) -> tuple[str, ...]:
    """Return one wrong value for a constant: the next integer, or a float off by a tenth."""
    plain = text.rstrip("uUlLfF") if not text.lower().startswith("0x") else text.rstrip("uUlL")
    suffix = text[len(plain) :]
    try:
        return (f"{int(plain, 0) + 1}{suffix}",)
    except ValueError:
        pass
    try:
        value = float(plain)
    except ValueError:
        return ()
    return (f"{value * 1.1 if value else 1.0!r}{suffix}",)


def _swapped_arguments(node: Any) -> Iterator[tuple[str, Any, str]]:
    arguments = node.named_children
    for one, other in itertools.pairwise(arguments):
        if one.text != other.text and one.type != "string_literal" != other.type:
            text = node.text.decode()
            offset = node.start_byte
            encoded = text.encode()
            swapped = (
                encoded[: one.start_byte - offset]
                + other.text
                + encoded[one.end_byte - offset : other.start_byte - offset]
                + one.text
                + encoded[other.end_byte - offset :]
            )
            yield "arguments", node, swapped.decode()


def _function_name(function: Any) -> str:
    declarator = function.child_by_field_name("declarator")
    while declarator is not None and declarator.type != "identifier":
        declarator = declarator.child_by_field_name("declarator")
    return declarator.text.decode() if declarator is not None else "?"


def _find(node: Any, types: set[str]) -> Iterator[Any]:
    for inner in _walk(node):
        if inner.type in types:
            yield inner


def _walk(node: Any) -> Iterator[Any]:
    pending = [node]
    while pending:
        inner = pending.pop()
        yield inner
        pending.extend(reversed(inner.children))


def _key(source: bytes, start: int, end: int, replacement: str) -> str:
    lines = source.decode(errors="replace").splitlines()
    first = source.count(b"\n", 0, start)
    last = first + source.count(b"\n", start, end)
    before = source[source.rfind(b"\n", 0, start) + 1 : start]
    parts = [
        *lines[max(first - AROUND, 0) : first],
        before.decode(errors="replace"),
        *lines[first : last + 1],
        replacement,
        *lines[last + 1 : last + 1 + AROUND],
    ]
    squeezed = "\0".join(" ".join(part.split()) for part in parts)
    return hashlib.sha256(squeezed.encode()).hexdigest()[:12]


def _squeeze(text: str) -> str:
    return " ".join(text.split()) or "nothing"
