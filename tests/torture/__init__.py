"""The ledger under fire: what kills processes, cuts the power, fills and breaks disks, moves clocks, and what
payback has written down then. `make torture` runs it all; test_cases runs small versions.

Read in this order:
- histories       what clients, the upstream and the ledger say of the same calls, compared
- load            clients that see the last byte when it comes, and the upstream
- server, nursery paybacks that can be killed, and how they start quickly
- disk, record    a disk that fails as it is told (disk.c), and what a power cut leaves of what was done to it
- mount           a small file system, where one may be made
- stage           an upstream and a payback, for one case; what a start finds afterwards
- seeds           planted faults, which cases must see
- case, cases/    what goes wrong, one case each
- table           what it came to"""
