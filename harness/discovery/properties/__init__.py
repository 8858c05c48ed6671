"""The properties, one file for each family."""
