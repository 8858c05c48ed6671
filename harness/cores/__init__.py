"""Drizzle cores: the protocol, the registry, and one adapter a core."""
