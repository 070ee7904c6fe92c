#include "ddl/parse.h"

#include <pg_query.h>

#include "base/mem.h"

/* json-c reads by recursion; real statements stay far below. */
enum { MOST_DEPTH = 3000 };

struct json_object *sr_parse_sql(const char *sql, char **why)
{
	PgQueryParseResult parsed = pg_query_parse(sql);
	struct json_tokener *tokener = NULL;
	struct json_object *tree = NULL;
	const char *reason = "it nests too deep";

	if (parsed.error)
		reason = parsed.error->message ? parsed.error->message : "syntax error";
	else if ((tokener = json_tokener_new_ex(MOST_DEPTH)) != NULL)
		tree = json_tokener_parse_ex(tokener, parsed.parse_tree, -1);
	if (!tree && why)
		*why = sr_strdup(reason);
	if (tokener) /* json-c 0.16 does not take NULL here */
		json_tokener_free(tokener);
	pg_query_free_parse_result(parsed);
	return tree;
}
