// SPDX-License-Identifier: Apache-2.0
#include "support/pg_cluster.hpp"

#include <libpq-fe.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fcntl.h>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

namespace voyager::testing {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// The server refuses to run as root.
const char* const server_user = "postgres";

std::string program(const std::string& name) {
  return std::string(VOYAGER_PG_PROGRAMS) + "/" + name;
}

fs::path make_private_directory() {
  std::string path = "/tmp/vpg.XXXXXX";
  if (mkdtemp(path.data()) == nullptr) {
    throw std::system_error(errno, std::generic_category(), path);
  }
  if (geteuid() == 0) {
    const passwd* user = getpwnam(server_user);
    if (user == nullptr || chown(path.c_str(), user->pw_uid, user->pw_gid) != 0) {
      throw std::runtime_error("can't give " + path + " to user postgres");
    }
  }
  return path;
}

/// Held while the template is made or copied: test programs run side by side.
class TemplateLock {
 public:
  TemplateLock() {
    fs::create_directories(VOYAGER_TEST_CACHE);
    fd_ = open(VOYAGER_TEST_CACHE "/lock", O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    if (fd_ < 0 || flock(fd_, LOCK_EX) != 0) {
      throw std::system_error(errno, std::generic_category(), VOYAGER_TEST_CACHE "/lock");
    }
  }
  ~TemplateLock() { close(fd_); }
  TemplateLock(const TemplateLock&) = delete;
  TemplateLock& operator=(const TemplateLock&) = delete;

 private:
  int fd_ = -1;
};

/// Ends the server and removes the directory when its input closes: our death closes it, however we
/// die.
std::unique_ptr<Child> start_guardian(const fs::path& directory) {
  ChildOptions options;
  options.arguments = {"/bin/sh", "-c",
                       "cat; pid=$(head -n 1 \"$0/data/postmaster.pid\" 2>&-) && "
                       "kill -QUIT \"$pid\" && for i in 1 2 3 4 5 6 7 8 9 10; do "
                       "[ -e \"$0/data/postmaster.pid\" ] && sleep 0.2; done; rm -rf \"$0\"",
                       directory.string()};
  options.with_input = true;
  options.own_session = true;
  options.signal_with_parent = 0;
  return std::make_unique<Child>(options);
}

struct Finish {
  void operator()(PGconn* connection) const noexcept { PQfinish(connection); }
  void operator()(PGresult* result) const noexcept { PQclear(result); }
};

std::unique_ptr<PGconn, Finish> connect(const engine::Endpoint& endpoint) {
  std::unique_ptr<PGconn, Finish> connection(PQconnectdb(connection_string(endpoint).c_str()));
  if (PQstatus(connection.get()) != CONNECTION_OK) {
    throw std::runtime_error(PQerrorMessage(connection.get()));
  }
  PQsetNoticeProcessor(
      connection.get(), [](void*, const char*) {}, nullptr);
  return connection;
}

std::unique_ptr<PGresult, Finish> run_sql(const engine::Endpoint& endpoint,
                                          const std::string& sql) {
  const std::unique_ptr<PGconn, Finish> connection = connect(endpoint);
  std::unique_ptr<PGresult, Finish> result(PQexec(connection.get(), sql.c_str()));
  const ExecStatusType status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY) {
    throw std::runtime_error(PQresultErrorMessage(result.get()) + sql.substr(0, 2000));
  }
  return result;
}

void append_field(std::string& text, const char* name, const std::string& value) {
  text += std::string(name) + "='";
  for (const char letter : value) {
    if (letter == '\'' || letter == '\\') {
      text += '\\';
    }
    text += letter;
  }
  text += "' ";
}

std::string quoted_setting(const std::string& value) {
  std::string text = "'";
  for (const char letter : value) {
    text += letter;
    if (letter == '\'') {
      text += letter;
    }
  }
  return text + "'";
}

}  // namespace

std::string connection_string(const engine::Endpoint& endpoint) {
  std::string text;
  append_field(text, "host", endpoint.host);
  append_field(text, "port", std::to_string(endpoint.port));
  append_field(text, "dbname", endpoint.database);
  append_field(text, "user", endpoint.user);
  if (!endpoint.password.empty()) {
    append_field(text, "password", endpoint.password.reveal());
  }
  append_field(text, "application_name", "test");
  return text;
}

