"""Mutations: which there are, and what they make of a source."""

import pytest

from harness.mutants.mutation import list_mutations


def made(body):
    """Return every (kind, mutated body) of a function's body."""
    source = f"int f(int a, int b)\n{{\n{body}\n}}\n".encode()
    found = list_mutations("f.c", source)
    inside = slice(len(b"int f(int a, int b)\n{\n"), -len(b"\n}\n"))
    return [(one.kind, one.apply(source)[inside].decode()) for one in found]


@pytest.mark.parametrize(
    ("body", "kind", "expected"),
    [
        ("return a < b;", "operator", {"return a <= b;", "return a > b;"}),
        ("return a + b;", "operator", {"return a - b;"}),
        ("return !a;", "operator", {"return a;"}),
        ("a += b;", "operator", {"a -= b;", "a = b;"}),
        ("return 3;", "constant", {"return 4;"}),
        ("return 0x1f;", "constant", {"return 32;"}),
        ("return 2.0f;", "constant", {"return 2.2f;"}),
        ("return 0.0;", "constant", {"return 1.0;"}),
        ("a = b;", "deletion", {";"}),
        ("return g(a, b);", "arguments", {"return g(b, a);"}),
        ("if (a) b++;", "condition", {"if (!(a)) b++;", "if (1) b++;", "if (0) b++;"}),
        ("while (a) b++;", "condition", {"while (!(a)) b++;", "while (0) b++;"}),
    ],
)
def test_kinds(body, kind, expected):
    """Each kind of change is made where it can be, and as a whole."""
    got = {text for which, text in made(body) if which == kind}
    assert got == expected


def test_only_functions():
    """Declarations outside of functions and sizes of arrays are left alone."""
    source = b"static int top = 3;\nint f(void)\n{\n    int a[4];\n    return a[0];\n}\n"
    found = list_mutations("f.c", source)
    assert {(one.kind, one.original) for one in found} == {("constant", "0")}


def test_identifiers():
    """Identifiers tell place and change, and no two are alike."""
    source = b"int f(int a)\n{\n    a = a + 1;\n    return a + 1;\n}\n"
    names = [one.id for one in list_mutations("src/f.c", source)]
    assert "src/f.c:4:14:+ -> -" in names
    assert len(set(names)) == len(names)
    assert {one.function for one in list_mutations("src/f.c", source)} == {"f"}
