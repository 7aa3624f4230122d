"""The pages on single calls: a list of those that pass a filter, one call with every fact, the live tail.

Read in this order:
- words       the filter's fields and their values, for people
- query       pure: an address -> which calls
- form        pure: which calls -> the fields that ask for them
- listed      the ledger's answer -> what the list says
- charges     pure: a call's cost, line by line, and whose price it is
- facts       pure: a call -> every fact of it, in sections
- one         the ledger's answer -> what the page of a call says
- passing     pure: does a call pass a filter? asked of calls as they come
- watch       what is new among the calls that are looked at again and again
- live        who listens; one look at the ledger each second for all of them, while there is one
- routes      addresses, errors as pages"""
