# SPDX-License-Identifier: MIT
"""Add up the results of meson's and pytest's tests: the last line of ./check.

	sum-results.py [TESTLOG.json] [JUNIT.xml]

A runner that left no file broke down; that is a failure, and so is no test at all.
"""

import collections
import json
import pathlib
import sys
import xml.etree.ElementTree


def meson_results(path):
    """(name, result) of each test program; meson writes one JSON object a line."""
    for line in path.read_text().splitlines():
        test = json.loads(line)
        result = {"OK": "passed", "EXPECTEDFAIL": "passed", "SKIP": "skipped"}
        yield test["name"], result.get(test["result"], "failed")


def pytest_results(path):
    for case in xml.etree.ElementTree.parse(path).iter("testcase"):
        kinds = {child.tag for child in case}
        result = "failed" if kinds & {"failure", "error"} else \
            "skipped" if "skipped" in kinds else "passed"
        yield f"{case.get('classname')}.{case.get('name')}", result


def main():
    count = collections.Counter()
    failed = []
    for path in map(pathlib.Path, sys.argv[1:]):
        read = {".json": meson_results, ".xml": pytest_results}[path.suffix]
        for name, result in read(path) if path.exists() else [(f"{path} is missing", "failed")]:
            count[result] += 1
            if result == "failed":
                failed.append(name)
    for name in failed:
        print(f"FAILED {name}")
    skipped = f", {count['skipped']} skipped" if count["skipped"] else ""
    print(f"{count['passed']} passed, {count['failed']} failed{skipped}")
    sys.exit(count["failed"] > 0 or not count)


if __name__ == "__main__":
    main()
