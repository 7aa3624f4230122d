"""The JSON API under /-/api: what the pages say, for programs. The same questions, the same sums.

Read in this order:
- params      pure: an address's query -> typed values; what to write instead of what is wrong
- plan_body   pure: a JSON object of a plan's fields -> the plan that an address would ask for
- shapes      pure: the ledger's answers -> JSON
- questions, calls   pure: what each address asks of the ledger
- failures    errors as JSON
- parameters, plan_parameters, schemas, examples, openapi   pure: the document that describes all of it
- routes      the addresses"""
