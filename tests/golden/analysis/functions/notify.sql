-- expect: LISTEN_NOTIFY +2
CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('sales', NEW.id::text);
  RETURN NEW;
END $$;

CREATE FUNCTION tell_nobody() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE NOTICE 'pg_notify(%)', NEW.id;
  RETURN NEW;
END $$;
