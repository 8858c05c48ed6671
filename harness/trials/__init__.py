"""One case run on one core: exposures, oracle, product, measurements."""
