// SPDX-License-Identifier: Apache-2.0
#include "support/workload.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <random>
#include <stop_token>
#include <string_view>
#include <thread>
#include <utility>

#include "support/pg_cluster.hpp"
#include "support/sql_session.hpp"

namespace voyager::testing {
namespace {

using namespace std::chrono_literals;

/// One application's connection and its dice.
class Session : public SqlSession {
 public:
  Session(const std::string& connection, std::uint64_t seed)
      : SqlSession(connection), random_(seed) {}

  /// As SqlSession::run(); the rows count in rows().
  void run(const std::string& sql) { rows_ += SqlSession::run(sql); }
  std::int64_t dice(std::int64_t from, std::int64_t to) {
    return std::uniform_int_distribution<std::int64_t>(from, to)(random_);
  }
  std::string text(std::int64_t from, std::int64_t to) { return std::to_string(dice(from, to)); }
  std::int64_t rows() const { return rows_; }
  void forget_rows() { rows_ = 0; }

 private:
  std::mt19937_64 random_;
  std::int64_t rows_ = 0;
};

/// How far the keys reach when the writers start.
struct Sizes {
  std::int64_t customers = 1, products = 1, orders = 1, documents = 1;
};

enum class Outcome : std::uint8_t { commit, roll_back };

Outcome place_order(Session& s, const Sizes& z) {
  const std::string day = "(date '2023-01-01' + " + s.text(0, 1300) + ")";
  const std::string customer = s.text(1, z.customers);
  const std::int64_t id = s.number("SELECT nextval('orders_id_seq')");
  const std::string order = std::to_string(id);
  s.run("INSERT INTO orders (id, ordered_on, customer_id, total) VALUES (" + order + ", " + day +
        ", " + customer + ", " + s.text(1, 900) + ".99)");
  s.run("INSERT INTO order_items SELECT " + order + ", " + day + ", l, 1 + (" + order + " * l) % " +
        std::to_string(z.products) + ", l, l / 4.0 FROM generate_series(1, " + s.text(1, 8) +
        ") l");
  s.run("INSERT INTO payments (customer_id, amount, fingerprint) VALUES (" + customer + ", " +
        s.text(1, 900) + ", '\\x00ff" + s.text(10, 99) + "')");
  s.run(
      "UPDATE inventory SET quantity = quantity - 1, checked_at = clock_timestamp() "
      "WHERE product_id = " +
      s.text(1, z.products) + " AND warehouse = " + s.text(1, 3));
  return Outcome::commit;
}

Outcome change_status(Session& s, const Sizes& z) {
  const std::int64_t from = s.dice(1, z.orders);
  s.run("UPDATE orders SET status = (enum_range(status))[" + s.text(1, 5) + "] WHERE id BETWEEN " +
        std::to_string(from) + " AND " + std::to_string(from + 9));
  return Outcome::commit;
}

Outcome change_balances(Session& s, const Sizes& z) {
  const std::int64_t from = s.dice(1, z.customers);
  s.run("UPDATE customers SET balance = balance + " + s.text(-50, 50) +
        ".0625, profile = CASE WHEN id % 3 = 0 THEN NULL ELSE "
        "coalesce(profile, '{}') || '{\"seen\": \"\\\\ \\\"\\n\"}' END WHERE id BETWEEN " +
        std::to_string(from) + " AND " + std::to_string(from + 19));
  return Outcome::commit;
}

Outcome edit_document(Session& s, const Sizes& z) {
  const std::string which = " WHERE abs(id) = " + s.text(1, z.documents);
  // The large body stays as it is in most edits, so that the change carries no value for it.
  s.run("UPDATE documents SET title = title || '.', revision = revision + 1" + which);
  if (s.dice(1, 10) == 1) {
    s.run("UPDATE documents SET body = repeat(md5('" + s.text(1, 1000000) + "'), " +
          s.text(100, 2000) + "), title = 'rewritten'" + which);
  }
  return Outcome::commit;
}

Outcome change_document_key(Session& s, const Sizes& z) {
  s.run("UPDATE documents SET id = -id WHERE abs(id) = " + s.text(1, z.documents));
  return Outcome::commit;
}

Outcome delete_orders(Session& s, const Sizes& z) {
  const std::int64_t from = s.dice(1, z.orders);
  s.run("DELETE FROM orders WHERE id BETWEEN " + std::to_string(from) + " AND " +
        std::to_string(from + 1));
  return Outcome::commit;
}

Outcome move_order_to_another_partition(Session& s, const Sizes& z) {
  s.run("UPDATE orders SET ordered_on = date '2023-01-01' + " + s.text(0, 1300) +
        " WHERE id = " + s.text(1, z.orders));
  return Outcome::commit;
}

Outcome swap_shelves(Session& s, const Sizes& z) {
  const std::int64_t first = s.dice(1, z.products);
  const std::int64_t second = s.dice(1, z.products);
  const std::string warehouse = s.text(1, 3);
  if (first == second) {
    return Outcome::roll_back;
  }
  const auto row = [&](std::int64_t product) {
    return " WHERE warehouse = " + warehouse + " AND product_id = " + std::to_string(product);
  };
  s.number("SELECT shelf FROM inventory" + row(std::min(first, second)) + " FOR UPDATE");
  s.number("SELECT shelf FROM inventory" + row(std::max(first, second)) + " FOR UPDATE");
  const std::string one = std::to_string(s.number("SELECT shelf FROM inventory" + row(first)));
  const std::string other = std::to_string(s.number("SELECT shelf FROM inventory" + row(second)));
  s.run("UPDATE inventory SET shelf = -" + one + row(first));
  s.run("UPDATE inventory SET shelf = " + one + row(second));
  s.run("UPDATE inventory SET shelf = " + other + row(first));
  return Outcome::commit;
}

Outcome hand_over_vip_number(Session& s, const Sizes& z) {
  const std::string from =
      std::to_string(20 * s.dice(1, std::max<std::int64_t>(1, z.customers / 20)));
  const std::int64_t number =
      s.number("SELECT vip_number FROM customers WHERE id = " + from + " FOR UPDATE");
  const std::string to = s.text(1, z.customers);
  if (number == 0 || to == from) {
    return Outcome::roll_back;
  }
  s.run("UPDATE customers SET vip_number = NULL WHERE id = " + from);
  s.run("UPDATE customers SET vip_number = " + std::to_string(number) + " WHERE id = " + to +
        " AND vip_number IS NULL");
  return Outcome::commit;
}

Outcome replace_customer(Session& s, const Sizes&) {
  const std::string email = "'guest" + s.text(1, 2000) + "@example.com'";
  s.run("DELETE FROM customers WHERE email = " + email);
  s.run("INSERT INTO customers (email, name) VALUES (" + email + ", E'O''Brien \\\\ " +
        s.text(1, 99999) + "')");
  return Outcome::commit;
}

Outcome log_twice(Session& s, const Sizes&) {
  const std::string line = "('2024-02-29 12:00:00+00'::timestamptz + interval '" + s.text(0, 500) +
                           " s', NULL, 'twice', NULL)";
  s.run("INSERT INTO audit_log VALUES " + line + ", " + line + ", " + line);
  return Outcome::commit;
}

/// By cursors: the table has no key, equal rows must go one by one, and YugabyteDB knows no ctid.
Outcome thin_out_log(Session& s, const Sizes&) {
  const std::string one_line =
      " CURSOR FOR SELECT 1 FROM audit_log WHERE action = 'twice' LIMIT 1 FOR UPDATE SKIP LOCKED";
  s.run("DECLARE gone" + one_line);
  if (s.number("FETCH gone") == 1) s.run("DELETE FROM audit_log WHERE CURRENT OF gone");
  s.run("DECLARE edited" + one_line);
  if (s.number("FETCH edited") == 1) {
    s.run("UPDATE audit_log SET actor = 'auditor" + s.text(1, 9) + "' WHERE CURRENT OF edited");
  }
  return Outcome::commit;
}

Outcome change_mind(Session& s, const Sizes& z) {
  s.run("UPDATE products SET price = price + 1 WHERE id = " + s.text(1, z.products));
  s.run("DELETE FROM payments WHERE customer_id = " + s.text(1, z.customers));
  return Outcome::roll_back;
}

Outcome use_savepoints(Session& s, const Sizes& z) {
  s.run("UPDATE products SET price = price + 0.01 WHERE id = " + s.text(1, z.products));
  s.run("SAVEPOINT a");
  s.run("UPDATE products SET title = 'undone' WHERE id = " + s.text(1, z.products));
  s.run("SAVEPOINT b");
  s.run("UPDATE products SET attributes = attributes || '{\"b\": null}' WHERE id = " +
        s.text(1, z.products));
  s.run("ROLLBACK TO a");
  s.run("UPDATE products SET description = 'kept' WHERE id = " + s.text(1, z.products));
  s.run("RELEASE a");
  return Outcome::commit;
}

Outcome write_thousands(Session& s, const Sizes& z) {
  const std::int64_t count = s.dice(2000, 5000);
  if (s.dice(1, 2) == 1) {
    s.run(
        "INSERT INTO audit_log SELECT clock_timestamp(), 'batch', 'bulk', "
        "jsonb_build_object('i', i) FROM generate_series(1, " +
        std::to_string(count) + ") i");
  } else {
    const std::int64_t from = s.dice(1, z.customers);
    s.run("UPDATE customers SET tags = ARRAY['bulk', NULL, '{}'] WHERE id BETWEEN " +
          std::to_string(from) + " AND " + std::to_string(from + count));
  }
  return Outcome::commit;
}

struct Operation {
  int weight;
  Outcome (*run)(Session&, const Sizes&);
};

constexpr std::array operations{
    Operation{30, place_order},
    Operation{15, change_status},
    Operation{15, change_balances},
    Operation{8, edit_document},
    Operation{2, change_document_key},
    Operation{4, delete_orders},
    Operation{4, move_order_to_another_partition},
    Operation{6, swap_shelves},
    Operation{4, hand_over_vip_number},
    Operation{4, replace_customer},
    Operation{4, log_twice},
    Operation{2, thin_out_log},
    Operation{3, change_mind},
    Operation{3, use_savepoints},
};
/// Beside the weights: one transaction of thousands of rows in so many.
constexpr std::int64_t transactions_per_large_one = 400;

const Operation& draw(Session& session) {
  std::int64_t sum = 0;
  for (const Operation& operation : operations) {
    sum += operation.weight;
  }
  std::int64_t left = session.dice(1, sum);
  for (const Operation& operation : operations) {
    left -= operation.weight;
    if (left <= 0) {
      return operation;
    }
  }
  return operations.front();
}

Sizes read_sizes(Session& session) {
  Sizes sizes;
  sizes.customers = session.number("SELECT greatest(max(id), 1) FROM customers");
  sizes.products = session.number("SELECT greatest(max(id), 1) FROM products");
  sizes.orders = session.number("SELECT greatest(max(id), 1) FROM orders");
  sizes.documents = session.number("SELECT greatest(max(abs(id)), 1) FROM documents");
  return sizes;
}

}  // namespace

class Workload::Writers {
 public:
  explicit Writers(const WorkloadOptions& options) : options_(options) {
    for (int i = 0; i < options.threads; ++i) {
      threads_.emplace_back([this, i](const std::stop_token& stop) { write(stop, i); });
    }
  }

