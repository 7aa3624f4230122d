"""What every folder of tests shares. Fixtures that only one folder needs stay in that folder."""

from hypothesis import settings

pytest_plugins = ["tests.skips", "tests.told", "tests.llama.fixtures"]

settings.register_profile("untimed", deadline=None)  # a busy machine is no fault
settings.load_profile("untimed")
