"""Brings a Grafana to what it should hold, or only tells what differs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec
import niquests
from grafana_client import GrafanaApi
from grafana_client.client import GrafanaException, GrafanaUnauthorizedError

from grafana.difference import Difference, differences
from grafana.resources import DataSource, Resource
from streams.settings import Settings

Standing = Literal["unchanged", "missing", "differs", "created", "updated", "failed", "healthy"]

_ANSWERS_WITHIN_S = 10.0
_CONFLICT = 412
_FORBIDDEN = 403


class ProvisionError(Exception):
    """Grafana cannot be used at all; the message names the address, the fault and the mend."""


class Outcome(msgspec.Struct, frozen=True):
    """How one thing stands, or what became of it; ``fault`` says what went wrong and what to do."""

    kind: str
    uid: str
    title: str
    standing: Standing
    differences: list[Difference] = []
    fault: str = ""

    @property
    def sound(self) -> bool:
        """It is as it should be."""
        return self.standing in ("unchanged", "created", "updated", "healthy")


def connect(settings: Settings) -> GrafanaApi:
    """A client of the operator's Grafana; raises ``ProvisionError`` unless it answers and takes the token."""
    token = settings.grafana_token
    api = GrafanaApi.from_url(
        settings.grafana_url, credential=token.get_secret_value() if token else None, timeout=_ANSWERS_WITHIN_S
    )
    try:
        api.folder.get_all_folders()
    except (GrafanaException, niquests.RequestException) as error:
        raise ProvisionError(f"grafana_url={settings.grafana_url}: {_mend(error)}") from error
    return api


def compare(api: GrafanaApi, resources: Iterable[Resource]) -> Iterator[Outcome]:
    """How each thing stands; nothing is changed."""
    for resource in resources:
        try:
            found = resource.read(api)
        except (GrafanaException, niquests.RequestException) as error:
            yield _failed(resource, error)
            continue
        yield _standing(resource, found)


def apply(api: GrafanaApi, resources: Iterable[Resource], *, secrets: bool = False) -> Iterator[Outcome]:
    """Create what is missing and update what differs, in order; what fails is told, and the next is tried.

    Secrets cannot be read back: with ``secrets`` everything that has some is written again.
    """
    for resource in resources:
        try:
            found = resource.read(api)
            outcome = _standing(resource, found)
            if outcome.standing == "unchanged" and not (secrets and resource.secret):
                yield outcome
                continue
            resource.write(api, found)
        except (GrafanaException, niquests.RequestException) as error:
            yield _failed(resource, error)
            continue
        done: Standing = "created" if found is None else "updated"
        yield Outcome(resource.kind, resource.uid, resource.title, done, outcome.differences)


def health(api: GrafanaApi, resources: Iterable[Resource]) -> Iterator[Outcome]:
    """Whether Grafana reaches each data source that was provisioned."""
    for resource in resources:
        if not isinstance(resource, DataSource):
            continue
        try:
            answer = api.datasource.health(resource.uid)
        except (GrafanaException, niquests.RequestException) as error:
            answer = {"message": _mend(error)}
        if answer.get("status") == "OK":
            yield Outcome("health", resource.uid, resource.title, "healthy")
        else:
            fault = f"Grafana does not reach it: {answer.get('message')}; check its address and password"
            yield Outcome("health", resource.uid, resource.title, "failed", fault=fault)


def _standing(resource: Resource, found: dict[str, object] | None) -> Outcome:
    if found is None:
        return Outcome(resource.kind, resource.uid, resource.title, "missing")
    unlike = differences(resource.wanted, found)
    return Outcome(resource.kind, resource.uid, resource.title, "differs" if unlike else "unchanged", unlike)


def _failed(resource: Resource, error: Exception) -> Outcome:
    return Outcome(resource.kind, resource.uid, resource.title, "failed", fault=_mend(error))


def _mend(error: Exception) -> str:
    if isinstance(error, GrafanaUnauthorizedError):
        return "Grafana does not take the token; set STILLWATCH_GRAFANA_TOKEN to one of a service account"
    status = getattr(error, "status_code", None)
    if status == _FORBIDDEN:
        return f"{error}; the token's service account needs the role Admin, or a role that may write this"
    if status == _CONFLICT:
        return f"{error}; somebody changed it meanwhile: look with `stillwatch grafana diff`, then apply again"
    if isinstance(error, niquests.exceptions.ConnectionError):
        return "nothing answers there; is Grafana up, is STILLWATCH_GRAFANA_URL right?"
    response = getattr(error, "response", None)
    return str(response["message"]) if isinstance(response, dict) and "message" in response else str(error)
