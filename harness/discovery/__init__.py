"""Discovery: random inputs and properties that find what is wrong in a core."""
