"""A C core built with sanitizers, and every call that the harness has made on it."""
