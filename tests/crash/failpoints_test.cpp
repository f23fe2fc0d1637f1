// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <regex>
#include <set>
#include <thread>

#include "scenarios/story.hpp"
#include "support/temp_directory.hpp"

namespace voyager::testing {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr int killed = 128 + SIGKILL;

/// Every failpoint that stands in the sources.
std::set<std::string> failpoints() {
  std::set<std::string> names;
  const std::regex call("VOYAGER_FAILPOINT\\(\"([a-z_.]+)\"\\)");
  for (const auto& entry : std::filesystem::recursive_directory_iterator(VOYAGER_SOURCES)) {
    if (entry.path().extension() != ".cpp") continue;
    const std::string text = file_text(entry.path());
    for (std::sregex_iterator match(text.begin(), text.end(), call), none; match != none; ++match)
      names.insert((*match)[1]);
  }
  return names;
}

/// The parts of a story that change the direction in which changes go.
enum class Leg { forth, back, forth_again };
constexpr std::array all_legs{Leg::forth, Leg::back, Leg::forth_again};

const char* word_of(Leg leg) {
  constexpr std::array words{"forth", "back", "forth again"};
  return words[static_cast<std::size_t>(leg)];
}

/// Where processes were killed, and in which leg.
using Kills = std::map<std::string, std::set<Leg>>;

/// These are passed in every leg, by another process with another database each time.
bool belongs_to_every_leg(const std::string& failpoint) {
  constexpr std::array<std::string_view, 4> families{"capture.", "change_log.", "apply.",
                                                     "cutover."};
  return std::any_of(families.begin(), families.end(),
                     [&](auto family) { return failpoint.starts_with(family); });
}

/// What a process can pass again and again while there are changes.
bool is_passed_while_streaming(const std::string& failpoint) {
  return belongs_to_every_leg(failpoint) && !failpoint.starts_with("cutover.") &&
         failpoint != "capture.after_barrier_written";
}

/// How the processes of one story are killed.
struct Orders {
  std::set<std::string> failpoints;
  int pass = 1;  ///< die the n-th time that one process comes by
};

/// What the processes of one story have in common.
struct Stage {
  Migration& migration;
  const Orders& orders;
  Kills kills;
  std::string history;          ///< of kills, for a message
  bool back_asked_for = false;  ///< the cutover to the source was requested
};

/// One process of a story: whoever kills it at a failpoint has it started again, and each kills
/// once in each leg.
class Mortal {
 public:
  /// Starts it the first time (0 kills) or after so many. `other`: by its other name, if it has one
  /// by now.
  using Start = std::function<Child(int kills, bool other)>;

  Mortal(Stage& stage, std::string command, Start start)
      : stage_(stage), command_(std::move(command)), start_(std::move(start)) {
    run();
  }

  /// False while it runs. Throws: std::runtime_error when it failed by itself.
  bool done();
  void wait(std::chrono::seconds limit = 60s);
  /// Kills it, unless it was started after the first leg: it would not die in the third where it
  /// died in the first.
  void renew();
  std::string text() const { return child_->output() + child_->errors(); }

 private:
  void run();
  void note_name();
  Leg leg() const;
  std::optional<std::string> place_of_death() const;

