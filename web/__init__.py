"""The report in the browser: two pages, read from the ledger, that work without a network and print.

Read in this order:
- pages       the ledger's answers -> what the page of a month says
- costs       where a sum is money and where it is a dash; what stands beside every sum
- lines       one call -> one line of the page
- filters, figures   pure: amounts, counts, times and names -> words for people; floats of a projection too
- charts      pure: numbers -> SVG
- projector   who is asked what a plan comes to: another process
- plan_query, plan_toml   pure: an address -> a plan -> a file to keep
- decision    the page that says whether self-hosting pays off
- templates/, static/   the pages and their look: no outside resource, nothing inline
- assets      both of them, read once and served by name
- rendering   templates and assets -> pages
- security    who may see it: host names, password, headers
- app         routes, threads, errors as pages"""
