"""drizzle-harness: the quality and performance gate for drizzle cores."""

__version__ = "0.1.0.dev0"
