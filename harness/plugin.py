"""The pytest plugin: options, fixtures and hooks of the gate. Thin: the facts are elsewhere."""
