"""The report in the browser: one page, read from the ledger, that works without a network and prints.

Read in this order:
- pages       the ledger's answers -> what the page of a month says
- costs       where a sum is money and where it is a dash; what stands beside every sum
- lines       one call -> one line of the page
- filters     pure: amounts, counts, times and names -> words for people
- charts      pure: numbers -> SVG
- templates/, static/   the page and its look: no outside resource, nothing inline
- assets      both of them, read once and served by name
- security    who may see it: host names, password, headers
- app         routes, threads, errors as pages"""
