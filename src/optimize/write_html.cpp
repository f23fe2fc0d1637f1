// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "analysis/report/html_page.hpp"
#include "analysis/report/markup.hpp"
#include "analysis/report/page_parts.hpp"
#include "base/text.hpp"
#include "optimize/optimize.hpp"

namespace voyager::optimize {
namespace {

std::string shown(const std::string& text) {
  return analysis::escaped(analysis::printable(text));
}

std::vector<const Change*> of_kind(const Optimized& optimized, ChangeKind kind) {
  std::vector<const Change*> found;
  for (const Change& change : optimized.changes)
    if (change.kind == kind) found.push_back(&change);
  return found;
}

std::string anchor(ChangeKind kind) {
  return fmt::format("kind-{}", static_cast<int>(kind));
}

std::string cards(const Optimized& optimized, const Switches& switches) {
  std::string html = "<section class=\"cards\" aria-label=\"Summary\">\n";
  for (const ChangeKind kind : change_kinds) {
    const std::string number =
        is_on(kind, switches) ? with_thousands(of_kind(optimized, kind).size()) : "off";
    html += analysis::card("", "#" + anchor(kind), number, std::string(title(kind)));
  }
  return html + "</section>\n";
}

std::string statements(std::string_view name, const std::string& sql) {
  if (sql.empty()) return fmt::format("<dt>{}</dt><dd>Left out.</dd>\n", name);
  return fmt::format("<dt>{}</dt><dd><pre><code>{}</code></pre></dd>\n", name,
                     analysis::highlighted_sql(analysis::printable(sql)));
}

std::string change_block(const Change& change) {
  return fmt::format(
      "<div class=\"verdict\">\n<span class=\"kind\">{}</span><code class=\"name\">{}</code>\n"
      "<details><summary>{}</summary>\n<dl>\n{}{}</dl>\n</details>\n</div>\n",
      schema::object_file(change.file).path, shown(change.object), shown(change.reason),
      statements("Before", change.before), statements("After", change.after));
}

/// All changes of a kind, or why there are none.
std::string sheet(const Optimized& optimized, ChangeKind kind, const Switches& switches) {
  if (!is_on(kind, switches)) return "<p class=\"sheet none\">Switched off for this export.</p>\n";
  std::string html;
  for (const Change* change : of_kind(optimized, kind)) html += change_block(*change);
  if (html.empty()) return "<p class=\"sheet none\">Nothing to change.</p>\n";
  return "<div class=\"sheet\">\n" + html + "</div>\n";
}

}  // namespace

std::string to_html(const Optimized& optimized, const ReportContext& context) {
  const std::string database = analysis::printable(context.database);
  std::string body =
      analysis::page_header("Schema optimization report", database,
                            {"what export schema changed for YugabyteDB in the files under schema/",
                             "the source's own statements stand in metainfo/source-schema/"});
  body += "<main>\n" + cards(optimized, context.switches);
  std::vector<std::string> notes;
  for (const std::string& note : optimized.notes) notes.push_back(analysis::printable(note));
  body += analysis::notes(notes);
  for (const ChangeKind kind : change_kinds)
    body += fmt::format("<section id=\"{}\">\n<h2>{}</h2>\n{}</section>\n", anchor(kind),
                        title(kind), sheet(optimized, kind, context.switches));
  body += fmt::format("</main>\n<footer>Written by yb-voyager {}</footer>\n",
                      shown(context.voyager_version));
  return analysis::html_page("Schema optimization report of " + database, body);
}

}  // namespace voyager::optimize