  Stage& stage_;
  std::string command_;  ///< what it is at present
  Start start_;
  std::unique_ptr<Child> child_;
  Leg started_in_ = Leg::forth;
  bool killed_by_us_ = false;
  int kills_ = 0;
  std::map<Leg, std::set<std::string>> over_;  ///< has been killed there
};

void Mortal::run() {
  started_in_ = leg();
  std::string armed;
  for (const std::string& name : stage_.orders.failpoints) {
    if (over_[started_in_].contains(name)) continue;
    armed += (armed.empty() ? "" : ",") + name + ":" + std::to_string(stage_.orders.pass);
  }
  stage_.migration.set_environment("VOYAGER_FAILPOINT", armed);
  child_ = std::make_unique<Child>(start_(kills_, started_in_ != Leg::forth && kills_ % 2 == 1));
  stage_.migration.set_environment("VOYAGER_FAILPOINT", "");
}

void Mortal::note_name() {
  static const std::regex announcement("This .* process is (.*) from now on\\.");
  const std::string output = child_->output();
  for (std::sregex_iterator match(output.begin(), output.end(), announcement), none; match != none;
       ++match)
    command_ = (*match)[1];
}

Leg Mortal::leg() const {
  if (command_ == "import data to source" || command_ == "export data from target")
    return Leg::back;
  return stage_.back_asked_for ? Leg::forth_again : Leg::forth;
}

std::optional<std::string> Mortal::place_of_death() const {
  static const std::regex last_words("killed at failpoint ([a-z_.]+)\n");
  const std::string errors = child_->errors();
  std::smatch match;
  if (!std::regex_search(errors, match, last_words)) return std::nullopt;
  return match[1];
}

bool Mortal::done() {
  if (child_->running()) return false;
  const int code = child_->wait();
  if (code == 0) return true;
  note_name();
  const auto place = place_of_death();
  if (code != killed || !(place || killed_by_us_))
    throw std::runtime_error(command_ + " ended with " + std::to_string(code) + ": " + text());
  if (place && !over_[leg()].insert(*place).second)
    throw std::runtime_error(command_ + " was killed twice at " + *place);
  if (place) stage_.kills[*place].insert(leg());
  stage_.history += "\n  " + command_ + " (" + word_of(leg()) + ") at " + place.value_or("rest");
  killed_by_us_ = false;
  ++kills_;
  run();
  return false;
}

void Mortal::renew() {
  if (started_in_ != Leg::forth) return;
  killed_by_us_ = true;
  child_->kill();
  child_->wait();
  done();
}

void Mortal::wait(std::chrono::seconds limit) {
  const auto end = Clock::now() + limit;
  while (!done()) {
    if (Clock::now() > end) throw std::runtime_error(command_ + " does not end: " + text());
    std::this_thread::sleep_for(20ms);
  }
}

/// Doubled or lost rows would show in `bag`, triggers that fire during an import in `audit`, a
/// sequence that was not set in the next row of `t`.
constexpr const char* setup = R"sql(
CREATE TABLE t (id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, v text UNIQUE, big text);
CREATE TABLE child (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                    t_id int REFERENCES t ON DELETE CASCADE);
CREATE TABLE bag (v int);
CREATE TABLE audit (id serial PRIMARY KEY, operation text, t_id int);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO audit (operation, t_id) VALUES (TG_OP, coalesce(NEW.id, OLD.id));
  RETURN NULL;
END $$;
INSERT INTO t (v, big) SELECT 'v' || i, repeat(md5(i::text), 100) FROM generate_series(1, 500) i;
INSERT INTO child (t_id) SELECT id FROM t;
INSERT INTO bag SELECT i / 2 FROM generate_series(1, 200) i;
CREATE TRIGGER noted AFTER INSERT OR UPDATE OR DELETE ON t FOR EACH ROW EXECUTE FUNCTION note();
)sql";

/// What the applications do; `step` goes on over the whole story.
void change(const engine::Endpoint& endpoint, int step) {
  const std::string number = std::to_string(step);
  execute(endpoint, "UPDATE t SET v = v || 'x' WHERE id % 20 = " + std::to_string(step % 20));
  execute(endpoint, "INSERT INTO bag VALUES (-" + number + "), (-" + number + ")");
  execute(endpoint, "DELETE FROM bag WHERE v = " + number + " OR v = 3 - " + number);
  execute(endpoint, "DELETE FROM t WHERE id = " + number +
                        ";WITH made AS (INSERT INTO t (v, big) VALUES ('new " + number +
                        "', repeat('y', 3000)) RETURNING id) "
                        "INSERT INTO child (t_id) SELECT id FROM made");
}

