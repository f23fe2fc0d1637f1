-- Partitions in the manner of old: children of a table, each with a check, and rules that send rows to them;
-- beside them the helpers that such schemas have: an aggregate that joins texts, a trigger for full text search.
SET client_encoding = 'UTF8';

CREATE DOMAIN year AS integer CONSTRAINT year_check CHECK (VALUE >= 1901 AND VALUE <= 2155);
CREATE TYPE rating AS ENUM ('G', 'PG', 'NC-17');

CREATE FUNCTION _join_texts(text, text) RETURNS text AS $_$
SELECT CASE WHEN $2 IS NULL THEN $1 WHEN $1 IS NULL THEN $2 ELSE $1 || ', ' || $2 END
$_$ LANGUAGE sql IMMUTABLE;
CREATE AGGREGATE joined_texts(text) (SFUNC = _join_texts, STYPE = text);

CREATE SEQUENCE film_film_id_seq START WITH 1 INCREMENT BY 1 NO MAXVALUE NO MINVALUE CACHE 1;
CREATE TABLE film (
    film_id integer DEFAULT nextval('film_film_id_seq'::regclass) NOT NULL,
    title character varying(255) NOT NULL,
    release_year year,
    rental_rate numeric(4,2) DEFAULT 4.99 NOT NULL,
    rating rating DEFAULT 'G'::rating,
    special_features text[],
    fulltext tsvector NOT NULL,
    last_update timestamp without time zone DEFAULT now() NOT NULL
);
CREATE TABLE payment (
    payment_id serial NOT NULL,
    film_id integer NOT NULL,
    amount numeric(5,2) NOT NULL,
    payment_date timestamp without time zone NOT NULL
);
CREATE TABLE payment_2007_01 (CONSTRAINT payment_2007_01_payment_date_check CHECK
    (payment_date >= '2007-01-01'::timestamp AND payment_date < '2007-02-01'::timestamp)) INHERITS (payment);
CREATE TABLE payment_2007_02 (CONSTRAINT payment_2007_02_payment_date_check CHECK
    (payment_date >= '2007-02-01'::timestamp AND payment_date < '2007-03-01'::timestamp)) INHERITS (payment);

ALTER TABLE ONLY film ADD CONSTRAINT film_pkey PRIMARY KEY (film_id);
ALTER TABLE ONLY payment ADD CONSTRAINT payment_pkey PRIMARY KEY (payment_id);
ALTER TABLE ONLY payment ADD CONSTRAINT payment_film_id_fkey FOREIGN KEY (film_id) REFERENCES film(film_id) ON UPDATE CASCADE ON DELETE RESTRICT;
ALTER TABLE ONLY payment_2007_01 ADD CONSTRAINT payment_2007_01_film_id_fkey FOREIGN KEY (film_id) REFERENCES film(film_id);
CREATE INDEX film_fulltext_idx ON film USING gist (fulltext);
CREATE UNIQUE INDEX idx_unq_payment ON payment USING btree (payment_date, film_id);
CREATE INDEX idx_fk_payment_2007_02_film_id ON payment_2007_02 USING btree (film_id);

CREATE VIEW film_list AS SELECT f.film_id AS fid, f.title, joined_texts(DISTINCT f.rating::text) AS ratings
  FROM film f LEFT JOIN payment p ON p.film_id = f.film_id GROUP BY f.film_id, f.title;
CREATE FUNCTION last_updated() RETURNS trigger AS $_$
BEGIN
    NEW.last_update = CURRENT_TIMESTAMP;
    RETURN NEW;
END $_$ LANGUAGE plpgsql;
CREATE FUNCTION rewards_report(min_payments integer, min_amount numeric) RETURNS SETOF film AS $_$
DECLARE
    rr RECORD;
    tmpsql TEXT;
BEGIN
    IF min_payments = 0 THEN
        RAISE EXCEPTION 'Minimum payments parameter must be > 0';
    END IF;
    CREATE TEMPORARY TABLE best (film_id INTEGER NOT NULL PRIMARY KEY);
    tmpsql := 'INSERT INTO best (film_id) SELECT p.film_id FROM payment AS p GROUP BY film_id HAVING SUM(p.amount) > '
           || quote_literal(min_amount) || ' AND COUNT(film_id) > ' || quote_literal(min_payments);
    EXECUTE tmpsql;
    FOR rr IN EXECUTE 'SELECT f.* FROM best AS t INNER JOIN film AS f ON t.film_id = f.film_id' LOOP
        RETURN NEXT rr;
    END LOOP;
    DROP TABLE best;
    RETURN;
END
$_$ LANGUAGE plpgsql SECURITY DEFINER;

CREATE RULE payment_insert_2007_01 AS ON INSERT TO payment
  WHERE (new.payment_date >= '2007-01-01'::timestamp AND new.payment_date < '2007-02-01'::timestamp)
  DO INSTEAD INSERT INTO payment_2007_01 (payment_id, film_id, amount, payment_date)
  VALUES (DEFAULT, new.film_id, new.amount, new.payment_date);
CREATE TRIGGER film_fulltext_trigger BEFORE INSERT OR UPDATE ON film
  FOR EACH ROW EXECUTE PROCEDURE tsvector_update_trigger('fulltext', 'pg_catalog.english', 'title');
CREATE TRIGGER last_updated BEFORE UPDATE ON film FOR EACH ROW EXECUTE PROCEDURE last_updated();
