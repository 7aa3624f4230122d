"""A real llama.cpp server for tests: tiny random model, real wire format.
Read in this order:
- tiny_model          writes a GGUF file of about 350 KB
- server              the program that serves it, always in its own process
- fixtures            starts and ends that program for pytest
- test_llama_server   what the other tests may rely on"""
