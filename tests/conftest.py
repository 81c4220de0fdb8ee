"""What all tests share: how hypothesis looks for examples, and that it says how to find them again."""

import os

from hypothesis import HealthCheck, settings

settings.register_profile("quick", max_examples=40, deadline=None, print_blob=True)
settings.register_profile(
    "ci",
    max_examples=200,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],  # machines of continuous integration are shared
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))
