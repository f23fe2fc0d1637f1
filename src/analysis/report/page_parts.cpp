// SPDX-License-Identifier: Apache-2.0
#include "analysis/report/page_parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "analysis/report/markup.hpp"
#include "base/text.hpp"

namespace voyager::analysis {
namespace {

/// How much of the statements a page shows in all, and of each one: a page of tens of megabytes is
/// of no use in a browser. The other forms have them whole.
constexpr std::size_t all_statements_bytes = 4'194'304;
constexpr std::size_t most_statement_bytes = 16'384;
constexpr std::size_t least_statement_bytes = 240;
/// With more findings than these, statements are not highlighted: that is most of a page's
/// elements.
constexpr std::size_t most_highlighted = 2'000;

constexpr std::array impacts{Impact::level_3, Impact::level_2, Impact::level_1};

std::string impact_title(Impact impact) {
  return fmt::format("Level {}", static_cast<int>(impact) + 1);
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

/// How a page with so many findings shows their statements.
struct StatementForm {
  explicit StatementForm(std::size_t findings)
      : bytes(std::clamp(all_statements_bytes / std::max<std::size_t>(findings, 1),
                         least_statement_bytes, most_statement_bytes)),
        highlighted(findings <= most_highlighted) {}

  std::size_t bytes;
  bool highlighted;
};

std::string shown_statement(const std::string& sql, const StatementForm& form) {
  if (sql.size() <= form.bytes) return form.highlighted ? highlighted_sql(sql) : escaped(sql);
  std::size_t end = form.bytes;
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

/// What is the same for all findings of an issue stands in the page once.
std::string issue_entry(const ReportedFinding& first) {
  const Issue& issue = *first.issue;
  std::string html = fact("What to do", escaped(issue.suggestion));
  html += fact("Maturity", escaped(maturity_name(first.maturity)));
  html += fact("Fixed in", releases(issue.ga));
  html += fact("Early access in", releases(issue.ea));
  html += fact("Tech preview in", releases(issue.tp));
  html += fact("Flags", escaped(join(issue.flags, ", ")));
  html += fact("Issue", link(issue.github));
  html += fact("Documentation", link(issue.docs));
  return fmt::format("<article id=\"about-{}\">\n<h3>{}</h3>\n<dl>\n{}</dl>\n</article>\n",
                     escaped(issue.type), escaped(issue.name), html);
}

/// Those that were found, by name.
std::string issues_section(const SchemaReport& report) {
  std::map<std::string, const ReportedFinding*> firsts;
  for (const ReportedFinding& entry : report.findings)
    firsts.emplace(entry.issue->name + entry.issue->type, &entry);
  std::string html = "<section id=\"issues\">\n<h2>What to do</h2>\n";
  for (const auto& [name, first] : firsts) html += issue_entry(*first);
  return html + "</section>\n";
}

/// The script puts the issue's entry in the place of the link.
std::string about(const ReportedFinding& entry) {
  return fmt::format(
      "<p class=\"about\">{} · <a href=\"#about-{}\">what to do, releases, links</a></p>\n",
      escaped(category_title(entry.category)), escaped(entry.issue->type));
}

/// One <tbody>: what the columns have, and below it the reason, which opens the rest.
std::string finding_rows(std::size_t place, const ReportedFinding& entry,
                         const StatementForm& form) {
  const Issue& issue = *entry.issue;
  const Finding& finding = entry.finding;
  const std::string object = finding.object_type + " " + finding.object_name;
  std::string html = fmt::format(
      "<tbody data-place=\"{}\" data-impact=\"{}\" data-category=\"{}\" data-type=\"{}\" "
      "data-object=\"{}\" data-issue=\"{}\">\n",
      place, impact_name(issue.impact), category_name(entry.category), escaped(finding.object_type),
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
                      escaped(entry.reason.empty() ? issue.name : entry.reason), about(entry));
  if (!finding.statement.empty())
    html += fmt::format("<pre><code>{}</code></pre>\n", shown_statement(finding.statement, form));
  return html + "</details></td></tr>\n</tbody>\n";
}

std::string objects_row(const ReportedObjects& one) {
  return fmt::format(
      "<tbody><tr><td>{}</td><td>{}</td><td>{}</td><td><details><summary>Names</summary>"
      "<code class=\"name\">{}</code></details>{}</td></tr></tbody>\n",
      escaped(one.type), with_thousands(one.names.size()), with_thousands(one.invalid),
      escaped(join(one.names, ", ")), escaped(one.details));
}

}  // namespace

std::string card(const std::string& style, const std::string& link, const std::string& number,
                 const std::string& caption) {
  const std::string content =
      fmt::format("<b>{}</b><span>{}</span>", escaped(number), escaped(caption));
  if (link.empty()) return fmt::format("<div class=\"card\">{}</div>\n", content);
  return fmt::format("<a class=\"card {}\" href=\"{}\">{}</a>\n", style, escaped(link), content);
}

std::string page_header(std::string_view kind, const std::string& title,
                        const std::vector<std::string>& facts) {
  return fmt::format(
      "<header>\n<p>{}</p>\n<h1 class=\"name\">{}</h1>\n<p "
      "class=\"name\">{}</p>\n</header>\n",
      escaped(kind), escaped(title), escaped(join(facts, " · ")));
}

std::vector<std::string> facts_of(const SchemaReport& report) {
  const ReportContext& context = report.context;
  std::vector<std::string> facts{"for YugabyteDB " + context.target.release.text()};
  if (!context.database_version.empty())
    facts.insert(facts.begin(), "PostgreSQL " + context.database_version);
  if (!report.schemas.empty()) facts.push_back("schemas: " + join(report.schemas, ", "));
  return facts;
}

std::string finding_cards(const SchemaReport& report) {
  const auto counts = count_findings(report);
  std::string html = card("", "#", with_thousands(report.findings.size()), "findings");
  for (const Impact impact : impacts) {
    std::size_t number = 0;
    for (const auto& [category, by_impact] : counts)
      number += by_impact.at(static_cast<std::size_t>(impact));
    const std::string name(impact_name(impact));
    html += card(name, "#impact=" + name, with_thousands(number),
                 "of impact " + to_lower(impact_title(impact)));
  }
  return html;
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
  const StatementForm form(report.findings.size());
  for (const ReportedFinding& entry : report.findings) html += finding_rows(++place, entry, form);
  return html + "</table>\n</div>\n</section>\n" + issues_section(report);
}

std::string objects_section(const SchemaReport& report) {
  std::string rows;
  for (const ReportedObjects& one : report.objects) rows += objects_row(one);
  return "<section>\n<h2>Objects</h2>\n<div class=\"sheet\">\n<table id=\"objects\">\n"
         "<thead><tr><th scope=\"col\">Type</th><th scope=\"col\">Objects</th>"
         "<th scope=\"col\">With issues</th><th scope=\"col\">Which</th></tr></thead>\n" +
         rows + "</table>\n</div>\n</section>\n";
}

std::string page_footer(const SchemaReport& report) {
  return "<footer>Written by yb-voyager " + escaped(report.context.voyager_version) + "</footer>\n";
}

}  // namespace voyager::analysis
