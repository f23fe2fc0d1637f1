// SPDX-License-Identifier: Apache-2.0
#include "analysis/report/html_page.hpp"

#include <fmt/format.h>

#include "analysis/report/markup.hpp"

namespace voyager::analysis {
namespace {

/// Base64 of the SHA-256 of page_script(); the test pages.report_forms says what it must be.
constexpr std::string_view script_hash = "y+qeEs9I6tNGFfbGC2v9Vw190Ud+g/PxDq2vJumMxtQ=";

}  // namespace

std::string html_page(std::string_view title, std::string_view body) {
  return fmt::format(
      "<!DOCTYPE html>\n"
      "<html lang=\"en\">\n"
      "<head>\n"
      "<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
      "'unsafe-inline'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>{}</title>\n"
      "<style>{}</style>\n"
      "</head>\n"
      "<body>\n{}<script>{}</script>\n"
      "</body>\n"
      "</html>\n",
      script_hash, escaped(title), page_style(), body, page_script());
}

}  // namespace voyager::analysis
