"""Who may see what, and what text may do."""

from tests.seeded.mutant import Mutant

_SECURITY = "tests/web/test_security.py"
_APP = "tests/web/test_app.py"
MUTANTS = (
    Mutant(
        "any host name is answered",
        "A stranger's page that has its name point to this machine reads the report.",
        "web/security.py",
        "len(headers) == 1 and {without_port(headers[0]), without_port(request.host)} <= self._hosts",
        "len(headers) == 1",
        (f"{_SECURITY}::test_without_a_password_a_foreign_host_name_is_refused_everywhere",),
    ),
    Mutant(
        "a fault in the check lets in",
        "Whatever goes wrong while a request is looked at, the answer has to be no.",
        "web/security.py",
        'return _refused("This request could not be checked, so it is refused.")',
        "return None",
        (f"{_SECURITY}::test_a_fault_in_the_check_is_a_refusal",),
    ),
    Mutant(
        "passwords are compared letter by letter",
        "How long the answer takes tells how much of a guess was right.",
        "web/login/password.py",
        "return hmac.compare_digest(_digest_of(given), self._digest)",
        "return _digest_of(given) == self._digest",
        ("tests/architecture/test_secrets.py::test_nobody_compares_a_secret_in_a_time_that_tells_of_it",),
    ),
    Mutant(
        "another site's page may set what it likes",
        "A stranger's page that is open in the same browser changes how the report reads.",
        "web/security.py",
        'return site in ("same-origin", "none")',
        "return True",
        ("tests/web/test_viewer.py::test_another_sites_page_sets_nothing",),
    ),
    Mutant(
        "pages have no policy",
        "A script that got into a page would run.",
        "web/security.py",
        '"Content-Security-Policy": (',
        '"X-Content-Security-Policy": (',
        (f"{_APP}::test_all_answers_forbid_what_a_page_of_ours_never_does",),
    ),
    Mutant(
        "templates escape nothing",
        "A name that a client makes up is markup in the report.",
        "web/rendering.py",
        "autoescape=True",
        "autoescape=False",
        (f"{_APP}::test_names_that_mean_harm_are_text_in_every_place",),
    ),
    Mutant(
        "one name is not escaped",
        "Likewise, in one place of some pages.",
        "web/parts.py",
        '">{escape(shown(text))}</bdi>',
        '">{shown(text)}</bdi>',
        (f"{_APP}::test_names_that_mean_harm_are_text_in_every_place",),
    ),
    Mutant(
        "what is not there prints as nothing",
        "A page that lost one of its numbers shows a gap instead of failing.",
        "web/rendering.py",
        "undefined=jinja2.StrictUndefined",
        "undefined=jinja2.Undefined",
        (f"{_APP}::test_a_template_that_names_what_is_not_there_fails_instead_of_printing_nothing",),
    ),
    Mutant(
        "formulas run in spreadsheets",
        "A name that a client makes up is a program on the machine of whoever opens the month.",
        "ledger/exports/csv_file.py",
        'return f"\'{text}" if text.startswith(_FORMULA) else text',
        "return text",
        ("tests/ledger/test_exports.py::test_no_name_is_a_formula_in_a_spreadsheet",),
    ),
    Mutant(
        "names steer a terminal",
        "A name that a client makes up clears the screen of whoever asks for a report.",
        "payback/terminal.py",
        'return "?" if unicodedata.category(character) in _NOT_SHOWN else character',
        "return character",
        (
            "tests/payback/test_terminal.py::test_nothing_in_a_name_can_steer_a_terminal",
            "tests/payback/test_cli.py::test_an_error_is_one_line_that_steers_no_terminal_whatever_it_quotes",
        ),
    ),
    Mutant(
        "what is not HTTP is quoted in the log",
        "A key in a broken request is in a file.",
        "payback/bad_requests.py",
        'record.exc_info, record.msg = None, f"{record.msg}: {type(error).__name__}"',
        "pass",
        (
            "tests/payback/test_bad_requests.py::test_a_request_that_is_not_http_is_one_line_without_what_was_sent",
        ),
    ),
    Mutant(
        "anybody may read the report over the network",
        "An address that others can reach needs no password.",
        "payback/preconditions.py",
        "if report.password is None and not is_loopback(host):",
        "if report.password is None and not host:",
        ("tests/payback/test_preconditions.py::test_elsewhere_it_does",),
    ),
    Mutant(
        "a fault in the look at a key lets in",
        "Whatever goes wrong while a key is looked at, the answer has to be no.",
        "proxy/gate.py",
        '            log.error("a call is refused, as its key could not be looked at", exc_info=error)\n'
        '            raise self.refusal("unreadable", _UNREADABLE) from None\n',
        "            return None\n",
        ("tests/proxy/test_gate.py::test_a_fault_of_our_own_lets_nobody_in",),
    ),
    Mutant(
        "keys that were taken back open doors",
        "Revoking a key changes nothing.",
        "proxy/gate.py",
        "        if not found.holds_at(self._now_us()):\n",
        "        if not found.holds_at(0):\n",
        (
            "tests/proxy/test_gate.py::test_an_outsider_is_not_told_whether_a_key_is_unknown_revoked_or_expired",
        ),
    ),
)
