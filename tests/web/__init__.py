"""Tests of the report, against real ledgers, real sockets and a real browser.
Read in this order:
- sample                   a few hundred calls of every kind, and names that mean harm
- projected                answers to plans, from projections of made-up traffic; who gives them
- server                   the report of a ledger, served on loopback for one test
- browsing                 a real browser, and what it and axe say of a page
- test_filters, test_charts, test_costs, test_lines, test_pages   what the page of a month says
- test_figures, test_plan_query, test_payback_charts, test_decision_page   what the decision page says
- test_assets, test_security, test_app, test_under_way, test_decision   how they are served, and to whom
- test_report_in_browser, test_decision_in_browser   how they look to people and to their tools"""
