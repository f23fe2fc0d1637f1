// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "analysis/report/html_page.hpp"
#include "analysis/report/markup.hpp"
#include "analysis/report/page_parts.hpp"
#include "assess/assessment.hpp"
#include "assess/report_words.hpp"
#include "assess/sizing_limits.hpp"
#include "base/text.hpp"

namespace voyager::assess {
namespace {

using analysis::card;
using analysis::escaped;

std::string cards(const Assessment& assessment) {
  const std::string level(complexity_name(assessment.complexity.level));
  std::string html = "<section class=\"cards\" aria-label=\"Summary\">\n" +
                     card(level, "#complexity", level, "migration complexity");
  if (assessment.sizing) {
    const Sizing& sizing = *assessment.sizing;
    html += card(
        "", "#sizing", std::to_string(sizing.nodes),
        fmt::format("nodes of {} vCPU, {} GiB", sizing.vcpus_per_node, sizing.memory_gib_per_node));
  }
  return html + analysis::finding_cards(assessment.schema) + "</section>\n";
}

std::string complexity_section(const ComplexityVerdict& verdict) {
  return fmt::format(
      "<section id=\"complexity\">\n<h2>Complexity</h2>\n<p class=\"sheet verdict\"><strong "
      "class=\"{0}\"><b>{0}</b></strong> {1}</p>\n</section>\n",
      complexity_name(verdict.level), escaped(verdict.explanation));
}

std::string sizing_cards(const Sizing& sizing) {
  return "<div class=\"cards\">\n" + card("", "", std::to_string(sizing.nodes), "nodes") +
         card("", "", std::to_string(sizing.vcpus_per_node), "vCPU for each node") +
         card("", "", fmt::format("{} GiB", sizing.memory_gib_per_node), "memory for each node") +
         card("", "", std::to_string(sizing.select_connections_per_node),
              "connections that read, for each node") +
         card("", "", std::to_string(sizing.insert_connections_per_node),
              "connections that write, for each node") +
         card("", "", minutes_text(sizing.import_minutes), "for the import") +
         card("", "", minutes_text(sizing.import_minutes_without_redundant_indexes),
              "for the import without redundant indexes") +
         "</div>\n";
}

std::string table_names(const std::string& caption, const std::vector<QualifiedName>& tables) {
  if (tables.empty()) return "";
  std::vector<std::string> names;
  names.reserve(tables.size());
  for (const QualifiedName& table : tables)
    names.push_back(escaped(analysis::printable(table.display())));
  return fmt::format(
      "<li><details><summary>{} {}</summary><code class=\"name\">{}</code></details></li>\n",
      counted(tables.size(), "table is", "tables are"), caption, join(names, ", "));
}

std::string sizing_section(const Assessment& assessment) {
  std::string html = "<section id=\"sizing\">\n<h2>Recommended cluster</h2>\n";
  if (!assessment.sizing)
    return html + fmt::format("<p class=\"sheet none\">{}</p>\n</section>\n",
                              escaped(assessment.sizing_failure));
  const Sizing& sizing = *assessment.sizing;
  html += sizing_cards(sizing) + "<ul class=\"sheet reasons\">\n";
  for (const std::string& sentence : sizing.reasoning)
    html += fmt::format("<li>{}</li>\n", escaped(sentence));
  html += table_names("colocated", sizing.colocated) + table_names("sharded", sizing.sharded);
  return html + "</ul>\n</section>\n";
}

/// One cell that holds a number: shown as `text`, sorted by `value`; unknown ones come first.
std::string number_cell(std::string_view label, const std::string& text, double value) {
  return fmt::format("<td class=\"number\" data-label=\"{}\" data-value=\"{}\">{}</td>", label,
                     value, text);
}

std::string rate_cell(std::string_view label, const std::optional<double>& rate) {
  if (!rate) return number_cell(label, "", -1);
  return number_cell(label, rate_text(*rate), *rate);
}

std::string name_html(const QualifiedName& name) {
  return fmt::format("<code class=\"name\">{}</code>",
                     escaped(analysis::printable(name.display())));
}

std::string relation_row(const RelationFigures& figures) {
  const engine::RelationStatistics& relation = figures.statistics;
  const auto& parent = parent_of(relation);
  std::string html =
      fmt::format("<tr><td>{}</td><td>{}</td>", name_html(relation.name), kind_name(relation.kind));
  html += fmt::format("<td data-label=\"Of\">{}</td>", parent ? name_html(*parent) : "");
  html += number_cell(
      "Rows", relation.rows ? with_thousands(static_cast<std::uint64_t>(*relation.rows)) : "",
      relation.rows ? static_cast<double>(*relation.rows) : -1);
  html += number_cell("Columns", std::to_string(relation.columns),
                      static_cast<double>(relation.columns));
  html += number_cell("Size", human_bytes(static_cast<std::uint64_t>(relation.bytes)),
                      static_cast<double>(relation.bytes));
  return html + rate_cell("Reads/s", figures.reads_per_second) +
         rate_cell("Writes/s", figures.writes_per_second) + "</tr>\n";
}

std::string relations_section(const Assessment& assessment) {
  if (assessment.relations.empty()) return "";
  std::string rows;
  for (const RelationFigures& one : assessment.relations) rows += relation_row(one);
  return "<section id=\"tables\">\n<h2>Tables and indexes</h2>\n<div class=\"sheet\">\n"
         "<table class=\"facts sortable\">\n<thead><tr><th scope=\"col\">Name</th><th "
         "scope=\"col\">Kind</th><th scope=\"col\">Of</th><th scope=\"col\" "
         "class=\"number\">Rows</th><th scope=\"col\" class=\"number\">Columns</th><th "
         "scope=\"col\" class=\"number\">Size</th><th scope=\"col\" class=\"number\">Reads/s</th>"
         "<th scope=\"col\" class=\"number\">Writes/s</th></tr></thead>\n<tbody>\n" +
         rows + "</tbody>\n</table>\n</div>\n</section>\n";
}

std::string source_html(std::string_view source) {
  if (source.rfind("https://", 0) != 0) return escaped(source);
  return fmt::format(R"(<a href="{0}" rel="noreferrer">{0}</a>)", escaped(source));
}

std::string figures_section() {
  std::string rows;
  for (const Figure* figure : all_figures()) {
    rows +=
        fmt::format("<tr><td>{}</td><td class=\"number\">{}</td><td>{}</td></tr>\n",
                    escaped(figure->meaning), escaped(figure->shown), source_html(figure->source));
  }
  return "<section>\n<h2>What the recommendation rests on</h2>\n<div class=\"sheet\">\n<details "
         "class=\"verdict\"><summary>Figures and their sources</summary>\n<table class=\"facts\">\n"
         "<thead><tr><th scope=\"col\">Figure</th><th scope=\"col\" class=\"number\">Value</th><th "
         "scope=\"col\">Source</th></tr></thead>\n<tbody>\n" +
         rows + "</tbody>\n</table>\n</details>\n</div>\n</section>\n";
}

std::vector<std::string> header_facts(const Assessment& assessment) {
  std::vector<std::string> facts = analysis::facts_of(assessment.schema);
  if (assessment.replicas > 0)
    facts.push_back("with " + counted(assessment.replicas, "replica", "replicas"));
  return facts;
}

}  // namespace

std::string to_html(const Assessment& assessment) {
  const analysis::SchemaReport& schema = assessment.schema;
  const std::string& database = schema.context.database;
  const std::string body = analysis::page_header("Migration assessment report",
                                                 database.empty() ? "Source database" : database,
                                                 header_facts(assessment)) +
                           "<main>\n" + cards(assessment) + analysis::chips(schema) +
                           analysis::notes(schema.context.notes) +
                           complexity_section(assessment.complexity) + sizing_section(assessment) +
                           analysis::findings_section(schema) + relations_section(assessment) +
                           analysis::objects_section(schema) + figures_section() + "</main>\n" +
                           analysis::page_footer(schema);
  return analysis::html_page(database.empty() ? "Migration assessment report"
                                              : "Migration assessment report of " + database,
                             body);
}

}  // namespace voyager::assess
