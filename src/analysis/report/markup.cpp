// SPDX-License-Identifier: Apache-2.0
#include "analysis/report/markup.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/text.hpp"
#include "schema/tokens.hpp"

namespace voyager::analysis {
namespace {

using OrderedJson = nlohmann::ordered_json;

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_xml_name(const std::string& key) {
  return !key.empty() && is_letter(key.front()) &&
         std::all_of(key.begin(), key.end(), [](char c) { return is_letter(c) || is_digit(c); });
}

void append_element(const std::string& key, const OrderedJson& value, const std::string& indent,
                    std::string& xml);

void append_members(const OrderedJson& object, const std::string& indent, std::string& xml) {
  for (const auto& [key, value] : object.items()) {
    if (!value.is_array()) {
      append_element(key, value, indent, xml);
      continue;
    }
    for (const OrderedJson& item : value) append_element(key, item, indent, xml);
  }
}

void append_element(const std::string& key, const OrderedJson& value, const std::string& indent,
                    std::string& xml) {
  const bool named = is_xml_name(key);
  const std::string name = named ? key : "Entry";
  xml += indent + "<" + name + (named ? "" : fmt::format(" Key=\"{}\"", escaped(key))) + ">";
  if (value.is_object()) {
    xml += '\n';
    append_members(value, indent + "  ", xml);
    xml += indent;
  } else {
    xml += escaped(value.is_string() ? value.get<std::string>() : value.dump());
  }
  xml += "</" + name + ">\n";
}

/// The class of a token in the page's style, or empty.
std::string_view style_class(const std::string& sql, const schema::Token& token) {
  const std::string_view text = std::string_view(sql).substr(token.start, token.end - token.start);
  if (token.keyword) return "k";
  if (is_digit(text.front())) return "n";
  const bool prefixed = text.size() > 1 && text[1] == '\'' && is_letter(text.front());
  if (text.front() == '\'' || prefixed || (text.front() == '$' && text.back() == '$')) return "s";
  return "";
}

std::string in_span(std::string_view style, std::string_view text) {
  if (style.empty()) return escaped(text);
  return fmt::format("<span class=\"{}\">{}</span>", style, escaped(text));
}

/// Between tokens stand blanks and comments.
std::string between_tokens(std::string_view gap) {
  const std::size_t comment = std::min(gap.find("--"), gap.find("/*"));
  if (comment == std::string_view::npos) return escaped(gap);
  return escaped(gap.substr(0, comment)) + in_span("c", gap.substr(comment));
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string result;
  result.reserve(text.size() + text.size() / 8);
  for (const char c : text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      case '\'':
        result += "&#39;";
        break;
      case '\r':
        result += "&#13;";
        break;
      default:
        result += c;
    }
  }
  return result;
}

std::string xml_document(const std::string& root, const OrderedJson& object) {
  std::string xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  append_element(root, object, "", xml);
  return xml;
}

std::string highlighted_sql(const std::string& sql) {
  std::vector<schema::Token> tokens;
  try {
    tokens = schema::scan_tokens(sql);
  } catch (const Error&) {
    return escaped(sql);
  }
  const std::string_view text = sql;
  std::string html;
  std::size_t done = 0;
  for (const schema::Token& token : tokens) {
    html += between_tokens(text.substr(done, token.start - done));
    html += in_span(style_class(sql, token), text.substr(token.start, token.end - token.start));
    done = token.end;
  }
  return html + between_tokens(text.substr(done));
}

}  // namespace voyager::analysis
