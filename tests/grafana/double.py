"""A local stand-in for Grafana's HTTP API: the routes that provisioning uses, with Grafana's checks and answers.

Written from grafana-openapi-client-go 13.0.0 (Apache-2.0) and the API's documentation. It keeps what it gets in memory
and adds what Grafana adds: ids, versions, defaults of queries, provenance.
"""

from __future__ import annotations

import asyncio
import threading
from copy import deepcopy
from typing import Any

from aiohttp import web

TOKEN = "glsa_test"  # noqa: S105 - opens nothing

_RULE_FIELDS = {"condition", "data", "execErrState", "folderUID", "for", "noDataState", "orgID", "ruleGroup", "title"}
_LONGEST_UID, _LONGEST_TITLE = 40, 190


class GrafanaDouble:
    """Serves on a free loopback port between ``start`` and ``stop``; tests look at and change its fields."""

    def __init__(self) -> None:
        self.folders: dict[str, dict[str, Any]] = {}
        self.data_sources: dict[str, dict[str, Any]] = {}
        self.passwords: dict[str, dict[str, str]] = {}
        self.contact_points: dict[str, dict[str, Any]] = {}
        self.dashboards: dict[str, dict[str, Any]] = {}
        self.rule_groups: dict[tuple[str, str], dict[str, Any]] = {}
        self.writes: list[str] = []
        self.unreachable_data_sources: set[str] = set()
        #: Called before a dashboard is saved: what somebody else does between our read and our write.
        self.before_save: Any = None
        self.forbidden_paths: tuple[str, ...] = ()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.url = ""

    def start(self) -> None:
        """Listen."""
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)

    async def _listen(self) -> None:
        app = web.Application(middlewares=[self._guard])
        app.add_routes(
            [
                web.get("/api/folders", self._list_folders),
                web.get("/api/folders/{uid}", self._get_folder),
                web.post("/api/folders", self._create_folder),
                web.put("/api/folders/{uid}", self._update_folder),
                web.get("/api/datasources/uid/{uid}", self._get_data_source),
                web.post("/api/datasources", self._create_data_source),
                web.put("/api/datasources/uid/{uid}", self._update_data_source),
                web.get("/api/datasources/uid/{uid}/health", self._health),
                web.get("/api/dashboards/uid/{uid}", self._get_dashboard),
                web.post("/api/dashboards/db", self._save_dashboard),
                web.get("/api/v1/provisioning/contact-points", self._list_contact_points),
                web.post("/api/v1/provisioning/contact-points", self._create_contact_point),
                web.put("/api/v1/provisioning/contact-points/{uid}", self._update_contact_point),
                web.get("/api/v1/provisioning/folder/{folder}/rule-groups/{group}", self._get_rules),
                web.put("/api/v1/provisioning/folder/{folder}/rule-groups/{group}", self._put_rules),
            ]
        )
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self._runner = runner
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"

    def stop(self) -> None:
        """Stop listening; calls after that find nobody."""
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    @web.middleware
    async def _guard(self, request: web.Request, handler: Any) -> web.StreamResponse:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return _said(401, "Invalid API key")
        if request.path.startswith(self.forbidden_paths or ("\0",)):
            return _said(403, "You'll need additional permissions to perform this action.")
        answer: web.StreamResponse = await handler(request)
        if request.method != "GET" and answer.status < 300:
            self.writes.append(f"{request.method} {request.path}")
        return answer

    async def _list_folders(self, _request: web.Request) -> web.Response:
        return web.json_response([{"uid": uid, "title": each["title"]} for uid, each in self.folders.items()])

    async def _get_folder(self, request: web.Request) -> web.Response:
        folder = self.folders.get(request.match_info["uid"])
        return web.json_response(folder) if folder else _said(404, "folder not found", "not-found")

    async def _create_folder(self, request: web.Request) -> web.Response:
        body = await request.json()
        if body["uid"] in self.folders:
            return _said(409, "a folder with the same uid already exists")
        self.folders[body["uid"]] = {**body, "id": len(self.folders) + 1, "version": 1, "hasAcl": False}
        return web.json_response(self.folders[body["uid"]])

    async def _update_folder(self, request: web.Request) -> web.Response:
        body, folder = await request.json(), self.folders[request.match_info["uid"]]
        if not body.get("overwrite") and body.get("version") != folder["version"]:
            return _said(412, "the folder has been changed by someone else", "version-mismatch")
        folder |= {"title": body["title"], "version": folder["version"] + 1}
        return web.json_response(folder)

    async def _get_data_source(self, request: web.Request) -> web.Response:
        source = self.data_sources.get(request.match_info["uid"])
        return web.json_response(source) if source else _said(404, "Data source not found")

    async def _create_data_source(self, request: web.Request) -> web.Response:
        body = await request.json()
        if any(source["name"] == body["name"] for source in self.data_sources.values()):
            return _said(409, "data source with the same name already exists")
        return self._keep_data_source(body, {"id": len(self.data_sources) + 1, "version": 1}, "Datasource added")

    async def _update_data_source(self, request: web.Request) -> web.Response:
        before = self.data_sources[request.match_info["uid"]]
        own = {"id": before["id"], "version": before["version"] + 1}
        return self._keep_data_source(await request.json(), own, "Datasource updated")

    def _keep_data_source(self, body: dict[str, Any], own: dict[str, Any], said: str) -> web.Response:
        secrets = self.passwords.get(body["uid"], {}) | body.pop("secureJsonData", {})
        self.passwords[body["uid"]] = secrets
        kept = {"orgId": 1, "basicAuth": False, "isDefault": False, "readOnly": False} | body | own
        kept["secureJsonFields"] = dict.fromkeys(secrets, True)
        self.data_sources[body["uid"]] = kept
        return web.json_response({"datasource": kept, "id": kept["id"], "message": said, "name": kept["name"]})

    async def _health(self, request: web.Request) -> web.Response:
        if request.match_info["uid"] in self.unreachable_data_sources:
            return web.json_response({"status": "ERROR", "message": "dial tcp: connection refused"}, status=400)
        return web.json_response({"status": "OK", "message": "Database Connection OK"})

    async def _get_dashboard(self, request: web.Request) -> web.Response:
        held = self.dashboards.get(request.match_info["uid"])
        return web.json_response(held) if held else _said(404, "Dashboard not found")

    async def _save_dashboard(self, request: web.Request) -> web.Response:
        body = await request.json()
        model, uid = body["dashboard"], body["dashboard"]["uid"]
        if self.before_save:
            self.before_save(uid)
        if not model.get("title"):
            return _said(400, "Dashboard title cannot be empty", "empty-name")
        if len(uid) > _LONGEST_UID:
            return _said(400, "uid too long, max 40 characters")
        if body["folderUid"] not in self.folders:
            return _said(400, "folder not found")
        held = self.dashboards.get(uid)
        if held and not body.get("overwrite") and model.get("version") != held["dashboard"]["version"]:
            return _said(412, "The dashboard has been changed by someone else", "version-mismatch")
        number = held["dashboard"]["version"] + 1 if held else 1
        saved = {**deepcopy(model), "id": len(self.dashboards) + 1, "version": number}
        self.dashboards[uid] = {"dashboard": saved, "meta": {"folderUid": body["folderUid"], "provisioned": False}}
        return web.json_response({"id": saved["id"], "uid": uid, "status": "success", "version": number})

    async def _list_contact_points(self, request: web.Request) -> web.Response:
        name = request.query.get("name")
        return web.json_response([point for point in self.contact_points.values() if name in (None, point["name"])])

    async def _create_contact_point(self, request: web.Request) -> web.Response:
        body = await request.json()
        if body["uid"] in self.contact_points:
            return _said(409, "receiver with this uid already exists")
        return self._keep_contact_point(body)

    async def _update_contact_point(self, request: web.Request) -> web.Response:
        return self._keep_contact_point(await request.json())

    def _keep_contact_point(self, body: dict[str, Any]) -> web.Response:
        if not body.get("settings", {}).get("url"):
            return _said(400, "required field 'url' is not specified")
        self.contact_points[body["uid"]] = {"disableResolveMessage": False, "provenance": "api", **body}
        return web.json_response(self.contact_points[body["uid"]], status=202)

    async def _get_rules(self, request: web.Request) -> web.Response:
        group = self.rule_groups.get((request.match_info["folder"], request.match_info["group"]))
        return web.json_response(group) if group else _said(404, "rule group not found")

    async def _put_rules(self, request: web.Request) -> web.Response:
        body = await request.json()
        folder, name = request.match_info["folder"], request.match_info["group"]
        if folder not in self.folders:
            return _said(400, "folder not found")
        for rule in body["rules"]:
            if fault := self._rule_fault(rule):
                return _said(400, fault)
        kept = deepcopy(body)
        for number, rule in enumerate(kept["rules"], start=1):
            rule |= {"id": number, "provenance": "api", "updated": "2026-01-01T00:00:00Z"}
            for query in rule["data"]:
                query["model"] |= {"intervalMs": 1000, "maxDataPoints": 43200}
        self.rule_groups[folder, name] = kept
        return web.json_response(kept)

    def _rule_fault(self, rule: dict[str, Any]) -> str:
        if missing := _RULE_FIELDS - rule.keys():
            return f"missing {sorted(missing)}"
        if len(rule["uid"]) > _LONGEST_UID or not 1 <= len(rule["title"]) <= _LONGEST_TITLE:
            return "uid or title has a wrong length"
        if rule["execErrState"] not in ("OK", "Alerting", "Error", "KeepLast"):
            return "unknown execErrState"
        if rule["noDataState"] not in ("OK", "Alerting", "NoData", "KeepLast"):
            return "unknown noDataState"
        if rule["condition"] not in {query["refId"] for query in rule["data"]}:
            return f"condition {rule['condition']} does not exist"
        receiver = rule.get("notification_settings", {}).get("receiver")
        if receiver and receiver not in {point["name"] for point in self.contact_points.values()}:
            return f"invalid notification settings: receiver {receiver} does not exist"
        return ""


def _said(status: int, message: str, what: str = "") -> web.Response:
    return web.json_response({"message": message, **({"status": what} if what else {})}, status=status)
