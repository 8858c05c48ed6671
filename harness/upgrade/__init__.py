"""The CI gate between two releases of a core: environments, comparison, policy, verdict."""
