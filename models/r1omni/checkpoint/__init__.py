"""An R1-Omni's four folders: what their configurations say, the modules that follow, and their tensors, by name.

In: folders. Out: modules with weights, and a report of what was not read.
May import: records, faults.
Begin with `parts.py`.
"""
