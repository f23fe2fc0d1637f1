/* SPDX-License-Identifier: Apache-2.0
 * yboutput.c - PostgreSQL 15 output plugin that speaks pgoutput protocol v1 with YugabyteDB's
 * CHANGE replica identity ('c' in pg_class, see yb_shim.c, Old rows).  FULL sends an 'O' tuple;
 * tables set to DEFAULT are sent as YB "DEFAULT" (full new row, no old tuple). */
#include "postgres.h"
#include "access/genam.h"
#include "access/heapam.h"
#include "access/htup_details.h"
#include "catalog/pg_publication.h"
#include "catalog/pg_type.h"
#include "catalog/pg_index.h"
#include "commands/defrem.h"
#include "libpq/pqformat.h"
#include "replication/logical.h"
#include "replication/output_plugin.h"
#include "replication/reorderbuffer.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/syscache.h"
#include "utils/varlena.h"

PG_MODULE_MAGIC;
extern void _PG_output_plugin_init(OutputPluginCallbacks *cb);

/* work: emptied after every change, so that large transactions don't fill the memory.
 * sequence: YugabyteDB's small log numbers (yb_shim.sequence_lsn).  A transaction's BEGIN takes next, each row
 * change one more, COMMIT the last.  BEGIN tells COMMIT's number, so the messages wait in held until they have
 * been counted.  Every START_REPLICATION counts from 2; a transaction without published changes counts nothing. */
typedef struct
{
	List *pubs; List *sent; MemoryContext mc; MemoryContext work; bool begun;
	bool sequence; uint64 next; uint32 xid; uint64 rows; List *held; MemoryContext held_mc;
} St;

static bool sequence_wanted(void)
{
	const char *value = GetConfigOption("yb_shim.sequence_lsn", true, false);
	bool on = false;
	if (value && !parse_bool(value, &on)) elog(ERROR, "yb_shim.sequence_lsn is not a boolean: %s", value);
	return on;
}

static void startup(LogicalDecodingContext *ctx, OutputPluginOptions *opt, bool init)
{
	St *st = palloc0(sizeof(St)); ListCell *lc;
	st->mc = ctx->context;
	st->work = AllocSetContextCreate(ctx->context, "yboutput change", ALLOCSET_DEFAULT_SIZES);
	st->sequence = sequence_wanted();
	st->held_mc = AllocSetContextCreate(ctx->context, "yboutput transaction", ALLOCSET_DEFAULT_SIZES);
	st->next = 2;
	st->xid = 2;
	ctx->output_plugin_private = st;
	opt->output_type = OUTPUT_PLUGIN_BINARY_OUTPUT;
	ctx->streaming = false; ctx->twophase = false;
	if (init) return;
	foreach(lc, ctx->output_plugin_options)
	{
		DefElem *d = lfirst(lc);
		if (!strcmp(d->defname, "publication_names"))
		{ if (!SplitIdentifierString(pstrdup(strVal(d->arg)), ',', &st->pubs)) ereport(ERROR, (errcode(ERRCODE_INVALID_NAME), errmsg("invalid publication_names syntax"))); }
		else if (!strcmp(d->defname, "proto_version") || !strcmp(d->defname, "messages") || !strcmp(d->defname, "binary") || !strcmp(d->defname, "streaming")) ;
		else elog(ERROR, "unrecognized pgoutput option: %s", d->defname);
	}
	if (st->pubs == NIL) ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("publication_names parameter missing")));
}
/* Where to write the next message of a transaction, and its end.  last: as in OutputPluginPrepareWrite(). */
static StringInfo start_message(LogicalDecodingContext *ctx, bool last)
{
	St *st = ctx->output_plugin_private; MemoryContext before; StringInfo message;
	if (!st->sequence) { OutputPluginPrepareWrite(ctx, last); return ctx->out; }
	before = MemoryContextSwitchTo(st->held_mc);
	message = makeStringInfo();
	st->held = lappend(st->held, message);
	MemoryContextSwitchTo(before);
	return message;
}
static void end_message(LogicalDecodingContext *ctx, bool last)
{
	St *st = ctx->output_plugin_private;
	if (!st->sequence) OutputPluginWrite(ctx, last);
}
static StringInfo start_row(LogicalDecodingContext *ctx, char op, Relation rel)
{
	St *st = ctx->output_plugin_private; StringInfo out = start_message(ctx, true);
	st->rows++;
	pq_sendbyte(out, op); pq_sendint32(out, RelationGetRelid(rel));
	return out;
}
static void end_row(LogicalDecodingContext *ctx) { end_message(ctx, true); }

