"""Real clients, pointed at payback as docs/clients.md says. What they see, and what stands in the ledger.
Read in this order:
- page             the examples of docs/clients.md, by heading
- provider         a scripted upstream that answers as OpenAI, Anthropic and Ollama document it
- programs         runs an example, or a program of a test, as a process of its own
- agents           runs Claude Code, Codex CLI and Continue's cn in a home of their own
- rows             what a test says of a row of the ledger
- greedy           what llama.cpp says, the same to everybody
- conftest         payback in front of the provider, and in front of the session's llama.cpp server
- test_page        every example of the page, as it stands
- test_installed   what `make clients` and `make agents` install is pinned
- test_openai_python, test_anthropic_python, test_ollama_python   libraries, within this process
- test_langchain, test_llama_index, test_litellm, test_node, test_curl   programs, in processes of their own
- test_llama_routes   every route of llama.cpp that costs tokens
- test_claude_code_itself, test_codex, test_continue   those programs, run as their users do
- test_claude_code, test_open_webui   what they send, without them"""
