-- expect: ADVISORY_LOCKS
SELECT pg_advisory_lock(1);

-- expect: ADVISORY_LOCKS +1
SELECT id FROM job
 WHERE pg_try_advisory_xact_lock(id) LIMIT 1;

-- expect: ADVISORY_LOCKS
CREATE VIEW free_jobs AS SELECT id FROM job WHERE pg_catalog.pg_try_advisory_lock_shared(id);

-- expect: ADVISORY_LOCKS
CREATE POLICY one_at_a_time ON job USING (pg_try_advisory_lock(id));

-- expect: ADVISORY_LOCKS
CREATE RULE hold AS ON UPDATE TO job DO ALSO SELECT pg_advisory_unlock_all();

-- expect: ADVISORY_LOCKS +4
CREATE PROCEDURE run(job_id bigint) LANGUAGE plpgsql AS $$
BEGIN
  -- pg_advisory_lock(1) is only spoken of here, /* and pg_advisory_lock(2) here */
  RAISE NOTICE 'pg_advisory_lock(%)', job_id;
  IF NOT pg_try_advisory_lock(job_id) THEN
    RETURN;
  END IF;
END $$;

-- expect: ADVISORY_LOCKS
CREATE FUNCTION hold() RETURNS void LANGUAGE sql AS 'SELECT pg_advisory_xact_lock(7)';

SELECT 'pg_advisory_lock(1)', locks.pg_advisory_lock(2), pg_advisory_lock FROM locks -- pg_advisory_lock(3)
 WHERE kind = 'advisory' FOR UPDATE;
