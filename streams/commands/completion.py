"""The ``completion`` command: what makes a shell complete commands and options."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command(name="completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion_command(shell: str) -> None:
    """Print the completion script of SHELL.

    \b
    bash:  eval "$(stillwatch completion bash)"     in ~/.bashrc
    zsh:   eval "$(stillwatch completion zsh)"      in ~/.zshrc
    fish:  stillwatch completion fish | source      in ~/.config/fish/config.fish
    """  # noqa: D301 - click reads \b as a mark
    from streams.commands import main  # noqa: PLC0415 - it imports this one

    kind = get_completion_class(shell)
    if kind is None:
        raise click.ClickException(f"{shell}: click has no completion for it")
    click.echo(kind(main, {}, "stillwatch", "_STILLWATCH_COMPLETE").source())
