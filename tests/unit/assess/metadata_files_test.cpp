// SPDX-License-Identifier: Apache-2.0
#include "assess/metadata_files.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>
#include <functional>

#include "base/error.hpp"
#include "base/file.hpp"
#include "support/temp_directory.hpp"

namespace voyager::assess {
namespace {

namespace fs = std::filesystem;
using engine::RelationKind;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

engine::RelationStatistics relation(const QualifiedName& name, RelationKind kind,
                                    std::optional<std::int64_t> rows, std::int64_t bytes) {
  engine::RelationStatistics relation;
  relation.name = name;
  relation.kind = kind;
  relation.rows = rows;
  relation.bytes = bytes;
  relation.columns = 2;
  return relation;
}

/// Names and texts that CSV has to quote, and every kind of relation.
Metadata gathered() {
  Metadata metadata;
  metadata.database = "shop";
  metadata.server_version = "15.20";
  metadata.schemas = {"Odd, \"Names\"", "public"};
  metadata.relations = {
      relation({"Odd, \"Names\"", "a\nb"}, RelationKind::table, 1000, 8192),
      relation({"public", "days"}, RelationKind::partitioned_table, std::nullopt, 0),
      relation({"public", "days_1"}, RelationKind::table, std::nullopt, 0),
      relation({"public", "days_1_id"}, RelationKind::index, std::nullopt, 16384),
      relation({"public", "days_1_pkey"}, RelationKind::primary_key, std::nullopt, 16384),
      relation({"public", "days_id"}, RelationKind::partitioned_index, std::nullopt, 0),
      relation({"public", "sums"}, RelationKind::materialized_view, 0, 0)};
  metadata.relations[2].partition_of = metadata.relations[1].name;
  metadata.relations[3].partition_of = metadata.relations[5].name;
  metadata.relations[3].table = metadata.relations[4].table = metadata.relations[2].name;
  metadata.relations[5].table = metadata.relations[1].name;
  metadata.columns = {{{"public", "days_1"}, "a,b", 0.25, 1e15, 0.3333333432674408}};
  NodeMetadata primary;
  primary.name = "primary";
  primary.before = {{{"public", "days_1"}, RelationKind::table, 10, 20}};
  primary.after = {{{"public", "days_1"}, RelationKind::table, 30, 50}};
  primary.interval_seconds = 1.5;
  primary.usage = {{{"public", "days_1"}, RelationKind::table, 30, 25, 15, 10},
                   {{"public", "days_1_id"}, RelationKind::index, 7, 0, 0, 0}};
  primary.queries = {
      {-42, "SELECT \"a,b\"\r\nFROM days WHERE c = $1", 3, 6, 1.5, 0.5, 0.125, 0.75, 0.1}};
  NodeMetadata replica;
  replica.name = "10.0.0.2-5432";
  replica.after = {{{"public", "days_1"}, RelationKind::table, 5, 0}};
  metadata.nodes = {primary, replica};
  metadata.schema_sql =
      "CREATE TABLE public.days (id int, day date) PARTITION BY RANGE (day);\n"
      "CREATE TABLE public.days_1 (id int, day date);\n"
      "ALTER TABLE ONLY public.days ATTACH PARTITION public.days_1 FOR VALUES FROM (1) TO (2);\n"
      "CREATE INDEX days_id ON ONLY public.days (id);\n"
      "ALTER INDEX public.days_id ATTACH PARTITION public.days_1_id;\n";
  metadata.notes = {"Something \"is\" missing."};
  metadata.queries_known = true;
  return metadata;
}

int mode_of(const fs::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) throw std::runtime_error("no " + path.string());
  return static_cast<int>(status.st_mode & 0777U);
}

class MetadataFiles : public ::testing::Test {
 protected:
  fs::path place() const { return temporary_.path() / "metadata"; }
  void put(const std::string& name, const std::string& text) const {
    const fs::path path = place() / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
  }
  std::string failure() const {
    try {
      read_metadata(place());
    } catch (const Error& error) {
      EXPECT_EQ(error.code().number, 4303);
      EXPECT_FALSE(error.remedy().empty());
      return error.what();
    }
    return "";
  }

