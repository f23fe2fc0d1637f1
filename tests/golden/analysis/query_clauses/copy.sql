-- expect: COPY FROM ... WHERE
COPY sale FROM '/tmp/sale.csv' WITH (FORMAT csv) WHERE id > 10;
-- expect: COPY ... ON_ERROR
COPY sale FROM '/tmp/sale.csv' WITH (FORMAT csv, ON_ERROR ignore);
-- expect: COPY ... ON_ERROR
COPY sale FROM '/tmp/sale.csv' (ON_ERROR stop, LOG_VERBOSITY verbose);

COPY sale FROM '/tmp/sale.csv' WITH (FORMAT csv, NULL 'on_error', HEADER);
COPY (SELECT id FROM sale WHERE id > 10) TO '/tmp/sale.csv';
