CREATE DOMAIN moment AS timestamp with time zone;
CREATE TABLE reading (id bigint PRIMARY KEY, sensor int, at timestamptz, noted moment, day date, times timestamptz[],
  span tstzrange, at_time time);

-- expect: HOTSPOTS_ON_TIMESTAMP_INDEX
CREATE INDEX reading_at ON reading (at);
-- expect: HOTSPOTS_ON_TIMESTAMP_INDEX
CREATE UNIQUE INDEX reading_noted ON reading (noted DESC, sensor);
-- expect: HOTSPOTS_ON_DATE_INDEX
CREATE INDEX reading_day ON reading (day);
-- expect: HOTSPOTS_ON_DATE_INDEX
CREATE INDEX reading_day_of ON reading ((at::date), sensor);

CREATE INDEX reading_sensor ON reading (sensor, at, day);
CREATE INDEX reading_hash ON reading USING hash (at);
CREATE INDEX reading_times ON reading USING gin (times);
CREATE INDEX reading_span ON reading (span);
CREATE INDEX reading_time ON reading (at_time);
CREATE INDEX reading_text ON reading ((at::text));
CREATE INDEX elsewhere ON unknown_table (at);

-- expect: HOTSPOTS_ON_TIMESTAMP_PK_UK
CREATE TABLE log (at timestamp PRIMARY KEY, line text);
-- expect: HOTSPOTS_ON_DATE_PK_UK
CREATE TABLE calendar (day date, place int, CONSTRAINT calendar_key UNIQUE (day, place), PRIMARY KEY (place, day));
CREATE TABLE later (id int PRIMARY KEY, at timestamptz, day date);
-- expect: HOTSPOTS_ON_TIMESTAMP_PK_UK
ALTER TABLE ONLY later ADD CONSTRAINT later_at UNIQUE (at);
ALTER TABLE ONLY later ADD CONSTRAINT later_id UNIQUE (id, at);
