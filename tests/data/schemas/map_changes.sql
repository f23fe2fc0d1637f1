-- Edits of a map: tags in hstore, a shape in PostgreSQL's own geometric types, indexes of other methods.
CREATE EXTENSION IF NOT EXISTS hstore WITH SCHEMA public;

CREATE TABLE public.map_change (
    id bigint NOT NULL,
    user_id bigint,
    created_at timestamp without time zone,
    min_lat numeric(10,7),
    max_lat numeric(10,7),
    open boolean,
    user_name character varying(255),
    tags public.hstore,
    outline polygon
);
CREATE TABLE public.map_change_comment (
    change_id bigint NOT NULL,
    written timestamp without time zone NOT NULL,
    comment_text text NOT NULL
);
CREATE TABLE public.map_state (last_sequence bigint, last_timestamp timestamp without time zone, update_in_progress smallint);

ALTER TABLE ONLY public.map_change ADD CONSTRAINT map_change_pkey PRIMARY KEY (id);
CREATE INDEX map_change_outline_gist ON public.map_change USING gist (outline);
CREATE INDEX map_change_created_idx ON public.map_change USING btree (created_at);
CREATE INDEX map_change_tags_idx ON public.map_change USING gin (tags);
CREATE INDEX map_change_user_idx ON public.map_change USING btree (user_id, user_name);

CREATE FUNCTION public.fill(num_rows integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    first bigint;
BEGIN
    SELECT coalesce(max(id), 0) INTO first FROM map_change;
    FOR i IN 1..num_rows LOOP
        INSERT INTO map_change (id, created_at, open, tags)
        VALUES (first + i, now() - (i * interval '1 day'), i % 2 = 0,
                hstore('type', 'type' || i) || hstore('status', CASE WHEN i % 2 = 0 THEN 'done' ELSE 'open' END));
    END LOOP;
END;
$$;
