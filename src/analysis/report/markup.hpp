// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace voyager::analysis {

/// The text as it may stand between tags and in quoted attributes of HTML and XML. Expects
/// printable() text.
std::string escaped(std::string_view text);

/// A JSON object as an XML document: members become elements, arrays repeated elements, a member
/// whose key is no XML name (a series of releases) <Entry Key="2025.1">.
std::string xml_document(const std::string& root, const nlohmann::ordered_json& object);

/// SQL as HTML with its keywords, literals and comments in <span> elements; what PostgreSQL's lexer
/// refuses is escaped only.
std::string highlighted_sql(const std::string& sql);

}  // namespace voyager::analysis
