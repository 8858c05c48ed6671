"""Cores that are wrong in a named way, and what the gate says of them."""
