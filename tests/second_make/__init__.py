"""A second make of labelled traffic: weeks of an LLM API's requests, written apart from ``streams.simulation``.

It shares no code, no wording and no law with the simulator that the detector was fitted on, and knows nothing of the
detector: what holds on both makes is more than a fit. Prompts come from the bundled corpora (or a folder), from
grammars in this package and from word chains over the corpora. ``python -m tests.second_make --help``.
"""
