"""Addresses of the decision page. Another process answers; here the answer is waited for, and rendered."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from web.addresses import PAYBACK_PATH
from web.decision.form import CHOICES, form_of
from web.decision.page import decision_page
from web.decision.under_way import UnderWay
from web.decision.words import label_of
from web.plan_query import Asked, BadQuery, read_query
from web.plan_shelf import PlanShelf, ShelfError
from web.plan_toml import toml_of_plan
from web.projector import Answer, BadPlan, NothingToProject, ProjectionFailed, Projector, briefly
from web.rendering import Renderer, page_of

log = logging.getLogger(__name__)

PLAN_PATH = f"{PAYBACK_PATH}/plan.toml"
AGAIN_AFTER_S = 3
BRIEFLY = "X-Payback-Briefly"
"""A header that redraw.js sends: the answer first, what it hangs on with another question."""
_STATUSES = {NothingToProject: 200, BadPlan: 422}
_TITLES = {NothingToProject: "No calls to project yet", BadPlan: "This cannot be asked"}


class DecisionPages:
    def __init__(
        self,
        projector: Projector | None,
        renderer: Renderer,
        notices: Callable[[], Sequence[str]],
        answer_within_s: float,
        shelf: PlanShelf | None = None,
    ) -> None:
        self._renderer = renderer
        self._notices = notices
        self._within_s = answer_within_s
        self._shelf = shelf
        self._under_way = None if projector is None else UnderWay(projector)
        self._pool: ThreadPoolExecutor | None = None

    async def projecting(self, _: web.Application) -> AsyncIterator[None]:
        """From the application's start to its end."""
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="decision")
        yield
        if self._under_way is not None:
            await self._under_way.end()
        self._pool.shutdown(wait=False, cancel_futures=True)

    @property
    def under_way(self) -> UnderWay | None:
        """What the API asks too; None: nobody projects."""
        return self._under_way

    def routes(self) -> Mapping[str, Handler]:
        return {PAYBACK_PATH: self.page, PLAN_PATH: self.plan_file}

    async def page(self, request: web.Request) -> web.Response:
        try:
            asked = read_query(request.query.items())
        except BadQuery as error:
            return self._sentence(None, 400, "This cannot be asked", str(error))
        if asked.has_blanks:  # a form sends every field; an address to keep has what is stated
            raise web.HTTPSeeOther(f"{PAYBACK_PATH}?{asked.query}" if asked.query else PAYBACK_PATH)
        if self._under_way is None:
            return page_of(200, self._render("payback_off.html", asked))
        return await self._answered(asked, self._under_way, is_brief=BRIEFLY in request.headers)

    async def plan_file(self, request: web.Request) -> web.Response:
        try:
            asked = read_query(request.query.items())
        except BadQuery as error:
            return self._sentence(None, 400, "This cannot be asked", str(error))
        return web.Response(
            text=toml_of_plan(asked.plan),
            content_type="application/toml",
            charset="utf-8",
            headers={hdrs.CONTENT_DISPOSITION: 'attachment; filename="plan.toml"'},
        )

    async def _answered(self, asked: Asked, under_way: UnderWay, *, is_brief: bool) -> web.Response:
        plan = briefly(asked.plan) if is_brief else asked.plan
        key = f"briefly {asked.query}" if is_brief else asked.query
        try:
            answer = await under_way.answer(key, plan, self._within_s)
            if answer is None:
                return self._waiting(asked)
            html = await self._in_thread(partial(self._page, answer, asked))
        except ProjectionFailed as error:
            title = _TITLES.get(type(error), "The projection could not be made")
            return self._sentence(asked, _STATUSES.get(type(error), 503), title, str(error))
        except Exception as error:  # a page says so, the log says what
            log.error("the decision page could not be made", exc_info=error)
            sentence = "The log of payback says why."
            return self._sentence(asked, 500, "The projection could not be made", sentence)
        return page_of(200, html)

    async def _in_thread(self, make: Callable[[], str]) -> str:
        """For whoever looks."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, copy_context().run, make)

    def _page(self, answer: Answer, asked: Asked) -> str:
        if not answer["projections"]:
            raise NothingToProject("; ".join(answer.get("not_projected", ())) or "There are no calls.")
        return self._render("payback.html", asked, page=decision_page(answer, asked))

    def _waiting(self, asked: Asked) -> web.Response:
        response = page_of(202, self._render("payback_waiting.html", asked, again_after_s=AGAIN_AFTER_S))
        response.headers["Refresh"] = str(AGAIN_AFTER_S)
        return response

    def _sentence(self, asked: Asked | None, status: int, title: str, sentence: str) -> web.Response:
        told = {"status": status, "title": title, "sentence": sentence}
        return page_of(status, self._render("payback_sentence.html", asked, **told))

    def _plans(self) -> Sequence[str] | None:
        """A look into a small folder; one that cannot be read keeps nobody from the answer."""
        try:
            return None if self._shelf is None else self._shelf.names()
        except ShelfError as error:
            log.warning("%s", error)
            return ()

    def _render(self, template: str, asked: Asked | None, **facts: object) -> str:
        asked = asked or Asked(plan={}, stated={})
        return self._renderer.render(
            template,
            asked=asked,
            form=form_of(asked.stated),
            choices=CHOICES,
            label_of=label_of,
            notices=self._notices(),
            plans=self._plans(),
            **facts,
        )
