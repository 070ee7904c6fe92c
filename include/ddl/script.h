/*
 * From an archive to statements that can be run.
 *
 * One item for each TOC entry that has something to run, in the archive's
 * order, each in its effective section: comments, security labels and ACLs
 * carry none of their own (SECTION_NONE); a comment or label belongs with its
 * object, ACLs come last, as pg_restore does it.  Owners are not in the SQL:
 * ALTER … OWNER TO is made from the entry (its drop statement names the object
 * exactly), and left out where the owner is the connecting role.  What only
 * psql understands never appears in entries.  An entry may hold several
 * statements ("ALTER TABLE …; ALTER TABLE … CLUSTER ON …;"): `sql` is for PQexec.
 * Data, sequence values, refreshes, large objects, and settings are no items.
 *
 * What would attach a restored table to a parent that is not restored is left out
 * (ddl/parents.h), with a note "outside-parent".
 *
 * The strings live as long as the script, which owns the archive.
 */
#ifndef SR_DDL_SCRIPT_H
#define SR_DDL_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>

#include "ddl/archive.h"
#include "ddl/body.h"

struct sr_strlist;

enum sr_item_kind {
	SR_ITEM_SCHEMA,
	SR_ITEM_TABLE, /* also partitioned and foreign tables */
	SR_ITEM_SEQUENCE,
	SR_ITEM_VIEW,
	SR_ITEM_MATVIEW,
	SR_ITEM_ROUTINE, /* function, procedure, aggregate */
	SR_ITEM_INDEX,
	SR_ITEM_INDEX_ATTACH,
	SR_ITEM_CONSTRAINT, /* primary key, unique, exclusion */
	SR_ITEM_CHECK, /* CHECK CONSTRAINT: validated later, so post-data */
	SR_ITEM_FOREIGN_KEY,
	SR_ITEM_STATISTICS,
	SR_ITEM_TRIGGER,
	SR_ITEM_RULE,
	SR_ITEM_POLICY, /* ROW SECURITY too */
	SR_ITEM_COMMENT, /* security labels too */
	SR_ITEM_ACL,
	SR_ITEM_DEFAULT_ACL,
	SR_ITEM_OTHER, /* types, operators, TABLE ATTACH, DEFAULT, SEQUENCE OWNED BY, ... */
};

struct sr_item {
	const struct sr_toc_entry *entry;
	enum sr_item_kind kind;
	enum sr_section section; /* PRE_DATA or POST_DATA; ACLs: POST_DATA */
	const char *sql; /* the entry's statements, bodies rewritten */
	const char *owner_sql; /* "ALTER … OWNER TO …;" or NULL */
	const char *comment_of; /* for files: "-- Name: …; Type: …; Schema: …; Owner: …", one line */
};

struct sr_script {
	struct sr_archive archive;
	struct sr_item *items;
	size_t n;
	const struct sr_item **by_id; /* the items in the order of their dump ids */
};

struct sr_script_options {
	bool no_owner, no_privileges;
	const char *role; /* the role that will run it: objects it owns need no ALTER OWNER */
	/* Grants are made as the object's owner.  A superuser's are the owner's anyway; for another role, a member of
	 * several that may grant, the server would pick any of them. */
	bool grant_as_owner;
	/* Roles by another name on the target: owners, grants, policies' TO lists (ddl/role_map.h).  A statement that cannot
	 * be understood keeps its roles, with a note "unmapped-roles". */
	const struct sr_rename *roles;
	size_t nroles;
	const struct sr_body_rules *rules; /* NULL: bodies as they are */
	/* Called for each note on a body: object as "function a.f(integer)". May be NULL.  A statement that cannot be
	 * understood at all stays as it is, with a note "unparsed-body". */
	void (*note)(void *ctx, const char *object, const struct sr_body_note *note);
	void *note_ctx;
};

/* Moves the archive into the script.  SR_ERR_DDL on failure; release in either case. */
bool sr_script_build(struct sr_script *s, struct sr_archive *archive, const struct sr_script_options *options,
		     struct sr_error *err);
void sr_script_release(struct sr_script *s);

/* The item of a dump id, or NULL. */
const struct sr_item *sr_script_item(const struct sr_script *s, int dump_id);
/* COMMENT ON SCHEMA. */
bool sr_item_is_schema_comment(const struct sr_script *s, const struct sr_item *item);
/* "table a.orders", "function a.f(integer)", "foreign key orders_fk on a.orders": for messages. Into out. */
struct sr_strbuf;
void sr_item_describe(const struct sr_item *item, struct sr_strbuf *out);
/* Settings a statement needs before it: "SET default_tablespace = …; SET default_table_access_method = …;",
 * only where they differ from what `tablespace` and `table_am` (updated) say the session has. "" when none.
 * A session begins zeroed: after the preamble, that is the default tablespace and an unknown access method. */
struct sr_item_session {
	char tablespace[64], table_am[64];
};
void sr_item_settings(const struct sr_item *item, struct sr_item_session *session, struct sr_strbuf *out);

/* The names of all roles that owners, ACLs and policies mention (by parsing the statements with libpg_query; one that
 * its grammar does not know yet is passed over). Each once, sorted. */
bool sr_script_roles(const struct sr_script *s, struct sr_strlist *roles, struct sr_error *err);

/* What every session that runs these statements sets first (encoding, standard_conforming_strings,
 * check_function_bodies = off, xmloption = content, search_path '', default_tablespace ''). */
void sr_script_preamble(const struct sr_script *s, struct sr_strbuf *out);
/* Writes the items of the sections (a bit mask of 1 << SR_SECTION_…) as a file for psql -f, 0600.  The matviews are not
 * refreshed and sequences not set there: a comment at the head says so. */
bool sr_script_write(const struct sr_script *s, unsigned sections, const char *title, const char *path,
		     struct sr_error *err);

#endif
