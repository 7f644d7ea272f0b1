# SPDX-License-Identifier: MIT
"""File systems that only one program sees."""

import functools
import subprocess

from support import program


@functools.cache
def _words():
    program.need("unshare")
    for words in (["unshare", "-rm"], ["unshare", "--mount"]):  # a chroot may have only the second
        if subprocess.run([*words, "true"], stderr=subprocess.DEVNULL, check=False).returncode == 0:
            return words
    program.lack("mount namespaces")
    return None


def after(script, users=False):
    """In front of a program: it starts when @script, which mounts things, has ended well.

    With @users the program, and who runs the test, is root among all of them.
    """
    words = ["unshare", "--mount"] if users else _words()
    return [*words, "sh", "-c", f'{script} && exec "$@"', "sh"]


def inside(pid, *words):
    """Run a command that sees what the program @pid, behind after(), does."""
    user = ["--user", "--preserve-credentials"] if "-rm" in _words() else []
    subprocess.run(["nsenter", "--target", str(pid), "--mount", *user, *words], check=True)
