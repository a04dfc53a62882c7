"""``python -m streams`` is ``stillwatch``."""

from streams.commands import main

main(prog_name="stillwatch")
