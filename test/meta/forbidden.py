# SPDX-License-Identifier: MIT
"""Functions that have a better replacement in src/base or that no input may reach."""

import re

from tree import Source, c_sources, report

INSTEAD = {
    "strcpy": "memcpy or strbuf", "strcat": "strbuf", "stpcpy": "memcpy", "gets": "read",
    "strncpy": "memcpy", "strncat": "strbuf", "sprintf": "snprintf", "vsprintf": "vsnprintf",
    "strtol": "base/parse.h", "strtoll": "base/parse.h", "strtoul": "base/parse.h",
    "strtoull": "base/parse.h", "strtod": "base/parse.h", "atoi": "base/parse.h",
    "atol": "base/parse.h", "atoll": "base/parse.h", "atof": "base/parse.h",
    "sscanf": "base/parse.h", "alloca": "malloc or a fixed array", "strdupa": "strdup",
    "strtok": "strcspn", "tmpnam": "mkstemp", "mktemp": "mkstemp", "signal": "sigaction",
    "system": "io's child processes", "popen": "io's child processes", "rand": "getrandom",
    "gethostbyname": "getaddrinfo", "inet_ntoa": "inet_ntop", "readdir_r": "readdir",
    "vfork": "posix_spawn or fork", "select": "the loop", "longjmp": "an error code",
}
_CALL = re.compile(r"(?<![\w.>])(" + "|".join(INSTEAD) + r")\s*\(")

# The one strict number parser may use what nobody else may.
EXEMPT = {"src/base/parse.c": {"strtol", "strtoll", "strtoul", "strtoull", "strtod"}}


def check(source):
    for number, line in enumerate(source.code_lines, 1):
        for match in _CALL.finditer(line):
            name = match.group(1)
            if name not in EXEMPT.get(source.path, ()):
                yield source.fault(number, f"{name}(): use {INSTEAD[name]}")


def main():
    report(fault for source in c_sources() if source.path.startswith(("src/", "include/"))
           for fault in check(source))


def bad_examples():
    yield Source("src/a/a.c", "\tn = atoi(text);\n")
    yield Source("src/a/a.c", "\tstrcpy (to, from);\n")
    yield Source("src/base/parse.c", "\tsprintf(text, \"%d\", n);\n")


def good_examples():
    yield Source("src/a/a.c", "\t/* not atoi() */ log(\"strcpy(\"); x->signal(1); my_select(2);\n")


if __name__ == "__main__":
    main()