  testing::TempDirectory temporary_;
};

TEST_F(MetadataFiles, AreReadBackAsTheyWereWritten) {
  const Metadata written = gathered();
  write_metadata(place(), written);
  const Metadata read = read_metadata(place());
  EXPECT_EQ(read.database, written.database);
  EXPECT_EQ(read.server_version, written.server_version);
  EXPECT_EQ(read.schemas, written.schemas);
  EXPECT_EQ(read.notes, written.notes);
  EXPECT_EQ(read.schema_sql, written.schema_sql);
  EXPECT_TRUE(read.queries_known);
  EXPECT_EQ(read.relations, written.relations);
  EXPECT_EQ(read.columns, written.columns);
  ASSERT_EQ(read.nodes.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(read.nodes[i].name, written.nodes[i].name);
    EXPECT_EQ(read.nodes[i].before, written.nodes[i].before);
    EXPECT_EQ(read.nodes[i].after, written.nodes[i].after);
    EXPECT_EQ(read.nodes[i].interval_seconds, written.nodes[i].interval_seconds);
    EXPECT_EQ(read.nodes[i].usage, written.nodes[i].usage);
    EXPECT_EQ(read.nodes[i].queries, written.nodes[i].queries);
  }
}

TEST_F(MetadataFiles, SayThatQueriesAreNotKnown) {
  Metadata metadata = gathered();
  metadata.queries_known = false;
  for (NodeMetadata& node : metadata.nodes) node.queries.clear();
  write_metadata(place(), metadata);
  EXPECT_FALSE(read_metadata(place()).queries_known);
}

TEST_F(MetadataFiles, AreForTheirOwnerOnly) {
  write_metadata(place(), gathered());
  EXPECT_EQ(mode_of(place()), 0700);
  EXPECT_EQ(mode_of(place() / "node-primary"), 0700);
  EXPECT_EQ(mode_of(place() / "node-primary/db-queries-summary.csv"), 0600);
  EXPECT_EQ(mode_of(place() / "gathered.json"), 0600);
}

TEST_F(MetadataFiles, AppearWholeOrNotAtAll) {
  put("mine.txt", "kept");
  EXPECT_THROW(write_metadata(place(), gathered()), Error);
  EXPECT_EQ(read_file(place() / "mine.txt"), "kept");
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(temporary_.path()))
    names.push_back(entry.path().filename().string());
  EXPECT_THAT(names, ElementsAre("metadata")) << "nothing half done is left";
}

TEST_F(MetadataFiles, HaveTheColumnsOfTheScripts) {
  write_metadata(place(), gathered());
  const auto first_line = [&](const std::string& name) {
    const std::string text = read_file(place() / "node-primary" / name);
    return text.substr(0, text.find('\n'));
  };
  EXPECT_EQ(first_line("table-index-sizes.csv"),
            "source_node,schema_name,object_name,object_type,size_in_bytes");
  EXPECT_EQ(first_line("table-index-iops-initial.csv"),
            "source_node,schema_name,object_name,object_type,seq_reads,row_writes,"
            "measurement_type");
  EXPECT_EQ(first_line("column-statistics.csv"),
            "source_node,schema_name,table_name,column_name,null_frac,effective_n_distinct,"
            "most_common_freq,most_common_val");
  EXPECT_THAT(read_file(place() / "node-primary/table-index-usage-stats.csv"),
              HasSubstr("\nprimary,public,days_1_id,index,days_1,7,0,0,0\n"));
}

