"""The course runs with the network off."""

import os
import shutil
import subprocess
import sys

import pytest

from dlcourse.publishing import chapters

# A network namespace of its own has a loopback interface, for the kernel's messages, and nothing else.
ALONE = ["unshare", "--user", "--map-root-user", "--net", "sh", "-c"]
LOOPBACK = "ip link set lo up && "


def alone(command, **options):
    """Run a shell command without a network, or skip where that can't be arranged."""
    if (
        not all(map(shutil.which, ("unshare", "ip")))
        or subprocess.run([*ALONE, LOOPBACK + "true"]).returncode
    ):
        pytest.skip("needs unshare and ip, and the right to use them, to switch the network off")
    return subprocess.run([*ALONE, LOOPBACK + command], capture_output=True, text=True, **options)


def test_without_a_network_nothing_is_reached():
    """What the next tests rely on."""
    code = "import socket; socket.create_connection(('192.0.2.1', 80), timeout=5)"
    assert "unreachable" in alone(f'"{sys.executable}" -c "{code}"').stderr


def test_the_data_of_the_course_load_without_a_network(tmp_path):
    code = (
        "from dlcourse import datasets\n"
        "for name in datasets.names():\n"
        "    if name != 'fashion_mnist': print(name, len(datasets.load(name).train))\n"
        "print(len(datasets.texts.read('english')))"
    )
    finished = alone(f'"{sys.executable}" -c "{code}"', env={**os.environ, "HOME": str(tmp_path)})
    assert finished.returncode == 0, finished.stderr
    assert "mnist 55000" in finished.stdout


@pytest.mark.slow
def test_a_chapter_runs_without_a_network():
    chapter = chapters.find()[0]
    finished = alone(f'"{sys.executable}" -m dlcourse run {chapter.id}', cwd=chapter.root)
    assert finished.returncode == 0, finished.stdout + finished.stderr
