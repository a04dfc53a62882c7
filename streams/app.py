"""The composition root: the Faust application, put together in data-flow order by one function."""

from __future__ import annotations

import asyncio
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import faust
import structlog
from faust.types import TP
from faust.web.base import BlueprintManager

from models.account_stage import AccountStage
from models.campaign_stage import CampaignStage
from models.decision_stage import DecisionStage
from models.verdict import FeedbackKind
from streams import topics
from streams.changelog import ChangelogWriter
from streams.cuts import Cuts
from streams.feed import Feed
from streams.measure import Measurement
from streams.metrics import Metrics
from streams.outbox import Outbox
from streams.query import add_queries
from streams.recovery import BatchTableManager
from streams.references import load_references
from streams.send import Sender
from streams.settings import Settings
from streams.stall import CommitWatch
from streams.step import Step
from streams.store import StageTable
from streams.tick import Ticker
from streams.topics import FEEDBACK_TOPICS
from streams.transport import BatchConsumerThread, BatchSchema, BatchTransport
from streams.unread import UnreadWatch
from streams.warm_up import warm_up
from streams.web import add_pages, is_ready

log = structlog.get_logger(__name__)


class StillwatchApp(faust.App):
    """A Faust app that owns the outbox and the changelog writer, and flushes before it leaves the group."""

    cuts: Cuts
    commit_watch: CommitWatch
    changelog: ChangelogWriter
    outbox: Outbox
    steps: list[Step]
    feeds: list[Feed]
    metrics: Metrics
    flushing: asyncio.Lock
    _rebalance_began_s = 0.0

    async def on_start(self) -> None:
        """Connect the outbox before any stage can send."""
        await self.outbox.start()
        await super().on_start()

    async def on_stop(self) -> None:
        """Stop reading, make everything durable, then let Faust commit and leave."""
        if self._consumer is not None:
            self._consumer.stop_flow()
        self.flow_control.suspend()
        try:
            await self.flush()
        except Exception:
            # What could not be flushed is computed again by the next owner; leaving the group matters more now.
            log.exception("last_flush_failed")
        await super().on_stop()
        await self.changelog.close()
        await self.outbox.stop()

    def on_rebalance_start(self) -> None:
        """Count it."""
        super().on_rebalance_start()
        self.metrics.rebalances.inc()
        self._rebalance_began_s = time.monotonic()

    def on_rebalance_end(self) -> None:
        """Measure it."""
        super().on_rebalance_end()
        self.metrics.rebalance_seconds.observe(time.monotonic() - self._rebalance_began_s)

    def _new_transport(self) -> BatchTransport:
        return BatchTransport(self.conf.broker_consumer, self)

    def _new_web(self) -> Any:
        web = super()._new_web()
        # Nothing of Faust's own is served: its index page has no setting that turns it off.
        web.blueprints = BlueprintManager()
        return web

    async def flush(self) -> None:
        """Flush every stage once; one flush at a time, since a partition has one transaction."""
        async with self.flushing:
            feeds = (feed.flush(self.assignment) for feed in self.feeds)
            await asyncio.gather(*(step.flush() for step in self.steps), *feeds)
        self.metrics.flushed_at.set(time.time())
        if self._consumer is not None:
            consumer: Any = self._consumer
            self.commit_watch.flushed(
                uncommitted=self.cuts.past(consumer.committed()),
                committed_at_s=consumer.committed_at_s,
                now_s=time.monotonic(),
            )

    def assignment(self) -> set[TP]:
        """The partitions read here now."""
        return set() if self._consumer is None else set(self._consumer.assignment())

    def end_offset(self, tp: TP) -> int | None:
        """The end of a log as last heard from the broker, ``None`` before the first fetch."""
        end: int | None = self.consumer.highwater(tp)
        return end


def create_app(settings: Settings) -> StillwatchApp:
    """Build the worker's application: requests, traces and candidates, each with its table of stages, and feedback."""
    app = _faust_app(settings)
    app.cuts = Cuts()
    app.commit_watch = CommitWatch(settings.flush_interval_s)
    app.flushing = asyncio.Lock()
    app.metrics = Metrics()
    app.outbox = Outbox(settings.kafka_client())
    app.changelog = ChangelogWriter(settings.kafka_client(), f"{settings.group_id}-")
    sender = Sender(settings, app.outbox, app.metrics)
    references = load_references(settings)
    build = {"version": version("stillwatch"), "models": references.version, "settings": settings.decides.config_hash()}
    app.metrics.build.info(build)
    app.metrics.budget.set(settings.decides.false_pages_per_week)
    warm_up(settings.decides, references)
    many = settings.decides.partitions

    def account_stage(partition: int) -> AccountStage:
        return AccountStage(partition, settings.decides, references.featuriser, settings.latest_event_time_ms)

    def campaign_stage(partition: int) -> CampaignStage:
        return CampaignStage(partition, settings.decides, references.groups)

    def decision_stage(_partition: int) -> DecisionStage:
        return DecisionStage(settings.decides, references.version, references.groups.pooled)

    def step(name: str, source: str, changelog: str, partitions: int, new_stage: Any) -> Step:
        table = StageTable(
            app, name=name, changelog=settings.topic(changelog), partitions=partitions, new_stage=new_stage
        )
        app.tables.add(table)
        return Step(
            name,
            settings.topic(source),
            table,
            sender=sender,
            changelog=app.changelog,
            cuts=app.cuts,
            metrics=app.metrics,
        )

    app.steps = [
        step("accounts", topics.REQUESTS, topics.ACCOUNTS_CHANGELOG, many, account_stage),
        step("campaigns", topics.TRACES, topics.CAMPAIGNS_CHANGELOG, many, campaign_stage),
        step("decisions", topics.CANDIDATES, topics.DECISIONS_CHANGELOG, 1, decision_stage),
    ]
    app.feeds = [_feed(app, settings, sender, kind) for kind in FEEDBACK_TOPICS]
    readers: list[Step | Feed] = [*app.steps, *app.feeds]
    for each in readers:
        _add_agent(app, each)
    _add_timers(app, settings)
    add_pages(app)
    add_queries(app, settings)
    return app


