# SPDX-License-Identifier: Apache-2.0
"""The four forms of the schema analysis report are well formed and say the same, whatever the schema's names hold."""
import base64
import hashlib
import html.parser
import json
import pathlib
import re
import sys
import tempfile
import unittest
import xml.etree.ElementTree

import report_case

VOID_ELEMENTS = {"meta", "input", "br", "hr", "img", "link"}


class StrictParser(html.parser.HTMLParser):
    """Every element is closed in order; collects elements, attributes and text."""

    def __init__(self):
        super().__init__()
        self.open, self.elements, self.texts = [], [], []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID_ELEMENTS:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, f"</{tag}> inside {self.open}"
        self.open.pop()

    def handle_data(self, data):
        if not {"script", "style"} & set(self.open):
            self.texts.append(data)


def as_xml_has_it(value):
    """The JSON as the elements of the XML give it: text, in order, arrays as repeated elements."""
    if isinstance(value, dict):
        members = []
        for key, member in value.items():
            for item in member if isinstance(member, list) else [member]:
                members.append((key, as_xml_has_it(item)))
        return members
    return str(value)


def read_element(element):
    if len(element) == 0:
        return element.text or ""
    return [(child.get("Key", child.tag), read_element(child)) for child in element]


def blank_is_empty(value):
    """An empty object has no members in XML, which then looks like an empty text."""
    if isinstance(value, list):
        return [(key, blank_is_empty(member)) for key, member in value] or ""
    return value if value.strip() else ""


class ReportForms(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        directory = tempfile.TemporaryDirectory(prefix="voyager-report-")
        cls.addClassCleanup(directory.cleanup)
        cls.reports = report_case.write_reports(PROGRAM, directory.name)
        cls.issues = report_case.issues(cls.reports)
        cls.page = pathlib.Path(cls.reports["html"]).read_text(encoding="utf-8")
        cls.parser = StrictParser()
        cls.parser.feed(cls.page)
        cls.parser.close()

    def test_the_case_has_findings_of_several_kinds(self):
        self.assertGreater(len(self.issues), 5)
        self.assertGreater(len({issue["Impact"] for issue in self.issues}), 1)

    def test_html_elements_are_closed_in_order(self):
        self.assertEqual(self.parser.open, [])

    def test_html_has_no_element_that_the_schema_brought(self):
        tags = [tag for tag, _ in self.parser.elements]
        self.assertEqual(tags.count("script"), 1)
        self.assertEqual(tags.count("style"), 1)
        self.assertNotIn("img", tags)
        handlers = [name for _, attributes in self.parser.elements for name in attributes if name.startswith("on")]
        self.assertEqual(handlers, [])

    def test_html_shows_the_hostile_name_as_text(self):
        self.assertIn(report_case.SCRIPT, "".join(self.parser.texts))

    def test_html_loads_nothing(self):
        for tag, attributes in self.parser.elements:
            self.assertNotIn("src", attributes, tag)
            self.assertNotEqual(tag, "link")
            self.assertRegex(attributes.get("href", "#"), "^(#|https://)")
        style = re.search("<style>(.*?)</style>", self.page, re.DOTALL).group(1)
        self.assertNotRegex(style, r"url\(|@import")

    def test_html_allows_its_own_script_only(self):
        script = re.search("<script>(.*?)</script>", self.page, re.DOTALL).group(1)
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        self.assertIn(f"script-src 'sha256-{digest}'", self.page, "html_page.cpp names another hash than " + digest)

    def test_html_has_one_entry_for_each_finding(self):
        rows = [attributes for tag, attributes in self.parser.elements if tag == "tbody" and "data-place" in attributes]
        self.assertEqual(len(rows), len(self.issues))

    def test_xml_says_what_the_json_says(self):
        root = xml.etree.ElementTree.parse(self.reports["xml"]).getroot()
        self.assertEqual(root.tag, "SchemaReport")
        with open(self.reports["json"], encoding="utf-8") as file:
            expected = as_xml_has_it(json.load(file))
        self.assertEqual(blank_is_empty(read_element(root)), blank_is_empty(expected))

    def test_text_has_every_finding_and_no_control_characters(self):
        text = pathlib.Path(self.reports["txt"]).read_text(encoding="utf-8")
        for number, issue in enumerate(self.issues, 1):
            self.assertIn(f"\n{number}. {issue['Name']} ({issue['Type']})\n", text)
            self.assertIn(f"{issue['FilePath']}, line {issue['Line']}\n", text)
        self.assertNotRegex(text, r"[\x00-\x08\x0b-\x1f\x7f]")


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
