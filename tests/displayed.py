"""What a call displays, captured as a notebook's front end would receive it."""

from IPython.core.interactiveshell import InteractiveShell
from IPython.utils import capture
from traitlets.config import Config


def shown(call, *args, **options):
    """The rich outputs of a call, in order: objects with ``data`` and ``metadata``."""
    if not InteractiveShell.initialized():
        InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    with capture.capture_output() as captured:
        call(*args, **options)
    return captured.outputs
