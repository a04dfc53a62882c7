"""Shells complete commands and options."""

from __future__ import annotations

import pytest
from click.shell_completion import BashComplete

from streams.commands import main
from tests.streams.commands.conftest import run


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_script(shell: str) -> None:
    """It names the program and the variable that click answers to."""
    result = run("completion", shell)
    assert result.exit_code == 0
    assert "_STILLWATCH_COMPLETE" in result.stdout


@pytest.mark.parametrize(
    ("words", "begun", "found"),
    [
        ([], "al", {"alerts"}),
        ([], "s", {"simulate", "store", "suppressions"}),
        (["alerts"], "", {"list", "show", "explain", "tail"}),
        (["alerts", "list"], "--st", {"--state"}),
        (["verdict", "a1"], "", set()),
    ],
)
def test_what_is_begun_is_completed(words: list[str], begun: str, found: set[str]) -> None:
    """Commands, their subcommands and options."""
    items = BashComplete(main, {}, "stillwatch", "_STILLWATCH_COMPLETE").get_completions(words, begun)
    assert {item.value for item in items} == found


def test_every_command_has_help() -> None:
    """Each can be asked what it does, and says so in its first line."""
    assert run("--help").exit_code == 0
    for group in ("alerts", "campaign", "suppressions", "export", "budget", "dead-letters"):
        result = run(group, "--help")
        assert result.exit_code == 0
        assert "Exit status: 0 found or done, 1 nothing found or failed, 2 wrong usage." in result.stdout
