"""Tests of the report, against real ledgers, real sockets and a real browser.
Read in this order:
- sample                   a few hundred calls of every kind, and names that mean harm
- projected                answers to plans, from projections of made-up traffic; who gives them
- server                   the report of a ledger, served on loopback for one test
- browsing                 a real browser, and what it and axe say of a page
- test_filters, test_charts, test_costs, test_lines, test_pages   what the page of a month says
- test_figures, test_plan_query, test_payback_charts, test_decision_page   what the decision page says
- test_assets, test_security, test_app, test_under_way, test_decision   how they are served, and to whom
- test_manner, test_viewer   how numbers, days and times read, and to whom
- test_plans               named plans, kept and deleted
- test_every_page_in_browser   what holds for every page: fit, barriers, keyboard, paper
- test_report_in_browser, test_decision_in_browser   what pages do in the hands of people
- redraw                   how long a changed assumption takes until it is drawn"""
