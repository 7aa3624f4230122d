"""One module per command, each with add_arguments(parser) and run(args) -> exit status.

A module here imports at its top only what each of its runs needs: prices take 150 ms, the server 140.

- serve, demo      until they are told to stop
- report, export   what is in the ledger, for people and for programs
- project          when moving to self-hosted models pays off
- prices           what is in the price lists
- measure          how fast a server of one's own answers
- keys             keys of payback's own for its clients
- check, backup    is everything in order; a copy of the ledger
- import_          other people's records (import is Python's word)
- reading          a ledger that is asked, after a kill too
- asking           what the commands that read the ledger share: which file, which days"""
