"""Whatever comes from outside, made up at random: `python -m tests.fuzz [--cases N]`."""