  WorkloadTotals totals() const {
    const std::lock_guard lock(mutex_);
    return totals_;
  }

  void stop() {
    for (std::jthread& thread : threads_) {
      thread.request_stop();
    }
    for (std::jthread& thread : threads_) {
      if (thread.joinable()) {
        thread.join();
      }
    }
  }

 private:
  void write(const std::stop_token& stop, int number) {
    Session session(options_.connection, options_.seed * 1000 + static_cast<std::uint64_t>(number));
    const auto start = std::chrono::steady_clock::now();
    std::int64_t written = 0;
    std::optional<Sizes> sizes;
    while (!stop.stop_requested()) {
      if (!session.connected()) {
        pause(stop, std::chrono::steady_clock::now() + 100ms);
        session.reconnect();
        continue;
      }
      try {
        if (!sizes) {
          sizes = read_sizes(session);
        }
        transaction(session, *sizes);
      } catch (const Refused& refused) {
        note(refused);
      }
      written += session.rows();
      keep_to_rate(stop, start, written);
    }
  }

  void transaction(Session& session, const Sizes& sizes) {
    session.forget_rows();
    session.run("BEGIN");
    Outcome outcome = Outcome::roll_back;
    try {
      const bool large = session.dice(1, transactions_per_large_one) == 1;
      outcome = large ? write_thousands(session, sizes) : draw(session).run(session, sizes);
      const std::int64_t rows = session.rows();
      session.run(outcome == Outcome::commit ? "COMMIT" : "ROLLBACK");
      count(outcome, rows);
    } catch (const Refused&) {
      session.forget_rows();
      if (session.connected()) {
        session.run("ROLLBACK");
      }
      throw;
    }
  }

