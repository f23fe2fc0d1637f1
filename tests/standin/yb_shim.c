/* SPDX-License-Identifier: Apache-2.0
 * yb_shim.c - makes a vanilla PostgreSQL 15 database look like YugabyteDB YSQL to a client.
 * Load per database:  ALTER DATABASE x SET session_preload_libraries = 'yb_shim'; */
#define _GNU_SOURCE
#include "postgres.h"
#include "fmgr.h"
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "access/htup_details.h"
#include "access/sysattr.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/transam.h"
#include "access/xact.h"
#include "catalog/heap.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "commands/defrem.h"
#include "commands/dbcommands.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "nodes/parsenodes.h"
#include "nodes/value.h"
#include "parser/analyze.h"
#include "parser/gramparse.h"
#include "parser/parser.h"
#include "parser/parsetree.h"
#include "tcop/utility.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

PG_MODULE_MAGIC;
void _PG_init(void);

static ProcessUtility_hook_type prev_hook = NULL;
static ExecutorStart_hook_type prev_start = NULL;
static post_parse_analyze_hook_type prev_analyze = NULL;
static char *shim_version;                 /* e.g. 15.12-YB-2025.2.3.0-b149 */
static char *shim_missing_gucs;            /* comma list: GUCs this "release" lacks */
static char *shim_copy_fault;              /* "40001:message" raised by the next COPY FROM of the session */
static bool  shim_sequence_lsn;            /* read by yboutput, which runs without this library */
static bool  fault_armed;
static void fault_assign(const char *v, void *extra) { fault_armed = v && strlen(v) > 6; }
static bool  b[32]; static int i_[32]; static char *s_[32]; static double r_[8];
static int nb, ni, ns, nr;

static bool missing(const char *n)
{
	char *l = pstrdup(shim_missing_gucs ? shim_missing_gucs : ""), *t, *sv;
	for (t = strtok_r(l, ", ", &sv); t; t = strtok_r(NULL, ", ", &sv))
		if (strcmp(t, n) == 0) return true;
	return false;
}
static void gb(const char *n, bool v, GucContext c)
{ if (!missing(n)) DefineCustomBoolVariable(n, "yb shim", NULL, &b[nb++], v, c, 0, NULL, NULL, NULL); }
static void gi(const char *n, int v, GucContext c)
{ if (!missing(n)) DefineCustomIntVariable(n, "yb shim", NULL, &i_[ni++], v, 0, INT_MAX, c, 0, NULL, NULL, NULL); }
static void gs(const char *n, const char *v, GucContext c)
{ if (!missing(n)) DefineCustomStringVariable(n, "yb shim", NULL, &s_[ns++], v, c, 0, NULL, NULL, NULL); }
static void gr(const char *n, double v, GucContext c)
{ if (!missing(n)) DefineCustomRealVariable(n, "yb shim", NULL, &r_[nr++], v, 0, 1, c, 0, NULL, NULL, NULL); }

static void yberr(int code, const char *m)
{ ereport(ERROR, (errcode(code), errmsg("%s", m))); }

static List *strip(List *opts, const char *name, DefElem **found)
{
	ListCell *lc;
	*found = NULL;
	foreach(lc, opts)
	{
		DefElem *d = (DefElem *) lfirst(lc);
		if (pg_strcasecmp(d->defname, name) == 0) { *found = d; opts = foreach_delete_current(opts, lc); }
	}
	return opts;
}