void execute(const engine::Endpoint& endpoint, const std::string& sql) {
  run_sql(endpoint, sql);
}

Rows query(const engine::Endpoint& endpoint, const std::string& sql) {
  const auto result = run_sql(endpoint, sql);
  Rows rows;
  for (int row = 0; row < PQntuples(result.get()); ++row) {
    std::vector<std::optional<std::string>> values;
    for (int column = 0; column < PQnfields(result.get()); ++column) {
      if (PQgetisnull(result.get(), row, column) != 0) {
        values.emplace_back();
      } else {
        values.emplace_back(
            std::string(PQgetvalue(result.get(), row, column),
                        static_cast<std::size_t>(PQgetlength(result.get(), row, column))));
      }
    }
    rows.push_back(std::move(values));
  }
  return rows;
}

int free_port() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  // The socket interface of the system takes every kind of address through this type.
  auto* any = reinterpret_cast<sockaddr*>(&address);  // NOLINT(*-reinterpret-cast)
  const bool good = fd >= 0 && bind(fd, any, length) == 0 && getsockname(fd, any, &length) == 0;
  const int why = errno;
  if (fd >= 0) {
    close(fd);
  }
  if (!good) {
    throw std::system_error(why, std::generic_category(), "free port");
  }
  return ntohs(address.sin_port);
}

bool skip_is_error() {
  const char* value = std::getenv("VOYAGER_SKIP_IS_ERROR");
  return value != nullptr && std::string(value) == "1";
}

bool PgCluster::available() {
  const bool programs = access(program("postgres").c_str(), X_OK) == 0 &&
                        access(program("initdb").c_str(), X_OK) == 0;
  return programs && (geteuid() != 0 || getpwnam(server_user) != nullptr);
}

PgCluster::PgCluster(ClusterOptions options) : options_(std::move(options)) {
  directory_ = make_private_directory();
  guardian_ = start_guardian(directory_);
  port_ = options_.primary != nullptr ? options_.primary->port()
          : options_.tcp              ? free_port()
                                      : 5432;
  if (options_.primary != nullptr) {
    copy_primary();
  } else {
    initialise();
  }
  configure();
  start();
  if (!options_.password.empty()) {
    require_passwords();
  }
}

PgCluster::~PgCluster() {
  end_server(SIGQUIT);
  guardian_->close_input();
  guardian_->wait_for(10s);
}

void PgCluster::initialise() const {
  const TemplateLock lock;
  const fs::path data = directory_ / "data";
  const fs::path kept = VOYAGER_TEST_CACHE "/cluster-15";
  if (!fs::exists(kept)) {
    run({program("initdb"), "--pgdata", data.string(), "--auth=trust", "--username=postgres",
         "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"},
        server_user);
    run({"cp", "-a", data.string(), kept.string() + ".new"});
    fs::rename(kept.string() + ".new", kept);
  } else {
    run({"cp", "-a", kept.string(), data.string()});
  }
}

void PgCluster::copy_primary() const {
  const PgCluster& primary = *options_.primary;
  if (options_.with_slots) {
    copy_stopped_primary();
    return;
  }
  const std::string host =
      options_.primary_host.empty() ? primary.socket_directory() : options_.primary_host;
  run({program("pg_basebackup"), "--pgdata", (directory_ / "data").string(), "--host", host,
       "--port", std::to_string(primary.port()), "--username", "postgres", "--checkpoint=fast",
       "--write-recovery-conf", "--no-sync"},
      server_user);
}

void PgCluster::copy_stopped_primary() const {
  const PgCluster& primary = *options_.primary;
  const fs::path data = directory_ / "data";
  run({"cp", "-a", (primary.directory() / "data").string(), data.string()});
  std::ofstream(data / "standby.signal").close();
  std::ofstream(data / "postgresql.conf", std::ios::app)
      << "primary_conninfo = "
      << quoted_setting("host=" + primary.socket_directory() +
                        " port=" + std::to_string(primary.port()) + " user=postgres")
      << "\nwal_retrieve_retry_interval = '100ms'\n";
}

