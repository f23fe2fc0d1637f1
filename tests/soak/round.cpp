// SPDX-License-Identifier: Apache-2.0
#include "soak/round.hpp"

#include <algorithm>
#include <csignal>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>

#include "scenarios/story.hpp"
#include "soak/kept.hpp"
#include "soak/remains.hpp"
#include "support/proxy.hpp"

namespace voyager::testing {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// Whatever broke has been mended: longer than this nothing takes.
constexpr auto patience = 150s;
constexpr auto look_interval = 20ms;

/// A database, the server that it is on, and the network that the migration reaches it by.
struct Place {
  std::string name;  ///< as in "initiate cutover to"
  PgCluster& server;
  engine::Endpoint database;
  std::unique_ptr<Proxy> network = std::make_unique<Proxy>(database);
  std::vector<std::string> before = {};  ///< what a migration may change only for its time

  engine::Endpoint through_network() const { return network->through(database); }
};

class Round {
 public:
  explicit Round(const Plan& plan);

  Lived live();

 private:
  void prepare();
  void add_place(const std::string& name, PgCluster& server, const engine::Endpoint& database);
  Place& place(const std::string& name);
  void start_processes();
  void live(const Leg& leg);
  void cut_over(const Leg& leg);
  void end();

  /// Strikes each when `reached()` is there.
  void strike_all(const std::vector<Fault>& faults, const std::function<int()>& reached,
                  const std::function<bool()>& over);
  void begin(const Fault& fault);
  void end(const Fault& fault);
  void mend_all();

  /// Gives commands of killed processes again. Returns whether all have ended.
  bool look_after_processes();
  void look_on_for(std::chrono::milliseconds time);
  void wait_for(const std::string& what, const std::function<bool()>& done);

  void expect(const std::vector<std::string>& lines, const std::string& when);
  void expect_all_committed(const std::string& name, const std::string& when);
  void expect_equal(const std::string& one, const std::string& other, const std::string& when);
  void expect_nothing_left();
  void note(const std::string& event);
  std::string words() const;

  const Plan& plan_;
  Clock::time_point begun_ = Clock::now();
  std::vector<std::string> found_;
  std::string events_;

  TwoServers servers_;
  std::optional<PgCluster> replica_server_;
  std::vector<Place> places_;
  std::optional<Migration> migration_;
  std::vector<std::unique_ptr<Kept>> processes_;  ///< of the source, the target, the source-replica
  bool has_cut_over_ = false;                     ///< processes have other names too
  Applications applications_;
};

Round::Round(const Plan& plan) : plan_(plan), applications_(plan.applications) {}

void Round::add_place(const std::string& name, PgCluster& server,
                      const engine::Endpoint& database) {
  places_.push_back({name, server, database});
}

Place& Round::place(const std::string& name) {
  return *std::find_if(places_.begin(), places_.end(),
                       [&](const Place& place) { return place.name == name; });
}

void Round::note(const std::string& event) {
  const auto at = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begun_);
  events_ += std::to_string(at.count()) + " ms: " + event + "\n";
}

std::string Round::words() const {
  std::string text = "events:\n" + events_;
  for (const auto& process : processes_) text += process->words() + "\n";
  return text;
}

void Round::prepare() {
  PgCluster& source_server = servers_.source_server();
  source_server.execute("postgres", "ALTER SYSTEM SET max_prepared_transactions = 20");
  source_server.restart();
  add_place("source", source_server, servers_.source());
  add_place("target", servers_.target_server().cluster(), servers_.target());
  be_reached_at(servers_.target(), places_[1].network->port());
  execute(servers_.source(), soak_schema(plan_.applications.applications));
  applications_.start(servers_.source(), Dialect::postgresql, plan_.transactions_before);
  wait_for("the applications", [this] { return !applications_.working(); });
  migration_.emplace(places_[0].through_network(), places_[1].through_network());
  for (const auto& [name, value] : plan_.environment) migration_->set_environment(name, value);
  if (plan_.journey == Journey::fall_forward) {
    replica_server_.emplace();
    replica_server_->create_database("shop");
    add_place("source-replica", *replica_server_, replica_server_->endpoint("shop"));
    migration_->set_source_replica(places_[2].through_network());
  }
  places_[0].before = restorable_state(places_[0].database);
  migration_->move_schema();
  if (replica_server_) migration_->command({"import", "schema", "to", "source-replica", "--yes"});
  for (std::size_t i = 1; i < places_.size(); ++i)
    places_[i].before = restorable_state_of_target(places_[i].database);
}