  void count(Outcome outcome, std::int64_t rows) {
    const std::lock_guard lock(mutex_);
    if (outcome == Outcome::roll_back) {
      ++totals_.rolled_back;
      return;
    }
    ++totals_.transactions;
    totals_.rows += rows;
  }

  void note(const Refused& refused) {
    const std::lock_guard lock(mutex_);
    constexpr std::size_t enough = 20;
    if (refused.is_conflict()) {
      ++totals_.conflicts;
    } else if (!refused.connection_lost() && totals_.errors.size() < enough) {
      totals_.errors.push_back(refused.sqlstate + " " + refused.message);
    }
  }

  void keep_to_rate(const std::stop_token& stop, std::chrono::steady_clock::time_point start,
                    std::int64_t written) {
    if (options_.rows_per_second <= 0) {
      return;
    }
    const double own_rate = options_.rows_per_second / options_.threads;
    const std::chrono::duration<double> due(static_cast<double>(written) / own_rate);
    pause(stop, start + std::chrono::duration_cast<std::chrono::steady_clock::duration>(due));
  }

  void pause(const std::stop_token& stop, std::chrono::steady_clock::time_point until) {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    wake.wait_until(lock, stop, until, [] { return false; });
  }

  WorkloadOptions options_;
  mutable std::mutex mutex_;
  WorkloadTotals totals_;
  std::vector<std::jthread> threads_;
};

Workload::Workload(const WorkloadOptions& options) : writers_(std::make_unique<Writers>(options)) {}
Workload::~Workload() {
  writers_->stop();
}
WorkloadTotals Workload::totals() const {
  return writers_->totals();
}

WorkloadTotals Workload::stop() {
  writers_->stop();
  return writers_->totals();
}

void create_shop(const engine::Endpoint& endpoint, int orders) {
  execute(endpoint, file_text(VOYAGER_SHOP_DIRECTORY "/schema.sql"));
  std::string data = file_text(VOYAGER_SHOP_DIRECTORY "/data.sql");
  const std::string_view placeholder = ":orders";
  for (std::size_t at = data.find(placeholder); at != std::string::npos;
       at = data.find(placeholder, at)) {
    data.replace(at, placeholder.size(), std::to_string(orders));
  }
  execute(endpoint, data);
}

}  // namespace voyager::testing
