# SPDX-License-Identifier: Apache-2.0
"""What every page that the program writes must do in a browser."""
import pathlib
import sys
import unittest

import browser

SKIPPED = 77
PHONE, DESK = 390, 1280
SHOWN = "[...document.querySelectorAll('#findings tbody')].filter(b => b.offsetHeight > 0)"


class PageChecks:
    """For a TestCase that calls open_page() once."""

    @classmethod
    def open_page(cls, path):
        cls.address = pathlib.Path(path).as_uri()
        cls.browser = browser.Browser(BROWSER)
        cls.addClassCleanup(cls.browser.close)

    def open(self, fragment="", width=DESK, **look):
        self.browser.look(width, **look)
        self.browser.open(self.address + fragment)

    def shown(self, what="dataset.place"):
        return self.browser.evaluate(f"{SHOWN}.map(b => b.{what})")

    def test_is_drawn_light_and_dark_at_both_widths(self):
        for width in (PHONE, DESK):
            for dark in (False, True):
                with self.subTest(width=width, dark=dark):
                    self.open(width=width, dark=dark)
                    colours = [pixel for row in self.browser.pixels() for pixel in row]
                    mean = sum(map(sum, colours)) / (3 * len(colours))
                    self.assertGreater(len(set(colours)), 50, "the page is blank")
                    self.assertTrue(mean < 80 if dark else mean > 180, f"brightness {mean}")

    def test_is_no_wider_than_the_screen(self):
        for width in (320, PHONE, 768, DESK):
            with self.subTest(width=width):
                self.open(width=width)
                self.browser.evaluate("document.querySelectorAll('details').forEach(d => d.open = true);"
                                      "document.querySelectorAll('tbody').forEach(b => b.style.contentVisibility = 'visible')")
                self.assertLessEqual(self.browser.evaluate("document.documentElement.scrollWidth"), width)
                # What a hidden overflow would cut off.
                cut = self.browser.evaluate("[...document.querySelectorAll('main *')].filter(e => !e.closest('pre') && "
                                            "e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 80))")
                self.assertEqual(cut, [])

    def test_runs_no_foreign_script_asks_for_nothing_and_complains_of_nothing(self):
        self.open()
        self.assertIsNone(self.browser.evaluate("window.injected"))
        asked = [event["params"]["request"]["url"] for event in self.browser.events
                 if event.get("method") == "Network.requestWillBeSent"]
        self.assertEqual(asked, [self.address])
        complaints = [event for event in self.browser.events
                      if event.get("method") in ("Log.entryAdded", "Runtime.exceptionThrown")]
        self.assertEqual(complaints, [])


def main():
    """The program is the first argument. Skips without a browser."""
    global BROWSER
    BROWSER = browser.find_program()
    if BROWSER is None:
        print("skipped: no Chromium here (package chromium-headless-shell)")
        sys.exit(SKIPPED)
    unittest.main()
