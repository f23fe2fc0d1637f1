// SPDX-License-Identifier: Apache-2.0
// verify-full against certificates that are right, of another host, of another authority, and old.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pwd.h>
#include <unistd.h>

#include "scenarios/story.hpp"
#include "support/temp_directory.hpp"

namespace voyager::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;

/// Certificates made with openssl(1).
class Authority {
 public:
  Authority(fs::path directory, const std::string& name)
      : directory_(std::move(directory)), name_(name) {
    shell("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=" + name + " -keyout " +
          name + ".key -out " + name + ".pem");
  }
  fs::path certificate() const { return directory_ / (name_ + ".pem"); }
  /// `days` below 0: it is over already.
  void sign(const std::string& server, const std::string& host, int days) const {
    shell("openssl req -newkey rsa:2048 -nodes -subj /CN=" + host + " -keyout " + server +
          ".key -out " + server + ".csr");
    // x509 takes no negative days: an old certificate begins and ends in the past.
    shell("printf 'subjectAltName=DNS:" + host + "\\n' > " + server +
          ".ext && touch index.txt && " +
          "printf '[ca]\\ndefault_ca=d\\n[d]\\ndatabase=index.txt\\nnew_certs_dir=.\\n" +
          "default_md=sha256\\nrand_serial=yes\\npolicy=p\\nunique_subject=no\\n[p]\\n" +
          "commonName=supplied\\n' > ca.conf && openssl ca -batch -config ca.conf -cert " + name_ +
          ".pem -keyfile " + name_ + ".key -in " + server + ".csr -extfile " + server +
          ".ext -startdate 20200101000000Z -enddate " +
          (days < 0 ? "20200201000000Z" : "20991231000000Z") + " -out " + server + ".pem");
  }

 private:
  void shell(const std::string& script) const {
    run({"sh", "-c", "cd '" + directory_.string() + "' && { " + script + "; }"});
  }
  fs::path directory_;
  std::string name_;
};

class Tls : public ::testing::Test {
 protected:
  void SetUp() override { VOYAGER_REQUIRE_POSTGRES(); }

  /// The server shows this certificate from now on.
  void serve(const std::string& certificate) {
    ClusterOptions options;
    options.tcp = true;
    cluster_.emplace(options);
    const fs::path data = cluster_->directory() / "data";
    for (const char* ending : {".pem", ".key"}) {
      const fs::path copy = data / ("server" + std::string(ending));
      fs::copy_file(directory_.path() / (certificate + ending), copy);
      fs::permissions(copy, fs::perms::owner_read | fs::perms::owner_write);
      const passwd* user = getpwnam("postgres");
      ASSERT_TRUE(geteuid() != 0 || ::chown(copy.c_str(), user->pw_uid, user->pw_gid) == 0);
    }
    cluster_->execute("postgres", "ALTER SYSTEM SET ssl_cert_file = 'server.pem'");
    cluster_->execute("postgres", "ALTER SYSTEM SET ssl_key_file = 'server.key'");
    cluster_->execute("postgres", "ALTER SYSTEM SET ssl = on");
    cluster_->restart();
    cluster_->execute("postgres", "CREATE TABLE item (id int PRIMARY KEY)");
  }
  Finished export_over(const std::string& mode, const fs::path& authority) {
    engine::Endpoint source = cluster_->tcp_endpoint();
    source.host = "localhost";
    Migration migration(source, source);
    return migration.try_command(
        {"export", "data", "--export-type", "snapshot-only", "--disable-pb", "true", "--yes",
         "--source-ssl-mode", mode, "--source-ssl-root-cert", authority.string()},
        std::chrono::seconds(60));
  }
  void expect_refused(const Finished& finished, const std::string& reason) {
    EXPECT_EQ(finished.exit_code, 1);
    EXPECT_THAT(finished.errors, AllOf(HasSubstr("E3101"), HasSubstr(reason), HasSubstr("TLS")));
  }

  TempDirectory directory_;
  std::optional<PgCluster> cluster_;
};

TEST_F(Tls, TheRightServerIsTaken) {
  const Authority authority(directory_.path(), "ours");
  authority.sign("server", "localhost", 1);
  serve("server");
  const Finished done = export_over("verify-full", authority.certificate());
  EXPECT_EQ(done.exit_code, 0) << done.errors;
}

TEST_F(Tls, AnotherHostsCertificateIsRefusedOnlyByVerifyFull) {
  const Authority authority(directory_.path(), "ours");
  authority.sign("server", "db.example", 1);
  serve("server");
  expect_refused(export_over("verify-full", authority.certificate()), "does not match host name");
  EXPECT_EQ(export_over("verify-ca", authority.certificate()).exit_code, 0);
}

TEST_F(Tls, AnotherAuthoritysCertificateIsRefused) {
  const Authority authority(directory_.path(), "ours");
  const Authority other(directory_.path(), "theirs");
  authority.sign("server", "localhost", 1);
  serve("server");
  expect_refused(export_over("verify-full", other.certificate()), "certificate verify failed");
}

TEST_F(Tls, AnExpiredCertificateIsRefused) {
  const Authority authority(directory_.path(), "ours");
  authority.sign("server", "localhost", -1);
  serve("server");
  expect_refused(export_over("verify-full", authority.certificate()), "certificate verify failed");
}

TEST_F(Tls, AServerWithoutTlsIsRefused) {
  const Authority authority(directory_.path(), "ours");
  ClusterOptions options;
  options.tcp = true;
  cluster_.emplace(options);
  expect_refused(export_over("verify-full", authority.certificate()),
                 "server does not support SSL");
}

// libpq hands on one encrypted record at a time, whatever waits in the socket: a stream that is
// looked at now and then must still be read to its end each time.
TEST_F(Tls, AWaitingBacklogIsReadToItsEnd) {
  const Authority authority(directory_.path(), "ours");
  authority.sign("server", "localhost", 1);
  serve("server");
  cluster_->create_database("copy");
  cluster_->execute("copy", "CREATE TABLE item (id int PRIMARY KEY)");
  const engine::Endpoint source = cluster_->tcp_endpoint();
  const engine::Endpoint target = cluster_->tcp_endpoint("copy");
  Migration migration(source, target);
  Child exporter = migration.start_export({"--source-ssl-mode", "require"});
  migration.wait_for_slot(exporter);
  Child importer = migration.start_import({"--target-ssl-mode", "require"});
  cluster_->execute("postgres", "INSERT INTO item SELECT generate_series(1, 200000)");
  cluster_->execute("postgres", "INSERT INTO item VALUES (0)");
  wait_until([&] { return value(target, "SELECT count(*) FROM item WHERE id = 0") == "1"; },
             "the changes were not applied");
  EXPECT_EQ(value(source,
                  "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_replication "
                  "USING (pid)"),
            "t");
  EXPECT_THAT(differences(source, target), ::testing::IsEmpty());
}

}  // namespace
}  // namespace voyager::testing
