"""Slack, incoming webhook: one message an alert, one when its severity rises, one when it closes."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from models.alert import SeverityLabel
from streams.notify import wording
from streams.notify.desk import Habits
from streams.notify.notice import Notice, Summary
from streams.notify.notifier import MisconfiguredError
from streams.notify.receiver import Receiver

#: Limits of Block Kit (Slack developer documentation): characters of a header, of a section, of a context element.
MAX_HEADER_CHARACTERS = 150
MAX_SECTION_CHARACTERS = 3_000

_SIGNS: dict[SeverityLabel, str] = {
    "info": ":information_source:",
    "low": ":large_blue_circle:",
    "medium": ":large_yellow_circle:",
    "high": ":large_orange_circle:",
    "critical": ":red_circle:",
}

_Block = dict[str, object]


class Slack:
    """Posts to one channel. Slack knows no key that absorbs repeats: a crash between sending and noting it shows twice.

    ``url`` is the webhook's address and as good as a password.
    """

    name = "slack"
    pages = True
    habits = Habits(refreshes=False, closings_page=True)

    def __init__(self, url: str, *, links: wording.LinkBases) -> None:
        self._url = url
        self._links = links
        self._receiver = Receiver(self.name, secrets=(url,))

    async def send(self, notice: Notice) -> None:
        """Post one message."""
        alert = notice.alert
        title = wording.headline(notice)
        sections = [f"*{escaped(alert.kind.capitalize())} {escaped(alert.entity_id)}*\n{wording.measures(alert)}"]
        if notice.action == "page":
            sections += [
                _listed("Why", wording.reasons(alert, 3)),
                _listed("Against", wording.counter_evidence(alert, 2)),
                _listed("Do", alert.suggested_actions[:3]),
            ]
        links = [(self._links.dashboard(alert), "Dashboard"), (self._links.runbook(alert), "Runbook")]
        sign = ":white_check_mark:" if notice.action == "close" else _SIGNS[notice.severity]
        footer = f"alert `{alert.alert_id}` · {alert.first_seen} to {alert.last_seen}"
        await self._post(f"{sign} {title}", sections, links, footer)

    async def summarise(self, summary: Summary) -> None:
        """Post one message for all."""
        sections = [escaped("\n".join(wording.summary_lines(summary)))]
        links = [(self._links.overview(), "All open alerts"), (self._links.flood_runbook(), "Runbook")]
        await self._post(f":rotating_light: {wording.summary_headline(summary)}", sections, links, "flood control")

    async def check(self) -> str:
        """Post an empty object: a webhook that exists answers that it lacks a text, and shows nothing."""
        status, text = await self._receiver.ask("POST", self._url, b"{}")
        if status != 400:
            raise MisconfiguredError(self._receiver.reason(status, text))
        return "the webhook exists"

    async def close(self) -> None:
        """Give up connections."""
        await self._receiver.close()

    async def _post(
        self, title: str, sections: Sequence[str], links: Sequence[tuple[str | None, str]], footer: str
    ) -> None:
        linked = [f"<{escaped(href)}|{text}>" for href, text in links if href]
        blocks: list[_Block] = [
            {
                "type": "header",
                "text": {"type": "plain_text", "text": wording.clipped(title, MAX_HEADER_CHARACTERS), "emoji": True},
            },
            *(_section(section) for section in sections if section),
            {"type": "context", "elements": [{"type": "mrkdwn", "text": " · ".join([*linked, footer])}]},
        ]
        body = {"text": wording.clipped(escaped(title), MAX_SECTION_CHARACTERS), "blocks": blocks}
        await self._receiver.post(self._url, msgspec.json.encode(body))


def escaped(text: str) -> str:
    """Text that Slack shows as it is: an account named ``<!channel>`` must not call everybody.

    >>> escaped("<!channel> & co")
    '&lt;!channel&gt; &amp; co'
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _section(text: str) -> _Block:
    return {"type": "section", "text": {"type": "mrkdwn", "text": wording.clipped(text, MAX_SECTION_CHARACTERS)}}


def _listed(title: str, lines: Sequence[str]) -> str:
    return f"*{title}*\n" + "\n".join(f"• {escaped(line)}" for line in lines) if lines else ""