static void send_begin(LogicalDecodingContext *ctx, ReorderBufferTXN *txn, XLogRecPtr final, uint32 xid)
{
	OutputPluginPrepareWrite(ctx, false);
	pq_sendbyte(ctx->out, 'B'); pq_sendint64(ctx->out, final);
	pq_sendint64(ctx->out, txn->xact_time.commit_time); pq_sendint32(ctx->out, xid);
	OutputPluginWrite(ctx, false);
}
static void send_commit(LogicalDecodingContext *ctx, ReorderBufferTXN *txn, XLogRecPtr lsn, XLogRecPtr end)
{
	OutputPluginPrepareWrite(ctx, true);
	pq_sendbyte(ctx->out, 'C'); pq_sendbyte(ctx->out, 0);
	pq_sendint64(ctx->out, lsn); pq_sendint64(ctx->out, end); pq_sendint64(ctx->out, txn->xact_time.commit_time);
	OutputPluginWrite(ctx, true);
}
static void send_held(LogicalDecodingContext *ctx, ReorderBufferTXN *txn)
{
	St *st = ctx->output_plugin_private; ListCell *lc; XLogRecPtr lsn = st->next + st->rows + 1;
	send_begin(ctx, txn, lsn, st->xid++);
	foreach(lc, st->held)
	{
		StringInfo message = lfirst(lc);
		OutputPluginPrepareWrite(ctx, false);
		appendBinaryStringInfo(ctx->out, message->data, message->len);
		OutputPluginWrite(ctx, false);
	}
	send_commit(ctx, txn, lsn, lsn + 1);
	st->next = lsn + 1;
	st->held = NIL;
	MemoryContextReset(st->held_mc);
}
static void begin(LogicalDecodingContext *ctx, ReorderBufferTXN *txn)
{
	St *st = ctx->output_plugin_private;
	st->begun = false;
	st->rows = 0;
}
static void need_begin(LogicalDecodingContext *ctx, ReorderBufferTXN *txn)
{
	St *st = ctx->output_plugin_private;
	if (!st->begun && !st->sequence) send_begin(ctx, txn, txn->final_lsn, txn->xid);
	st->begun = true;
}
static void commit(LogicalDecodingContext *ctx, ReorderBufferTXN *txn, XLogRecPtr lsn)
{
	St *st = ctx->output_plugin_private;
	OutputPluginUpdateProgress(ctx, !st->begun);
	if (!st->begun) return;
	if (st->sequence) send_held(ctx, txn);
	else send_commit(ctx, txn, lsn, txn->end_lsn);
}
static bool published(St *st, Oid relid)
{
	ListCell *a; List *mine;
	mine = GetRelationPublications(relid);
	foreach(a, st->pubs)
	{
		Publication *p = GetPublicationByName(lfirst(a), false);
		if (p->alltables || list_member_oid(mine, p->oid)) return true;
	}
	return false;
}
static Bitmapset *pkcols(Relation rel)
{
	Bitmapset *s = NULL; Oid pk = (RelationGetIndexList(rel), rel->rd_pkindex); int k;
	if (OidIsValid(pk))
	{
		Relation x = RelationIdGetRelation(pk);
		for (k = 0; k < x->rd_index->indnkeyatts; k++) s = bms_add_member(s, x->rd_index->indkey.values[k]);
		RelationClose(x);
	}
	return s;
}
/* As under FULL: without a primary key every column tells rows apart. */
static Bitmapset *allcols(Relation rel)
{
	Bitmapset *s = NULL; int k;
	for (k = 1; k <= RelationGetDescr(rel)->natts; k++) s = bms_add_member(s, k);
	return s;
}
static bool skipcol(Form_pg_attribute a) { return a->attisdropped || a->attgenerated; }

