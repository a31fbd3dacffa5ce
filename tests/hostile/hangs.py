"""A plug-in that cannot even be imported in time."""

import time

from arena import Policy, View
from arena.play.agent import Known

time.sleep(3600)


class Hangs(Known):
    """Is never reached."""

    def act(self, view: View) -> Policy:
        raise AssertionError
