"""The command line: one module a command, imported only when it is called."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.metadata import version

import click
from click.shell_completion import CompletionItem
from click.utils import make_default_short_help

from streams.start import nothing_collected

#: Command name, where its click command is, and the first sentence of its help.
_COMMANDS = {
    "worker": (
        "streams.commands.worker:worker",
        "Run one worker; start more with the same settings to share the partitions.",
    ),
    "store": (
        "streams.commands.store:store_command",
        "Copy alerts, candidates, verdicts, enforcement and dead letters into PostgreSQL until stopped.",
    ),
    "demo": (
        "streams.commands.demo:demo",
        "Watch a simulated day of real prompts pass through Kafka and a worker, and alerts come out.",
    ),
    "replay": (
        "streams.commands.replay:replay_command",
        "Run EVENTS (.jsonl, .gz, .zst) through the live service's models, without Kafka.",
    ),
    "simulate": (
        "streams.simulation.command:simulate_command",
        "Write labelled traffic of a provider: the standard week, unless another preset or scenario is named.",
    ),
    "evaluate": (
        "streams.commands.evaluate:evaluate_command",
        "Say how good detection is: on EVENTS (.jsonl, .gz, .zst) with their labels, or on simulated traffic.",
    ),
    "alerts": ("streams.commands.alerts:alerts_command", "List, show, explain and follow alerts."),
    "campaign": (
        "streams.commands.campaign:campaign_command",
        "See a campaign's members and why they are linked; merge campaigns into a case, or split one.",
    ),
    "ack": ("streams.commands.actions:ack_command", "Acknowledge ALERTS: somebody looks at them."),
    "assign": ("streams.commands.actions:assign_command", "Give ALERTS to somebody."),
    "comment": (
        "streams.commands.actions:comment_command",
        "Write TEXT into the trail of ALERT, for whoever looks next.",
    ),
    "verdict": (
        "streams.commands.verdict:verdict_command",
        "Say that ALERTS are each a false-positive, a true-positive or expected.",
    ),
    "suppressions": (
        "streams.commands.suppressions:suppressions_command",
        "List what verdicts silence, and end it before its time.",
    ),
    "export": ("streams.commands.export:export_command", "Write what others need to act on an alert."),
    "budget": ("streams.commands.budget:budget_command", "See what the budget of false pages buys."),
    "dead-letters": (
        "streams.commands.dead_letters:dead_letters_command",
        "See which records were refused and why, and send requests again that decode by now.",
    ),
    "notify": (
        "streams.commands.notify:notify_command",
        "Tell Alertmanager, a webhook, PagerDuty, Slack and Grafana of alerts, as far as the settings name them.",
    ),
    "topics": (
        "streams.commands.topics:topics_command",
        "Check the topics against the settings; exit status 1 if something differs.",
    ),
    "grafana": (
        "grafana.command:grafana_command",
        "Provision Grafana: folder, data sources, dashboards, alert rules, contact points.",
    ),
    "doctor": (
        "streams.commands.doctor:doctor",
        "Check settings, notifiers, broker, topics and keys; name each fault and its mend.",
    ),
    "completion": ("streams.commands.completion:completion_command", "Print the completion script of SHELL."),
    "codebook": ("streams.codebook_build:codebook", "Build the codebook of semantic cells from folders of prompts."),
    "content": (
        "streams.content_build:content",
        "Fit the content model's weights from folders of prompts, every corpus counting alike.",
    ),
    "calibrate": (
        "streams.commands.calibrate:calibrate_command",
        "Fit how groups are judged to your own traffic without a campaign.",
    ),
    "groups": (
        "streams.group_fit:groups_command",
        "Fit the group model on labelled weeks and write its weights; takes a minute or two a week.",
    ),
}


class _LazyGroup(click.Group):
    """Imports a command's module on first use: `--help` does not wait for the models to load."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Name commands without importing any."""
        named = [CompletionItem(name) for name in _COMMANDS if name.startswith(incomplete)]
        return named + click.Command.shell_complete(self, ctx, incomplete)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Say what each command is for without importing any."""
        width = formatter.width - 6 - max(map(len, _COMMANDS))
        with formatter.section("Commands"):
            formatter.write_dl([(name, make_default_short_help(says, width)) for name, (_, says) in _COMMANDS.items()])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        module, name = _COMMANDS[cmd_name][0].split(":")
        if module not in sys.modules:
            with nothing_collected():
                import_module(module)
        command: click.Command = getattr(sys.modules[module], name)
        return command


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(version("stillwatch"), prog_name="stillwatch")
def main() -> None:
    """Stillwatch: notices systematic capability harvesting in the traffic of an LLM API.

    Settings come from STILLWATCH_* environment variables and the TOML file that STILLWATCH_CONFIG names;
    `stillwatch doctor` checks them.
    """
