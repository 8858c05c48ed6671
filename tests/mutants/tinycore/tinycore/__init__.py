"""A core of three functions in C."""

from tinycore._tiny import first, limited, same, total

__all__ = ["first", "limited", "same", "total"]