/// As the scripts write it: other columns, NULLs, names of versions.
class ScriptFiles : public MetadataFiles {
 protected:
  void SetUp() override {
    put("node-primary/table-index-sizes.csv",
        "source_node,schema_name,object_name,object_type,size_in_bytes\n"
        "primary,public,orders,table,8192\n"
        "primary,public,orders_pkey,primary key,16384\n"
        "primary,public,days,partitioned table,0\n"
        "primary,\"Odd \"\"Names\"\"\",\"a,b\",table,0\n");
    put("node-primary/table-row-counts.csv",
        "source_node,schema_name,table_name,row_count\n"
        "primary,public,orders,1000\nprimary,public,days,0\n");
    put("node-primary/table-columns-count.csv",
        "source_node,schema_name,object_name,object_type,column_count\r\n"
        "primary,public,orders,table,3\r\n");
    put("node-primary/index-to-table-mapping.csv",
        "source_node,index_schema,index_name,table_schema,table_name\n"
        "primary,public,orders_pkey,public,orders\nprimary,public,days_pkey,public,days\n");
    const std::string head =
        "source_node,schema_name,object_name,object_type,seq_reads,row_writes,measurement_type\n";
    put("node-primary/table-index-iops-initial.csv",
        head +
            "primary,public,orders,table,10,20,initial\n"
            "primary,public,days,partitioned table,,,initial\n");
    put("node-primary/table-index-iops-final.csv",
        head +
            "primary,public,orders,table,250,260,final\n"
            "primary,public,days,partitioned table,,,final\n");
    put("node-primary/table-index-usage-stats.csv",
        "source_node,schema_name,object_name,object_type,parent_table_name,scans,inserts,updates,"
        "deletes\nprimary,public,orders,table,\"\",250,200,50,10\n"
        "primary,public,orders_pkey,primary key,orders,7,0,0,0\n");
    put("node-primary/column_statistics.csv",
        "source_node,schema_name,table_name,column_name,null_frac,effective_n_distinct,"
        "most_common_freq,most_common_val\n"
        "primary,public,orders,state,0,1e+06,0.75,\"secret\nrow\"\n");
    put("node-primary/db-queries-summary.csv",
        "source_node,userid,dbid,toplevel,queryid,query,plans,calls,total_exec_time,min_exec_time,"
        "max_exec_time,mean_exec_time,stddev_exec_time,rows\n"
        "primary,10,5,t,-7,\"SELECT *\nFROM orders WHERE id = $1\",0,2,4,1,3,2,1,2\n"
        "primary,11,5,t,-8,\"SELECT *\nFROM orders WHERE id = $1\",0,2,4,1,3,2,1,2\n"
        "primary,10,5,t,9,CREATE ROLE r PASSWORD 'secret row',0,1,1,1,1,1,0,0\n"
        "primary,10,5,t,,<insufficient privilege>,0,1,1,1,1,1,0,0\n");
    put("node-10.0.0.2-5432/table-index-iops-initial.csv",
        head + "10.0.0.2-5432,public,orders,table,0,0,initial\n");
    put("node-10.0.0.2-5432/table-index-iops-final.csv",
        head + "10.0.0.2-5432,public,orders,table,120,0,final\n");
    put("schema/schema.sql",
        "-- Dumped from database version 13.4 (Debian 13.4-1)\n"
        "-- Dumped by pg_dump version 15.1\n");
  }
};

TEST_F(ScriptFiles, AreUnderstood) {
  const Metadata metadata = read_metadata(place());
  EXPECT_EQ(metadata.server_version, "13.4");
  EXPECT_THAT(metadata.schemas, ElementsAre("Odd \"Names\"", "public"));
  ASSERT_THAT(metadata.relations, SizeIs(4));
  EXPECT_EQ(metadata.relations[0].name, (QualifiedName{"Odd \"Names\"", "a,b"}));
  EXPECT_EQ(metadata.relations[0].rows, std::nullopt);
  EXPECT_EQ(metadata.relations[1].kind, RelationKind::partitioned_table);
  EXPECT_EQ(metadata.relations[1].rows, std::nullopt) << "its leaves have them";
  EXPECT_EQ(metadata.relations[2].rows, 1000);
  EXPECT_EQ(metadata.relations[2].columns, 3);
  EXPECT_EQ(metadata.relations[2].bytes, 8192);
  EXPECT_EQ(metadata.relations[3].table, (QualifiedName{"public", "orders"}));
  ASSERT_THAT(metadata.columns, SizeIs(1));
  EXPECT_EQ(metadata.columns[0].distinct_values, 1e6);
  EXPECT_EQ(metadata.columns[0].most_common_frequency, 0.75);

  ASSERT_THAT(metadata.nodes, SizeIs(2));
  const NodeMetadata& primary = metadata.nodes[0];
  EXPECT_EQ(primary.name, "primary");
  EXPECT_EQ(primary.interval_seconds, 120);
  EXPECT_THAT(primary.usage, SizeIs(2));
  EXPECT_EQ(primary.usage[1].scans, 7);
  ASSERT_THAT(primary.queries, SizeIs(1)) << "no utility statement, no hidden one";
  EXPECT_EQ(primary.queries[0].text, "SELECT *\nFROM orders WHERE id = $1");
  EXPECT_EQ(primary.queries[0].calls, 4);
  EXPECT_EQ(primary.queries[0].total_ms, 8);
  EXPECT_EQ(metadata.nodes[1].name, "10.0.0.2-5432");
  EXPECT_TRUE(metadata.queries_known);
  EXPECT_THAT(metadata.notes,
              Contains(AllOf(HasSubstr("node primary"), HasSubstr("120 seconds are assumed"))));
  EXPECT_THAT(metadata.notes, Contains(HasSubstr("node 10.0.0.2-5432 has no queries")));

  const std::vector<Throughput> rates = throughput(metadata);
  ASSERT_THAT(rates, SizeIs(2));
  EXPECT_EQ(rates[1].name.name, "orders");
  EXPECT_DOUBLE_EQ(rates[1].reads_per_second, 3) << "of both nodes";
  EXPECT_DOUBLE_EQ(rates[1].writes_per_second, 2) << "of the primary";
}

