-- expect: XML_FUNCTIONS
-- expect: XML_FUNCTIONS
SELECT xmlelement(name sale, xmlattributes(id AS id)), xmlforest(id, region) FROM sale;

-- expect: XML_FUNCTIONS +1
CREATE VIEW titles AS SELECT
  (xpath('/book/title/text()', body))[1]::text FROM book;

-- expect: XML_FUNCTIONS
SELECT x.* FROM book, xmltable('/book' PASSING body COLUMNS title text) AS x;

-- expect: XML_FUNCTIONS
SELECT xmlserialize(CONTENT body AS text) FROM book;

-- expect: XML_FUNCTIONS
SELECT body IS DOCUMENT FROM book;

-- expect: XML_FUNCTIONS
SELECT query_to_xml('SELECT 1', true, false, '');

-- expect: XML_FUNCTIONS
SELECT xmlexists('//title' PASSING body) FROM book;

SELECT 'xmlelement(name a)' AS xml, xmltable, quote_literal('xpath(1)') FROM book WHERE body IS NOT NULL;
