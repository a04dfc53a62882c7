"""The detection models: pure functions and online models over arrays.

Nothing in this package reads a clock, an environment variable, a socket or a log; every input is an argument, so the
same events give the same alerts wherever they run.
"""
