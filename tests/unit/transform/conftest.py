"""Property tests without a clock: a slow machine is no fault of the arithmetic."""

from hypothesis import settings

settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")