/* New tables get relreplident 'c', YugabyteDB's default CHANGE. */
static void
mark_change(RangeVar *name)
{
	Oid relid;
	Relation catalog;
	HeapTuple tuple;

	if (name->relpersistence == RELPERSISTENCE_TEMP) return;
	relid = get_relname_relid(name->relname, RangeVarGetCreationNamespace(name));
	if (!OidIsValid(relid)) return;
	CommandCounterIncrement();
	catalog = table_open(RelationRelationId, RowExclusiveLock);
	tuple = SearchSysCacheCopy1(RELOID, ObjectIdGetDatum(relid));
	if (HeapTupleIsValid(tuple))
	{
		Form_pg_class c = (Form_pg_class) GETSTRUCT(tuple);
		if (c->relreplident == REPLICA_IDENTITY_DEFAULT && c->relpersistence != RELPERSISTENCE_TEMP &&
			(c->relkind == RELKIND_RELATION || c->relkind == RELKIND_PARTITIONED_TABLE))
		{
			c->relreplident = 'c';
			CatalogTupleUpdate(catalog, &tuple->t_self, tuple);
			CommandCounterIncrement();
		}
		heap_freetuple(tuple);
	}
	table_close(catalog, RowExclusiveLock);
}

static void
hook(PlannedStmt *ps, const char *q, bool ro, ProcessUtilityContext ctx, ParamListInfo p,
	 QueryEnvironment *qe, DestReceiver *d, QueryCompletion *qc)
{
	Node *n = ps->utilityStmt;
	bool nofk = false; int save = 0;

	if (ro) { ps = copyObject(ps); n = ps->utilityStmt; }

	if (IsA(n, CopyStmt) && ((CopyStmt *) n)->is_from)
	{
		CopyStmt *c = (CopyStmt *) n; DefElem *e;
		c->options = strip(c->options, "rows_per_transaction", &e);
		if (e && defGetInt64(e) < 0) yberr(ERRCODE_INVALID_PARAMETER_VALUE, "argument to option \"rows_per_transaction\" must be a positive integer number");
		if (e && defGetInt64(e) > 0 && IsTransactionBlock())
			ereport(WARNING, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							  errmsg("Batched COPY is not supported in transaction blocks. Defaulting to using one transaction for the entire copy."),
							  errhint("Either run this COPY outside of a transaction block or set rows_per_transaction option to `0` to disable batching and remove this warning.")));
		c->options = strip(c->options, "skip", &e);
		if (e) yberr(ERRCODE_FEATURE_NOT_SUPPORTED, "yb_shim: COPY SKIP is not emulated");
		c->options = strip(c->options, "replace", &e);
		if (e) yberr(ERRCODE_FEATURE_NOT_SUPPORTED, "yb_shim: COPY REPLACE is not emulated");
		c->options = strip(c->options, "disable_fk_check", &e);
		nofk = e != NULL;
		if (fault_armed)
		{
			char *f = pstrdup(shim_copy_fault);
			fault_armed = false;		/* static, so it survives the abort */
			yberr(MAKE_SQLSTATE(f[0], f[1], f[2], f[3], f[4]), f + 6);
		}
	}
	else if (IsA(n, CreatedbStmt))
	{
		DefElem *e;
		((CreatedbStmt *) n)->options = strip(((CreatedbStmt *) n)->options, "colocation", &e);
		if (!e) ((CreatedbStmt *) n)->options = strip(((CreatedbStmt *) n)->options, "colocated", &e);
	}
	else if (IsA(n, CreateStmt))
	{
		CreateStmt *c = (CreateStmt *) n; DefElem *e; ListCell *lc;
		c->options = strip(c->options, "colocation", &e);
		c->options = strip(c->options, "colocation_id", &e);
		if (c->inhRelations && !c->partbound) yberr(ERRCODE_FEATURE_NOT_SUPPORTED, "INHERITS not supported yet");
		foreach(lc, c->tableElts)
			if (IsA(lfirst(lc), Constraint) && ((Constraint *) lfirst(lc))->contype == CONSTR_EXCLUSION)
				yberr(ERRCODE_FEATURE_NOT_SUPPORTED, "EXCLUDE constraint not supported yet");
	}
	else if (IsA(n, IndexStmt))
	{
		IndexStmt *x = (IndexStmt *) n;
		const char *am = x->accessMethod ? x->accessMethod : "btree";
		if (!strcmp(am, "lsm")) x->accessMethod = "btree";
		else if (!strcmp(am, "ybgin")) x->accessMethod = "gin";
		else if (!strcmp(am, "gist") || !strcmp(am, "spgist") || !strcmp(am, "brin"))
			ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("index method \"%s\" not supported yet", am)));
	}
	else if (IsA(n, ListenStmt) || IsA(n, NotifyStmt) || IsA(n, UnlistenStmt))
	{
		ereport(WARNING, (errmsg("LISTEN not supported yet and will be ignored")));
		return;
	}
	else if (IsA(n, LockStmt) && ((LockStmt *) n)->mode > 1)		/* only ACCESS SHARE works */
	{
		static const char *const m[] = {"", "ACCESS SHARE", "ROW SHARE", "ROW EXCLUSIVE", "SHARE UPDATE EXCLUSIVE",
										"SHARE", "SHARE ROW EXCLUSIVE", "EXCLUSIVE", "ACCESS EXCLUSIVE"};
		yberr(ERRCODE_FEATURE_NOT_SUPPORTED, psprintf("%s not supported yet", m[((LockStmt *) n)->mode]));
	}
	else if (IsA(n, AlterTableStmt))
	{
		ListCell *lc;
		foreach(lc, ((AlterTableStmt *) n)->cmds)
		{
			AlterTableCmd *c = (AlterTableCmd *) lfirst(lc);
			if (c->subtype == AT_DisableRule) yberr(ERRCODE_FEATURE_NOT_SUPPORTED, "ALTER TABLE DISABLE RULE not supported yet");
			if (c->subtype == AT_ClusterOn) yberr(ERRCODE_FEATURE_NOT_SUPPORTED, "ALTER TABLE CLUSTER not supported yet");
			if (c->subtype == AT_ReplicaIdentity && ((ReplicaIdentityStmt *) c->def)->identity_type == REPLICA_IDENTITY_INDEX)
				yberr(ERRCODE_FEATURE_NOT_SUPPORTED, "ALTER TABLE REPLICA IDENTITY USING INDEX not supported yet");
		}
	}

	if (nofk) { save = SessionReplicationRole; SessionReplicationRole = SESSION_REPLICATION_ROLE_REPLICA; }
	PG_TRY();
	{
		if (prev_hook) prev_hook(ps, q, ro, ctx, p, qe, d, qc);
		else standard_ProcessUtility(ps, q, ro, ctx, p, qe, d, qc);
	}
	PG_FINALLY();
	{ if (nofk) SessionReplicationRole = save; }
	PG_END_TRY();

	if (IsA(n, CreateStmt)) mark_change(((CreateStmt *) n)->relation);
	else if (IsA(n, CreateTableAsStmt) && ((CreateTableAsStmt *) n)->objtype == OBJECT_TABLE)
		mark_change(((CreateTableAsStmt *) n)->into->rel);
}

