CREATE DOMAIN customer_number AS bigint;
CREATE TABLE customer (id bigserial PRIMARY KEY, code varchar(10) UNIQUE, region int, number int, UNIQUE (region, number));

-- expect: MISSING_FOREIGN_KEY_INDEX
CREATE TABLE invoice (id int PRIMARY KEY, customer_id bigint REFERENCES customer);
-- expect: FOREIGN_KEY_DATATYPE_MISMATCH
CREATE TABLE visit (customer_id int PRIMARY KEY REFERENCES customer (id));
-- expect: FOREIGN_KEY_DATATYPE_MISMATCH
-- expect: MISSING_FOREIGN_KEY_INDEX
CREATE TABLE letter (code text, FOREIGN KEY (code) REFERENCES customer (code));

CREATE TABLE call (id int PRIMARY KEY, customer_id bigint, region int, number int);
CREATE INDEX call_customer ON call (customer_id) WHERE customer_id IS NOT NULL;
CREATE INDEX call_number ON call (number, region, id);
ALTER TABLE ONLY call ADD CONSTRAINT call_customer FOREIGN KEY (customer_id) REFERENCES customer (id);
ALTER TABLE ONLY call ADD CONSTRAINT call_number FOREIGN KEY (region, number) REFERENCES customer (region, number);

CREATE TABLE mail (id int PRIMARY KEY, customer_id customer_number, other_id bigint, third_id bigint);
CREATE INDEX mail_customer ON mail (customer_id, id);
CREATE INDEX mail_other ON mail (id, other_id);
CREATE INDEX mail_other_some ON mail (other_id) WHERE id > 10;
CREATE INDEX mail_third ON mail USING gin (third_id);
ALTER TABLE ONLY mail ADD CONSTRAINT mail_customer FOREIGN KEY (customer_id) REFERENCES customer (id);
-- expect: MISSING_FOREIGN_KEY_INDEX
ALTER TABLE ONLY mail ADD CONSTRAINT mail_other FOREIGN KEY (other_id) REFERENCES customer (id);
-- expect: MISSING_FOREIGN_KEY_INDEX
ALTER TABLE ONLY mail ADD CONSTRAINT mail_third FOREIGN KEY (third_id) REFERENCES customer (id);

CREATE TABLE parcel (id bigint, customer_id bigint, PRIMARY KEY (customer_id, id)) PARTITION BY HASH (customer_id);
CREATE TABLE parcel_0 PARTITION OF parcel FOR VALUES WITH (MODULUS 1, REMAINDER 0);
ALTER TABLE ONLY parcel_0 ADD CONSTRAINT parcel_customer FOREIGN KEY (customer_id) REFERENCES customer (id);
ALTER TABLE ONLY parcel ADD CONSTRAINT parcel_unknown FOREIGN KEY (customer_id) REFERENCES elsewhere.customer (id);
