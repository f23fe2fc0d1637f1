# SPDX-License-Identifier: Apache-2.0
"""Two throw-away PostgreSQL servers with the same settings, and SQL on them."""
import os
import pathlib
import shutil
import socket
import subprocess

PROGRAMS = subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True, check=True).stdout.strip()
USER = "bench"

SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = '{directory}'
port = {port}
max_connections = 60
wal_level = logical
shared_buffers = {shared_buffers}
maintenance_work_mem = 256MB
work_mem = 16MB
max_wal_size = 16GB
checkpoint_timeout = 30min
max_replication_slots = 40
max_wal_senders = 20
max_logical_replication_workers = 8
max_worker_processes = 16
autovacuum = off
jit = off
timezone = 'UTC'
"""


def program(name):
    return f"{PROGRAMS}/{name}"


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Server:
    """One cluster. Durable as in production: fsync and synchronous_commit are on."""

    def __init__(self, directory, name, shared_buffers):
        self.name = name
        self.port = free_port()
        self._directory = pathlib.Path(directory)
        self._data = self._directory / name
        # As root the server runs as the operating system's user postgres.
        self._prefix = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        self._data.mkdir(mode=0o700)
        if self._prefix:
            shutil.chown(self._directory, "postgres")
            shutil.chown(self._data, "postgres")
        self._run("initdb", "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-k", "--no-instructions")
        with open(self._data / "postgresql.conf", "a") as file:
            file.write(SETTINGS.format(directory=directory, port=self.port, shared_buffers=shared_buffers))
        self._run("pg_ctl", "-w", "-l", str(self._data / "server.log"), "start")

    def _run(self, name, *arguments):
        subprocess.run([*self._prefix, program(name), "-D", str(self._data), *arguments], check=True,
                       stdout=subprocess.DEVNULL)

    def stop(self):
        if (self._data / "postmaster.pid").exists():
            self._run("pg_ctl", "-w", "-m", "immediate", "stop")

    def pid(self):
        return int((self._data / "postmaster.pid").read_text().splitlines()[0])

    def uri(self, database, port=None):
        return f"postgresql://{USER}@127.0.0.1:{port or self.port}/{database}"

    def sql(self, database, text, timeout=None, settings=""):
        done = subprocess.run([program("psql"), "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", self.uri(database), "-c", text],
                              capture_output=True, text=True, timeout=timeout, env=dict(os.environ, PGOPTIONS=settings))
        if done.returncode:
            raise RuntimeError(f"{self.name}/{database}: {text[:200]}: {done.stderr}")
        return done.stdout.strip()

    def file(self, database, path, **variables):
        options = [word for name, value in variables.items() for word in ("-v", f"{name}={value}")]
        subprocess.run([program("psql"), "-Xq", "-v", "ON_ERROR_STOP=1", *options, "-d", self.uri(database), "-f", path],
                       check=True, stdout=subprocess.DEVNULL)

    def drop(self, database):
        self.sql("postgres", f'drop database if exists "{database}" with (force)')

    def copy(self, template, database):
        self.drop(database)
        self.sql("postgres", f'create database "{database}" template "{template}" strategy file_copy')

    def tables(self, database):
        """Names, the largest first."""
        return self.sql(database, "select relname from pg_class c join pg_namespace n on n.oid = relnamespace "
                        "where relkind = 'r' and nspname = 'public' order by pg_table_size(c.oid) desc, 1").split()

    def rows(self, database):
        """All rows of all tables."""
        text = " + ".join(f'(select count(*) from "{table}")' for table in self.tables(database))
        return int(self.sql(database, f"select {text}"))

    def fingerprint(self, database):
        """Rows and the sum of all row hashes of each table."""
        one = "select '{0}', count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) from \"{0}\" t"
        text = " union all ".join(one.format(table) for table in sorted(self.tables(database)))
        return sorted(self.sql(database, text, settings="-c extra_float_digits=1").splitlines())
