"""R1-Omni in code of its own: towers, three gated projectors, input embeddings, and two ways to the reply.

In: pictures, sound and a question. Out: input embeddings of a plain Qwen2, and its reply by transformers or by vLLM.
May import: r1omni/checkpoint, omni and its rooms; records, inputs, faults.
Begin with `model.py`.
"""
