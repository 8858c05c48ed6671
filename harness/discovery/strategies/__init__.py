"""Hypothesis strategies for requests to drizzle cores, one file for each concern."""