/// One migration forth, back and forth again.
class KilledMigration {
 public:
  explicit KilledMigration(const Orders& orders) : orders_(orders) {
    migration_.set_environment("QUEUE_SEGMENT_MAX_BYTES", "3000");
    // Several batches at once, so that some are written ahead of their turn.
    migration_.set_environment("MAX_EVENTS_PER_BATCH", "2");
  }

  void live();
  const Kills& kills() const { return stage_.kills; }
  const std::string& history() const { return stage_.history; }

 private:
  void run_command(const Words& words, const Words& when_repeated = {});
  void start_processes();
  void start_archiver();
  bool poll();
  void stream(Leg leg, const engine::Endpoint& applications);
  void wait_for_cutover(const std::string& direction);
  void expect_equal(const std::string& when);
  void end();

  const Orders& orders_;
  TwoServers servers_;
  TempDirectory archive_;
  Migration migration_{servers_.source(), servers_.target()};
  Stage stage_{migration_, orders_, {}, "", false};
  std::optional<Mortal> source_side_;
  std::optional<Mortal> target_side_;
  std::optional<Mortal> archiver_;
  int step_ = 0;
};

/// A command that is waited for.
void KilledMigration::run_command(const Words& words, const Words& when_repeated) {
  Mortal(stage_, words[0] + " " + words[1], [&](int kills, bool) {
    Words all = words;
    if (kills > 0) all.insert(all.end(), when_repeated.begin(), when_repeated.end());
    return migration_.start(all);
  }).wait();
}

void KilledMigration::start_processes() {
  source_side_.emplace(stage_, "export data from source", [this](int, bool other) {
    return other ? migration_.start_import_to_source() : migration_.start_export();
  });
  target_side_.emplace(stage_, "import data to target", [this](int, bool other) {
    return other ? migration_.start_export_from_target() : migration_.start_import();
  });
}

/// It follows all legs, and takes each small segment away as soon as nobody needs it there; it
/// copies them first only where that has a failpoint to die at.
void KilledMigration::start_archiver() {
  Words words = {"archive", "changes", "--fs-utilization-threshold", "0", "--yes", "--policy"};
  if (orders_.failpoints.contains("archive.after_copy")) {
    words.insert(words.end(), {"archive", "--archive-dir", archive_.path().string()});
  } else {
    words.emplace_back("delete");
  }
  Words once = words;
  once.insert(once.end(), {"--follow", "false"});
  // Refused (E6201) until the importer has read for the first time.
  const auto end = Clock::now() + 60s;
  for (Finished tried = migration_.try_command(once); tried.exit_code != 0;
       tried = migration_.try_command(once)) {
    if (Clock::now() > end) throw std::runtime_error("archive changes: " + tried.errors);
    poll();
  }
  archiver_.emplace(stage_, "archive changes",
                    [this, words](int, bool) { return migration_.start(words); });
}

/// True when all have ended.
bool KilledMigration::poll() {
  bool ended = true;
  for (std::optional<Mortal>* process : {&source_side_, &target_side_, &archiver_})
    ended = (!*process || (*process)->done()) && ended;
  return ended;
}

/// Applications write until every failpoint of streaming has had its turn.
void KilledMigration::stream(Leg leg, const engine::Endpoint& applications) {
  const auto end = Clock::now() + 30s;
  const auto left = [&] {
    return std::any_of(orders_.failpoints.begin(), orders_.failpoints.end(), [&](auto& name) {
      return is_passed_while_streaming(name) && !stage_.kills[name].contains(leg);
    });
  };
  do {
    for (int i = 0; i < 3; ++i) change(applications, ++step_);
    std::this_thread::sleep_for(50ms);
    poll();
  } while (left() && Clock::now() < end);
}

void KilledMigration::wait_for_cutover(const std::string& direction) {
  const auto end = Clock::now() + 90s;
  for (std::string last; last.find("COMPLETED") == std::string::npos;) {
    if (Clock::now() > end) throw std::runtime_error("the cutover does not complete: " + last);
    poll();
    last = migration_.cutover_row(direction);
  }
}

