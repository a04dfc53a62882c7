"""The command line: one module a command, imported only when it is called."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version

import click
from click.shell_completion import CompletionItem

#: Command name, and where its click command is.
_COMMANDS = {
    "worker": "streams.commands.worker:worker",
    "store": "streams.commands.store:store_command",
    "demo": "streams.commands.demo:demo",
    "replay": "streams.commands.replay:replay_command",
    "simulate": "streams.simulation.command:simulate_command",
    "evaluate": "streams.commands.evaluate:evaluate_command",
    "alerts": "streams.commands.alerts:alerts_command",
    "campaign": "streams.commands.campaign:campaign_command",
    "ack": "streams.commands.actions:ack_command",
    "assign": "streams.commands.actions:assign_command",
    "comment": "streams.commands.actions:comment_command",
    "verdict": "streams.commands.verdict:verdict_command",
    "suppressions": "streams.commands.suppressions:suppressions_command",
    "export": "streams.commands.export:export_command",
    "budget": "streams.commands.budget:budget_command",
    "dead-letters": "streams.commands.dead_letters:dead_letters_command",
    "notify": "streams.commands.notify:notify_command",
    "topics": "streams.commands.topics:topics_command",
    "grafana": "grafana.command:grafana_command",
    "doctor": "streams.commands.doctor:doctor",
    "completion": "streams.commands.completion:completion_command",
    "codebook": "streams.codebook_build:codebook",
    "content": "streams.content_build:content",
    "groups": "streams.group_fit:groups_command",
}


class _LazyGroup(click.Group):
    """Imports a command's module on first use: `--help` does not wait for the models to load."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Name commands without importing any."""
        named = [CompletionItem(name) for name in _COMMANDS if name.startswith(incomplete)]
        return named + click.Command.shell_complete(self, ctx, incomplete)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        target = _COMMANDS.get(cmd_name)
        if target is None:
            return None
        module, name = target.split(":")
        command: click.Command = getattr(import_module(module), name)
        return command


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(version("stillwatch"), prog_name="stillwatch")
def main() -> None:
    """Stillwatch: notices systematic capability harvesting in the traffic of an LLM API.

    Settings come from STILLWATCH_* environment variables and the TOML file that STILLWATCH_CONFIG names;
    `stillwatch doctor` checks them.
    """
