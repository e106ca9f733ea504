"""Lines that tell how far the chapters are: live in a terminal, sparse where the output goes to a file."""

import os
import shutil
import sys
import time

INTERVAL = 15
"""Seconds between two lines of one chapter where the output is no terminal."""


class Progress:
    """Progress of jobs that run side by side.

    In a terminal every running job has one line that is written over; elsewhere a job has a line when it
    starts,
    one now and then, and one at its end.
    """

    def __init__(self, stream=None):
        self.stream = sys.stderr if stream is None else stream
        self.live = self.stream.isatty() and os.environ.get("TERM") != "dumb"
        self.drawn = 0
        self.last = {}

    def update(self, jobs):
        """Show where the running jobs are."""
        if self.live:
            self._erase()
            for job in jobs:
                self._line(_text(job))
            self.drawn = len(jobs)
        else:
            for job in jobs:
                if time.monotonic() - self.last.get(job.label, -INTERVAL) >= INTERVAL:
                    self.last[job.label] = time.monotonic()
                    self._line(_text(job))
        self.stream.flush()

    def end(self, job):
        """Show how a job ended; the line stays."""
        if self.live:
            self._erase()
        self._line(_text(job))
        self.stream.flush()

    def _line(self, text):
        if self.live:
            text = text[: shutil.get_terminal_size().columns - 1]
        self.stream.write(text + "\n")

    def _erase(self):
        if self.drawn:
            self.stream.write(f"\x1b[{self.drawn}F\x1b[J")
            self.drawn = 0


def _text(job):
    cell = min(job.cell + 1, job.cells)
    text = f"{job.label:<40.40} cell {cell:>3} of {job.cells:<3} {job.elapsed:6.1f} s"
    if job.failure is not None:
        return text + "  failed"
    return text + ("" if job.seconds is None else "  done")
