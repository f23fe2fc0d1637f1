# SPDX-License-Identifier: Apache-2.0
"""The schema analysis report in a browser: on a phone and a desk, light and dark, with its filters and without scripts."""
import sys
import tempfile
import unittest

import page_checks
import report_case


class ReportInABrowser(page_checks.PageChecks, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        directory = tempfile.TemporaryDirectory(prefix="voyager-report-")
        cls.addClassCleanup(directory.cleanup)
        reports = report_case.write_reports(PROGRAM, directory.name)
        cls.issues = report_case.issues(reports)
        cls.open_page(reports["html"])

    def expected_places(self, fits):
        return [str(place) for place, issue in enumerate(self.issues, 1) if fits(issue)]

    def test_address_chooses_what_is_shown(self):
        cases = {
            "": lambda issue: True,
            "#impact=LEVEL_3": lambda issue: issue["Impact"] == "LEVEL_3",
            "#category=unsupported_datatypes": lambda issue: issue["IssueType"] == "unsupported_datatypes",
            "#filter=app.ORDERS%20datatype_xml": lambda issue: issue["Type"] == "UNSUPPORTED_DATATYPE_XML",
            "#filter=no%20such%20thing": lambda issue: False,
            "#impact=nonsense&sort=nonsense&type=nonsense": lambda issue: True,
        }
        for fragment, fits in cases.items():
            with self.subTest(fragment=fragment):
                self.open(fragment)
                self.assertEqual(self.shown(), self.expected_places(fits))

    def test_typing_filters_and_reset_shows_all(self):
        self.open()
        self.browser.evaluate("(f => { f.value = 'ORDERS'; f.dispatchEvent(new Event('input', {bubbles: true})); })"
                              "(document.forms[0].elements.filter)")
        self.assertEqual(self.shown(), self.expected_places(lambda issue: "orders" in str(issue).lower()))
        self.assertEqual(self.browser.evaluate("location.hash"), "#filter=ORDERS")
        self.browser.evaluate("document.forms[0].reset(); new Promise(done => setTimeout(done, 50))")
        self.assertEqual(len(self.shown()), len(self.issues))

    def test_cards_and_chips_filter(self):
        self.open()
        self.browser.evaluate("document.querySelector('a.card[href=\"#impact=LEVEL_3\"]').click();"
                              "new Promise(done => setTimeout(done, 50))")
        self.assertEqual(self.shown(), self.expected_places(lambda issue: issue["Impact"] == "LEVEL_3"))

    def test_headings_sort_both_ways(self):
        self.open()
        click = "document.querySelector('th[data-sort=issue] button').click()"
        self.browser.evaluate(click)
        names = self.shown("dataset.issue")
        self.assertEqual(names, sorted(names, key=str.lower))
        self.browser.evaluate(click)
        self.assertEqual(self.shown("dataset.issue"), sorted(names, key=str.lower, reverse=True))
        self.assertEqual(self.browser.evaluate("location.hash"), "#sort=issue&order=descending")
        self.open("#sort=impact&order=descending")
        impacts = self.shown("dataset.impact")
        self.assertEqual(impacts, sorted(impacts, reverse=True))

    def test_can_be_read_without_scripts(self):
        self.open(scripts=False)
        self.assertEqual(len(self.shown()), len(self.issues))
        self.assertEqual(self.browser.evaluate("document.getElementById('filters').offsetHeight"), 0)
        self.browser.evaluate("document.querySelector('#findings details').open = true")
        self.assertGreater(self.browser.evaluate("document.querySelector('#findings pre').offsetHeight"), 0)

    def test_sql_is_highlighted(self):
        self.open()
        self.assertEqual(self.browser.evaluate("document.querySelector('#findings pre .k').textContent"), "CREATE")


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    page_checks.main()
