"""Write a week: events in order of time, labels of accounts and of requests, bans."""

# ruff: noqa: E501 - a kind stands beside its number
from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import orjson
import zstandard

from tests.makes.second import campaigns, people, products, research
from tests.makes.second.week import START_MS, Week

#: Innocent kinds with their accounts among 2,000.
INNOCENT: tuple[tuple[Callable[[Week, int], None], int], ...] = (
    (people.chatters, 170), (people.famous_prompts, 130), (people.households, 80), (people.vpn_users, 80),
    (people.quota_dodgers, 60), (people.agent_clis, 130), (people.students, 120),
    (products.vendor_customers, 140), (products.workflow_users, 90), (products.company_pools, 80), (products.batch_jobs, 70),
    (products.search_products, 60), (products.support_bots, 80), (products.retrieval_products, 100),
    (products.translators, 70), (products.education_platforms, 70), (products.resellers, 60), (products.product_judges, 60),
    (research.evaluation_teams, 90), (research.nightly_evaluations, 60), (research.red_teams, 60),
    (research.data_scientists, 60), (research.laboratories, 80),
)  # fmt: skip


@dataclass
class Made:
    """What was written."""

    events: int = 0
    harvest: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    """Innocent accounts by kind."""
    plans: list[campaigns.Plan] = field(default_factory=list)

    def summary(self) -> str:
        """A few lines for a person."""
        lines = [f"{self.events:,} requests, {self.harvest / max(1, self.events):.1%} of them harvest"]
        lines.append("innocent accounts: " + ", ".join(f"{kind} {count}" for kind, count in sorted(self.kinds.items())))
        lines += [
            f"campaign {plan.name}: {plan.rung}, {plan.accounts} accounts, {plan.daily:.0f} a day, cover {plan.cover:.0%}, "
            f"days {plan.first_day:.1f} to {plan.last_day:.1f}"
            for plan in self.plans
        ]
        return "\n".join(lines) + "\n"


def generate(
    out: Path,
    seed: int,
    *,
    days: float = 7.0,
    innocent_accounts: int = 2_000,
    attack_free: bool = False,
    data: Path | None = None,
) -> Made:
    """Write ``events.jsonl.zst``, ``labels.csv``, ``event_labels.csv.gz`` and ``enforcement.jsonl`` into ``out``."""
    week = Week(seed, days, data)
    share = innocent_accounts / sum(count for _, count in INNOCENT)
    for make, count in INNOCENT:
        make(week, max(1, round(count * share)))
    made = Made(kinds=Counter(account.kind for account in week.registry.accounts))
    if not attack_free:
        made.plans = campaigns.plan(week, week.wire.sent, innocent_accounts)
        for plan in made.plans:
            campaigns.run(week, plan)
    _ban_some(week)
    out.mkdir(parents=True, exist_ok=True)
    _write(week, out, made)
    week.wire.close()
    return made


def _ban_some(week: Week) -> None:
    """Innocent accounts are banned too: for chargebacks or by mistake, after their last request."""
    rng = week.rng
    innocent = [account for account in week.registry.accounts if not account.campaign]
    for account in rng.sample(innocent, len(innocent) // 250):
        at_ms = account.last_ms + 60_000
        week.bans.append((at_ms, [account.account_id], rng.choice(["chargeback", "terms", "abuse report"])))


def _write(week: Week, out: Path, made: Made) -> None:
    compressor = zstandard.ZstdCompressor(level=3)
    # A fixed time in the header: same seed, same bytes.
    with (
        compressor.stream_writer((out / "events.jsonl.zst").open("wb"), closefd=True) as events,
        (out / "event_labels.csv.gz").open("wb") as packed,
        gzip.GzipFile(fileobj=packed, mode="wb", mtime=0, filename="", compresslevel=4) as labels,
    ):
        labels.write(b"event_id,harvest\n")
        for line, event_id, harvest in week.wire.read():
            events.write(line + b"\n")
            labels.write(f"{event_id},{int(harvest)}\n".encode())
            made.events += 1
            made.harvest += harvest
    accounts = [
        f"{account.account_id},{account.kind},{account.campaign},{account.harvested / max(1, account.sent):.6f}"
        for account in sorted(week.registry.accounts, key=lambda account: account.account_id)
    ]
    (out / "labels.csv").write_text(
        "\n".join(["account_id,kind,campaign,attack_fraction", *accounts]) + "\n", encoding="utf-8"
    )
    bans = []
    for number, (at_ms, account_ids, reason) in enumerate(sorted(week.bans)):
        for first in range(0, len(account_ids), 1_000):
            ban = {"schema_version": 1, "enforcement_id": f"ban-{number}-{first}", "account_ids": account_ids[first : first + 1_000],
                   "action": "banned", "reason": reason, "imposed_at": START_MS + at_ms}  # fmt: skip
            bans.append(orjson.dumps(ban) + b"\n")
    (out / "enforcement.jsonl").write_bytes(b"".join(bans))
