# SPDX-License-Identifier: MIT
"""Each class of chardev has a page in doc/backends, which names each of its options."""

import re

from tree import ROOT, Source, report, sources

_CLASS = re.compile(r"const struct chardev_class (\w+) = \{(.*?)\n\};", re.S)
_NAME = re.compile(r'\.name = "([\w-]+)"')
_ALIAS = re.compile(r'\.summary = "old name of ([\w-]+)')
_OPTIONS = re.compile(r"\.options = (\w+)")
_TABLE = r"struct opt_desc %s\[\] = \{(.*?)\n\};"
_OPTION = re.compile(r'\.name = "([^"]+)"|\{\s*"([^"]+)",\s*OPT_')


def option_names(source, table):
    body = re.search(_TABLE % re.escape(table), source.text, re.S)
    return [a or b for a, b in _OPTION.findall(body.group(1))] if body else []


def read_page(name):
    page = ROOT / "doc" / "backends" / f"{name}.md"
    return page.read_text() if page.exists() else None


def check(source, page=read_page):
    for match in _CLASS.finditer(source.text):
        if ".open = " not in match.group(2):
            continue  # nobody asks for it by name: a client of a server
        number = source.text.count("\n", 0, match.start()) + 1
        name = _NAME.search(match.group(2))
        if not name:
            yield source.fault(number, f"{match.group(1)} has no name")
            continue
        alias = _ALIAS.search(match.group(2))
        text = page(alias.group(1) if alias else name.group(1))
        if text is None:
            yield source.fault(number, f"no page doc/backends/{name.group(1)}.md")
            continue
        if alias and f"`{name.group(1)}`" not in text:
            yield source.fault(number, f"no word on the old name `{name.group(1)}`")
        table = _OPTIONS.search(match.group(2))
        for option in option_names(source, table.group(1)) if table else ():
            if f"`{option}" not in text:
                yield source.fault(number, f"doc/backends/{name.group(1)}.md does not name the "
                                           f"option `{option}`")


# Has a handler of signals, and a terminal that is the process's.
_PROGRAMS_ALONE = {"backend_stdio_class"}


def check_tables(programs, librarys):
    """The library has the classes that programs have, and both tables are sorted alike."""
    names, others = (re.findall(r"^\t&(\w+),$", source.text.split("chardev_class *const")[1]
                                .split("};")[0], re.M) for source in (programs, librarys))
    if [name for name in names if name not in _PROGRAMS_ALONE] != others:
        yield librarys.fault(1, f"its table is not that of {programs.path}")


def main():
    tree = {source.path: source for source in sources(".c", under=("src",))}
    report([*(fault for source in tree.values() for fault in check(source)),
            *check_tables(tree["src/lib/classes.c"], tree["src/lib/lib-classes.c"])])


_EXAMPLE = """static const struct opt_desc a_options[] = {
	{ .name = "path", .type = OPT_STRING, .help = "where" },
	{ 0 },
};

const struct chardev_class a_class = {
	.name = "unheard-of",
	.options = a_options,
	.open = a_open,
};
"""


def bad_examples():
    yield Source("src/backend/a.c", _EXAMPLE)


if __name__ == "__main__":
    main()
