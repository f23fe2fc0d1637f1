#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints the fault matrix from the results of a test run: cell, outcome, seconds.

usage: tools/fault_matrix.py build/dev/results.xml

A cell is a test whose name is <label>.<Phase>.<Fault>, its phase P and a number first: fault.P3StreamingCapture.ConnectionReset.
"""
import re
import sys
import xml.etree.ElementTree

CELL = re.compile(r"^[\w-]+\.(P\d+[a-z]?)(\w*)\.(\w+)$")


def words(name):
    """StreamingCapture → streaming capture"""
    return re.sub(r"(?<!^)(?=[A-Z])", " ", name).lower()


def outcome(case):
    if case.find("failure") is not None:
        return "FAILED"
    return "skipped" if case.find("skipped") is not None or case.get("status") in ("notrun", "disabled") else "held"


def cells(path):
    for case in xml.etree.ElementTree.parse(path).getroot().iter("testcase"):
        match = CELL.match(case.get("name", ""))
        if match:
            number, phase, fault = match.groups()
            yield number, words(phase), words(fault), outcome(case), float(case.get("time", 0))


def order(cell):
    number = re.match(r"P(\d+)(.*)", cell[0])
    return int(number.group(1)), number.group(2), cell[2]


def main(path):
    found = sorted(cells(path), key=order)
    if not found:
        return
    width = max(len(cell[2]) for cell in found)
    phases = max(len(cell[1]) for cell in found)
    print(f"{'phase':<{phases + 5}}  {'fault':<{width}}  outcome  seconds")
    for number, phase, fault, result, seconds in found:
        print(f"{number:<4} {phase:<{phases}}  {fault:<{width}}  {result:<7}  {seconds:7.1f}")


main(sys.argv[1])
