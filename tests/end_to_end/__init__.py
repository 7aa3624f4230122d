"""The whole way: openai's SDK, payback, and a real llama.cpp server.
Read in this order:
- conftest         payback in front of the server
- test_openai_sdk  what an application sees, and what stands in the ledger
- test_llama_cpp   what the server itself counts, and what it does when a client leaves"""
