// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace voyager::analysis {

/// A whole HTML document around the body: style and script inside, nothing from elsewhere; its
/// content security policy lets the browser run this one script only. `title` is escaped here,
/// `body` is HTML.
std::string html_page(std::string_view title, std::string_view body);

/// How every page looks: light and dark, from a phone's width on.
std::string_view page_style();

/// Filters and sorts the page's list of findings (the table with the id "findings", each finding a
/// <tbody> with data attributes) by the form "filters" and the address's fragment. Sorts tables of
/// the class "sortable" by their headings: those of the class "number" by their cells' data-value.
std::string_view page_script();

}  // namespace voyager::analysis
