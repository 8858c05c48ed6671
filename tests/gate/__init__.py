"""The gate as a package, so that `pytest --pyargs harness.suite` finds it where it is installed."""
