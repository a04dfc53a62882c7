"""Things in Grafana that are provisioned: how each is read, created and updated through grafana-client."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from grafana_client import GrafanaApi
from grafana_client.client import GrafanaClientError

Found = dict[str, Any]

_ABSENT = 404


class Resource(Protocol):
    """One thing by its uid; ``read`` gives it in the shape of ``wanted``, or ``None`` where it is not there.

    ``write`` creates or updates it; ``found`` is what ``read`` gave. Both raise grafana-client's and niquests' errors.
    """

    kind: str
    uid: str
    title: str

    @property
    def wanted(self) -> Found:
        """As it should be; what is not named here is Grafana's own."""

    @property
    def secret(self) -> bool:
        """Whether something of it can be written but not read."""

    def read(self, api: GrafanaApi) -> Found | None:
        """As it is."""

    def write(self, api: GrafanaApi, found: Found | None) -> None:
        """Make it as it should be."""


class Folder:
    """A folder by its uid."""

    kind = "folder"
    secret = False

    def __init__(self, uid: str, title: str) -> None:
        self.uid, self.title = uid, title
        self.wanted: Found = {"uid": uid, "title": title}

    def read(self, api: GrafanaApi) -> Found | None:
        """The folder with its version."""
        return _or_none(lambda: api.folder.get_folder(self.uid))

    def write(self, api: GrafanaApi, found: Found | None) -> None:
        """Create it, or give it its title; 412 if somebody changed it meanwhile."""
        if found is None:
            api.folder.create_folder(self.title, uid=self.uid)
        else:
            api.folder.update_folder(self.uid, title=self.title, version=found.get("version"))


class DataSource:
    """A data source by its uid; ``secrets`` (``secureJsonData``) can be written but never read."""

    kind = "data source"
    secret = True

    def __init__(self, model: Found, secrets: dict[str, str]) -> None:
        self.uid, self.title = str(model["uid"]), str(model["name"])
        self._model, self._secrets = model, secrets
        self.wanted: Found = model | {"secureJsonFields": dict.fromkeys(secrets, True)}

    def read(self, api: GrafanaApi) -> Found | None:
        """The data source; of its secrets only whether they are set."""
        return _or_none(lambda: api.datasource.get_datasource_by_uid(self.uid))

    def write(self, api: GrafanaApi, found: Found | None) -> None:
        """Create or update it, secrets included."""
        body = self._model | ({"secureJsonData": self._secrets} if self._secrets else {})
        if found is None:
            api.datasource.create_datasource(body)
        else:
            api.datasource.update_datasource_by_uid(self.uid, body)


class ContactPoint:
    """A webhook that alerts go to."""

    kind = "contact point"
    secret = True

    def __init__(self, name: str, url: str) -> None:
        self.uid = self.title = name
        self.wanted: Found = {"uid": name, "name": name, "type": "webhook", "settings": {"url": url}}

    def read(self, api: GrafanaApi) -> Found | None:
        """The contact point with this uid among those of its name."""
        listed: list[Found] = api.alertingprovisioning.get_contactpoints(self.title)
        return next((point for point in listed if point.get("uid") == self.uid), None)

    def write(self, api: GrafanaApi, found: Found | None) -> None:
        """Create or update it."""
        if found is None:
            api.alertingprovisioning.create_contactpoint(self.wanted)
        else:
            api.alertingprovisioning.update_contactpoint(self.uid, self.wanted)


class Dashboard:
    """A dashboard in a folder."""

    kind = "dashboard"
    secret = False

    def __init__(self, model: Found, folder_uid: str, message: str) -> None:
        self.uid, self.title = str(model["uid"]), str(model["title"])
        self._model, self._folder_uid, self._message = model, folder_uid, message
        self.wanted: Found = {"dashboard": model, "meta": {"folderUid": folder_uid}}

    def read(self, api: GrafanaApi) -> Found | None:
        """The dashboard and its meta data."""
        return _or_none(lambda: api.dashboard.get_dashboard(self.uid))

    def write(self, api: GrafanaApi, found: Found | None) -> None:
        """Save it as the version after the one that was read; 412 if somebody saved another meanwhile."""
        known = {} if found is None else {name: found["dashboard"].get(name) for name in ("id", "version")}
        body = {
            "dashboard": self._model | known,
            "folderUid": self._folder_uid,
            "message": self._message,
            "overwrite": False,
        }
        api.dashboard.update_dashboard(body)


class RuleGroup:
    """A group of alert rules in a folder; written as a whole."""

    kind = "rule group"
    secret = False

    def __init__(self, model: Found) -> None:
        self.uid = self.title = str(model["title"])
        self._folder_uid = str(model["folderUid"])
        self.wanted: Found = model

    def read(self, api: GrafanaApi) -> Found | None:
        """The group with its rules."""
        return _or_none(lambda: api.alertingprovisioning.get_rule_group(self._folder_uid, self.uid))

    def write(self, api: GrafanaApi, found: Found | None) -> None:  # noqa: ARG002 - one call does both
        """Create or replace it."""
        api.alertingprovisioning.update_rule_group(self._folder_uid, self.uid, self.wanted)


def _or_none(read: Callable[[], Any]) -> Found | None:
    try:
        found: Found = read()
    except GrafanaClientError as error:
        if error.status_code == _ABSENT:
            return None
        raise
    return found
