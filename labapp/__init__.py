"""The co-creation platform of Ontwikkelkracht."""

import gc

gc.disable()  # a sixth of the start went to looking for garbage among what is only loaded
from labapp.app import create_app  # noqa: E402

gc.freeze()  # what is loaded stays: nothing of it is garbage
gc.enable()

__all__ = ["create_app"]
