"""A second make of labelled traffic: weeks of an LLM API's requests, written apart from ``streams.simulation``.

It shares no code, no wording and no law with the simulator and knows nothing of the detector. Prompts come from the
bundled corpora (or a folder), from grammars in this package and from word chains over the corpora.
``python -m tests.makes.second --help``.
"""
