# SPDX-License-Identifier: MIT
"""A daemon that another program may take over from."""

import re
import shutil

import pytest

from . import program
from .qmp import Failed, Qmp
from .screen import wait_until

TAKEN_OVER = re.compile(rb"goes on in another one's place")


class Upgradable:
    """A daemon that was started by a name of its own, behind which another program can be put."""

    def __init__(self, charhubd_path, workdir):
        self.path = workdir / "bin" / "charhubd"
        self.path.parent.mkdir()
        self.charhubd_path, self.workdir, self.daemon, self.upgrades = (
            charhubd_path, workdir, None, 0)
        self.install(charhubd_path)

    def install(self, path):
        self.path.unlink(missing_ok=True)
        if program.SANDBOX and path != self.charhubd_path:
            shutil.copy(path, self.path)  # of other folders it may execute nothing
        else:
            self.path.symlink_to(path)

    def install_script(self, text):
        self.path.unlink()
        self.path.write_text(f"#!/bin/sh\n{text}\n")
        self.path.chmod(0o755)

    def refuse_script(self, text, why):
        """What is installed is none of its kind; within a sandbox it is not even executed."""
        self.install_script(text)
        self.refuse("cannot be started: Permission denied" if program.SANDBOX else why)

    def start(self, *args, **options):
        self.daemon = program.Charhubd(
            self.path, [*args, "-control", self.control], self.workdir, **options)
        return self.daemon

    @property
    def control(self):
        return self.workdir / "control"

    def qmp(self):
        return Qmp(self.control)

    def run(self, command, **arguments):
        with self.qmp() as qmp:
            return qmp.run(command, **arguments)

    def wait(self):
        """Until the next one has taken over."""
        self.upgrades += 1
        wait_until(lambda: len(TAKEN_OVER.findall(self.daemon.err.data)) >= self.upgrades
                   or not self.daemon.running, "another program takes over")
        assert self.daemon.running, self.daemon.err.text

    def upgrade(self, **arguments):
        steps = self.run("upgrade", **arguments)
        self.wait()
        return steps

    def refuse(self, text):
        """It is not upgraded, and says why."""
        with pytest.raises(Failed, match=text):
            self.run("upgrade")
        assert len(TAKEN_OVER.findall(self.daemon.err.data)) == self.upgrades