/* Old rows.
 *
 * pg_class says relreplident = 'c' (CHANGE), which PostgreSQL reads as "log no old row, refuse to publish
 * updates".  The copy in this session's relation cache has to say FULL twice: while the executor starts, which
 * checks that updates may be published, and while heap logs a row, so that yboutput finds the old one.  The
 * cache may read pg_class again at any time, also within these two (they take locks, and so learn of other
 * sessions' changes); note_rebuild() then says FULL again before anyone looks. */
typedef struct InUse
{
	struct InUse *outer;
	Relation *relations;		/* all open, so the cache rebuilds them in place */
	int count;
} InUse;
static InUse *in_use = NULL;	/* on the stack of the callers */

static void
say_full(const InUse *use)
{
	int i;
	for (i = 0; i < use->count; i++)
		if (use->relations[i]->rd_rel->relreplident == 'c')
			use->relations[i]->rd_rel->relreplident = REPLICA_IDENTITY_FULL;
}

static void
note_rebuild(Datum unused, Oid relid)
{
	InUse *use;
	for (use = in_use; use; use = use->outer) say_full(use);
}

static TM_Result (*heap_delete_row) (Relation, ItemPointer, CommandId, Snapshot, Snapshot, bool, TM_FailureData *, bool);
static TM_Result (*heap_update_row) (Relation, ItemPointer, TupleTableSlot *, CommandId, Snapshot, Snapshot, bool,
									 TM_FailureData *, LockTupleMode *, bool *);

