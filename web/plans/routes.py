"""Addresses of named plans. What changes anything is taken from our own pages only."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import parse_qsl

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from web.addresses import PAYBACK_PATH
from web.plan_query import BadQuery, read_query
from web.plan_shelf import MOST_BYTES, BadName, NameTaken, NoSuchPlan, PlanShelf, ShelfError, ShelfFull
from web.plan_toml import toml_of_plan
from web.plans.as_query import asked_of_toml
from web.rendering import Renderer
from web.security import is_from_here
from web.sent_form import sent_form

log = logging.getLogger(__name__)

PLANS_PATH = f"{PAYBACK_PATH}/plans"


class _NotFromHere(ShelfError):
    pass


_STATUSES = {BadName: 400, NameTaken: 409, NoSuchPlan: 404, ShelfFull: 409, _NotFromHere: 403}


class PlanPages:
    def __init__(self, shelf: PlanShelf, renderer: Renderer) -> None:
        self._shelf, self._renderer = shelf, renderer

    def routes(self) -> Mapping[str, Handler]:
        return {
            f"{PLANS_PATH}/{{name}}": self._told(self.open),
            f"{PLANS_PATH}/{{name}}/plan.toml": self._told(self.download),
        }

    def changes(self) -> Mapping[str, Handler]:
        """Sent with POST."""
        return {
            PLANS_PATH: self._told(self.save),
            f"{PLANS_PATH}/{{name}}/delete": self._told(self.delete),
        }

    async def open(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        toml = await asyncio.to_thread(self._shelf.read, name)
        try:
            asked = asked_of_toml(toml)
        except BadQuery as error:
            words = f"The plan {name} cannot be shown here: {error}. payback project --plan takes the file."
            return self._renderer.sentence(422, "This plan cannot be opened", words)
        return _to_page(asked.query)

    async def download(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        toml = await asyncio.to_thread(self._shelf.read, name)
        return web.Response(
            text=toml,
            content_type="application/toml",
            charset="utf-8",
            headers={hdrs.CONTENT_DISPOSITION: f'attachment; filename="{name}.toml"'},
        )

    async def save(self, request: web.Request) -> web.Response:
        sent = await self._sent(request)
        asked = read_query(parse_qsl(sent.get("query", "")))
        name = sent.get("name", "").strip()
        if not asked.plan:
            raise BadQuery("nothing is stated; state a number first, then the plan says something")
        await asyncio.to_thread(self._shelf.save, name, toml_of_plan(asked.plan, f"{name}.toml"))
        return _to_page(asked.query)

    async def delete(self, request: web.Request) -> web.Response:
        sent = await self._sent(request)
        await asyncio.to_thread(self._shelf.delete, request.match_info["name"])
        return _to_page(read_query(parse_qsl(sent.get("query", ""))).query)

    async def _sent(self, request: web.Request) -> Mapping[str, str]:
        if not is_from_here(request):
            raise _NotFromHere("this was not sent by the report; save and delete plans on its own page")
        return await sent_form(request, MOST_BYTES)

    def _told(self, handle: Callable[[web.Request], Awaitable[web.Response]]) -> Handler:
        """With errors as pages."""

        async def told(request: web.Request) -> web.Response:
            try:
                return await handle(request)
            except ShelfError as error:
                return self._renderer.sentence(_STATUSES.get(type(error), 503), "Not done", _said(error))
            except BadQuery as error:
                return self._renderer.sentence(400, "This cannot be asked", str(error))

        return told


def _to_page(query: str) -> web.Response:
    address = f"{PAYBACK_PATH}?{query}" if query else PAYBACK_PATH
    return web.Response(status=303, headers={hdrs.LOCATION: f"{address}#ask"})


def _said(error: Exception) -> str:
    words = str(error)
    return f"{words[:1].upper()}{words[1:]}."
