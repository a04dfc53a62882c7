"""Makers of labelled weeks that were written apart from the simulator, from each other and from the detector.

What one make teaches of groups does not hold on another. So the shipped weights are fitted on weeks of all of them
(``make weights``), and how far that carries is told by leaving one out (``python -m tests.benchmarks.makes``).
"""
