"""Scripts that run inside the environment of a side: standard library and numpy alone.

They are started by their paths, for `harness` is not installed there, and keep to the syntax of
Python 3.9.
"""
