"""The page that says whether, and when, self-hosting pays off: an answer from another process in, a page out.

Read in this order:
- words       names of a plan's fields, for people
- form        what may be asked otherwise, with its ranges
- page        the answer's mappings -> what the page says
- drawn       the same -> charts, with titles that tell them in a sentence
- under_way   projections that somebody waits for
- routes      addresses, errors as pages"""
