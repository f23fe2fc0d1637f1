// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.hpp"
#include "base/status.hpp"

namespace voyager::testing {

/// Keeps what the pipelines tell the user, and answers questions as it was told to. Threads: any.
class RecordingStatus : public Status {
 public:
  explicit RecordingStatus(bool answer = true) : answer_(answer) {}

  void line(const std::string& text) override { add(lines_, text); }
  void warning(const std::string& text) override { add(warnings_, text); }
  void panel(const Rows&) override {}
  void progress(const std::string& item, std::uint64_t done, std::uint64_t total) override {
    const MutexLock lock(mutex_);
    progress_[item].push_back({done, total});
  }
  bool confirm(const std::string& question) override {
    add(questions_, question);
    return answer_;
  }

  std::vector<std::string> lines() { return copy(lines_); }
  std::vector<std::string> warnings() { return copy(warnings_); }
  std::vector<std::string> questions() { return copy(questions_); }
  using Progress = std::vector<std::pair<std::uint64_t, std::uint64_t>>;
  Progress progress_of(const std::string& item) {
    const MutexLock lock(mutex_);
    return progress_[item];
  }

 private:
  void add(std::vector<std::string>& to, const std::string& text) {
    const MutexLock lock(mutex_);
    to.push_back(text);
  }
  std::vector<std::string> copy(const std::vector<std::string>& from) {
    const MutexLock lock(mutex_);
    return from;
  }

  const bool answer_;
  Mutex mutex_;
  std::vector<std::string> lines_;
  std::vector<std::string> warnings_;
  std::vector<std::string> questions_;
  std::map<std::string, Progress> progress_;
};

}  // namespace voyager::testing
