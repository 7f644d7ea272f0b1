# SPDX-License-Identifier: MIT
"""Waiting for what happens in a folder."""

import ctypes
import os
import select
import sys
import time

MODIFY, MOVED_TO, DELETE = 0x2, 0x80, 0x200  # <sys/inotify.h>


class Watch:
    """A folder, from now on. A context."""

    def __init__(self, folder, *events):
        libc = ctypes.CDLL(None, use_errno=True)
        self.fd = libc.inotify_init1(0)
        if self.fd < 0 or libc.inotify_add_watch(self.fd, os.fsencode(folder), sum(events)) < 0:
            raise OSError(ctypes.get_errno(), f"cannot watch {folder}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.fd)

    def wait_for(self, test, what, limit_s):
        """Until test() is true; it is asked when one of the events has been."""
        end = time.monotonic() + limit_s
        while not test():
            if not select.select([self.fd], [], [], max(0, end - time.monotonic()))[0]:
                sys.exit(f"never happened: {what}")
            os.read(self.fd, 1 << 16)
