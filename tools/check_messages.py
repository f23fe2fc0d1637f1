#!/usr/bin/env python3
"""Fails when an error number of the code is missing in docs/messages.md, or the page has one that the code has not."""
import pathlib
import re
import sys

DECLARED = re.compile(r"\bErrorCode(?:\s+\w+)?\s*[{(=]\s*\{?\s*(\d{4})\b")
DOCUMENTED = re.compile(r"^\| E(\d{4}) \|", re.MULTILINE)


def main(root: pathlib.Path) -> int:
    code: dict[str, str] = {}
    for file in sorted((root / "src").rglob("*.?pp")):
        for number in DECLARED.findall(file.read_text()):
            code.setdefault(number, file.relative_to(root).as_posix())
    listed = DOCUMENTED.findall((root / "docs/messages.md").read_text())
    bad = [f"{code[n]}: E{n} is not in docs/messages.md" for n in sorted(set(code) - set(listed))]
    bad += [f"docs/messages.md: no code has E{n}" for n in sorted(set(listed) - set(code))]
    bad += [f"docs/messages.md: E{n} stands there twice" for n in sorted(set(listed)) if listed.count(n) > 1]
    bad += [f"docs/messages.md: E{b} stands after E{a}" for a, b in zip(listed, listed[1:]) if a > b]
    print("\n".join(bad) if bad else f"{len(listed)} messages are documented")
    return 1 if bad else 0


sys.exit(main(pathlib.Path(sys.argv[1])))
