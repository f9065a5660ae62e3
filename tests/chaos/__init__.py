"""Runs that are killed, starved and cut off at random moments, and must end with the same submission: `make chaos`."""
