"""What all tests share: on a machine that is busy otherwise an example may take its time."""

from hypothesis import settings

settings.register_profile("busy machine", deadline=None)
settings.load_profile("busy machine")
