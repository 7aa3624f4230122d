"""HTTP, case by case, over sockets of our own: at payback and, with `make conformance`, at nginx too.
Read in this order:
- case          what a case is, and what it has at hand
- cases/        the cases, by theme
- proxies       payback and nginx, in front of a scripted upstream
- known         what payback is known to do differently, and why
- table         all cases at both, and where they differ
- test_cases    all cases at payback, as tests"""