void Round::start_processes() {
  const auto add = [this](const std::string& name, const Kept::Start& start) {
    processes_.push_back(std::make_unique<Kept>(*migration_, name, start));
  };
  const bool back =
      plan_.journey == Journey::and_back || plan_.journey == Journey::and_back_and_forth;
  add("the source's process", [this, back](int ends) {
    return back && has_cut_over_ && ends % 2 == 1 ? migration_->start_import_to_source()
                                                  : migration_->start_export();
  });
  add("the target's process", [this](int ends) {
    return has_cut_over_ && ends % 2 == 1 ? migration_->start_export_from_target()
                                          : migration_->start_import();
  });
  if (replica_server_)
    add("the source-replica's process", [this](int) { return migration_->start_replica_import(); });
}

bool Round::look_after_processes() {
  bool all_ended = true;
  for (const auto& process : processes_) all_ended = process->done() && all_ended;
  return all_ended;
}

void Round::look_on_for(std::chrono::milliseconds time) {
  const auto end = Clock::now() + time;
  do {
    look_after_processes();
    std::this_thread::sleep_for(look_interval);
  } while (Clock::now() < end);
}

void Round::wait_for(const std::string& what, const std::function<bool()>& done) {
  const auto end = Clock::now() + patience;
  while (!done()) {
    if (Clock::now() > end) throw std::runtime_error("in vain: " + what);
    look_on_for(look_interval);
  }
}

