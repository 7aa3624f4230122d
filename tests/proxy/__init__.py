"""The proxy: by itself where it is pure; else on real sockets between a scripted client and upstream.
Read in this order:
- message             HTTP/1.1 as bytes, for both scripted peers
- upstream            the scripted upstream: sends what a test says, keeps every byte that it was sent
- client              the client that writes bytes to a socket
- running             payback on loopback, in this process or in its own, and its ledger
- conftest            a scripted upstream, and payback in front of it, as fixtures
- bodies, recorded    requests and answers that tests share, and those that lie in tests/data"""
