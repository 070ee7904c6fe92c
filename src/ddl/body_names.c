/* Which string constants hold names of objects: those of the reg* types, and arguments of some functions. */
#include "body_text.h"

#include <string.h>

#include "base/mem.h"

enum sr_names_kind sr_names_of_type(const char *type)
{
	static const struct {
		const char *type;
		enum sr_names_kind kind;
	} types[] = {
		{ "regclass", SR_NAMES_RELATION },     { "regproc", SR_NAMES_FUNCTION },
		{ "regprocedure", SR_NAMES_FUNCTION }, { "regtype", SR_NAMES_TYPE },
		{ "regoper", SR_NAMES_OTHER },         { "regoperator", SR_NAMES_OTHER },
		{ "regconfig", SR_NAMES_OTHER },       { "regdictionary", SR_NAMES_OTHER },
		{ "regcollation", SR_NAMES_OTHER },    { "regnamespace", SR_NAMES_SCHEMAS },
	};

	for (size_t i = 0; i < SR_COUNT(types); i++)
		if (strcmp(types[i].type, type) == 0)
			return types[i].kind;
	return SR_NAMES_NONE;
}

/* The arguments of the has_…_privilege functions may begin with a role: count from the end. */
struct by_function {
	const char *function;
	enum sr_names_kind kind;
	size_t least; /* with fewer arguments there is no such name */
	size_t from_end; /* 0: the first argument; else the n-th from the end */
};

static const struct by_function functions[] = {
	{ "nextval", SR_NAMES_RELATION, 1, 0 },
	{ "currval", SR_NAMES_RELATION, 1, 0 },
	{ "setval", SR_NAMES_RELATION, 2, 0 },
	{ "pg_get_serial_sequence", SR_NAMES_RELATION, 2, 0 },
	{ "pg_sequence_last_value", SR_NAMES_RELATION, 1, 0 },
	{ "to_regclass", SR_NAMES_RELATION, 1, 0 },
	{ "to_regproc", SR_NAMES_FUNCTION, 1, 0 },
	{ "to_regprocedure", SR_NAMES_FUNCTION, 1, 0 },
	{ "to_regtype", SR_NAMES_TYPE, 1, 0 },
	{ "to_regoper", SR_NAMES_OTHER, 1, 0 },
	{ "to_regoperator", SR_NAMES_OTHER, 1, 0 },
	{ "to_regcollation", SR_NAMES_OTHER, 1, 0 },
	{ "to_regnamespace", SR_NAMES_SCHEMAS, 1, 0 },
	{ "pg_relation_size", SR_NAMES_RELATION, 1, 0 },
	{ "pg_total_relation_size", SR_NAMES_RELATION, 1, 0 },
	{ "pg_table_size", SR_NAMES_RELATION, 1, 0 },
	{ "pg_indexes_size", SR_NAMES_RELATION, 1, 0 },
	{ "pg_relation_filepath", SR_NAMES_RELATION, 1, 0 },
	{ "pg_relation_filenode", SR_NAMES_RELATION, 1, 0 },
	{ "pg_partition_tree", SR_NAMES_RELATION, 1, 0 },
	{ "pg_partition_root", SR_NAMES_RELATION, 1, 0 },
	{ "pg_partition_ancestors", SR_NAMES_RELATION, 1, 0 },
	{ "pg_get_viewdef", SR_NAMES_RELATION, 1, 0 },
	{ "row_security_active", SR_NAMES_RELATION, 1, 0 },
	{ "table_to_xml", SR_NAMES_RELATION, 1, 0 },
	{ "table_to_xmlschema", SR_NAMES_RELATION, 1, 0 },
	{ "table_to_xml_and_xmlschema", SR_NAMES_RELATION, 1, 0 },
	{ "schema_to_xml", SR_NAMES_EXACT, 1, 0 },
	{ "schema_to_xmlschema", SR_NAMES_EXACT, 1, 0 },
	{ "brin_summarize_new_values", SR_NAMES_RELATION, 1, 0 },
	{ "brin_summarize_range", SR_NAMES_RELATION, 2, 0 },
	{ "gin_clean_pending_list", SR_NAMES_RELATION, 1, 0 },
	{ "to_tsvector", SR_NAMES_OTHER, 2, 0 },
	{ "to_tsquery", SR_NAMES_OTHER, 2, 0 },
	{ "plainto_tsquery", SR_NAMES_OTHER, 2, 0 },
	{ "phraseto_tsquery", SR_NAMES_OTHER, 2, 0 },
	{ "websearch_to_tsquery", SR_NAMES_OTHER, 2, 0 },
	{ "json_to_tsvector", SR_NAMES_OTHER, 3, 0 },
	{ "jsonb_to_tsvector", SR_NAMES_OTHER, 3, 0 },
	{ "ts_lexize", SR_NAMES_OTHER, 2, 0 },
	{ "has_table_privilege", SR_NAMES_RELATION, 2, 2 },
	{ "has_any_column_privilege", SR_NAMES_RELATION, 2, 2 },
	{ "has_column_privilege", SR_NAMES_RELATION, 3, 3 },
	{ "has_sequence_privilege", SR_NAMES_RELATION, 2, 2 },
	{ "has_function_privilege", SR_NAMES_FUNCTION, 2, 2 },
	{ "has_type_privilege", SR_NAMES_TYPE, 2, 2 },
	{ "has_schema_privilege", SR_NAMES_EXACT, 2, 2 },
};

enum sr_names_kind sr_names_of_function(const char *function, size_t nargs, size_t *arg)
{
	for (size_t i = 0; i < SR_COUNT(functions); i++) {
		const struct by_function *f = &functions[i];

		if (strcmp(f->function, function) != 0)
			continue;
		if (nargs < f->least || nargs < f->from_end)
			return SR_NAMES_NONE;
		*arg = f->from_end ? nargs - f->from_end : 0;
		return f->kind;
	}
	return SR_NAMES_NONE;
}
