# SPDX-License-Identifier: MIT
"""No function is longer than 100 lines, no file longer than 1,000, no line wider than 100."""

from tree import Source, c_sources, report, sources

FUNCTION_MAX = 100
FILE_MAX = 1000
WIDTH_MAX = 100
TAB = 8


def functions(source):
    """(line, lines) of each function body: clang-format puts its braces in column 0."""
    start = None
    for number, line in enumerate(source.code_lines, 1):
        if line == "{":
            start = number
        elif line == "}" and start is not None:
            yield start, number - start + 1
            start = None


def check(source):
    if len(source.lines) > FILE_MAX + 1:
        yield source.fault(FILE_MAX, f"the file has more than {FILE_MAX} lines")
    for number, line in enumerate(source.lines, 1):
        if len(line.expandtabs(TAB)) > WIDTH_MAX:
            yield source.fault(number, f"the line is wider than {WIDTH_MAX} columns")
    if source.suffix in (".c", ".h"):
        for number, length in functions(source):
            if length > FUNCTION_MAX:
                yield source.fault(number, f"the function has {length} lines, more than "
                                           f"{FUNCTION_MAX}")


def main():
    scripts = sources(".py", ".sh", under=("src", "test", "packaging"))
    report(fault for group in (c_sources(), scripts) for source in group
           for fault in check(source))


def bad_examples():
    yield Source("src/a/a.c", "void f(void)\n{\n" + "\tg();\n" * FUNCTION_MAX + "}\n")
    yield Source("src/a/a.c", "int a;\n" * (FILE_MAX + 1))
    yield Source("src/a/a.c", "\t" * 12 + "int a;\n")


if __name__ == "__main__":
    main()
