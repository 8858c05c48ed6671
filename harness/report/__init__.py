"""Figures and pages, made from records alone."""
