"""Resampling checks: a fixed list of small calls, each with the whole of its expected result.

Where `harness.discovery.properties` are claims that random requests are tried on, these are chosen
by hand, so that every branch of a core's kernels, of its geometry and of its handling of arguments
decides at least one of their results, and quick enough to be made on every change. How well they
do that is measured by `drizzle-harness mutants`.
"""
