"""What every folder of tests shares. Fixtures that only one folder needs stay in that folder."""

pytest_plugins = ["tests.skips", "tests.told", "tests.llama.fixtures"]
