"""Labelled weeks in which campaigns, drawn along the same dials as the innocent crowds, harvest capabilities and hide.

A group has dials (size, pace, cover, wrapper, schedule, sharing of cards and addresses) and a feed of contents. A
campaign's feed covers a wide world piece by piece, an innocent's keeps to its own narrow world, or to what others ask
as well; the same code makes both. Run ``python -m tests.makes.sixth --out DIR --seed N [--attack-free]``.
"""
