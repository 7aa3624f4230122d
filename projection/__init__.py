"""From measured demand to the month in which self-hosting pays off. Pure arithmetic over what the ledger answers.

Empty in this version: the ledger comes first. The rule of imports holds here already."""