static TM_Result
delete_row(Relation rel, ItemPointer tid, CommandId cid, Snapshot snapshot, Snapshot crosscheck, bool wait,
		   TM_FailureData *failure, bool moves)
{
	InUse use = {in_use, &rel, 1};
	TM_Result result = TM_Ok;

	say_full(&use);
	in_use = &use;
	PG_TRY();
	{
		result = heap_delete_row(rel, tid, cid, snapshot, crosscheck, wait, failure, moves);
	}
	PG_FINALLY();
	{ in_use = use.outer; }
	PG_END_TRY();
	return result;
}

static TM_Result
update_row(Relation rel, ItemPointer tid, TupleTableSlot *slot, CommandId cid, Snapshot snapshot,
		   Snapshot crosscheck, bool wait, TM_FailureData *failure, LockTupleMode *lockmode, bool *update_indexes)
{
	InUse use = {in_use, &rel, 1};
	TM_Result result = TM_Ok;

	say_full(&use);
	in_use = &use;
	PG_TRY();
	{
		result = heap_update_row(rel, tid, slot, cid, snapshot, crosscheck, wait, failure, lockmode, update_indexes);
	}
	PG_FINALLY();
	{ in_use = use.outer; }
	PG_END_TRY();
	return result;
}

/* Changes this process's copy of heap's own method table.  An access method of our own would be the documented
 * way, but index builds refuse any but heap's table ("only heap AM is supported"), pg_dump writes its name into
 * every dump, and a restored dump asks for heap by name. */
static void
wrap_heap(void)
{
	TableAmRoutine *heap = (TableAmRoutine *) GetHeapamTableAmRoutine();
	uintptr_t page = (uintptr_t) sysconf(_SC_PAGESIZE);
	uintptr_t first = (uintptr_t) heap / page * page;

	if (mprotect((void *) first, (uintptr_t) (heap + 1) - first, PROT_READ | PROT_WRITE) != 0)
		ereport(FATAL, (errmsg("yb_shim: can't wrap the heap access method: %m")));
	heap_delete_row = heap->tuple_delete;
	heap_update_row = heap->tuple_update;
	heap->tuple_delete = delete_row;
	heap->tuple_update = update_row;
	CacheRegisterRelcacheCallback(note_rebuild, (Datum) 0);
}

static void
exec_start(QueryDesc *q, int eflags)
{
	InUse use = {in_use, NULL, 0};
	ListCell *lc;

	if (q->plannedstmt->resultRelations)	/* also those of WITH (DELETE ...) SELECT */
	{
		use.relations = palloc(sizeof(Relation) * list_length(q->plannedstmt->rtable));
		foreach(lc, q->plannedstmt->rtable)
		{
			RangeTblEntry *r = (RangeTblEntry *) lfirst(lc);
			Relation rel = r->rtekind == RTE_RELATION ? RelationIdGetRelation(r->relid) : NULL;
			if (RelationIsValid(rel)) use.relations[use.count++] = rel;
		}
	}
	say_full(&use);
	in_use = &use;
	PG_TRY();
	{
		if (prev_start) prev_start(q, eflags);
		else standard_ExecutorStart(q, eflags);
	}
	PG_FINALLY();
	{ in_use = use.outer; }
	PG_END_TRY();
	while (use.count > 0) RelationClose(use.relations[--use.count]);	/* an error's cleanup closes them, too */
	if (use.relations) pfree(use.relations);
}

/* System columns: YugabyteDB has only tableoid of PostgreSQL's. */
typedef struct Scope
{
	struct Scope *outer;
	List *rtable;
} Scope;

