-- Every type that is not stored, or not carried by every live migration, beside others.
CREATE TABLE every_type (
  id bigint PRIMARY KEY,
-- expect: UNSUPPORTED_DATATYPE_XML
  c_xml xml,
-- expect: UNSUPPORTED_DATATYPE_XID
  c_xid xid,
-- expect: UNSUPPORTED_DATATYPE_GEOMETRY
  c_geometry geometry,
-- expect: UNSUPPORTED_DATATYPE_GEOGRAPHY
  c_geography geography,
-- expect: UNSUPPORTED_DATATYPE_BOX2D
  c_box2d box2d,
-- expect: UNSUPPORTED_DATATYPE_BOX3D
  c_box3d box3d,
-- expect: UNSUPPORTED_DATATYPE_TOPOGEOMETRY
  c_topogeometry topogeometry,
-- expect: UNSUPPORTED_DATATYPE_LARGE_OBJECT
  c_lo lo,
-- expect: UNSUPPORTED_DATATYPE_RASTER
  c_raster raster,
-- expect: UNSUPPORTED_DATATYPE_PG_LSN
  c_pg_lsn pg_lsn,
-- expect: UNSUPPORTED_DATATYPE_TXID_SNAPSHOT
  c_txid_snapshot txid_snapshot,
-- expect: UNSUPPORTED_DATATYPE_INT8MULTIRANGE
  c_int8multirange int8multirange,
-- expect: UNSUPPORTED_DATATYPE_INT4MULTIRANGE
  c_int4multirange int4multirange,
-- expect: UNSUPPORTED_DATATYPE_DATEMULTIRANGE
  c_datemultirange datemultirange,
-- expect: UNSUPPORTED_DATATYPE_NUMMULTIRANGE
  c_nummultirange nummultirange,
-- expect: UNSUPPORTED_DATATYPE_TSMULTIRANGE
  c_tsmultirange tsmultirange,
-- expect: UNSUPPORTED_DATATYPE_TSTZMULTIRANGE
  c_tstzmultirange tstzmultirange,
-- expect: UNSUPPORTED_DATATYPE_LIVE_MIGRATION_POINT
  c_point point,
-- expect: UNSUPPORTED_DATATYPE_LIVE_MIGRATION_LINE
  c_line line,
-- expect: UNSUPPORTED_DATATYPE_LIVE_MIGRATION_LSEG
  c_lseg lseg,
-- expect: UNSUPPORTED_DATATYPE_LIVE_MIGRATION_BOX
  c_box box,
-- expect: UNSUPPORTED_DATATYPE_LIVE_MIGRATION_PATH
  c_path path,
-- expect: UNSUPPORTED_DATATYPE_LIVE_MIGRATION_POLYGON
  c_polygon polygon,
-- expect: UNSUPPORTED_DATATYPE_LIVE_MIGRATION_CIRCLE
  c_circle circle,
-- expect: UNSUPPORTED_DATATYPE_LIVE_MIGRATION_VECTOR
  c_vector vector,
-- expect: UNSUPPORTED_DATATYPE_LIVE_MIGRATION_TIMETZ
  c_timetz timetz,
-- expect: UNSUPPORTED_DATATYPE_LIVE_MIGRATION_WITH_FF_FB_TSQUERY
  c_tsquery tsquery,
-- expect: ORACLE_DATATYPE
  c_AnyData AnyData,
-- expect: ORACLE_DATATYPE
  c_AnyDataSet AnyDataSet,
-- expect: ORACLE_DATATYPE
  c_AnyType AnyType,
-- expect: ORACLE_DATATYPE
  c_URIType URIType,
  c_text text,
  c_jsonb jsonb,
  c_range int4range,
  c_vector tsvector,
  c_time time,
  c_xml_name_only text DEFAULT 'xml'
);
