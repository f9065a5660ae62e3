"""Inputs that somebody made wrong, by accident or on purpose, and what becomes of each: `python -m tests.hostile`."""
