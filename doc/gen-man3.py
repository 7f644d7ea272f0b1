#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The manual of the library, from the comments of its headers: a page a group.

	gen-man3.py VERSION FOLDER HEADER...

A group begins with `/* ---- NAME: what it is ---- */` and is charhub-NAME.3; what stands above the
first group of a header is said on all of its pages.
"""

import pathlib
import re
import sys

_GROUP = re.compile(r"^/\* ---- (\w+): (.*) ---- \*/$", re.M)
_COMMENT = re.compile(r"^/\*\*\s*(.*?)\s*\*/\n(.*?)(?=\n\n|\Z)", re.M | re.S)
_PARAMETER = re.compile(r"^(@\w+(?:, @\w+)*):\s*(.*)$")


def escape(text):
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")
    return re.sub(r"^\.", r"\\&.", text, flags=re.M)


def prose(text):
    """@name is a parameter or a member."""
    return re.sub(r"@(\w+)", r"\\fI\1\\fP", escape(text))


def lines_of(comment):
    return [re.sub(r"^ ?\* ?", "", line).rstrip() for line in comment.split("\n")]


def paragraphs(lines):
    """Of (name, text): name None for prose, else of a parameter."""
    found = []
    for line in lines:
        parameter = _PARAMETER.match(line)
        if parameter:
            found.append([parameter.group(1).replace("@", ""), parameter.group(2)])
        elif not line:
            found.append([None, ""])
        elif found and (found[-1][0] or found[-1][1]):
            found[-1][1] += " " + line.strip()
        else:
            found.append([None, line])
    return [(name, text) for name, text in found if text]


def entry(comment, declaration):
    lines = lines_of(comment)
    yield f".SS {escape(lines[0].split(' - ')[0])}"
    yield ".nf"
    yield escape(declaration.replace("CHARHUB_API ", ""))
    yield ".fi"
    if " - " in lines[0]:
        yield ".PP"
        yield prose(lines[0].split(" - ", 1)[1])
    for name, text in paragraphs(lines[1:]):
        if name:
            yield ".TP"
            yield f".I {escape(name)}"
        else:
            yield ".PP"
        yield prose(text)


def page(version, header, name, title, body, preface):
    yield f'.TH CHARHUB\\-{name.upper()} 3 "" "charhub {version}" "libcharhub"'
    yield ".SH NAME"
    yield f"charhub\\-{name} \\- {escape(title)}"
    yield ".SH SYNOPSIS"
    yield f".B #include <{header}>"
    yield ".PP"
    yield ".B cc prog.c $(pkg\\-config \\-\\-cflags \\-\\-libs charhub)"
    yield ".SH DESCRIPTION"
    for match in _COMMENT.finditer(body):
        yield from entry(match.group(1), match.group(2))
    yield ".SH WHAT HOLDS FOR ALL"
    yield ".nf"
    yield prose("\n".join(preface))
    yield ".fi"
    yield ".SH SEE ALSO"
    yield ".BR charhubd (1), doc/library.md"


def main():
    version, folder, *headers = sys.argv[1:]
    for path in map(pathlib.Path, headers):
        text = path.read_text()
        parts = _GROUP.split(text)
        preface = re.search(r"^/\*\n(.*?)^ \*/", parts[0], re.M | re.S).group(1)
        for name, title, body in zip(parts[1::3], parts[2::3], parts[3::3]):
            out = page(version, path.name, name, title, body, lines_of(preface))
            pathlib.Path(folder, f"charhub-{name}.3").write_text("\n".join(out) + "\n")


if __name__ == "__main__":
    main()
