"""A fifth make of labelled traffic: weeks of a European API reseller, with innocents that look like harvesters.

Campaigns follow many recipes. Nothing here knows how any detector works; contents come from the bundled prompts and
from the grammars of this package. ``python -m tests.makes.fifth --help``.
"""
