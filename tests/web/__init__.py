"""Tests of the report, against real ledgers, real sockets and a real browser.
Read in this order:
- sample                   a few hundred calls of every kind, and names that mean harm
- server                   the report of a ledger, served on loopback for one test
- test_filters, test_charts, test_costs, test_lines, test_pages   what the page says
- test_assets, test_security, test_app   how it is served, and to whom
- test_report_in_browser   how it looks to people and to their tools"""
