// SPDX-License-Identifier: Apache-2.0
#include "engines/postgres/traits.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace voyager::postgres {
namespace {

const std::vector<Node> three_nodes{{"10.0.0.1", 5433, "8.8.0.1", false},
                                    {"10.0.0.2", 5433, "8.8.0.2", false},
                                    {"10.0.0.3", 5433, "", true}};

/// db.example is the first node, lb.example a machine that is none of them.
std::vector<std::string> fake_dns(const std::string& host) {
  if (host == "db.example") return {"10.0.0.1"};
  if (host == "public.example") return {"8.8.0.2"};
  if (host == "lb.example") return {"10.9.9.9"};
  return {host};
}

engine::Endpoint endpoint(const std::string& host) {
  engine::Endpoint given;
  given.host = host;
  given.port = 5433;
  return given;
}

TEST(Addresses, AreAllNodesThatTakeWritesWhenTheHostIsOneOfThem) {
  const AddressChoice choice = choose_addresses(endpoint("db.example"), three_nodes, fake_dns);
  EXPECT_FALSE(choice.behind_load_balancer);
  EXPECT_EQ(choice.addresses, (std::vector<Address>{{"10.0.0.1", 5433}, {"10.0.0.2", 5433}}));
}

TEST(Addresses, ArePublicOnesWhenAskedFor) {
  engine::Endpoint given = endpoint("public.example");
  given.use_public_ip = true;
  const AddressChoice choice = choose_addresses(given, three_nodes, fake_dns);
  EXPECT_EQ(choice.addresses, (std::vector<Address>{{"8.8.0.1", 5433}, {"8.8.0.2", 5433}}));
}

TEST(Addresses, AreTheLoadBalancerAloneWhenTheHostIsNoNode) {
  const AddressChoice choice = choose_addresses(endpoint("lb.example"), three_nodes, fake_dns);
  EXPECT_TRUE(choice.behind_load_balancer);
  EXPECT_EQ(choice.addresses, (std::vector<Address>{{"lb.example", 5433}}));
}

TEST(Addresses, AreTheGivenHostForASingleServer) {
  const AddressChoice choice = choose_addresses(endpoint("db.example"), {}, fake_dns);
  EXPECT_FALSE(choice.behind_load_balancer);
  EXPECT_EQ(choice.addresses, (std::vector<Address>{{"db.example", 5433}}));
}

TEST(Addresses, AreTheTargetEndpointsWhenGivenWhateverTheClusterSays) {
  engine::Endpoint given = endpoint("lb.example");
  given.nodes = {"n1:6000", " n2 ", "[fe80::1]:7000"};
  const AddressChoice choice = choose_addresses(given, three_nodes, fake_dns);
  EXPECT_FALSE(choice.behind_load_balancer);
  EXPECT_EQ(choice.addresses,
            (std::vector<Address>{{"n1", 6000}, {"n2", 5433}, {"fe80::1", 7000}}));
}

TEST(Addresses, AreRefusedWhenTheyAreNotHostAndPort) {
  for (const char* text : {"", ":5433", "host:x", "host:0", "host:70000"}) {
    engine::Endpoint given = endpoint("db.example");
    given.nodes = {text};
    EXPECT_THROW(choose_addresses(given, {}, fake_dns), Error) << text;
  }
}

TEST(Jobs, AreAQuarterOfTheCoresButNeverNone) {
  EXPECT_EQ(jobs_for(48, 3), 12);
  EXPECT_EQ(jobs_for(2, 1), 1);
}

TEST(Jobs, AssumeSixteenCoresForEachNodeWhenNobodyTells) {
  EXPECT_EQ(jobs_for(std::nullopt, 3), 12);
  EXPECT_EQ(jobs_for(std::nullopt, 0), 1);
  EXPECT_EQ(jobs_for(0, 3), 3);
}

TEST(Jobs, AreHalfOfASingleServersCores) {
  EXPECT_EQ(jobs_for_single_server(16), 8);
  EXPECT_EQ(jobs_for_single_server(2), 2);
  EXPECT_EQ(jobs_for_single_server(1), 2) << "one waits while the other one prepares";
  EXPECT_EQ(jobs_for_single_server(std::nullopt), 8) << "not known";
}

}  // namespace
}  // namespace voyager::postgres
