-- :orders orders and everything around them: about 4.9 rows for each order.
-- The rows below refer to each other rightly; checking each would take half of the time.
SET session_replication_role = replica;
INSERT INTO customers (email, name, tags, profile, balance, vip_number, referred_by, created_at)
  SELECT 'user' || i || '@example.com', 'Käufer ' || i, ARRAY['a' || i % 7, NULL, 'x,"y"\z'],
    jsonb_build_object('level', i % 5, 'text', repeat('ü', i % 50)), (i % 100000) / 7.0,
    CASE WHEN i % 20 = 0 THEN i END, CASE WHEN i > 10 AND i % 3 = 0 THEN i / 3 END,
    timestamptz '2023-01-01 00:00:00+00' + i * interval '7.654321 s'
  FROM generate_series(1, greatest(:orders / 5, 100)) i;
INSERT INTO products (sku, title, price, attributes, description)
  SELECT 'SKU-' || i, 'Product ' || i, (i % 9999) / 10.0, jsonb_build_object('colour', i % 10),
    CASE WHEN i % 10 = 0 THEN NULL WHEN i % 10 = 1 THEN '' ELSE E'line 1\nline 2\t\\.' || i END
  FROM generate_series(1, greatest(:orders / 20, 100)) i;
INSERT INTO inventory SELECT i, w, i, (i * w) % 500, NULL
  FROM generate_series(1, greatest(:orders / 20, 100)) i, generate_series(1, 3) w;
INSERT INTO orders (ordered_on, customer_id, status, total, placed_at, remark)
  SELECT date '2023-01-01' + i % 1300, 1 + i % greatest(:orders / 5, 100),
    (ARRAY['new', 'paid', 'packed', 'shipped', 'returned'])[1 + i % 5]::order_status, i % 1000 + 0.99,
    timestamptz '2023-01-01 00:00:00+00' + i * interval '1.000001 s', CASE WHEN i % 4 = 0 THEN repeat('remark ', i % 20) END
  FROM generate_series(1, :orders) i;
INSERT INTO order_items SELECT o.id, o.ordered_on, l, 1 + (o.id * l) % greatest(:orders / 20, 100), 1 + l, o.id % 500 + 0.5
  FROM orders o, generate_series(1, 2) l;
INSERT INTO payments (id, customer_id, amount, paid_at, fingerprint, method)
  SELECT md5(o.id::text)::uuid, o.customer_id, o.total, o.placed_at, decode(md5(o.id::text), 'hex'), 'card'
  FROM orders o;
INSERT INTO documents (title, body)
  SELECT 'Document ' || i, repeat(md5(i::text), 100 + i % 200) FROM generate_series(1, greatest(:orders / 200, 50)) i;
INSERT INTO audit_log SELECT timestamptz '2023-01-01 00:00:00+00' + i / 2 * interval '1 min', 'system', 'import', NULL
  FROM generate_series(1, :orders / 2) i;
RESET session_replication_role;
REFRESH MATERIALIZED VIEW sales_by_product;
ANALYZE;
