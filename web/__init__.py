"""The report in the browser: pages, read from the ledger, that work without a network and print.

Read in this order:
- costs       where a sum is money and where it is a dash; what stands beside every sum
- lines       one call -> one line of the page
- filters, figures   pure: amounts, counts, times and names -> words for people; floats of a projection too
- links       pure: where a number leads
- charts      pure: numbers -> SVG
- projector   who is asked what a plan comes to: another process
- plan_query, plan_toml   pure: an address -> a plan -> a file to keep
- decision    the page that says whether self-hosting pays off
- templates/, static/   the pages and their look: no outside resource, nothing inline
- assets      both of them, read once and served by name
- rendering   templates and assets -> pages
- security    who may see it: host names, password, headers
- report_settings   what the program tells the report
- reading     threads of the report's own, in which pages are read from the ledger; errors as pages
- spend       the overview: what a month costs, on what, and what it will come to
- override_toml   pure: a price that is missing -> the lines of the configuration that state it
- calls       lists of calls, one call with every fact, new calls as they come
- prices      what the models in use cost, and who says so
- months      all months, each as a file to download
- health      how the ledger and the upstreams are doing
- api         the same questions, for programs
- zones, viewer   times in the zone of whoever looks; the form and the cookie that say which
- compression     gzip for all of these
- app         all addresses, and the guard in front of them"""
