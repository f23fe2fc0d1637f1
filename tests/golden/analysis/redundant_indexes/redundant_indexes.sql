CREATE TABLE person (id int PRIMARY KEY, name text, town text, born date, mail text UNIQUE, info jsonb);

-- expect: REDUNDANT_INDEXES
CREATE INDEX by_name ON person (name);
CREATE INDEX by_name_town ON person (name, town);
-- expect: REDUNDANT_INDEXES
CREATE INDEX by_name_town_again ON person (name, town);
-- expect: REDUNDANT_INDEXES
CREATE INDEX by_id ON person (id);
-- expect: REDUNDANT_INDEXES
CREATE INDEX by_mail ON person (mail);
-- expect: REDUNDANT_INDEXES
CREATE UNIQUE INDEX by_id_unique ON person (id);
CREATE UNIQUE INDEX by_town_born ON person (town, born);
-- expect: REDUNDANT_INDEXES
CREATE INDEX by_town_born_plain ON person (town, born);
-- expect: REDUNDANT_INDEXES
CREATE INDEX by_lower ON person (lower(name));
CREATE INDEX by_lower_born ON person (lower(name), born) INCLUDE (town);

-- Each of these does what no other one does.
CREATE INDEX by_town_name ON person (born, name);
CREATE INDEX by_name_down ON person (name DESC);
CREATE INDEX by_name_pattern ON person (name text_pattern_ops);
CREATE INDEX by_name_c ON person (name COLLATE "C");
CREATE INDEX by_name_nulls ON person (name NULLS FIRST);
CREATE INDEX by_name_of_some ON person (name) WHERE town IS NOT NULL;
CREATE INDEX by_name_with ON person (name) INCLUDE (info);
CREATE UNIQUE INDEX one_name ON person (name, born, town);
CREATE UNIQUE INDEX one_lower ON person (lower(name));
CREATE INDEX by_name_hash ON person USING hash (name);
CREATE INDEX by_name_elsewhere ON persons (name);
