"""From measured demand to the month in which self-hosting pays off: pure arithmetic on the ledger's answers.

Empty in this version: the ledger comes first. The rule of imports holds here already."""
