"""Mutants: one-token faults in the C sources of a core, to measure what a suite of checks sees."""