static void
refuse_column(const Var *var, const Scope *scope)
{
	RangeTblEntry *r;
	Index up;

	if (var->varattno >= 0 || var->varattno == TableOidAttributeNumber) return;
	for (up = var->varlevelsup; up > 0 && scope; up--) scope = scope->outer;
	if (!scope || var->varno < 1 || var->varno > list_length(scope->rtable)) return;
	r = rt_fetch(var->varno, scope->rtable);
	if (r->rtekind == RTE_RELATION && r->relid >= FirstNormalObjectId &&
		(r->relkind == RELKIND_RELATION || r->relkind == RELKIND_PARTITIONED_TABLE) &&
		get_rel_persistence(r->relid) != RELPERSISTENCE_TEMP)
		yberr(ERRCODE_FEATURE_NOT_SUPPORTED, psprintf("System column \"%s\" is not supported yet",
													  NameStr(SystemAttributeDefinition(var->varattno)->attname)));
}

static bool
refuse_columns(Node *n, void *scope)
{
	if (n == NULL) return false;
	if (IsA(n, Var)) refuse_column((Var *) n, scope);
	if (IsA(n, Query))
	{
		Scope inner = {scope, ((Query *) n)->rtable};
		return query_tree_walker((Query *) n, refuse_columns, &inner, 0);
	}
	return expression_tree_walker(n, refuse_columns, scope);
}

static void
analyze(ParseState *state, Query *q, JumbleState *jumble)
{
	Node *u = q->utilityStmt;

	if (prev_analyze) prev_analyze(state, q, jumble);
	if (u && IsA(u, ExplainStmt)) u = ((ExplainStmt *) u)->query;
	else if (u && IsA(u, DeclareCursorStmt)) u = ((DeclareCursorStmt *) u)->query;
	if (u && IsA(u, CreateTableAsStmt)) u = ((CreateTableAsStmt *) u)->query;
	if (!u || IsA(u, Query)) refuse_columns(u ? u : (Node *) q, NULL);
}

/* YugabyteDB's grammar.
 *
 * PostgreSQL's has no PRIMARY KEY (at ASC, id), and its parser has no hook: the first instructions of raw_parser()
 * lead here, in this process only, and are put back while it works itself. */

/* The order of the columns of a primary key, and the parentheses around hashed ones, become blanks. */
static const char *
in_postgres_grammar(const char *sql)
{
	core_yy_extra_type extra;
	core_yyscan_t scanner;
	core_YYSTYPE value;
	YYLTYPE at;
	char *text;
	int token, previous = 0, before = 0, depth = 0;

	if (!strcasestr(sql, "primary")) return sql;
	text = pstrdup(sql);
	scanner = scanner_init(sql, &extra, &ScanKeywords, ScanKeywordTokens);
	while ((token = core_yylex(&value, &at, scanner)) != 0)
	{
		bool column = previous == '(' || previous == ',';
		size_t size = token == ASC ? 3 : token == DESC ? 4 : token == IDENT && !strcmp(value.str, "hash") ? 4 : 0;

		if (depth == 0) depth = token == '(' && previous == KEY && before == PRIMARY;
		else if (token == '(') { depth++; text[at] = ' '; }
		else if (token == ')') { if (--depth > 0) text[at] = ' '; }
		else if (!column && text[at] != '"') memset(text + at, ' ', size);
		before = previous;
		previous = token;
	}
	scanner_finish(scanner);
	return text;
}

#if defined(__x86_64__)
typedef struct { uint8_t load[2]; void *target; uint8_t jump[2]; } __attribute__((packed)) Detour;
#define DETOUR(to) {{0x48, 0xb8}, (to), {0xff, 0xe0}}		/* mov $to, %rax; jmp *%rax */
#elif defined(__aarch64__)
typedef struct { uint32_t load, jump; void *target; } Detour;
#define DETOUR(to) {0x58000050, 0xd61f0200, (to)}			/* ldr x16, target; br x16 */
#endif

#ifdef DETOUR
static Detour own_start;

static void
begin_parser_with(const Detour *start)
{
	memcpy((void *) raw_parser, start, sizeof *start);
	__builtin___clear_cache((char *) raw_parser, (char *) raw_parser + sizeof *start);
}