TEST_F(ScriptFiles, TakeTheIntervalFromTheScriptsLog) {
  put("yb-voyager-assessment.log",
      "[2026-01-01 00:00:00] [INFO] Sleeping for 30 seconds to capture IOPS data\n");
  const Metadata metadata = read_metadata(place());
  EXPECT_EQ(metadata.nodes[0].interval_seconds, 30);
  EXPECT_THAT(metadata.notes, Not(Contains(HasSubstr("assumed"))));
}

TEST_F(ScriptFiles, AreUnderstoodInAnOlderForm) {
  fs::rename(place() / "node-primary", temporary_.path() / "older");
  fs::remove_all(place());
  fs::rename(temporary_.path() / "older", place());
  put("db-queries-summary.csv",
      "queryid,query,calls,total_time,min_time,max_time,mean_time,stddev_time,rows\n"
      "7,SELECT $1,2,4,1,3,2,1,2\n");
  const Metadata metadata = read_metadata(place());
  ASSERT_THAT(metadata.nodes, SizeIs(1));
  EXPECT_EQ(metadata.nodes[0].name, "primary");
  ASSERT_THAT(metadata.nodes[0].queries, SizeIs(1));
  EXPECT_EQ(metadata.nodes[0].queries[0].mean_ms, 2);
  EXPECT_THAT(metadata.notes, Contains(HasSubstr("no file schema/schema.sql")));
}

TEST_F(ScriptFiles, AreUnderstoodWithQueriesAsJson) {
  put("node-primary/db-queries-summary.csv",
      "source_node,pgss_data\n"
      "primary,\"{\"\"queryid\"\": -7, \"\"query\"\": \"\"SELECT $1\"\", \"\"calls\"\": 2, "
      "\"\"rows\"\": 2, \"\"total_time\"\": 4, \"\"mean_time\"\": 2.5}\"\n");
  const Metadata metadata = read_metadata(place());
  ASSERT_THAT(metadata.nodes[0].queries, SizeIs(1));
  EXPECT_EQ(metadata.nodes[0].queries[0].id, -7);
  EXPECT_EQ(metadata.nodes[0].queries[0].calls, 2);
  EXPECT_EQ(metadata.nodes[0].queries[0].mean_ms, 2.5);
}

TEST_F(ScriptFiles, HaveANoteForEachMissingFile) {
  fs::remove(place() / "node-primary/table-row-counts.csv");
  fs::remove(place() / "node-primary/table-index-iops-final.csv");
  fs::remove(place() / "node-primary/db-queries-summary.csv");
  const Metadata metadata = read_metadata(place());
  EXPECT_THAT(metadata.notes, Contains(HasSubstr("no file table-row-counts.csv")));
  EXPECT_THAT(metadata.notes, Contains(HasSubstr("node primary has no counters")));
  EXPECT_FALSE(metadata.queries_known);
  EXPECT_EQ(metadata.nodes[0].interval_seconds, 0);
}

