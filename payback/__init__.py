"""The program: command line, settings, wiring. Imports everything; nobody imports it.

Read in this order:
- cli, version   what was asked for; the one place where errors become sentences
- commands/      one module per command, imported when it is the one that was asked for
- places         where files are that nobody has named
- settings, sections, section, secret   the configuration: what can be set, and what is only referred to
- complaints, toml_text, example        what is wrong with one, and an example of one
- errors         what the user can mend
- wiring, app    from settings to a running server; what starts and stops in which order
- server, lean_front, front_door   where a connection starts, and which way its requests take
- preconditions, doubtful, bad_requests, under_way   parts of that server
- forwarders, current, hangup   what a configuration decides about calls; the one that holds now; SIGHUP
- own_pages, metrics, metrics_page   health, report and metrics: what the server answers itself
- logs           what it says while it runs, as text or JSON
- checks/        what payback check looks at
- measure/       what payback measure does
- day_calls, day_file, traffic_store   the calls of a period as columns, from the ledger and files of days
- projecting, projected   plans, today's prices, which calls are projected; what that comes to
- desk, desk_messages, desk_child   the process that projects for the report's page
- backtesting    forecasts put to the test
- project_text, project_json, backtest_text, claim_text, figures   what payback project prints
- articles       two articles' cases, computed: docs/articles.md
- progress       how far a long answer has come
- terminal       tables and other people's text on a terminal
- watch, call_lines   what payback report --watch goes on showing
- whole_file     files that are there whole or not at all
- demo           made-up calls for payback demo
- clock          the only place that reads the time"""
