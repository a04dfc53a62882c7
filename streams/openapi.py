"""The query API's OpenAPI 3.1 document, made from the types of its answers."""

from __future__ import annotations

import inspect
from importlib.metadata import version
from typing import Any

import msgspec

from models.standing import AccountStanding, CampaignStanding

#: Accounts and campaigns, below which an id follows.
ROUTES = ("/accounts", "/campaigns")

LONGEST_ID = 256

#: Members, and groups, that an answer lists at most.
MOST_LISTED = 100


class QueryError(msgspec.Struct, frozen=True):
    """Why a query is not answered, and what to do about it."""

    error: str
    mend: str


_Json = dict[str, Any]

_REFUSALS = {
    "400": "The id or a parameter cannot be.",
    "401": "No valid token.",
    "403": "Bound beyond loopback and no token is set, or asked under a foreign name.",
    "404": "Nothing of that id here now.",
    "421": "Its partition moved on while workers asked each other; ask again.",
    "429": "Too many queries; see Retry-After.",
    "502": "The worker that owns it did not answer.",
    "503": "Its partition is recovering or moving; see Retry-After.",
}


def document() -> bytes:
    """The document as JSON."""
    types = (AccountStanding, CampaignStanding, QueryError)
    _, schemas = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    for schema in schemas.values():
        if "description" in schema:
            schema["description"] = " ".join(inspect.cleandoc(schema["description"]).split())
    accounts, campaigns = ROUTES
    members = {
        "name": "members",
        "in": "query",
        "description": "Members and groups to list at most.",
        "schema": {"type": "integer", "minimum": 0, "maximum": MOST_LISTED, "default": MOST_LISTED},
    }
    return msgspec.json.encode(
        {
            "openapi": "3.1.0",
            "info": {
                "title": "Stillwatch query API",
                "version": version("stillwatch"),
                "description": "The live state of a worker group, read-only. Any worker answers: it asks the one that "
                "owns the id.",
            },
            "security": [{"token": []}, {}],
            "paths": {
                f"{accounts}/{{account_id}}": _path("account", "account_id", "AccountStanding", []),
                f"{campaigns}/{{campaign_id}}": _path("campaign", "campaign_id", "CampaignStanding", [members]),
            },
            "components": {
                "schemas": schemas,
                "securitySchemes": {
                    "token": {
                        "type": "http",
                        "scheme": "bearer",
                        "description": "STILLWATCH_WEB_TOKEN. None is needed where none is set, on loopback.",
                    }
                },
            },
        }
    )


def _path(noun: str, parameter: str, answer: str, further: list[_Json]) -> _Json:
    path_parameter = {
        "name": parameter,
        "in": "path",
        "required": True,
        "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_ID},
    }
    if noun == "campaign":
        path_parameter["description"] = "The campaign's entity_id, or its alert's alert_id."
    return {
        "get": {
            "operationId": noun,
            "summary": f"How an {noun} stands now" if noun == "account" else "How an open campaign stands now",
            "parameters": [path_parameter, *further],
            "responses": {
                "200": _response("Its state, explained.", answer),
                **{status: _response(said, "QueryError") for status, said in _REFUSALS.items()},
            },
        }
    }


def _response(description: str, schema: str) -> _Json:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {"description": description, "content": content}
