-- The smallest schema of a live migration: a key given by hand, and one from a sequence beside a unique column.
CREATE TABLE pair (id integer PRIMARY KEY, other integer);
CREATE TABLE account (
    id serial PRIMARY KEY,
    email varchar(255) UNIQUE,
    status varchar(50) DEFAULT 'active'
);