TEST_F(ScriptFiles, AreRefusedWhereTheyAreDamaged) {
  const std::string name = "node-primary/table-index-sizes.csv";
  const std::string head = "source_node,schema_name,object_name,object_type,size_in_bytes\n";
  const struct {
    const char* text;
    const char* problem;
  } cases[] = {
      {"primary,public,orders,table\n", "csv line 2: 4 values for 5 columns"},
      {"primary,public,orders,table,1,2\n", "csv line 2: 6 values for 5 columns"},
      {"primary,public,orders,table,many\n",
       "csv line 2: column \"size_in_bytes\": not a whole number"},
      {"primary,public,orders,table,-1\n", "csv line 2: column \"size_in_bytes\": below 0"},
      {"primary,public,orders,table,99999999999999999999\n", "not a whole number"},
      {"primary,public,orders,tablet,1\n", "csv line 2: column \"object_type\": not a known type"},
      {"primary,public,\"a\nb\",table,1\nprimary,public,\"orders,table,1\n",
       "csv line 4: a quote that is never closed"},
      {"primary,public,or\"ders,table,1\n",
       "csv line 2: a quote inside a value that is not in quotes"},
      {"primary,public,\"orders\"x,table,1\n", "csv line 2: text behind a closing quote"},
      {"primary,public,\xC0\xAF,table,1\n", "csv line 2: not UTF-8 text"},
  };
  for (const auto& one : cases) {
    put(name, head + one.text);
    EXPECT_THAT(failure(), HasSubstr(one.problem));
  }
  put(name, "");
  EXPECT_THAT(failure(), HasSubstr("csv line 1: no column names"));
  put(name, "schema_name,schema_name\n");
  EXPECT_THAT(failure(), HasSubstr("two columns \"schema_name\""));
  put(name, "schema_name,object_name,object_type\npublic,orders,table\n");
  EXPECT_THAT(failure(), HasSubstr("column \"size_in_bytes\": there is none"));
}

TEST_F(ScriptFiles, AreRefusedWithDamagedQueries) {
  for (const char* json : {"[1]", "{", "{\"\"calls\"\": \"\"x\"\"}"}) {
    put("node-primary/db-queries-summary.csv",
        "source_node,pgss_data\nprimary,\"" + std::string(json) + "\"\n");
    EXPECT_THAT(failure(), HasSubstr("csv line 2: column \"pgss_data\"")) << json;
  }
}

TEST_F(ScriptFiles, NeverBreakTheReaderWhereverTheyAreCut) {
  const fs::path path = place() / "node-primary/db-queries-summary.csv";
  const std::string whole = read_file(path);
  for (std::size_t size = 0; size < whole.size(); size += 3) {
    put("node-primary/db-queries-summary.csv", whole.substr(0, size));
    try {
      read_metadata(place());
    } catch (const Error& error) {
      EXPECT_EQ(error.code().number, 4303) << size;
    }
  }
}

TEST_F(ScriptFiles, NeverBreakTheReaderWhateverByteIsWrong) {
  const fs::path path = place() / "node-primary/table-index-iops-final.csv";
  const std::string whole = read_file(path);
  for (std::size_t at = 0; at < whole.size(); at += 3) {
    for (const char wrong : {'"', ',', '\n', '\0', '\xFF', '9'}) {
      std::string damaged = whole;
      damaged[at] = wrong;
      put("node-primary/table-index-iops-final.csv", damaged);
      try {
        read_metadata(place());
      } catch (const Error& error) {
        EXPECT_EQ(error.code().number, 4303) << at;
      }
    }
  }
}

TEST_F(MetadataFiles, AreRefusedWhereThereAreNone) {
  EXPECT_THAT(failure(), HasSubstr("not a directory"));
  fs::create_directories(place() / "node-primary");
  EXPECT_THAT(failure(), HasSubstr("there are no files node-primary/*.csv"));
}

TEST_F(MetadataFiles, AreRefusedWithADamagedDescription) {
  write_metadata(place(), gathered());
  for (const char* text : {"", "{}", "[]", R"({"format": 99})", R"({"format": "1"})",
                           R"({"format": 1, "database": 7})"}) {
    put("gathered.json", text);
    EXPECT_THAT(failure(), HasSubstr("gathered.json")) << text;
  }
}

}  // namespace
}  // namespace voyager::assess
