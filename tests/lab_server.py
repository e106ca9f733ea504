"""A JupyterLab of this machine, for tests."""

import contextlib
import re
import signal
import socket
import subprocess
import time


@contextlib.contextmanager
def serving(folder, command, environment):
    """Runs a command that serves JupyterLab, whose own files go into a folder; yields (address, file opened, token)."""
    settings = {"JUPYTER_RUNTIME_DIR": str(folder / "runtime"), "JUPYTER_CONFIG_DIR": str(folder / "config")}
    log = folder / "log.txt"
    with log.open("wb") as file:
        server = subprocess.Popen(
            [*command, "--no-browser", "--port=0", "--allow-root"],
            env=environment | settings,
            stdout=file,
            stderr=file,
        )
    try:
        found = None
        for _ in range(600):
            found = re.search(r"http://localhost:(\d+)/lab/tree/(\S+)\?token=(\w+)", log.read_text("utf-8"))
            # it says its address before it listens there
            if (found and _listens(int(found[1]))) or server.poll() is not None:
                break
            time.sleep(0.2)
        assert found, log.read_text("utf-8")
        yield f"http://localhost:{found[1]}", found[2], found[3]
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)


def _listens(port):
    with contextlib.suppress(OSError), socket.create_connection(("localhost", port), timeout=1):
        return True
    return False
