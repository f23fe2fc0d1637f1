// SPDX-License-Identifier: Apache-2.0
#include "support/pg_wire.hpp"

#include <algorithm>
#include <cctype>

namespace voyager::testing {
namespace {

constexpr std::size_t kept_bytes = 128;
constexpr char untyped = '\0';  // start-up messages and single bytes have no type

std::uint32_t number_at(std::string_view bytes, std::size_t offset) {
  std::uint32_t number = 0;
  for (const char byte : bytes.substr(offset, 4))
    number = number << 8U | static_cast<unsigned char>(byte);
  return number;
}

/// Takes the text up to the next NUL off the front.
std::string_view take_text(std::string_view& bytes) {
  const std::string_view text = bytes.substr(0, bytes.find('\0'));
  bytes.remove_prefix(std::min(bytes.size(), text.size() + 1));
  return text;
}

bool is_commit(std::string_view sql) {
  std::string word;
  for (const char letter : sql) {
    if (std::isalpha(static_cast<unsigned char>(letter)) == 0) break;
    word += static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
  }
  return word == "COMMIT" && sql.find_first_not_of("; \n", word.size()) == std::string_view::npos;
}

}  // namespace

void WireMessages::feed(std::string_view bytes, const Take& take) {
  while (!bytes.empty()) {
    if (single_byte_) {
      single_byte_ = false;
      take(untyped, bytes.substr(0, 1));
      bytes.remove_prefix(1);
    } else if (header_.size() < header_length()) {
      header_ += bytes.front();
      bytes.remove_prefix(1);
      if (header_.size() < header_length()) continue;
      left_ = std::max<std::uint32_t>(4, number_at(header_, header_length() - 4)) - 4;
    } else {
      const std::string_view piece = bytes.substr(0, static_cast<std::size_t>(left_));
      beginning_ += piece.substr(0, kept_bytes - std::min(kept_bytes, beginning_.size()));
      left_ -= piece.size();
      bytes.remove_prefix(piece.size());
    }
    if (header_.size() == header_length() && left_ == 0) finish(take);
  }
}

void WireMessages::finish(const Take& take) {
  const char type = typed_ ? header_.front() : untyped;
  const std::string beginning = std::move(beginning_);
  header_.clear();
  beginning_.clear();
  take(type, beginning);
}

bool CommitWatch::to_server(std::string_view bytes) {
  if (encrypted_) return false;
  commit_seen_ = false;
  frontend_.feed(bytes,
                 [this](char type, std::string_view beginning) { take_frontend(type, beginning); });
  return commit_seen_;
}

void CommitWatch::take_start_up(std::string_view beginning) {
  constexpr std::uint32_t tls_wanted = 80877103;
  constexpr std::uint32_t gss_wanted = 80877104;
  const std::uint32_t code = number_at(beginning, 0);
  if (code == tls_wanted || code == gss_wanted) {
    backend_.expect_single_byte();
  } else {
    frontend_.set_typed();
  }
}

void CommitWatch::take_frontend(char type, std::string_view beginning) {
  switch (type) {
    case untyped:
      take_start_up(beginning);
      break;
    case 'Q':
      commit_seen_ = commit_seen_ || is_commit(take_text(beginning));
      break;
    case 'P': {
      const std::string name(take_text(beginning));
      statements_.erase(name);
      if (is_commit(take_text(beginning))) statements_.insert(name);
      break;
    }
    case 'B': {
      const std::string portal(take_text(beginning));
      portals_.erase(portal);
      if (statements_.contains(take_text(beginning))) portals_.insert(portal);
      break;
    }
    case 'E':
      commit_seen_ = commit_seen_ || portals_.contains(take_text(beginning));
      break;
    default:
      break;
  }
}

bool CommitWatch::to_client(std::string_view bytes) {
  if (encrypted_) return false;
  bool committed = false;
  backend_.feed(bytes, [&](char type, std::string_view beginning) {
    committed = take_backend(type, beginning) || committed;
  });
  return committed;
}

bool CommitWatch::take_backend(char type, std::string_view beginning) {
  if (type == untyped) encrypted_ = beginning != "N";
  return type == 'C' && take_text(beginning) == "COMMIT";
}

}  // namespace voyager::testing