static List *
parse(const char *sql, RawParseMode mode)
{
	const char *text = in_postgres_grammar(sql);
	const Detour detour = DETOUR(parse);
	List *statements = NIL;

	begin_parser_with(&own_start);
	PG_TRY();
	{
		statements = raw_parser(text, mode);
	}
	PG_FINALLY();
	{ begin_parser_with(&detour); }
	PG_END_TRY();
	return statements;
}

static void
divert_parser(void)
{
	const Detour detour = DETOUR(parse);
	uintptr_t page = (uintptr_t) sysconf(_SC_PAGESIZE);
	uintptr_t first = (uintptr_t) raw_parser / page * page;

	if (mprotect((void *) first, (uintptr_t) raw_parser + sizeof detour - first, PROT_READ | PROT_WRITE | PROT_EXEC) != 0)
		ereport(FATAL, (errmsg("yb_shim: can't divert the parser: %m")));
	memcpy(&own_start, (void *) raw_parser, sizeof own_start);
	begin_parser_with(&detour);
}
#else
static void divert_parser(void) {}
#endif

void
_PG_init(void)
{
	DefineCustomStringVariable("yb_shim.version", "server_version to claim", NULL, &shim_version,
							   "15.12-YB-2025.2.3.0-b0", PGC_SUSET, 0, NULL, NULL, NULL);
	DefineCustomStringVariable("yb_shim.missing_gucs", "yb GUCs not to define", NULL, &shim_missing_gucs,
							   "", PGC_SUSET, 0, NULL, NULL, NULL);
	DefineCustomStringVariable("yb_shim.copy_fault", "SQLSTATE:message for next COPY FROM", NULL, &shim_copy_fault,
							   "", PGC_USERSET, 0, NULL, fault_assign, NULL);
	DefineCustomBoolVariable("yb_shim.sequence_lsn", "small counters instead of log positions in changes", NULL,
							 &shim_sequence_lsn, false, PGC_SUSET, 0, NULL, NULL, NULL);
	gb("yb_disable_transactional_writes", false, PGC_USERSET);
	gb("yb_enable_upsert_mode", false, PGC_USERSET);
	gb("yb_fast_path_for_colocated_copy", false, PGC_USERSET);
	gi("yb_default_copy_from_rows_per_transaction", 20000, PGC_USERSET);
	gi("yb_max_query_layer_retries", 60, PGC_USERSET);
	gi("ysql_session_max_batch_size", 0, PGC_USERSET);
	gs("yb_read_time", "0", PGC_SUSET);
	gb("yb_use_hash_splitting_by_default", true, PGC_USERSET);
	gs("yb_default_replica_identity", "CHANGE", PGC_SUSET);
	gb("yb_enable_replica_identity", true, PGC_SUSET);
	gb("yb_disable_catalog_version_check", false, PGC_SUSET);
	gb("yb_silence_advisory_locks_not_supported_error", false, PGC_USERSET);
	gb("yb_enable_alter_table_rewrite", true, PGC_USERSET);
	gi("yb_fetch_row_limit", 1024, PGC_USERSET);
	gi("yb_fetch_size_limit", 0, PGC_USERSET);
	gi("yb_fk_references_cache_limit", 65535, PGC_USERSET);
	gr("yb_transaction_priority_lower_bound", 0, PGC_USERSET);
	gr("yb_transaction_priority_upper_bound", 1, PGC_USERSET);
	if (shim_version && *shim_version)
	{
		/* server_version_num is range-checked to the real number: it cannot be changed here */
		SetConfigOption("server_version", shim_version, PGC_INTERNAL, PGC_S_OVERRIDE);
	}
	prev_hook = ProcessUtility_hook;
	ProcessUtility_hook = hook;
	prev_start = ExecutorStart_hook;
	ExecutorStart_hook = exec_start;
	prev_analyze = post_parse_analyze_hook;
	post_parse_analyze_hook = analyze;
	wrap_heap();
	divert_parser();
}
