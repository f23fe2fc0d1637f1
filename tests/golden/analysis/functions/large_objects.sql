-- expect: LARGE_OBJECT_FUNCTIONS
SELECT lo_create(0);
-- expect: LARGE_OBJECT_FUNCTIONS
INSERT INTO image (id, raster) VALUES (1, lo_import('/etc/motd'));
-- expect: LARGE_OBJECT_FUNCTIONS
CREATE TRIGGER image_raster BEFORE UPDATE OR DELETE ON image FOR EACH ROW EXECUTE FUNCTION public.lo_manage(raster);
-- expect: LARGE_OBJECT_FUNCTIONS +2
CREATE FUNCTION read_image(image oid) RETURNS bytea LANGUAGE plpgsql AS $$
BEGIN
  RETURN lo_get(image);
END $$;

CREATE TRIGGER image_changed BEFORE UPDATE ON image FOR EACH ROW EXECUTE FUNCTION public.changed('lo_manage');
SELECT lo_lower(name), "lo_Create"(1), lo_create FROM image;