static void relmsg(LogicalDecodingContext *ctx, Relation rel, Bitmapset *pk, char ident)
{
	St *st = ctx->output_plugin_private; TupleDesc td = RelationGetDescr(rel); int n = 0, k; MemoryContext o; StringInfo out;
	if (list_member_oid(st->sent, RelationGetRelid(rel))) return;
	for (k = 0; k < td->natts; k++)
	{
		Form_pg_attribute a = TupleDescAttr(td, k);
		if (skipcol(a)) continue;
		n++;
		if (a->atttypid >= FirstGenbkiObjectId)
		{
			out = start_message(ctx, false);
			pq_sendbyte(out, 'Y'); pq_sendint32(out, a->atttypid);
			{ HeapTuple t = SearchSysCache1(TYPEOID, ObjectIdGetDatum(a->atttypid)); Form_pg_type f = (Form_pg_type) GETSTRUCT(t);
			  pq_sendstring(out, get_namespace_name(f->typnamespace)); pq_sendstring(out, NameStr(f->typname)); ReleaseSysCache(t); }
			end_message(ctx, false);
		}
	}
	out = start_message(ctx, false);
	pq_sendbyte(out, 'R'); pq_sendint32(out, RelationGetRelid(rel));
	pq_sendstring(out, get_namespace_name(RelationGetNamespace(rel)));
	pq_sendstring(out, RelationGetRelationName(rel));
	pq_sendbyte(out, ident); pq_sendint16(out, n);
	for (k = 0; k < td->natts; k++)
	{
		Form_pg_attribute a = TupleDescAttr(td, k);
		if (skipcol(a)) continue;
		pq_sendbyte(out, bms_is_member(a->attnum, pk) ? 1 : 0);
		pq_sendstring(out, NameStr(a->attname)); pq_sendint32(out, a->atttypid); pq_sendint32(out, a->atttypmod);
	}
	end_message(ctx, false);
	o = MemoryContextSwitchTo(st->mc); st->sent = lappend_oid(st->sent, RelationGetRelid(rel)); MemoryContextSwitchTo(o);
}
static char *outval(Form_pg_attribute a, Datum d)
{ Oid f; bool vl; getTypeOutputInfo(a->atttypid, &f, &vl); if (vl) d = PointerGetDatum(PG_DETOAST_DATUM(d)); return OidOutputFunctionCall(f, d); }

