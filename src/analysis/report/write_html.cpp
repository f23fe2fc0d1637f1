// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "analysis/report/html_page.hpp"
#include "analysis/report/markup.hpp"
#include "analysis/report/writers.hpp"
#include "base/text.hpp"

namespace voyager::analysis {
namespace {

/// A longer statement is cut in the page: a body with hundreds of findings would stand in it
/// hundreds of times. The other forms have it whole.
constexpr std::size_t shown_statement_bytes = 16'384;

constexpr std::array impacts{Impact::level_3, Impact::level_2, Impact::level_1};

std::string impact_title(Impact impact) {
  return fmt::format("Level {}", static_cast<int>(impact) + 1);
}

std::string card(const std::string& style, const std::string& link, const std::string& number,
                 const std::string& caption) {
  const std::string content =
      fmt::format("<b>{}</b><span>{}</span>", escaped(number), escaped(caption));
  if (link.empty()) return fmt::format("<div class=\"card\">{}</div>\n", content);
  return fmt::format("<a class=\"card {}\" href=\"{}\">{}</a>\n", style, escaped(link), content);
}

std::string page_header(const SchemaReport& report) {
  const ReportContext& context = report.context;
  std::vector<std::string> facts{"for YugabyteDB " + context.target.release.text()};
  if (!context.database_version.empty())
    facts.insert(facts.begin(), "PostgreSQL " + context.database_version);
  if (!report.schemas.empty()) facts.push_back("schemas: " + join(report.schemas, ", "));
  return fmt::format(
      "<header>\n<p>Schema analysis report</p>\n<h1 class=\"name\">{}</h1>\n<p "
      "class=\"name\">{}</p>\n</header>\n",
      escaped(context.database.empty() ? "Exported schema" : context.database),
      escaped(join(facts, " · ")));
}

std::string cards(const SchemaReport& report) {
  std::size_t objects = 0;
  std::size_t invalid = 0;
  for (const ReportedObjects& one : report.objects) {
    objects += one.names.size();
    invalid += one.invalid;
  }
  const auto counts = count_findings(report);
  std::string html = "<section class=\"cards\" aria-label=\"Summary\">\n";
  html += card("", "#", with_thousands(report.findings.size()), "findings");
  for (const Impact impact : impacts) {
    std::size_t number = 0;
    for (const auto& [category, by_impact] : counts)
      number += by_impact.at(static_cast<std::size_t>(impact));
    const std::string name(impact_name(impact));
    html += card(name, "#impact=" + name, with_thousands(number),
                 "of impact " + to_lower(impact_title(impact)));
  }
  html += card("", "", with_thousands(invalid),
               fmt::format("of {} objects with issues", with_thousands(objects)));
  return html + "</section>\n";
}

std::string chips(const SchemaReport& report) {
  std::string html;
  for (const auto& [category, by_impact] : count_findings(report)) {
    html +=
        fmt::format("<a href=\"#category={}\">{} <b>{}</b></a>\n", category_name(category),
                    escaped(category_title(category)), by_impact[0] + by_impact[1] + by_impact[2]);
  }
  if (html.empty()) return "";
  return "<nav class=\"chips\" aria-label=\"Categories\">\n" + html + "</nav>\n";
}

std::string notes(const std::vector<std::string>& texts) {
  std::string items;
  for (const std::string& text : texts) items += fmt::format("<li>{}</li>\n", escaped(text));
  return items.empty() ? "" : "<aside class=\"notes\">\n<ul>\n" + items + "</ul>\n</aside>\n";
}

std::string option(std::string_view value, std::string_view caption) {
  return fmt::format("<option value=\"{}\">{}</option>", escaped(value), escaped(caption));
}

std::string selection(std::string_view name, std::string_view all, const std::string& options) {
  return fmt::format("<select name=\"{}\" aria-label=\"{}\">{}{}</select>\n", name, all,
                     option("", all), options);
}

/// Hidden until the script shows it.
std::string filters(const SchemaReport& report) {
  std::string categories;
  for (const auto& [category, counts] : count_findings(report))
    categories += option(category_name(category), category_title(category));
  std::string levels;
  for (const Impact impact : impacts) levels += option(impact_name(impact), impact_title(impact));
  std::set<std::string> types;
  for (const ReportedFinding& entry : report.findings) types.insert(entry.finding.object_type);
  types.erase("");
  std::string kinds;
  for (const std::string& type : types) kinds += option(type, type);
  return "<form id=\"filters\" hidden>\n"
         "<input type=\"search\" name=\"filter\" placeholder=\"Filter by any text\" "
         "aria-label=\"Filter by any text\">\n" +
         selection("category", "All categories", categories) +
         selection("impact", "All impacts", levels) + selection("type", "All objects", kinds) +
         "<button type=\"reset\">Reset</button>\n<output id=\"shown\"></output>\n</form>\n";
}

std::string shown_statement(const std::string& sql) {
  if (sql.size() <= shown_statement_bytes) return highlighted_sql(sql);
  std::size_t end = shown_statement_bytes;
  // Not inside a character of UTF-8.
  while (end > 0 && (static_cast<unsigned char>(sql[end]) & 0xC0U) == 0x80U) --end;
  return escaped(sql.substr(0, end)) + "\n<span class=\"c\">-- the rest stands in the file</span>";
}

/// A row of the list of facts about a finding; nothing when there is no value. `html` is escaped
/// already.
std::string fact(std::string_view name, const std::string& html) {
  return html.empty() ? "" : fmt::format("<dt>{}</dt><dd>{}</dd>\n", name, html);
}

/// Only what is an address of the web becomes a link.
std::string link(const std::string& address) {
  std::string text = escaped(address);
  if (address.rfind("https://", 0) != 0) return text;
  return fmt::format(R"(<a href="{}" rel="noreferrer">{}</a>)", text, text);
}

std::string releases(const SeriesVersions& versions) {
  std::vector<std::string> texts;
  for (const auto& [series, release] : versions) texts.push_back(release.text());
  return escaped(join(texts, ", "));
}

std::string facts_of(const ReportedFinding& entry) {
  const Issue& issue = *entry.issue;
  std::string html = fact("What to do", escaped(issue.suggestion));
  html += fact("Category", escaped(category_title(issue.category)));
  html += fact("Maturity", escaped(maturity_name(entry.maturity)));
  html += fact("Fixed in", releases(issue.ga));
  html += fact("Early access in", releases(issue.ea));
  html += fact("Tech preview in", releases(issue.tp));
  html += fact("Flags", escaped(join(issue.flags, ", ")));
  html += fact("Issue", link(issue.github));
  html += fact("Documentation", link(issue.docs));
  return "<dl>\n" + html + "</dl>\n";
}

/// One <tbody>: what the columns have, and below it the reason, which opens the rest.
std::string finding_rows(std::size_t place, const ReportedFinding& entry) {
  const Issue& issue = *entry.issue;
  const Finding& finding = entry.finding;
  const std::string object = finding.object_type + " " + finding.object_name;
  std::string html = fmt::format(
      "<tbody data-place=\"{}\" data-impact=\"{}\" data-category=\"{}\" data-type=\"{}\" "
      "data-object=\"{}\" data-issue=\"{}\">\n",
      place, impact_name(issue.impact), category_name(issue.category), escaped(finding.object_type),
      escaped(object), escaped(issue.name));
  html += fmt::format("<tr><td><span class=\"impact {}\">{}</span></td>", impact_name(issue.impact),
                      impact_title(issue.impact));
  html += fmt::format(R"(<td><strong>{}</strong><span class="type">{}</span></td>)",
                      escaped(issue.name), escaped(issue.type));
  html += fmt::format(R"(<td><span class="kind">{}</span><code class="name">{}</code></td>)",
                      escaped(finding.object_type), escaped(finding.object_name));
  html += fmt::format("<td><code class=\"name\">{}:{}</code></td></tr>\n", escaped(finding.file),
                      finding.line);
  html += fmt::format("<tr class=\"more\"><td colspan=\"4\"><details><summary>{}</summary>\n{}",
                      escaped(entry.reason.empty() ? issue.name : entry.reason), facts_of(entry));
  if (!finding.statement.empty())
    html += fmt::format("<pre><code>{}</code></pre>\n", shown_statement(finding.statement));
  return html + "</details></td></tr>\n</tbody>\n";
}

std::string findings_section(const SchemaReport& report) {
  std::string html = "<section>\n<h2>Findings</h2>\n";
  if (report.findings.empty())
    return html + "<p class=\"sheet none\">Nothing was found.</p>\n</section>\n";
  html += filters(report);
  html +=
      "<div class=\"sheet\">\n<table id=\"findings\">\n<thead><tr>"
      "<th scope=\"col\" data-sort=\"impact\">Impact</th>"
      "<th scope=\"col\" data-sort=\"issue\">Issue</th>"
      "<th scope=\"col\" data-sort=\"object\">Object</th>"
      "<th scope=\"col\" data-sort=\"place\">Place</th></tr></thead>\n";
  std::size_t place = 0;
  for (const ReportedFinding& entry : report.findings) html += finding_rows(++place, entry);
  return html + "</table>\n</div>\n</section>\n";
}

std::string objects_row(const ReportedObjects& one) {
  return fmt::format(
      "<tbody><tr><td>{}</td><td>{}</td><td>{}</td><td><details><summary>Names</summary>"
      "<code class=\"name\">{}</code></details>{}</td></tr></tbody>\n",
      escaped(one.type), with_thousands(one.names.size()), with_thousands(one.invalid),
      escaped(join(one.names, ", ")), escaped(one.details));
}

std::string objects_section(const SchemaReport& report) {
  std::string rows;
  for (const ReportedObjects& one : report.objects) rows += objects_row(one);
  return "<section>\n<h2>Objects</h2>\n<div class=\"sheet\">\n<table id=\"objects\">\n"
         "<thead><tr><th scope=\"col\">Type</th><th scope=\"col\">Objects</th>"
         "<th scope=\"col\">With issues</th><th scope=\"col\">Which</th></tr></thead>\n" +
         rows + "</table>\n</div>\n</section>\n";
}

}  // namespace

std::string to_html(const SchemaReport& report) {
  const std::string body = page_header(report) + "<main>\n" + cards(report) + chips(report) +
                           notes(report.context.notes) + findings_section(report) +
                           objects_section(report) + "</main>\n<footer>Written by yb-voyager " +
                           escaped(report.context.voyager_version) + "</footer>\n";
  const std::string& database = report.context.database;
  return html_page(
      database.empty() ? "Schema analysis report" : "Schema analysis report of " + database, body);
}

}  // namespace voyager::analysis
