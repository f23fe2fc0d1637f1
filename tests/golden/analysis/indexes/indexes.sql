CREATE TABLE t (a int, b int, r int4range, v tsvector, j jsonb, p point);
-- expect: UNSUPPORTED_GIST_INDEX_METHOD
CREATE INDEX gist_index ON t USING gist (r);
-- expect: UNSUPPORTED_BRIN_INDEX_METHOD
CREATE INDEX brin_index ON t USING brin (a);
-- expect: UNSUPPORTED_SPGIST_INDEX_METHOD
CREATE INDEX spgist_index ON t USING spgist (p);
CREATE INDEX gist ON t USING btree (a);
CREATE INDEX h ON t USING hash (a);
CREATE INDEX brin ON t (a, b);

-- expect: MULTI_COLUMN_GIN_INDEX
CREATE INDEX gin_two ON t USING gin (v, j);
CREATE INDEX gin_one ON t USING gin (v);
CREATE INDEX gin_path ON t USING gin (j jsonb_path_ops);
-- expect: ORDERED_GIN_INDEX
CREATE INDEX gin_desc ON t USING gin (v DESC);
CREATE INDEX gin_asc ON t USING gin (v ASC);
CREATE INDEX tree_desc ON t (a DESC, b ASC NULLS LAST);
