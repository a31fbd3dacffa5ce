"""Every run of the tests makes the same random choices; set HYPOTHESIS_PROFILE=explore to look for new ones."""

import gc
import os
import tempfile

from hypothesis import settings

CACHE = tempfile.TemporaryDirectory(prefix="turncoat-cache-")
os.environ.setdefault("TURNCOAT_CACHE", CACHE.name)  # not that of whoever runs them

settings.register_profile("fixed", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fixed"))

gc.set_threshold(100_000, 20, 100)  # a tenth of the time went into looking for cycles among games' many tuples
