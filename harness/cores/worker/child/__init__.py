"""What runs inside the environment of a core: see `harness.cores.worker`."""
