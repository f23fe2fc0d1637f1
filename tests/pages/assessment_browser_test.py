# SPDX-License-Identifier: Apache-2.0
"""The assessment report in a browser: what every page must do, its own tables, and the filters of the findings."""
import json
import sys
import tempfile
import unittest

import assessment_case
import page_checks

ROWS = "[...document.querySelectorAll('#tables tbody tr')]"


class AssessmentInABrowser(page_checks.PageChecks, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        directory = tempfile.TemporaryDirectory(prefix="voyager-assessment-")
        cls.addClassCleanup(directory.cleanup)
        page, report = assessment_case.write_reports(PROGRAM, directory.name)
        with open(report, encoding="utf-8") as file:
            cls.report = json.load(file)
        cls.open_page(page)

    def click(self, selector):
        self.browser.evaluate(f"document.querySelector({json.dumps(selector)}).click()")

    def column(self, number):
        return self.browser.evaluate(f"{ROWS}.map(row => row.cells[{number}].dataset.value || row.cells[{number}].textContent)")

    def test_shows_every_finding_and_relation(self):
        self.open()
        self.assertEqual(len(self.shown()), len(self.report["AssessmentIssues"]))
        self.assertGreater(len(self.shown()), 4)
        self.assertEqual(len(self.column(0)), len(self.report["TableIndexStats"]))

    def test_findings_in_queries_can_be_chosen(self):
        self.open("#type=QUERY")
        self.assertEqual(self.shown("dataset.issue"), ["System Column - xmin"])

    def test_says_what_is_recommended(self):
        self.open()
        text = self.browser.evaluate("document.getElementById('sizing').innerText")
        sizing = self.report["Sizing"]["SizingRecommendation"]
        self.assertIn(f"{sizing['NumNodes']} nodes of {sizing['VCPUsPerInstance']} vCPU", text)
        self.assertIn("larger than 10 GiB", text)
        self.assertEqual(self.browser.evaluate("document.querySelector('.card.MEDIUM b').textContent"), "MEDIUM")

    def test_tables_sort_by_number_and_by_name(self):
        self.open()
        self.click("#tables th:nth-child(6) button")
        sizes = list(map(float, self.column(5)))
        self.assertEqual(sizes, sorted(sizes, reverse=True))
        self.click("#tables th:nth-child(6) button")
        self.assertEqual(list(map(float, self.column(5))), sorted(sizes))
        self.assertEqual(self.browser.evaluate("document.querySelector('#tables th:nth-child(6)').ariaSort"), "ascending")
        self.click("#tables th:nth-child(1) button")
        names = self.column(0)
        self.assertEqual(names, sorted(names, key=str.lower))
        self.assertEqual(self.browser.evaluate("document.querySelectorAll('#tables th[aria-sort]').length"), 1)

    def test_can_be_read_without_scripts(self):
        self.open(scripts=False)
        self.assertEqual(len(self.shown()), len(self.report["AssessmentIssues"]))
        self.assertEqual(len(self.column(0)), len(self.report["TableIndexStats"]))


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    page_checks.main()
