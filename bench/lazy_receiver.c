/* SPDX-License-Identifier: Apache-2.0
 *
 * The least that a receiver of changes can do: it reads a slot up to an end and keeps nothing.
 * When its socket is empty it lets the server fill it for a moment before it reads again: each read of a few bytes
 * costs the server a wake-up.
 *
 * usage: lazy_receiver CONNECTION SLOT START_OPTIONS END_LSN PAUSE_MICROSECONDS */
#include <libpq-fe.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static uint64_t read_number(const char *at) {
  uint64_t number = 0;
  for (int i = 0; i < 8; i++) number = number << 8 | (unsigned char)at[i];
  return number;
}

static void write_number(char *at, uint64_t number) {
  for (int i = 7; i >= 0; i--) {
    at[i] = (char)(number & 255);
    number >>= 8;
  }
}

static PGconn *start(char **arguments) {
  char text[1024];
  snprintf(text, sizeof text, "%s?replication=database", arguments[1]);
  PGconn *connection = PQconnectdb(text);
  snprintf(text, sizeof text, "START_REPLICATION SLOT \"%s\" LOGICAL 0/0 (%s)", arguments[2], arguments[3]);
  PGresult *result = PQexec(connection, text);
  if (PQresultStatus(result) != PGRES_COPY_BOTH) {
    fputs(PQerrorMessage(connection), stderr);
    exit(1);
  }
  PQclear(result);
  return connection;
}

/* Standby status update. Source: PostgreSQL 15 documentation, 55.4 Streaming Replication Protocol. */
static void confirm(PGconn *connection, uint64_t position) {
  char message[34] = {'r'};
  for (int field = 0; field < 3; field++) write_number(message + 1 + 8 * field, position);
  write_number(message + 25, 0);
  PQputCopyData(connection, message, sizeof message);
  PQflush(connection);
}

static void wait_for_more(PGconn *connection, int pause) {
  struct pollfd readable = {PQsocket(connection), POLLIN, 0};
  if (poll(&readable, 1, 0) == 0) usleep((useconds_t)pause);
  poll(&readable, 1, 1000);
  PQconsumeInput(connection);
}

int main(int count, char **arguments) {
  unsigned high, low;
  if (count != 6 || sscanf(arguments[4], "%X/%X", &high, &low) != 2) return 2;
  const uint64_t end = (uint64_t)high << 32 | low;
  const int pause = atoi(arguments[5]);
  PGconn *connection = start(arguments);
  uint64_t last = 0;
  time_t confirmed = time(NULL);
  for (;;) {
    char *message;
    const int length = PQgetCopyData(connection, &message, 1);
    if (length < 0) return 1;
    if (length == 0) {
      if (time(NULL) != confirmed) confirm(connection, last);
      confirmed = time(NULL);
      wait_for_more(connection, pause);
      continue;
    }
    const uint64_t at = read_number(message + 1);
    if (at > last) last = at;
    const int ends = message[0] == 'k' || (message[0] == 'w' && message[25] == 'C');
    PQfreemem(message);
    if (ends && at >= end) break;
  }
  confirm(connection, last);
  PQfinish(connection);
  return 0;
}
