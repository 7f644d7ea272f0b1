# SPDX-License-Identifier: MIT
"""What libcharhub exports is what its headers declare and its manual describes; it has no state,
and asks the system for nothing that would change the process it is in.

	exported.py SHARED STATIC SANITIZE
"""

import re
import subprocess
import sys

from tree import ROOT

_DECLARED = re.compile(r"^CHARHUB_API [^;]*?\b(charhub_\w+)\(", re.M)
_DOCUMENTED = re.compile(r"^\s*/?\*\*? (charhub_\w+)\(\) - ", re.M)
_VERSION = re.compile(r"#define CHARHUB_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)")

# Of what the compiler's start files bring along.
_NOT_OURS = {"completed.0", "__dso_handle", "__TMC_END__", "__bss_start", "_edata", "_end",
             "_GLOBAL_OFFSET_TABLE_", "_DYNAMIC", ".data", ".bss"}

# A guest in somebody's process does not print, ends nothing, changes nothing that is everybody's,
# and uses no function that POSIX lets have one buffer for all threads (2.9.1). strsignal() and
# strerror() have none in the C libraries that there are.
_NOT_FOR_A_GUEST = set("""
    stdout stderr printf vprintf puts putchar perror psignal
    exit abort system
    umask chdir fchdir setlocale signal
    asctime ctime gmtime localtime strtok rand random crypt ttyname ptsname getpwent fgetpwent
    getpwnam getpwuid getgrnam getgrgid gethostbyname getservbyname inet_ntoa dlerror
""".split())


def run(*argv):
    return subprocess.run(argv, capture_output=True, check=True, encoding="utf-8").stdout


def dynamic(library):
    return set(re.findall(r"^(charhub_\w+|\w+)(?:@@\w+)? [A-Z] ", run(
        "nm", "-P", "-D", "--defined-only", library), re.M)) - {"LIBCHARHUB_0"}


def visible(archive):
    return set(re.findall(r"^(\w+) [A-Z] ", run("nm", "-P", "-g", "--defined-only", archive), re.M))


def writable(library):
    """Names of variables that are neither constant nor a thread's own."""
    names = re.findall(r"^\S+ .{7} (?:\.data|\.bss)\s+\S+\s+(?:\.hidden )?(\S+)$",
                       run("objdump", "-t", library), re.M)
    return sorted(set(names) - _NOT_OURS)


def wanted(library):
    """What it asks other libraries for; a fortified function under its usual name."""
    text = run("nm", "-P", "-D", "--undefined-only", library)
    names = re.findall(r"^(\w+)(?:@\S+)? U", text, re.M)
    return {re.sub(r"^__(\w+)_chk$", r"\1", name) for name in names}


def headers():
    return "".join((ROOT / "include" / name).read_text()
                   for name in ("charhub.h", "charhub-backend.h"))


def declared_in(text):
    """The functions that the text of headers offers."""
    declared = set(_DECLARED.findall(text))
    assert declared, "no function is declared"
    return declared


def project_version():
    return re.search(r"version: '([^']+)'", (ROOT / "meson.build").read_text()).group(1)


def faults(shared, static, sanitize):
    text = headers()
    declared = declared_in(text)
    yield from (f"{name} is declared and has no comment"
                for name in sorted(declared - set(_DOCUMENTED.findall(text))))
    for what, names in ("libcharhub.so", dynamic(shared)), ("libcharhub.a", visible(static)):
        yield from (f"{what} exports {name}" for name in sorted(names - declared))
        yield from (f"{what} does not export {name}" for name in sorted(declared - names))
    yield from (f"libcharhub.so calls {name}, which is not for a guest"
                for name in sorted(wanted(shared) & _NOT_FOR_A_GUEST))
    if sanitize == "none":
        yield from (f"libcharhub.so has the writable global {name}" for name in writable(shared))
    if ".".join(_VERSION.findall(text)) != project_version():
        yield f"CHARHUB_VERSION_* is not {project_version()}"


if __name__ == "__main__":
    found = [f"include/charhub.h:1: {text}" for text in faults(*sys.argv[1:])]
    print("\n".join(found))
    sys.exit(bool(found))
