"""What client and servers agree on: endpoints, questions, dialects, single requests.

In: a question. Out: the JSON body that a server of its kind takes.
May import: records, faults.
Begin with `types.py`.
"""
