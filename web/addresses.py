"""Where pages are, for who leads to them."""

REPORT_PATH = "/-/report"
PAYBACK_PATH = "/-/report/payback"
CALLS_PATH = "/-/report/calls"
HEALTH_PATH = "/-/report/health"
HEALTH_PATHS = frozenset({HEALTH_PATH, "/-/api/health"})
"""Those that tell how budgets are doing."""
LOGIN_PATH, LOGOUT_PATH = "/-/login", "/-/logout"
