-- SPDX-License-Identifier: Apache-2.0
-- Deterministic changes of the table wide, which has ids 1 .. base: inserts go above base, deletes into the first tenth, updates into the rest.
create function wide_ins(lo int8, hi int8) returns void language sql as $$
 insert into wide select i, (hashint8extended(i,1) & 1048575)::int4, 'ins ' || md5(i::text), repeat(md5((i*7)::text), (i % 3)::int),
   ((hashint8extended(i,2) % 100000000000) / 10000.0)::numeric(18,4), (hashint8extended(i,3) & 16777215) / 65536.0::float8,
   timestamptz '2024-01-01 00:00:00+00' + (i * interval '1 second'), null, date '2024-01-01', jsonb_build_object('id', i, 'src', 'cdc'),
   decode(md5((i + 11)::text), 'hex'), md5((i * 31)::text)::uuid, i % 3 <> 0, array['t' || (i % 17), null], array[(i % 100)::int4]
 from generate_series(lo, hi) i $$;
-- Transactions of 40 inserts, 40 updates and 20 deletes.
create procedure cdc_mix(transactions int, base int8) language plpgsql as $$
declare t int8; begin
  for t in 0 .. transactions - 1 loop
    perform wide_ins(base + 1 + t*40, base + t*40 + 40);
    update wide set k = k + 1, amount = amount + 1.5, updated_at = timestamptz '2024-02-02 02:02:02+00', name = 'upd ' || t
      where id = any (array(select base / 10 + 1 + ((t*40 + j)::int8 * 7919) % (base * 9 / 10) from generate_series(0,39) j));
    delete from wide where id between t*20 + 1 and t*20 + 20;
    commit;
  end loop; end $$;
-- One transaction.
create procedure cdc_huge(changes int, base int8) language plpgsql as $$
begin
  perform wide_ins(base + 1, base + changes * 4 / 10);
  update wide set k = k + 1, amount = amount + 1.5, updated_at = timestamptz '2024-02-02 02:02:02+00', name = 'upd huge'
    where id between base / 10 + 1 and base / 10 + changes * 4 / 10;
  delete from wide where id between 1 and changes * 2 / 10;
end $$;