/* kind 'N': new tuple, unchanged columns (vs old) as 'u'; kind 'K': key columns only, rest NULL */
static void tup(StringInfo out, Relation rel, HeapTuple t, HeapTuple old, Bitmapset *pk, char kind)
{
	TupleDesc td = RelationGetDescr(rel); int n = 0, k;
	Datum *v = palloc(sizeof(Datum) * td->natts), *ov = palloc(sizeof(Datum) * td->natts);
	bool *nl = palloc(td->natts), *onl = palloc(td->natts);
	heap_deform_tuple(t, td, v, nl);
	if (old) heap_deform_tuple(old, td, ov, onl);
	for (k = 0; k < td->natts; k++) if (!skipcol(TupleDescAttr(td, k))) n++;
	pq_sendbyte(out, kind); pq_sendint16(out, n);
	for (k = 0; k < td->natts; k++)
	{
		Form_pg_attribute a = TupleDescAttr(td, k); bool key = bms_is_member(a->attnum, pk); char *s;
		if (skipcol(a)) continue;
		if (kind == 'K' && !key) { pq_sendbyte(out, 'n'); continue; }
		if (!nl[k] && a->attlen == -1 && VARATT_IS_EXTERNAL_ONDISK(DatumGetPointer(v[k]))) { pq_sendbyte(out, 'u'); continue; }
		if (old && !key)
		{
			if (nl[k] && onl[k]) { pq_sendbyte(out, 'u'); continue; }
			if (!nl[k] && !onl[k] && !strcmp(outval(a, v[k]), outval(a, ov[k]))) { pq_sendbyte(out, 'u'); continue; }
		}
		if (nl[k]) { pq_sendbyte(out, 'n'); continue; }
		s = outval(a, v[k]);
		pq_sendbyte(out, 't'); pq_sendcountedtext(out, s, strlen(s), false);
	}
}
static void one(LogicalDecodingContext *ctx, char op, Relation rel, HeapTuple t, HeapTuple old, Bitmapset *pk, char kind)
{
	tup(start_row(ctx, op, rel), rel, t, old, pk, kind);
	end_row(ctx);
}
/* The new row with what PostgreSQL left out of the log because it did not change: YugabyteDB has no TOAST. */
static HeapTuple whole(Relation rel, HeapTuple t, HeapTuple old)
{
	TupleDesc td = RelationGetDescr(rel); int k;
	Datum *v = palloc(sizeof(Datum) * td->natts), *ov = palloc(sizeof(Datum) * td->natts);
	bool *nl = palloc(td->natts), *onl = palloc(td->natts);
	heap_deform_tuple(t, td, v, nl);
	heap_deform_tuple(old, td, ov, onl);
	for (k = 0; k < td->natts; k++)
		if (!nl[k] && TupleDescAttr(td, k)->attlen == -1 && VARATT_IS_EXTERNAL_ONDISK(DatumGetPointer(v[k]))) v[k] = ov[k];
	return heap_form_tuple(td, v, nl);
}
static bool keychanged(Relation rel, HeapTuple a, HeapTuple b, Bitmapset *pk)
{
	int m = -1; TupleDesc td = RelationGetDescr(rel);
	while ((m = bms_next_member(pk, m)) >= 0)
	{
		bool n1, n2; Datum d1 = heap_getattr(a, m, td, &n1), d2 = heap_getattr(b, m, td, &n2);
		if (n1 != n2) return true;
		if (!n1 && strcmp(outval(TupleDescAttr(td, m - 1), d1), outval(TupleDescAttr(td, m - 1), d2))) return true;
	}
	return false;
}
static void change_one(LogicalDecodingContext *ctx, ReorderBufferTXN *txn, Relation rel, ReorderBufferChange *ch)
{
	St *st = ctx->output_plugin_private; Bitmapset *pk; bool keyless; HeapTuple o, n; char id = rel->rd_rel->relreplident;
	if (!is_publishable_relation(rel) || !published(st, RelationGetRelid(rel))) return;
	pk = pkcols(rel);
	keyless = bms_is_empty(pk);
	if (keyless) { pk = allcols(rel); id = id == 'n' ? 'n' : 'f'; }
	o = ch->data.tp.oldtuple ? &ch->data.tp.oldtuple->tuple : NULL;
	n = ch->data.tp.newtuple ? &ch->data.tp.newtuple->tuple : NULL;
	if (ch->action != REORDER_BUFFER_CHANGE_INSERT && id == 'n') return;
	need_begin(ctx, txn); relmsg(ctx, rel, pk, id);
	switch (ch->action)
	{
		case REORDER_BUFFER_CHANGE_INSERT: one(ctx, 'I', rel, n, NULL, pk, 'N'); break;
		case REORDER_BUFFER_CHANGE_UPDATE:
			if (!keyless && o && keychanged(rel, o, n, pk)) { one(ctx, 'D', rel, o, NULL, pk, 'K'); one(ctx, 'I', rel, whole(rel, n, o), NULL, pk, 'N'); }
			else if (id == 'f' && o)
			{
				StringInfo out = start_row(ctx, 'U', rel);
				tup(out, rel, o, NULL, pk, 'O'); tup(out, rel, n, NULL, pk, 'N');
				end_row(ctx);
			}
			else one(ctx, 'U', rel, n, id == 'c' ? o : NULL, pk, 'N');
			break;
		case REORDER_BUFFER_CHANGE_DELETE: if (o) one(ctx, 'D', rel, o, NULL, pk, id == 'f' ? 'O' : 'K'); break;
		default: break;
	}
}
static void change(LogicalDecodingContext *ctx, ReorderBufferTXN *txn, Relation rel, ReorderBufferChange *ch)
{
	St *st = ctx->output_plugin_private; MemoryContext before = MemoryContextSwitchTo(st->work);
	change_one(ctx, txn, rel, ch);
	MemoryContextSwitchTo(before);
	MemoryContextReset(st->work);
}
void _PG_output_plugin_init(OutputPluginCallbacks *cb)
{ cb->startup_cb = startup; cb->begin_cb = begin; cb->change_cb = change; cb->commit_cb = commit; }
