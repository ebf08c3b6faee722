"""What the six recdial services share: messages, bus, store, settings and the command line."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("distillrecdial")
except PackageNotFoundError:  # a source tree that was never installed
    __version__ = "0.0.0"
