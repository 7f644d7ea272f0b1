# SPDX-License-Identifier: MIT
"""Services of PAM that only one charhubd sees: a folder of its own in the place of /etc/pam.d."""

import os
import pathlib
import subprocess

import pytest

from .program import SANDBOX

MOUNT = 'mount --bind "$0" /etc/pam.d && exec "$@"'


def is_possible():
    """Not within a sandbox. Mount namespaces need root, and a container may have none."""
    if SANDBOX or not pathlib.Path("/etc/pam.d").is_dir() or os.geteuid():
        return False
    return subprocess.run(["unshare", "--mount", "sh", "-c", MOUNT, "/etc/pam.d", "true"],
                          stderr=subprocess.DEVNULL, check=False).returncode == 0


def need():
    if not is_possible():
        pytest.skip("needs root, a mount namespace and no sandbox, for services of PAM of its own")


class Pam:
    """
    open       everybody has an account
    closed     nobody has one
    users      ann and bob have the password "sesame"; bob has no account
    slow       has to be answered; see asked() and answer()
    """

    def __init__(self, workdir):
        self.folder = workdir / "pam.d"
        self.folder.mkdir()
        self._asked, self._answer = workdir / "asked", workdir / "answer"
        for fifo in self._asked, self._answer:
            os.mkfifo(fifo)
        check = self._script("check", 'read -r p; [ "$p" = sesame ] && case $PAM_USER in '
                                      '(ann|bob) ;; (*) false ;; esac')
        slow = self._script("slow", f'echo "$PAM_USER" >{self._asked}; read -r a <{self._answer}; '
                                    '[ "$a" = yes ]')
        bob = workdir / "barred"
        bob.write_text("bob\n")
        self._service("open", "account required pam_permit.so")
        self._service("closed", "account required pam_deny.so")
        self._service("users", f"auth required pam_exec.so quiet expose_authtok {check}",
                      f"account required pam_listfile.so item=user sense=deny file={bob} "
                      "onerr=fail")
        self._service("slow", f"account required pam_exec.so quiet {slow}")

    @property
    def prefix(self):
        """In front of the program that is to see it."""
        return ["unshare", "--mount", "sh", "-c", MOUNT, str(self.folder)]

    def _script(self, name, text):
        path = self.folder.parent / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return path

    def _service(self, name, *lines):
        (self.folder / name).write_text("".join(f"{line}\n" for line in lines))

    def asked(self):
        """About whom the slow service is asked; waits for the question."""
        return self._asked.read_text().strip()

    def answer(self, yes):
        self._answer.write_text("yes\n" if yes else "no\n")