void PgCluster::configure() const {
  std::map<std::string, std::string> settings = {
      {"port", std::to_string(port_)},
      {"listen_addresses", options_.tcp ? "127.0.0.1" : ""},
      {"unix_socket_directories", directory_.string()},
      {"wal_level", "logical"},
      {"max_wal_senders", "20"},
      {"max_replication_slots", "20"},
      {"max_connections", "100"},
      {"shared_buffers", "64MB"},
      {"max_wal_size", "2GB"},
      {"fsync", "off"},
      {"full_page_writes", "off"},
      {"log_line_prefix", "%m [%p] %a "},
  };
  for (const auto& [name, value] : options_.settings) {
    settings[name] = value;
  }
  std::ofstream file(directory_ / "data" / "postgresql.conf", std::ios::app);
  for (const auto& [name, value] : settings) {
    file << name << " = " << quoted_setting(value) << "\n";
  }
  if (!file.flush()) {
    throw std::runtime_error("can't write postgresql.conf");
  }
}

void PgCluster::start() {
  ChildOptions options;
  options.arguments = {program("postgres"), "-D", (directory_ / "data").string()};
  options.user = server_user;
  options.output = log_file();
  options.errors = log_file();
  options.own_session = true;
  options.signal_with_parent = SIGQUIT;
  server_ = std::make_unique<Child>(options);
  const std::string text = connection_string(endpoint());
  const auto end = std::chrono::steady_clock::now() + 60s;
  while (PQping(text.c_str()) != PQPING_OK) {
    if (!server_->running() || std::chrono::steady_clock::now() > end) {
      throw std::runtime_error("PostgreSQL did not start: " + file_text(log_file()));
    }
    std::this_thread::sleep_for(20ms);
  }
}

void PgCluster::end_server(int signal) {
  if (!server_) {
    return;
  }
  server_->signal(signal);
  server_->wait_for(60s);
  server_.reset();
}

void PgCluster::stop_immediately() {
  end_server(SIGQUIT);
}
void PgCluster::stop() {
  end_server(SIGINT);
}

void PgCluster::restart() {
  stop();
  start();
}

void PgCluster::promote() const {
  execute("postgres", "SELECT pg_promote()");
}

void PgCluster::require_passwords() const {
  execute("postgres", "SET password_encryption = 'scram-sha-256'; ALTER ROLE postgres PASSWORD " +
                          quoted_setting(options_.password));
  std::ofstream file(directory_ / "data" / "pg_hba.conf", std::ios::trunc);
  file << "local all all scram-sha-256\nhost all all 127.0.0.1/32 scram-sha-256\n"
          "local replication all scram-sha-256\nhost replication all 127.0.0.1/32 scram-sha-256\n";
  file.close();
  server_->signal(SIGHUP);
}

int PgCluster::pid() const {
  return server_ ? server_->pid() : -1;
}

engine::Endpoint PgCluster::endpoint(const std::string& database, const std::string& user) const {
  engine::Endpoint endpoint;
  endpoint.type = "postgresql";
  endpoint.host = directory_.string();
  endpoint.port = port_;
  endpoint.database = database;
  endpoint.user = user;
  if (user == "postgres") {
    endpoint.password = Secret(options_.password);
  }
  return endpoint;
}

engine::Endpoint PgCluster::tcp_endpoint(const std::string& database,
                                         const std::string& user) const {
  engine::Endpoint result = endpoint(database, user);
  result.host = "127.0.0.1";
  return result;
}

void PgCluster::execute(const std::string& database, const std::string& sql) const {
  testing::execute(endpoint(database), sql);
}

Rows PgCluster::query(const std::string& database, const std::string& sql) const {
  return testing::query(endpoint(database), sql);
}

std::string PgCluster::value(const std::string& database, const std::string& sql) const {
  const Rows rows = query(database, sql);
  return rows.empty() || rows[0].empty() ? "" : rows[0][0].value_or("");
}

void PgCluster::create_database(const std::string& name) const {
  std::string quoted = "\"";
  for (const char letter : name) {
    quoted += letter == '"' ? std::string("\"\"") : std::string(1, letter);
  }
  execute("postgres", "CREATE DATABASE " + quoted + "\"");
}

}  // namespace voyager::testing