def _feed(app: StillwatchApp, settings: Settings, sender: Sender, kind: FeedbackKind) -> Feed:
    return Feed(
        kind,
        settings.topic(FEEDBACK_TOPICS[kind]),
        settings.topic(topics.CANDIDATES),
        outbox=app.outbox,
        sender=sender,
        cuts=app.cuts,
        metrics=app.metrics,
    )


def _faust_app(settings: Settings) -> StillwatchApp:
    BatchConsumerThread.max_records = settings.batch_records
    credentials = _credentials(settings)
    return StillwatchApp(
        settings.group_id,
        broker=[f"kafka://{server}" for server in settings.kafka_bootstrap_servers.split(",")],
        broker_credentials=credentials,
        broker_max_poll_records=settings.batch_records,
        broker_session_timeout=settings.kafka_session_timeout_s,
        broker_heartbeat_interval=min(3.0, settings.kafka_session_timeout_s / 3),
        broker_commit_interval=settings.flush_interval_s,
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=4 << 20,
        stream_buffer_maxsize=8,
        stream_wait_empty=False,
        stream_recovery_delay=0.0,
        table_standby_replicas=0,
        topic_partitions=settings.decides.partitions,
        topic_replication_factor=settings.replication_factor,
        topic_disable_leader=True,
        TableManager=BatchTableManager,
        web_host=settings.web_host,
        web_bind=settings.web_host,
        web_port=settings.web_port,
        canonical_url=settings.worker_url,
        web_stats_enabled=False,
        web_graph_enabled=False,
        web_router_enabled=False,
        web_tables_enabled=False,
        web_metrics_enabled=False,
        datadir=Path(tempfile.gettempdir()) / settings.group_id,
        store="memory://",
        processing_guarantee="at_least_once",
    )


def _add_agent(app: StillwatchApp, step: Step | Feed) -> None:
    channel = app.topic(step.topic, schema=BatchSchema())

    async def read(stream: Any) -> None:
        async for event in stream.events():
            try:
                await step.run(event.value, app.consumer)
            except Exception as error:
                # An acknowledged event is gone: whatever escapes a stage must stop the worker, not the agent.
                log.exception("step_failed", step=step.name, partition=event.message.partition)
                await app.crash(error)
                raise

    app.agent(channel, name=step.name)(read)


def _add_timers(app: StillwatchApp, settings: Settings) -> None:
    ticker = Ticker(settings.topic(topics.REQUESTS), settings.decides, app.outbox, clock_ticks=settings.clock_ticks)
    accounts, campaigns, _ = app.steps
    unread = UnreadWatch([*app.steps, *app.feeds], app.metrics)
    measured = Measurement(app, settings.tick_interval_s, settings.decides.false_pages_per_week)

    async def flush() -> None:
        if not app.rebalancing:
            await _or_crash(app, app.flush())
        if is_ready(app):
            await unread.look(app.consumer, time.monotonic())

    async def tick() -> None:
        measured.beat()
        if app.rebalancing:
            return
        owned: Any = accounts.stages
        pooled: Any = campaigns.stages
        app.metrics.ticks.inc(await ticker.tick(owned, pooled, app.end_offset))
        measured.measure()

    app.timer(settings.flush_interval_s)(flush)
    app.timer(settings.tick_interval_s)(tick)


async def _or_crash(app: StillwatchApp, work: Any) -> None:
    try:
        await work
    except Exception as error:
        log.exception("flush_failed", mend="the worker stops and recovers from the last flush; check the brokers")
        await app.crash(error)
        raise


def _credentials(settings: Settings) -> Any:
    context = settings.ssl_context()
    if settings.kafka_security_protocol.startswith("SASL"):
        password = settings.kafka_sasl_password
        return faust.SASLCredentials(
            username=settings.kafka_sasl_username,
            password=password.get_secret_value() if password else None,
            mechanism=settings.kafka_sasl_mechanism,
            ssl_context=context,
        )
    return faust.SSLCredentials(context) if context else None
