-- Types that hide in domains, arrays and composite types.
-- expect: UNSUPPORTED_DATATYPE_XML
CREATE DOMAIN document AS xml;
CREATE DOMAIN price AS numeric(12, 2);
-- expect: UNSUPPORTED_DATATYPE_XML +1
CREATE TYPE page AS (
  body document,
  number int
);
CREATE TYPE place AS (x point, y int);
CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE TYPE span AS RANGE (subtype = float8);
CREATE TABLE t (
-- expect: UNSUPPORTED_DATATYPE_XML
  a document,
-- expect: UNSUPPORTED_DATATYPE_XML
  b xml[],
-- expect: UNSUPPORTED_DATATYPE_XML
-- expect: UNSUPPORTED_DATATYPE_LIVE_MIGRATION_WITH_FF_FB_USER_DEFINED
  c page,
-- expect: UNSUPPORTED_DATATYPE_LIVE_MIGRATION_POINT
-- expect: UNSUPPORTED_DATATYPE_LIVE_MIGRATION_WITH_FF_FB_USER_DEFINED
  d place[],
-- expect: UNSUPPORTED_DATATYPE_LIVE_MIGRATION_WITH_FF_FB_USER_DEFINED
  e span,
-- expect: UNSUPPORTED_DATATYPE_LIVE_MIGRATION_WITH_FF_FB_USER_DEFINED
  f mood[],
-- expect: UNSUPPORTED_DATATYPE_GEOMETRY
  g public.geometry(Point, 4326),
  h mood,
  i price,
  j text[]
);
-- expect: UNSUPPORTED_DATATYPE_XML
ALTER TABLE t ADD COLUMN k xml;
-- expect: UNSUPPORTED_DATATYPE_PG_LSN
ALTER TABLE t ALTER COLUMN j TYPE pg_lsn USING NULL;
ALTER TABLE t ALTER COLUMN j DROP DEFAULT;
-- expect: UNSUPPORTED_DATATYPE_XML
-- expect: UNSUPPORTED_DATATYPE_XML
CREATE FOREIGN TABLE f (a xml, b point, c page[]) SERVER s;
-- A type of the schema's own is not the extension's type of that name.
CREATE TYPE raster AS ENUM ('a');
CREATE TABLE own (a raster);
