"""Where pages are, for who leads to them."""

REPORT_PATH = "/-/report"
PAYBACK_PATH = "/-/report/payback"
CALLS_PATH = "/-/report/calls"
HEALTH_PATH = "/-/report/health"
LOGIN_PATH, LOGOUT_PATH = "/-/login", "/-/logout"
