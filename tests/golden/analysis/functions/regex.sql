-- expect: REGEX_FUNCTIONS
SELECT regexp_count(name, 'a') FROM customer;
-- expect: REGEX_FUNCTIONS
SELECT regexp_substr(name, 'a.'), upper(name) FROM customer;
-- expect: REGEX_FUNCTIONS
CREATE INDEX by_place ON customer ((regexp_instr(name, 'a')));
-- expect: REGEX_FUNCTIONS
ALTER TABLE customer ADD CHECK (regexp_like(mail, '@'));

SELECT regexp_match(name, 'a'), regexp_replace(name, 'a', 'b'), name ~ 'a',
  regexp_split_to_array(name, ','), 'regexp_like(name)' FROM customer;
