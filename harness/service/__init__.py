"""A server for one clip at a time: upload, progress, story; the page that shows them; a run that is watched.

In: uploaded clips, a profile, a run's folder. Out: jobs, each a folder with the files of a run over one clip.
May import: everything of harness, `models/registry.py`, `models/folders.py`, `eval/report`.
Begin with `serve.py`, then `jobs.py`, `work.py` and `api.py`.
"""
