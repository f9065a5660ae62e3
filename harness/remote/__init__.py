"""Clips and results on an object store: fetched before a run, sent while it goes.

In: URLs in place of folders. Out: local folders for a run, and their files at the URLs.
May import: inputs, records, faults; fsspec only in processes of its own.
Begin with `mirror.py`.
"""
