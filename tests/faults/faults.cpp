// SPDX-License-Identifier: Apache-2.0
#include "faults/faults.hpp"

#include <stdexcept>
#include <thread>

#include "exportdir/meta_db.hpp"

namespace voyager::testing {
namespace {

using Clock = std::chrono::steady_clock;
using cutover::CutoverState;
using cutover::Direction;

constexpr auto look_interval = 20ms;

exportdir::MetaDb open_meta(const Migration& migration) {
  return exportdir::MetaDb::open(exportdir::Layout(migration.export_directory() / "export"), false);
}

std::string title_of(Direction direction) {
  return std::string(cutover::facts_of(direction).title);
}

/// Rows of the shop whose keys the database gives. `name`: not used before.
std::string new_rows(const std::string& name) {
  return "INSERT INTO customers (email, name) VALUES ('" + name +
         "@example.com', 'x');"
         "INSERT INTO products (sku, title, price) VALUES ('" +
         name +
         "', 'x', 1);"
         "INSERT INTO documents (title, body) VALUES ('after', 'x');"
         "INSERT INTO orders (ordered_on, customer_id) SELECT '2024-05-05', min(id) FROM customers";
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Moment& moment) {
  return out << moment.failpoint;
}

std::string name_of(const ::testing::TestParamInfo<Moment>& moment) {
  return moment.param.name;
}

void crash_and_restart(PgCluster& server, std::chrono::milliseconds down) {
  server.stop_immediately();
  std::this_thread::sleep_for(down);
  server.start();
}

void Faults::SetUp() {
  VOYAGER_REQUIRE_TARGET();
  servers_.emplace();
}

void Faults::TearDown() {
  workload_.reset();
  if (HasFailure()) std::cout << words() << std::endl;
}

void Faults::prepare(int orders) {
  create_shop(source(), orders);
  source_network_.emplace(source());
  target_network_.emplace(target());
  be_reached_at(target(), target_network_->port());
  migration_.emplace(source_network_->through(source()), target_network_->through(target()));
  source_before_ = restorable_state(source());
  migration_->move_schema();
  target_before_ = restorable_state_of_target(target());
}

void Faults::be_impatient() {
  migration_->set_environment("YB_VOYAGER_NETWORK_PATIENCE", "2");
}

void Faults::pause_at(const std::string& failpoints) {
  migration_->set_environment("VOYAGER_FAILPOINT", failpoints);
}

void Faults::start_export(const Words& more) {
  exporter_ = std::make_unique<Child>(migration_->start_export(more));
}

void Faults::start_import(const Words& more) {
  importer_ = std::make_unique<Child>(migration_->start_import(more));
}

void Faults::stream(int orders) {
  prepare(orders);
  start_export();
  start_import();
  wait_for("the stream", [this] {
    return exporter_->output().find("streaming changes to the change log") != std::string::npos &&
           importer_->output().find("streaming changes to the target") != std::string::npos;
  });
}

void Faults::restart(std::unique_ptr<Child>& process) {
  process->kill();
  process->wait();
  pause_at("");
  if (&process == &exporter_) {
    start_export();
  } else {
    start_import();
  }
}

void Faults::begin_anew() {
  stop_processes();
  importer_.reset();
  start_export({"--start-clean", "true"});
  wait_for_snapshot();
  start_import({"--start-clean", "true", "--truncate-tables", "true"});
  wait_until_in_step(source(), target());
}

void Faults::wait_for_snapshot() {
  wait_for("the slot", [this] {
    return exporter_->output().find("and its snapshot begin at position") != std::string::npos;
  });
}

void Faults::move_source_to(const PgCluster& server) {
  const int port = source_network_->port();
  successor_ = &server;
  source_network_.reset();
  source_network_.emplace(source(), port);
}

void Faults::write_to(const engine::Endpoint& place, double rows_per_second) {
  WorkloadOptions options;
  options.connection = connection_string(place);
  options.seed = static_cast<std::uint64_t>(++marks_);
  options.rows_per_second = rows_per_second;
  workload_ = std::make_unique<Workload>(options);
}

void Faults::wait_for_rows(std::int64_t more) {
  const std::int64_t wanted = workload_->totals().rows + more;
  wait_for("the applications", [&] { return workload_->totals().rows >= wanted; });
}

void Faults::stop_writing() {
  if (!workload_) return;
  for (const std::string& error : workload_->stop().errors)
    ADD_FAILURE() << "an application was disturbed: " << error;
  workload_.reset();
}

void Faults::wait_until_in_step(const engine::Endpoint& from, const engine::Endpoint& to) {
  const std::string mark = "mark" + std::to_string(++marks_) + "@example.com";
  execute(from, "INSERT INTO customers (email, name) VALUES ('" + mark + "', 'mark')");
  wait_for("what was written to come through", [&] {
    return !query(to, "SELECT FROM customers WHERE email = '" + mark + "'").empty();
  });
}

bool Faults::failed(Child& process) const {
  return process.wait_for(0ms).value_or(0) != 0;
}

std::string Faults::words() const {
  std::string text;
  for (const Child* process : {exporter_.get(), importer_.get()}) {
    if (process == nullptr) continue;
    const std::string output = process->output();
    text += "\n--- a process said:\n" +
            output.substr(output.size() - std::min<std::size_t>(output.size(), 3000)) +
            process->errors();
  }
  return text;
}

void Faults::wait_for(const std::string& what, const std::function<bool()>& done) {
  const auto end = Clock::now() + patience;
  while (!done()) {
    for (Child* process : {exporter_.get(), importer_.get()}) {
      if (process != nullptr && failed(*process))
        throw std::runtime_error("a process failed while waiting for " + what);
    }
    if (Clock::now() > end) throw std::runtime_error("in vain: " + what);
    std::this_thread::sleep_for(look_interval);
  }
}

void Faults::wait_for_pause(const std::string& failpoint) {
  const std::string told = "delayed at failpoint " + failpoint + "\n";
  wait_for(failpoint, [&] {
    return (exporter_ && exporter_->errors().find(told) != std::string::npos) ||
           (importer_ && importer_->errors().find(told) != std::string::npos);
  });
}

void Faults::wait_for_state(Direction direction, CutoverState state, int round) {
  exportdir::MetaDb meta = open_meta(*migration_);
  const cutover::Journal journal(meta, direction, round);
  wait_for("the cutover " + title_of(direction), [&] { return journal.state() >= state; });
}

std::string Faults::waiting_for(const std::string& role) const {
  const auto figures = open_meta(*migration_).figures(role);
  const auto found = figures.find("waiting_for");
  return found == figures.end() ? "" : found->second;
}

void Faults::initiate(bool fall_back) {
  stop_writing();
  migration_->initiate_cutover(fall_back);
}

void Faults::finish_cutover(Direction direction, int round) {
  wait_for_state(direction, CutoverState::completed, round);
  if (direction == Direction::to_target && round == 1)
    migration_->command({"import", "schema", "--post-snapshot-import", "true", "--yes"});
}

void Faults::to_target(bool fall_back) {
  initiate(fall_back);
  finish_cutover(Direction::to_target);
}

void Faults::to_source() {
  stop_writing();
  migration_->initiate_cutover_to("source");
  finish_cutover(Direction::to_source);
}

void Faults::stop_processes() {
  for (const auto* process : {&exporter_, &importer_}) {
    if (!*process) continue;
    (*process)->signal(SIGTERM);
    EXPECT_TRUE((*process)->wait_for(patience).has_value()) << "a process does not stop";
  }
}

void Faults::expect_equal(const engine::Endpoint& primary) {
  stop_writing();
  for (const std::string& line : differences(source(), target())) {
    // A server that has crashed passes over values of its sequences: used ones count, not equal
    // ones.
    if (!line.starts_with("sequences: ")) ADD_FAILURE() << line;
  }
  migration_->expect_verified();
  EXPECT_NO_THROW(execute(primary, new_rows("after" + std::to_string(++marks_))))
      << "keys that were used already";
}

void Faults::expect_ends_clean() {
  stop_processes();
  migration_->end();
  EXPECT_THAT(restorable_state(source()), ::testing::UnorderedElementsAreArray(source_before_));
  // Foreign keys and triggers come with the schema's second part.
  EXPECT_THAT(restorable_state_of_target(target()), ::testing::IsSupersetOf(target_before_));
  for (const engine::Endpoint& place : {source(), target()}) {
    EXPECT_EQ(left_behind(place), "");
    EXPECT_EQ(sessions_left(place), "") << "sessions at " << place.host;
    EXPECT_EQ(value(place, "SELECT count(*) FROM pg_trigger WHERE tgenabled = 'D'"), "0");
  }
  EXPECT_TRUE(std::filesystem::is_empty(migration_->export_directory() / "export"));
}

void Faults::expect_all_holds(const engine::Endpoint& primary) {
  expect_equal(primary);
  expect_ends_clean();
}

void StreamingFaults::begin() {
  stream();
  write_to(source());
  wait_for_rows(200);
}

void StreamingFaults::finish() {
  wait_for_rows(200);
  wait_until_in_step(source(), target());
  to_target(false);
  expect_all_holds(target());
}

std::string Faults::expect_stopped(std::unique_ptr<Child>& process, const std::string& code) {
  const std::optional<int> ended = process->wait_for(patience);
  EXPECT_TRUE(ended && *ended != 0) << "a process goes on that should stop with " << code;
  const std::string said = process->errors();
  EXPECT_NE(said.find(code + " "), std::string::npos) << said;
  process.reset();
  return said;
}

}  // namespace voyager::testing