void KilledMigration::expect_equal(const std::string& when) {
  for (const std::string& line : differences(servers_.source(), servers_.target()))
    ADD_FAILURE() << when << ": " << line;
}

void KilledMigration::end() {
  const auto limit = Clock::now() + 90s;
  while (!poll()) {
    if (Clock::now() > limit)
      throw std::runtime_error("a process does not end: " + source_side_->text() +
                               target_side_->text() + archiver_->text());
    std::this_thread::sleep_for(50ms);
  }
  expect_equal("at the end");
  migration_.expect_verified();
  run_command({"end", "migration", "--backup-schema-files", "false", "--backup-data-files", "false",
               "--save-migration-reports", "false", "--backup-log-files", "false", "--yes"});
}

void KilledMigration::live() {
  run_script(servers_.source(), setup);
  const auto before = restorable_state(servers_.source());
  run_command({"export", "schema"});
  run_command({"import", "schema", "--yes"}, {"--ignore-exist", "true"});
  start_processes();
  start_archiver();
  stream(Leg::forth, servers_.source());
  migration_.initiate_cutover(true);
  wait_for_cutover("source → target");
  run_command({"import", "schema", "--post-snapshot-import", "true", "--yes"},
              {"--ignore-exist", "true"});
  expect_equal("after the cutover to the target");

  stream(Leg::back, servers_.target());
  stage_.back_asked_for = true;
  migration_.initiate_cutover_to("source", {"--restart-data-migration-source-target", "true"});
  wait_for_cutover("target → source");
  expect_equal("after the cutover back");

  source_side_->renew();
  target_side_->renew();
  stream(Leg::forth_again, servers_.source());
  migration_.initiate_cutover(false);
  end();
  EXPECT_THAT(restorable_state(servers_.source()), ::testing::UnorderedElementsAreArray(before));
  EXPECT_EQ(left_behind(servers_.source()), "");
  EXPECT_EQ(left_behind(servers_.target()), "");
}

void live_through(const Orders& orders, Kills& kills) {
  KilledMigration story(orders);
  try {
    story.live();
  } catch (const std::exception& error) {
    ADD_FAILURE() << error.what();
  }
  if (::testing::Test::HasFailure()) ADD_FAILURE() << "killed were:" << story.history();
  for (const auto& [name, legs] : story.kills()) kills[name].insert(legs.begin(), legs.end());
}

void expect_in_every_leg(Kills& kills, const std::string& name) {
  for (const Leg leg : all_legs)
    EXPECT_TRUE(kills[name].contains(leg))
        << "nobody was killed " << word_of(leg) << " at " << name;
}

TEST(Failpoints, EveryOneIsSurvived) {
  VOYAGER_REQUIRE_TARGET();
  const std::set<std::string> names = failpoints();
  // Not all in one story: what one kill breaks, the next one shouldn't mend.
  std::array<Orders, 6> stories;
  std::size_t place = 0;
  for (const std::string& name : names) stories[place++ % stories.size()].failpoints.insert(name);
  Kills kills;
  for (const Orders& orders : stories) live_through(orders, kills);
  for (const std::string& name : names) {
    EXPECT_FALSE(kills[name].empty()) << "nobody was killed at " << name;
    if (belongs_to_every_leg(name)) expect_in_every_leg(kills, name);
  }
}

/// All in one story, where a process passes them more than once; which not each one is.
TEST(Failpoints, LaterPassesAreSurvived) {
  VOYAGER_REQUIRE_TARGET();
  const std::set<std::string> names = failpoints();
  for (const int pass : {2, 3}) {
    SCOPED_TRACE("pass " + std::to_string(pass));
    Kills kills;
    live_through({names, pass}, kills);
    for (const std::string& name : names)
      if (is_passed_while_streaming(name)) expect_in_every_leg(kills, name);
  }
}

}  // namespace
}  // namespace voyager::testing
