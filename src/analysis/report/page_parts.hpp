// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analysis/report/schema_report.hpp"

/// Parts of a page's body (html_page.hpp) that pages about a schema have in common. They return
/// HTML; what they are given is text and is escaped here. Pure functions.
namespace voyager::analysis {

/// <header>: what kind of page, about what, and a line of facts.
std::string page_header(std::string_view kind, const std::string& title,
                        const std::vector<std::string>& facts);
/// Of the database, the target's release, the schemas.
std::vector<std::string> facts_of(const SchemaReport& report);

/// A number with what it counts. `style`: the class of a link; `link`: "#impact=LEVEL_3", or empty.
std::string card(const std::string& style, const std::string& link, const std::string& number,
                 const std::string& caption);
/// Cards of all findings, and of those of each impact.
std::string finding_cards(const SchemaReport& report);

/// Links to the findings of each category; nothing without findings.
std::string chips(const SchemaReport& report);
/// Nothing without notes.
std::string notes(const std::vector<std::string>& texts);

/// <section>s: the list that the page's script filters and sorts, and the issues that are in it.
/// The more findings there are, the less of each statement is shown.
std::string findings_section(const SchemaReport& report);
std::string objects_section(const SchemaReport& report);

/// <footer>
std::string page_footer(const SchemaReport& report);

}  // namespace voyager::analysis
