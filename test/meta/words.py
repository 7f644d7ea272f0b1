# SPDX-License-Identifier: MIT
"""No notes to oneself, no tests that sleep, nothing that exists on one machine only."""

import re

from tree import Source, report, sources

NOTE = re.compile(r"\b(TO" "DO|FIX" r"ME|XX" r"X)\b")

# A test waits for an event. Guests under test/guest are not tests.
SLEEP = {
    ".c": re.compile(r"\b(u?sleep|nanosleep|clock_nanosleep)\s*\("),
    ".py": re.compile(r"\btime\.sleep\b|\bfrom time import .*\bsleep\b|\basyncio\.sleep\b"),
    ".sh": re.compile(r"(^|[;&|(]|\bdo|\bthen)\s*u?sleep\s"),
}

# Absolute paths begin in a folder that every Linux system or our guest has, or in that of URLs.
PATH = re.compile(r"(?<![\w.$}~*/)\]>@%:+?-])/([a-z][\w-]*)/[\w.]")
STANDARD = set("bin boot dev etc lib lib64 media mnt nonexistent opt path proc run sbin srv sys "
               "tmp usr var modules console".split())

HOST = re.compile(r"\b(?:https?|ftp|git|ssh)://(?:[^/\s@]*@)?([\w.-]+)")
PUBLIC = re.compile(
    r"(^|\.)(github\.com|qemu\.org|debian\.org|gnu\.org|kernel\.org|freedesktop\.org|"
    r"invisible-island\.net|rfc-editor\.org|ietf\.org|ecma-international\.org|unicode\.org|"
    r"oasis-open\.org|docs\.oasis-open\.org|vt100\.net|xtermjs\.org|"
    r"readthedocs\.io|w3\.org|example\.(com|org|net)|localhost|127\.0\.0\.1)$")


def check(source):
    parts = source.path.split("/")
    sleep = SLEEP.get(source.suffix) if parts[0] == "test" and parts[1] != "guest" else None
    code = source.code_lines if source.suffix == ".c" else source.lines
    for number, line in enumerate(source.lines, 1):
        note = NOTE.search(line)
        if note:
            yield source.fault(number, f"{note.group()}: do it, or open an issue")
        if sleep and sleep.search(code[number - 1]):
            yield source.fault(number, "a test that sleeps: wait for the event instead")
        for match in PATH.finditer(line):
            if match.group(1) not in STANDARD:
                yield source.fault(number, f"/{match.group(1)}/ exists on one machine only")
        for match in HOST.finditer(line):
            if not PUBLIC.search(match.group(1)) and "." in match.group(1):
                yield source.fault(number, f"{match.group(1)} is not a public place that "
                                           "test/meta/words.py knows")


def main():
    report(fault for source in sources() if source.path != "LICENSE" for fault in check(source))


def bad_examples():
    yield Source("src/a/a.c", "/* TO" "DO: later */\n")
    yield Source("test/unit/a/test-a.c", "\tusleep(100);\n")
    yield Source("test/e2e/test_a.py", "    time." "sleep(1)\n")
    yield Source("test/a.sh", "while :; do sl" "eep 1; done\n")
    yield Source("quickstart", "cd /ho" "me/somebody/charhub\n")
    yield Source("doc/a.md", "see http" "://build.corp.lan/x\n")


if __name__ == "__main__":
    main()
