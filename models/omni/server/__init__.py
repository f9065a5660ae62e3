"""An omni server as a process: started, proved to see and hear, watched, ended.

In: settings and a checkpoint. Out: an endpoint that can be asked.
May import: `omni/protocol` and below.
Begin with `vllm.py`, then `canary.py`.
"""
