-- SPDX-License-Identifier: Apache-2.0
-- One table of many types with four indexes, and small ones with foreign keys.
-- deterministic wide mix; psql vars: rows, smalls
create table wide (
  id int8 not null, k int4 not null, name text not null, descr text, amount numeric(18,4), ratio float8,
  created_at timestamptz not null, updated_at timestamptz, day date, payload jsonb, blob bytea, uid uuid not null,
  active bool, tags text[], nums int4[]);
insert into wide
select i, (hashint8extended(i,1) & 1048575)::int4, 'user ' || md5(i::text),
  case when i % 10 = 0 then null else repeat(md5((i*7)::text) || E' t\tab \\ back\nline é ', (i % 3)::int) end,
  case when i % 50 = 0 then null else ((hashint8extended(i,2) % 100000000000) / 10000.0)::numeric(18,4) end,
  (hashint8extended(i,3) & 16777215) / 65536.0::float8,
  timestamptz '2020-01-01 00:00:00+00' + (i * interval '7.123457 seconds'),
  case when i % 4 = 0 then null else timestamptz '2022-06-01 12:00:00+00' + ((hashint8extended(i,4) & 33554431) * interval '1 second') end,
  date '2000-01-01' + (i % 9000)::int,
  jsonb_build_object('id', i, 'kind', (array['a','bb','ccc','dddd'])[1 + i % 4], 'score', (i % 1000) / 10.0, 'nested', jsonb_build_object('ok', i % 2 = 0, 'note', null)),
  case when i % 500 = 0 then (select string_agg(decode(md5((i * 1000 + g)::text), 'hex'), ''::bytea) from generate_series(1, 512) g)
       when i % 7 = 0 then null else decode(md5((i + 11)::text), 'hex') end,
  md5((i * 31)::text)::uuid, i % 3 <> 0,
  case when i % 5 = 0 then null else array['t' || (i % 17), 'x,"' || (i % 3), null] end,
  array[(i % 100)::int4, (i % 1000)::int4, -1]
from generate_series(1, :rows) i;
alter table wide add primary key (id);
create index wide_k on wide (k);
create index wide_created on wide (created_at);
create unique index wide_uid on wide (uid);
select set_config('bench.smalls', :'smalls', false);
do $$ declare i int; begin
  for i in 1 .. current_setting('bench.smalls')::int loop
    execute format('create table small_%s (id serial primary key, name varchar(40) not null, val numeric(12,2), ts timestamptz default now(), ref int, flag bool)', to_char(i,'FM00'));
    execute format('insert into small_%s (name, val, ts, ref, flag) select ''n''||md5(g::text), g*1.25, timestamptz ''2021-01-01 00:00:00+00'' + g * interval ''1 min'', 1 + g %% 100, g %% 2 = 0 from generate_series(1,%s) g', to_char(i,'FM00'), i*100);
    execute format('create index on small_%s (ref)', to_char(i,'FM00'));
    if i % 10 = 0 then execute format('alter table small_%s add foreign key (ref) references small_%s(id)', to_char(i,'FM00'), to_char(i-1,'FM00')); end if;
  end loop; end $$;
create view wide_v as select id, name, amount from wide where active;
vacuum (freeze, analyze);
