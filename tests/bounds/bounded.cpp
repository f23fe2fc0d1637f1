// SPDX-License-Identifier: Apache-2.0
#include "bounds/bounded.hpp"

#include <filesystem>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <thread>

namespace voyager::testing {

using namespace std::chrono_literals;

std::int64_t peak_mib(const Child& process) {
  std::ifstream status("/proc/" + std::to_string(process.pid()) + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return std::stoll(line.substr(6)) / 1024;
  throw std::runtime_error("the process that is to be measured has ended");
}

void Bounded::SetUp() {
  VOYAGER_REQUIRE_TARGET();
  servers_.emplace();
  migration_.emplace(source(), target());
}

void Bounded::start_exporter() {
  exporter_ = std::make_unique<Child>(migration_->start_export());
}

void Bounded::start_importer() {
  importer_ = std::make_unique<Child>(migration_->start_import());
}

void Bounded::stream(const std::string& setup) {
  execute(source(), setup);
  migration_->move_schema();
  start_exporter();
  migration_->wait_for_slot(*exporter_);
  start_importer();
  Migration::wait_for_line(*exporter_, "streaming changes to the change log", 10min);
  Migration::wait_for_line(*importer_, "streaming changes to the target", 10min);
}

void Bounded::wait_for(const std::string& sql, const std::string& wanted) {
  while (value(target(), sql) != wanted) {
    for (Child* process : {exporter_.get(), importer_.get()})
      if (!process->running()) throw std::runtime_error("a process ended: " + process->errors());
    std::this_thread::sleep_for(100ms);
  }
}

std::int64_t Bounded::change_log_bytes() const {
  std::int64_t bytes = 0;
  const auto queue = migration_->export_directory() / "export/data/queue";
  for (const auto& entry : std::filesystem::directory_iterator(queue))
    if (entry.path().filename().string().starts_with("segment."))
      bytes += static_cast<std::int64_t>(entry.file_size());
  return bytes;
}

void Bounded::expect_little_memory(std::int64_t more_mib) {
  const std::int64_t exporter = peak_mib(*exporter_);
  const std::int64_t importer = peak_mib(*importer_);
  std::cout << "peak memory: export data " << exporter << " MiB, import data " << importer << " MiB"
            << std::endl;
  EXPECT_LE(exporter, most_memory_mib + more_mib);
  EXPECT_LE(importer, most_memory_mib + more_mib);
}

void Bounded::expect_all_arrived(std::int64_t more_mib) {
  expect_little_memory(more_mib);
  migration_->initiate_cutover();
  migration_->finish_cutover(*exporter_, *importer_, 10min);
  migration_->expect_verified();
  migration_->end();
}

void Bounded::one_transaction(std::int64_t changes) {
  stream("CREATE TABLE item (id bigint PRIMARY KEY, v text)");
  execute(source(), "INSERT INTO item SELECT i, md5(i::text) FROM generate_series(1, " +
                        std::to_string(changes) + ") i");
  wait_for_rows(changes);
  expect_all_arrived();
}

void Bounded::backlog(std::int64_t megabytes) {
  constexpr std::int64_t rows_of_a_megabyte = 1024;
  stream("CREATE TABLE item (id bigint PRIMARY KEY, v text)");
  importer_->kill();
  importer_->wait();
  for (std::int64_t done = 0; done < megabytes; done += 16) {
    // Hexadecimal digits of chance can be packed to half of their bytes, not to less.
    execute(source(),
            "INSERT INTO item SELECT i, (SELECT string_agg(md5(i::text || k), '') FROM "
            "generate_series(1, 32) k) FROM generate_series(" +
                std::to_string(done * rows_of_a_megabyte + 1) + ", " +
                std::to_string((done + 16) * rows_of_a_megabyte) + ") i");
  }
  wait_until([&] { return change_log_bytes() >= megabytes << 19; }, "the backlog in the log");
  EXPECT_LE(change_log_bytes(), (megabytes << 20) * 5 / 4) << "the log is larger than its rows";
  start_importer();
  wait_for_rows(megabytes * rows_of_a_megabyte);
  expect_all_arrived();
}

}  // namespace voyager::testing
