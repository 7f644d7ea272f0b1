# SPDX-License-Identifier: MIT
"""A check that cannot fail is worth nothing: each one is shown code that it has to refuse."""

import classes
import forbidden
import headers
import includes
import lengths
import symbols
import words

CHECKS = (classes, forbidden, headers, includes, lengths, words)


def main():
    for check in CHECKS:
        for source in check.bad_examples():
            assert list(check.check(source)), f"{check.__name__} accepts {source.text[:200]!r}"
        for source in getattr(check, "good_examples", list)():
            faults = list(check.check(source))
            assert not faults, f"{check.__name__} refuses {source.text!r}: {faults}"
    page = "# a\n`path=`\n"
    source = next(classes.bad_examples())
    assert not list(classes.check(source, lambda name: page))
    assert list(classes.check(source, lambda name: "# a\n")), "an option without a word is accepted"
    assert symbols.duplicates([("hub", "pump"), ("mux", "pump"), ("mux", "hub")])
    assert not symbols.duplicates([("hub", "pump"), ("mux", "hub")])


if __name__ == "__main__":
    main()
