-- Every type in an index, a primary key and a unique constraint.
CREATE TYPE pair AS (a int, b int);
CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE DOMAIN tag AS citext;
CREATE TABLE k (
  c_citext citext,
  c_tsvector tsvector,
  c_tsquery tsquery,
  c_jsonb jsonb,
  c_inet inet,
  c_json json,
  c_macaddr macaddr,
  c_macaddr8 macaddr8,
  c_cidr cidr,
  c_bit bit(8),
  c_varbit bit varying(8),
  c_daterange daterange,
  c_tsrange tsrange,
  c_tstzrange tstzrange,
  c_numrange numrange,
  c_int4range int4range,
  c_int8range int8range,
  c_interval interval year to month,
  c_circle circle,
  c_box box,
  c_line line,
  c_lseg lseg,
  c_point point,
  c_pg_lsn pg_lsn,
  c_path path,
  c_polygon polygon,
  c_txid_snapshot txid_snapshot,
  c_array int[],
  c_pair pair,
  c_mood mood,
  c_tag tag,
  c_text text,
  c_date date,
  c_uuid uuid
);
-- expect: INDEX_ON_CITEXT_DATATYPE
CREATE INDEX ON k (c_text, c_citext);
-- expect: PK_UK_ON_CITEXT_DATATYPE
ALTER TABLE k ADD UNIQUE (c_citext);
-- expect: INDEX_ON_TSVECTOR_DATATYPE
CREATE INDEX ON k (c_text, c_tsvector);
-- expect: PK_UK_ON_TSVECTOR_DATATYPE
ALTER TABLE k ADD UNIQUE (c_tsvector);
-- expect: INDEX_ON_TSQUERY_DATATYPE
CREATE INDEX ON k (c_text, c_tsquery);
-- expect: PK_UK_ON_TSQUERY_DATATYPE
ALTER TABLE k ADD UNIQUE (c_tsquery);
-- expect: INDEX_ON_JSONB_DATATYPE
CREATE INDEX ON k (c_text, c_jsonb);
-- expect: PK_UK_ON_JSONB_DATATYPE
ALTER TABLE k ADD UNIQUE (c_jsonb);
-- expect: INDEX_ON_INET_DATATYPE
CREATE INDEX ON k (c_text, c_inet);
-- expect: PK_UK_ON_INET_DATATYPE
ALTER TABLE k ADD UNIQUE (c_inet);
-- expect: INDEX_ON_JSON_DATATYPE
CREATE INDEX ON k (c_text, c_json);
-- expect: PK_UK_ON_JSON_DATATYPE
ALTER TABLE k ADD UNIQUE (c_json);
-- expect: INDEX_ON_MACADDR_DATATYPE
CREATE INDEX ON k (c_text, c_macaddr);
-- expect: PK_UK_ON_MACADDR_DATATYPE
ALTER TABLE k ADD UNIQUE (c_macaddr);
-- expect: INDEX_ON_MACADDR8_DATATYPE
CREATE INDEX ON k (c_text, c_macaddr8);
-- expect: PK_UK_ON_MACADDR8_DATATYPE
ALTER TABLE k ADD UNIQUE (c_macaddr8);
-- expect: INDEX_ON_CIDR_DATATYPE
CREATE INDEX ON k (c_text, c_cidr);
-- expect: PK_UK_ON_CIDR_DATATYPE
ALTER TABLE k ADD UNIQUE (c_cidr);
-- expect: INDEX_ON_BIT_DATATYPE
CREATE INDEX ON k (c_text, c_bit);
-- expect: PK_UK_ON_BIT_DATATYPE
ALTER TABLE k ADD UNIQUE (c_bit);
-- expect: INDEX_ON_VARBIT_DATATYPE
CREATE INDEX ON k (c_text, c_varbit);
-- expect: PK_UK_ON_VARBIT_DATATYPE
ALTER TABLE k ADD UNIQUE (c_varbit);
-- expect: INDEX_ON_DATERANGE_DATATYPE
CREATE INDEX ON k (c_text, c_daterange);
-- expect: PK_UK_ON_DATERANGE_DATATYPE
ALTER TABLE k ADD UNIQUE (c_daterange);
-- expect: INDEX_ON_TSRANGE_DATATYPE
CREATE INDEX ON k (c_text, c_tsrange);
-- expect: PK_UK_ON_TSRANGE_DATATYPE
ALTER TABLE k ADD UNIQUE (c_tsrange);
-- expect: INDEX_ON_TSTZRANGE_DATATYPE
CREATE INDEX ON k (c_text, c_tstzrange);
-- expect: PK_UK_ON_TSTZRANGE_DATATYPE
ALTER TABLE k ADD UNIQUE (c_tstzrange);
-- expect: INDEX_ON_NUMRANGE_DATATYPE
CREATE INDEX ON k (c_text, c_numrange);
-- expect: PK_UK_ON_NUMRANGE_DATATYPE
ALTER TABLE k ADD UNIQUE (c_numrange);
-- expect: INDEX_ON_INT4RANGE_DATATYPE
CREATE INDEX ON k (c_text, c_int4range);
-- expect: PK_UK_ON_INT4RANGE_DATATYPE
ALTER TABLE k ADD UNIQUE (c_int4range);
-- expect: INDEX_ON_INT8RANGE_DATATYPE
CREATE INDEX ON k (c_text, c_int8range);
-- expect: PK_UK_ON_INT8RANGE_DATATYPE
ALTER TABLE k ADD UNIQUE (c_int8range);
-- expect: INDEX_ON_INTERVAL_DATATYPE
CREATE INDEX ON k (c_text, c_interval);
-- expect: PK_UK_ON_INTERVAL_DATATYPE
ALTER TABLE k ADD UNIQUE (c_interval);
-- expect: INDEX_ON_CIRCLE_DATATYPE
CREATE INDEX ON k (c_text, c_circle);
-- expect: PK_UK_ON_CIRCLE_DATATYPE
ALTER TABLE k ADD UNIQUE (c_circle);
-- expect: INDEX_ON_BOX_DATATYPE
CREATE INDEX ON k (c_text, c_box);
-- expect: PK_UK_ON_BOX_DATATYPE
ALTER TABLE k ADD UNIQUE (c_box);
-- expect: INDEX_ON_LINE_DATATYPE
CREATE INDEX ON k (c_text, c_line);
-- expect: PK_UK_ON_LINE_DATATYPE
ALTER TABLE k ADD UNIQUE (c_line);
-- expect: INDEX_ON_LSEG_DATATYPE
CREATE INDEX ON k (c_text, c_lseg);
-- expect: PK_UK_ON_LSEG_DATATYPE
ALTER TABLE k ADD UNIQUE (c_lseg);
-- expect: INDEX_ON_POINT_DATATYPE
CREATE INDEX ON k (c_text, c_point);
-- expect: PK_UK_ON_POINT_DATATYPE
ALTER TABLE k ADD UNIQUE (c_point);
-- expect: INDEX_ON_PG_LSN_DATATYPE
CREATE INDEX ON k (c_text, c_pg_lsn);
-- expect: PK_UK_ON_PGLSN_DATATYPE
ALTER TABLE k ADD UNIQUE (c_pg_lsn);
-- expect: INDEX_ON_PATH_DATATYPE
CREATE INDEX ON k (c_text, c_path);
-- expect: PK_UK_ON_PATH_DATATYPE
ALTER TABLE k ADD UNIQUE (c_path);
-- expect: INDEX_ON_POLYGON_DATATYPE
CREATE INDEX ON k (c_text, c_polygon);
-- expect: PK_UK_ON_POLYGON_DATATYPE
ALTER TABLE k ADD UNIQUE (c_polygon);
-- expect: INDEX_ON_TXID_SNAPSHOT_DATATYPE
CREATE INDEX ON k (c_text, c_txid_snapshot);
-- expect: PK_UK_ON_TXID_SNAPSHOT_DATATYPE
ALTER TABLE k ADD UNIQUE (c_txid_snapshot);
-- expect: INDEX_ON_ARRAY_DATATYPE
CREATE INDEX ON k (c_text, c_array);
-- expect: PK_UK_ON_ARRAY_DATATYPE
ALTER TABLE k ADD UNIQUE (c_array);
-- expect: INDEX_ON_USER_DEFINED_DATATYPE
CREATE INDEX ON k (c_pair);
-- expect: PK_UK_ON_USER_DEFINED_DATATYPE
ALTER TABLE k ADD PRIMARY KEY (c_pair);
-- expect: INDEX_ON_CITEXT_DATATYPE
CREATE INDEX ON k (c_tag);
-- expect: INDEX_ON_JSONB_DATATYPE
CREATE INDEX ON k ((c_text::jsonb));
-- expect: PK_UK_ON_INET_DATATYPE
CREATE TABLE in_place (a inet PRIMARY KEY, b inet);
-- expect: PK_UK_ON_CIDR_DATATYPE
CREATE TABLE two_columns (a cidr, b int, UNIQUE (b, a));
CREATE TABLE d (a int, b cidr, UNIQUE (a));
CREATE INDEX ON k (c_mood, c_text, c_date, c_uuid);
ALTER TABLE k ADD UNIQUE (c_mood, c_text);
CREATE INDEX ON k USING gin (c_jsonb);
CREATE INDEX ON k USING gin (c_array);
CREATE INDEX ON k USING gin (c_tsvector);
CREATE INDEX ON k (c_text) INCLUDE (c_jsonb);
CREATE INDEX ON k (lower(c_text));
CREATE INDEX ON k ((c_jsonb ->> 'a'));
