"""Everything a user can set: one object, from environment variables and an optional TOML file, checked at start."""

from __future__ import annotations

import os
import re
import ssl
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import msgspec
from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from models.detection import DetectionSettings

#: Environment variable that names the TOML file.
CONFIG_VARIABLE = "STILLWATCH_CONFIG"

#: Variables of the tests, which are no settings.
TEST_VARIABLES = ("STILLWATCH_REQUIRE_SYSTEM_PACKAGES", "STILLWATCH_UPDATE_GOLDEN", "STILLWATCH_PARITY_RUNS")

#: Public, so good for nothing but development; `doctor` warns of it.
DEVELOPMENT_HASH_KEY = "stillwatch-development"


_UID = r"^[A-Za-z0-9_-]{1,40}$"

#: An address without credentials in it: those have settings of their own, which no log shows.
_URL = r"^https?://[^\s@/]+(/[^\s]*)?$"


class SettingsError(Exception):
    """Settings that cannot work; the message names each field, its value's source and the mend."""


class Settings(BaseSettings):
    """Settings of every command; an environment variable is ``STILLWATCH_`` and the field's name in capitals.

    ``STILLWATCH_CONFIG`` names a TOML file with the same fields in lower case; the environment wins over the file.
    """

    model_config = SettingsConfigDict(
        env_prefix="STILLWATCH_", env_nested_delimiter="__", extra="forbid", frozen=True, secrets_dir=None
    )

    kafka_bootstrap_servers: str = Field("127.0.0.1:9092", min_length=1, description="host:port of brokers, by comma.")
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        "PLAINTEXT", description="How to talk to the brokers."
    )
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        "PLAIN", description="With SASL: how to log in."
    )
    kafka_sasl_username: str | None = Field(None, description="With SASL: who logs in.")
    kafka_sasl_password: SecretStr | None = Field(None, description="With SASL: the password.")
    kafka_ssl_cafile: Path | None = Field(None, description="PEM file of the authorities that sign the brokers.")
    kafka_ssl_certfile: Path | None = Field(None, description="PEM file of this client's certificate.")
    kafka_ssl_keyfile: Path | None = Field(None, description="PEM file of this client's key.")
    kafka_session_timeout_s: float = Field(
        10.0, ge=6, le=300, description="After this long without a heartbeat a worker's partitions go to others."
    )

    topic_prefix: str = Field("stillwatch.", pattern=r"^[A-Za-z0-9._-]{0,100}$", description="Of every topic's name.")
    group_id: str = Field(
        "stillwatch", pattern=r"^[A-Za-z0-9._-]{1,100}$", description="Consumer group of the workers."
    )
    replication_factor: int = Field(1, ge=1, le=9, description="Of topics this project creates; 3 in production.")
    requests_retention_hours: int = Field(168, ge=1, description="How long the requests topic keeps a record.")

    hash_key: SecretStr = Field(
        SecretStr(DEVELOPMENT_HASH_KEY), description="Secret that keys shell hashes; the same on every worker."
    )
    group_weights: Path | None = Field(
        None,
        description="Group weights that `stillwatch calibrate` wrote; the shipped ones unless set. On every worker.",
    )
    flush_interval_s: float = Field(2.0, gt=0, le=60, description="How often state goes to the changelog.")
    batch_records: int = Field(5_000, ge=1, le=50_000, description="Most records one step applies at once.")
    tick_interval_s: float = Field(1.0, gt=0, le=60, description="How often idle partitions are looked at.")
    clock_ticks: bool = Field(True, description="Let the clock move event time when all partitions are idle.")
    latest_event_time_ms: int | None = Field(
        None, ge=0, description="For files without append times: events after this instant are refused."
    )

    web_host: str = Field("127.0.0.1", description="Where a worker serves /metrics, /health and the query API.")
    web_port: int = Field(6066, ge=0, le=65_535, description="The same, its port.")
    web_url: str | None = Field(
        None,
        pattern=r"^https?://[^\s@/?#]+$",
        description="Where the other workers reach this one; http://WEB_HOST:WEB_PORT unless set. Each has its own.",
    )
    web_token: SecretStr | None = Field(
        None,
        min_length=16,
        description="Bearer token of the query API, the same on every worker; needed beyond loopback.",
    )
    database_url: SecretStr | None = Field(
        None, description="Of the alert store: postgresql://USER:PASSWORD@HOST:PORT/DATABASE."
    )
    store_retention_days: int = Field(
        90, ge=1, le=36_500, description="How long the alert store keeps a day after its end and its last write."
    )
    store_batch_records: int = Field(2_000, ge=1, le=50_000, description="Most records one transaction stores.")
    store_web_port: int = Field(6067, ge=0, le=65_535, description="Where the sink serves /metrics, on web_host.")

    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least grave line logged.")
    log_format: Literal["auto", "json", "console"] = Field(
        "auto", description="auto: lines for a terminal, JSON otherwise."
    )

    grafana_url: str = Field("http://127.0.0.1:3000", pattern=_URL, description="Where Grafana is.")
    grafana_token: SecretStr | None = Field(None, description="Token of a Grafana service account, role Admin.")
    grafana_prometheus_uid: str = Field(
        "stillwatch-prometheus", pattern=_UID, description="Grafana's data source of metrics."
    )
    grafana_prometheus_url: str | None = Field(
        None, description="Where Grafana finds Prometheus; without it that data source is yours."
    )
    grafana_database_uid: str = Field(
        "stillwatch-database", pattern=_UID, description="Grafana's data source of the alert store."
    )
    grafana_database_address: str | None = Field(
        None, description="host:port where Grafana finds the alert store; without it that data source is yours."
    )
    grafana_database_name: str = Field("stillwatch", min_length=1, description="The alert store's database.")
    grafana_database_user: str = Field("stillwatch_grafana", min_length=1, description="A role that reads it.")
    grafana_database_password: SecretStr | None = Field(None, description="That role's password.")
    grafana_database_tls: Literal["disable", "require", "verify-ca", "verify-full"] = Field(
        "require", description="How Grafana's connection to it is protected."
    )
    grafana_contact_url: SecretStr | None = Field(
        None, description="Webhook for faults of the pipeline; without it your notification policy routes them."
    )
    grafana_heartbeat_url: SecretStr | None = Field(
        None, description="Webhook of a dead man's switch, which notices when the heartbeat stops."
    )

    dashboards_url: str | None = Field(
        None, pattern=_URL, description="Where people reach Grafana; without it notices carry no link to a dashboard."
    )
    runbooks_url: str | None = Field(
        None,
        pattern=_URL,
        description="Where docs/ is read: its folder at your code host, or a copy; the same for runbooks.",
    )

    notify_pages_per_minute: int = Field(
        10, ge=1, le=1_000, description="Most pages a notifier sends in any minute; a summary tells of the others."
    )
    notify_cooldown_s: float = Field(
        3_600.0, ge=0, le=604_800, description="So long after a page an entity pages again only if it got graver."
    )
    notify_shadow: bool = Field(False, description="Shadow mode: log and count what would page, page nobody.")
    notify_web_port: int = Field(
        6067, ge=0, le=65_535, description="Port of /metrics and /health of `stillwatch notify`, on web_host."
    )
    notify_alertmanager_url: str | None = Field(None, pattern=_URL, description="Base address of an Alertmanager.")
    notify_alertmanager_authorization: SecretStr | None = Field(
        None, description='Its Authorization header, such as "Bearer …".'
    )
    notify_alertmanager_repost_s: float = Field(
        60.0, ge=1, le=3_600, description="How often open alerts are posted again; at most half its resolve_timeout."
    )
    notify_webhook_url: SecretStr | None = Field(
        None, description="Receives every record as a CloudEvent with an OCSF finding."
    )
    notify_webhook_authorization: SecretStr | None = Field(None, description="Its Authorization header.")
    notify_webhook_pages: bool = Field(
        False, description="The webhook leads to people: flood control and shadow mode apply to it."
    )
    notify_pagerduty_routing_key: SecretStr | None = Field(
        None, min_length=32, max_length=32, description="Integration key of a PagerDuty service (Events API v2)."
    )
    notify_pagerduty_url: str = Field(
        "https://events.pagerduty.com", pattern=_URL, description="https://events.eu.pagerduty.com in Europe."
    )
    notify_slack_url: SecretStr | None = Field(None, description="Address of a Slack incoming webhook.")
    notify_grafana_url: str | None = Field(
        None, pattern=_URL, description="Base address of a Grafana that gets an annotation for each alert."
    )
    notify_grafana_token: SecretStr | None = Field(
        None, description="Token of its service account, with the permission to write annotations."
    )

    detection: dict[str, Any] = Field(
        default_factory=dict, description="Overrides of the settings that decide, by name."
    )

    @model_validator(mode="after")
    def _credentials_are_complete(self) -> Settings:
        if self.kafka_security_protocol.startswith("SASL") and not (
            self.kafka_sasl_username and self.kafka_sasl_password
        ):
            raise ValueError(
                f"kafka_security_protocol={self.kafka_security_protocol} needs kafka_sasl_username and "
                "kafka_sasl_password"
            )
        for name in ("kafka_ssl_cafile", "kafka_ssl_certfile", "kafka_ssl_keyfile", "group_weights"):
            path = getattr(self, name)
            if path is not None and not path.is_file():
                raise ValueError(f"{name}={path}: no such file")
        _ = self.decides
        return self

    @model_validator(mode="after")
    def _notifiers_are_complete(self) -> Settings:
        for name in ("notify_webhook_url", "notify_slack_url"):
            secret: SecretStr | None = getattr(self, name)
            if secret is not None and re.match(_URL, secret.get_secret_value()) is None:
                raise ValueError(f"{name}: no http or https address, or with credentials before an @")
        if self.notify_grafana_url is not None and self.notify_grafana_token is None:
            raise ValueError(f"notify_grafana_url={self.notify_grafana_url} needs notify_grafana_token")
        return self

    @cached_property
    def decides(self) -> DetectionSettings:
        """The settings that decide, the only ones that reach the models."""
        try:
            return msgspec.convert(self.detection, DetectionSettings, strict=False)
        except msgspec.ValidationError as error:
            raise ValueError(f"detection: {error}") from error

    @property
    def worker_url(self) -> str:
        """Where the other workers reach this one."""
        host = f"[{self.web_host}]" if ":" in self.web_host else self.web_host
        return self.web_url or f"http://{host}:{self.web_port}"

    def topic(self, name: str) -> str:
        """The full name of one of this project's topics."""
        return f"{self.topic_prefix}{name}"

    def ssl_context(self) -> ssl.SSLContext | None:
        """The TLS context of Kafka clients, ``None`` without TLS."""
        if "SSL" not in self.kafka_security_protocol:
            return None
        context = ssl.create_default_context(cafile=str(self.kafka_ssl_cafile) if self.kafka_ssl_cafile else None)
        if self.kafka_ssl_certfile:
            context.load_cert_chain(
                str(self.kafka_ssl_certfile), str(self.kafka_ssl_keyfile or self.kafka_ssl_certfile)
            )
        return context

    def kafka_client(self) -> dict[str, Any]:
        """Connection arguments that aiokafka's and kafka-python's clients both take."""
        client: dict[str, Any] = {
            "bootstrap_servers": self.kafka_bootstrap_servers.split(","),
            "security_protocol": self.kafka_security_protocol,
            "ssl_context": self.ssl_context(),
        }
        if self.kafka_sasl_password is not None and self.kafka_security_protocol.startswith("SASL"):
            client |= {
                "sasl_mechanism": self.kafka_sasl_mechanism,
                "sasl_plain_username": self.kafka_sasl_username,
                "sasl_plain_password": self.kafka_sasl_password.get_secret_value(),
            }
        return client

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic's signature
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic's signature
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then the environment, then the TOML file."""
        sources: tuple[PydanticBaseSettingsSource, ...] = (init_settings, env_settings)
        if path := os.environ.get(CONFIG_VARIABLE):
            sources += (TomlConfigSettingsSource(settings_cls, Path(path)),)
        return sources


def load_settings(**overrides: Any) -> Settings:
    """Read and check the settings; raises ``SettingsError`` with one line a fault."""
    if (path := os.environ.get(CONFIG_VARIABLE)) and not Path(path).is_file():
        raise SettingsError(f"{CONFIG_VARIABLE}={path}: no such file; unset it or write the file")
    if unknown := _unknown_variables():
        raise SettingsError("\n".join(unknown))
    try:
        return Settings(**overrides)
    except ValidationError as error:
        faults = [_fault(fault) for fault in error.errors(include_url=False, include_input=False)]
        raise SettingsError("\n".join(faults)) from None


def _unknown_variables() -> list[str]:
    """One line for each STILLWATCH_* variable that is no setting: a misspelt one would be ignored in silence."""
    prefix = "STILLWATCH_"
    fields = [f"{prefix}{name.upper()}" for name in Settings.model_fields]
    deciding = [f"{prefix}DETECTION__{name.upper()}" for name in DetectionSettings.__struct_fields__]
    known = [*fields, *deciding, CONFIG_VARIABLE, *TEST_VARIABLES]
    lines = []
    for name in sorted(os.environ):
        if name.upper().startswith(prefix) and name.upper() not in known:
            close = get_close_matches(name.upper(), known, n=1)
            lines.append(f"{name}: no such setting; " + (f"did you mean {close[0]}?" if close else "unset it"))
    return lines


def _fault(fault: Any) -> str:
    name = ".".join(str(part) for part in fault["loc"]) or "settings"
    variable = f" (STILLWATCH_{name.upper()} or the TOML file)" if fault["loc"] else ""
    return f"{name}{variable}: {fault['msg']}"