void Round::begin(const Fault& fault) {
  note(described(fault));
  const auto number = static_cast<std::size_t>(fault.who);
  Kept& process = *processes_.at(number);
  Proxy& network = *places_.at(number).network;
  switch (fault.kind) {
    case FaultKind::kill:
      return process.kill();
    case FaultKind::kill_at_failpoints:
      return process.kill(fault.failpoints);
    case FaultKind::stand_still:
      return process.signal(SIGSTOP);
    case FaultKind::cut:
      return network.cut();
    case FaultKind::reset:
      return network.reset();
    case FaultKind::reset_soon:
      return network.reset_after(20'000);
    case FaultKind::swallow:
      return network.swallow();
    case FaultKind::delay:
      return network.set_delay(60ms);
    case FaultKind::refuse:
      network.refuse();
      return network.reset();
    case FaultKind::drop_answer_to_commit:
      return network.drop_answer_to_commit();
    case FaultKind::crash:
      return places_.at(number).server.stop_immediately();
  }
}

void Round::end(const Fault& fault) {
  const auto number = static_cast<std::size_t>(fault.who);
  Proxy& network = *places_.at(number).network;
  if (fault.kind == FaultKind::stand_still) processes_.at(number)->signal(SIGCONT);
  if (fault.kind == FaultKind::swallow || fault.kind == FaultKind::refuse) network.heal();
  if (fault.kind == FaultKind::delay) network.set_delay(0ms);
  PgCluster& server = places_.at(number).server;
  if (fault.kind == FaultKind::crash && server.pid() == -1) server.start();
}

void Round::strike_all(const std::vector<Fault>& faults, const std::function<int()>& reached,
                       const std::function<bool()>& over) {
  std::vector<Fault> lasting;
  for (const Fault& fault : faults) {
    // While one lasts, applications may not get on.
    if (lasting.empty())
      wait_for("the moment of a fault", [&] { return reached() >= fault.at || over(); });
    begin(fault);
    look_on_for(fault.overlaps ? fault.lasts / 2 : fault.lasts);
    lasting.push_back(fault);
    if (fault.overlaps) continue;
    for (const Fault& one : lasting) end(one);
    lasting.clear();
  }
  for (const Fault& one : lasting) end(one);
}

void Round::mend_all() {
  for (Place& one : places_) one.network->heal();
}

void Round::live(const Leg& leg) {
  note(leg.writes_to + " is written to");
  const Place& from = place(leg.writes_to);
  applications_.start(from.database,
                      from.name == "target" ? Dialect::yugabytedb : Dialect::postgresql,
                      leg.transactions);
  const auto over = [this] { return !applications_.working(); };
  strike_all(
      leg.while_streaming, [this] { return applications_.over(); }, over);
  wait_for("the applications", over);
  mend_all();
  cut_over(leg);
}

void Round::cut_over(const Leg& leg) {
  Words words{"initiate", "cutover", "to", leg.cutover_to, "--yes"};
  if (leg.cutover_to == "target")
    words.insert(words.end(),
                 {"--prepare-for-fall-back", leg.goes_on && !replica_server_ ? "true" : "false"});
  if (leg.cutover_to == "source")
    words.insert(words.end(),
                 {"--restart-data-migration-source-target", leg.goes_on ? "true" : "false"});
  wait_for("the time for a cutover", [&] {
    const Finished seen = migration_->try_command(words);
    if (seen.exit_code != 0 && seen.errors.find("E7001") == std::string::npos)
      throw std::runtime_error("initiate cutover: " + seen.errors);
    return seen.exit_code == 0;
  });
  note("cutover to " + leg.cutover_to);
  const auto asked_for = Clock::now();
  const auto reached = [&] { return static_cast<int>((Clock::now() - asked_for) / 1ms); };
  strike_all(leg.in_cutover, reached, [] { return false; });
  mend_all();
  const std::string direction = leg.writes_to + " → " + leg.cutover_to;
  wait_for("the cutover " + direction, [&] {
    return migration_->cutover_row(direction).find("COMPLETED") != std::string::npos;
  });
  note("is over");
  if (!has_cut_over_)
    migration_->command({"import", "schema", "--post-snapshot-import", "true", "--yes"});
  has_cut_over_ = leg.goes_on;
  expect_all_committed(leg.writes_to, "where it was written");
  expect_equal(leg.writes_to, leg.cutover_to, "after the cutover to " + leg.cutover_to);
}

void Round::expect(const std::vector<std::string>& lines, const std::string& when) {
  for (const std::string& line : lines) found_.push_back(when + ": " + line);
}

void Round::expect_all_committed(const std::string& name, const std::string& when) {
  expect(differences_from_model(applications_.committed(),
                                read_model(place(name).database, plan_.applications.applications)),
         when);
}

void Round::expect_equal(const std::string& one, const std::string& other,
                         const std::string& when) {
  for (const std::string& line : differences(place(one).database, place(other).database)) {
    // A server that has crashed passes over values: used ones count, not equal ones.
    if (!line.starts_with("sequences: ")) expect({line}, when);
  }
  expect_all_committed(other, when);
  expect(sequences_behind(place(other).database), when);
  const Finished verified =
      migration_->try_command({"verify", "data", "--between", one + "," + other});
  if (verified.exit_code != 0) expect({verified.output + verified.errors}, when);
}

void Round::end() {
  wait_for("the end of all processes", [this] { return look_after_processes(); });
  const Words words = end_migration_words();
  migration_->set_environment("VOYAGER_FAILPOINT", plan_.end_failpoints);
  Finished ended = migration_->try_command(words);
  migration_->set_environment("VOYAGER_FAILPOINT", "");
  if (ended.exit_code == 128 + SIGKILL) ended = migration_->try_command(words);
  if (ended.exit_code != 0) throw std::runtime_error("end migration: " + ended.errors);
  expect_nothing_left();
}

void Round::expect_nothing_left() {
  for (const Place& one : places_)
    expect(remains(one.database, one.before), one.name + " at the end");
  if (!std::filesystem::is_empty(migration_->export_directory() / "export"))
    found_.emplace_back("the export directory is not empty at the end");
}

Lived Round::live() {
  try {
    prepare();
    start_processes();
    for (const Leg& leg : plan_.legs) {
      live(leg);
      if (!found_.empty()) break;
    }
    if (found_.empty()) end();
  } catch (const std::exception& error) {
    found_.emplace_back(error.what());
  }
  applications_.stop();
  expect(applications_.totals().errors, "an application was disturbed");
  if (!found_.empty()) found_.push_back(words());
  return {std::move(found_), applications_.totals()};
}

}  // namespace

Lived live(const Plan& plan) {
  return Round(plan).live();
}

}  // namespace voyager::testing
