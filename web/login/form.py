"""The page with the form for the password, and the button on all others that ends a session. None of it says
anything of the ledger."""

from aiohttp import hdrs, web
from markupsafe import Markup

from web.addresses import LOGIN_PATH, LOGOUT_PATH
from web.rendering import Renderer, page_of, put
from web.visitor import VISITOR, SignIn, Visitor

PLACE = "<!-- session -->"
"""In base.html: where who has signed in can sign out. Pages do not know."""
_NOBODY = Visitor()
_SIGN_OUT = Markup('<form class="session" method="post" action="{path}"><button>Sign out</button></form>')


class LoginForm:
    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer

    async def page(self, request: web.Request) -> web.Response:
        told = request.get(VISITOR, _NOBODY).sign_in or SignIn()
        html = self._renderer.render("login.html", to=told.to, problem=told.problem, login_path=LOGIN_PATH)
        response = page_of(told.status, html)
        if told.retry_after_s is not None:
            response.headers[hdrs.RETRY_AFTER] = str(told.retry_after_s)
        return response


def fit_session(request: web.Request, response: web.StreamResponse) -> None:
    """Put the button for signing out into a page, where there is a session to end."""
    if not isinstance(response, web.Response) or response.content_type != "text/html":
        return
    has_session = request.get(VISITOR, _NOBODY).has_session
    button = _SIGN_OUT.format(path=LOGOUT_PATH) if has_session else ""
    put(response, PLACE, button)
