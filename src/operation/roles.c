/* Roles: those with another name on the target, and those that it lacks. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "ddl/role_map.h"
#include "run.h"

void sr_run_read_role_map(struct sr_run *run)
{
	const struct sr_strlist *pairs = &run->request->role_maps;

	run->roles = sr_calloc(pairs->n ? pairs->n : 1, sizeof *run->roles);
	for (size_t i = 0; i < pairs->n; i++) {
		const char *pair = pairs->items[i], *equals = strchr(pair, '=');

		run->roles[run->nroles++] = (struct sr_rename){
			.from = sr_strndup(pair, (size_t)(equals - pair)),
			.to = sr_strdup(equals + 1),
		};
	}
}

void sr_run_release_roles(struct sr_run *run)
{
	for (size_t i = 0; i < run->nroles; i++) {
		free((char *)run->roles[i].from);
		free((char *)run->roles[i].to);
	}
	free(run->roles);
	free(run->role_intents);
	sr_strlist_release(&run->new_roles);
}

void sr_run_plan_roles(struct sr_run *run)
{
	struct sr_strbuf text = SR_STRBUF_INIT;

	for (size_t i = 0; i < run->nroles; i++)
		sr_strbuf_addf(&text, "%s%s instead of %s", i ? ", " : "", run->roles[i].to,
			       run->roles[i].from);
	if (run->request->create_missing_roles)
		sr_strbuf_addf(&text, "%sthose that are missing are created", text.len ? ", " : "");
	if (text.len)
		sr_run_plan(run, "roles", "%s", sr_strbuf_str(&text));
	sr_strbuf_release(&text);
}

bool sr_run_check_roles(struct sr_run *run, struct sr_error *err)
{
	struct sr_strlist roles = SR_STRLIST_INIT, owners = SR_STRLIST_INIT;
	bool ok = sr_script_roles(&run->script, &roles, err);

	for (size_t i = 0; ok && !run->request->no_owner && i < run->script.n; i++) {
		const struct sr_item *item = &run->script.items[i];

		if (item->owner_sql && !sr_strlist_has(&owners, item->entry->owner))
			sr_strlist_add(&owners, item->entry->owner);
	}
	ok = ok && sr_target_check_roles(&run->target, &roles, &owners,
					 run->request->create_missing_roles ? &run->new_roles : NULL, err);
	sr_strlist_release(&roles);
	sr_strlist_release(&owners);
	return ok;
}

bool sr_run_create_roles(struct sr_run *run, struct sr_error *err)
{
	const struct sr_strlist *roles = &run->new_roles;

	run->role_intents = sr_calloc(roles->n ? roles->n : 1, sizeof *run->role_intents);
	for (size_t i = 0; i < roles->n; i++)
		if (!sr_journal_intend(run->journal, "role",
				       sr_target_role_intent(&run->target, roles->items[i]),
				       &run->role_intents[i], err) ||
		    !sr_target_create_role(&run->target, roles->items[i], err))
			return false;
	return true;
}

bool sr_run_keep_roles(struct sr_run *run, struct sr_error *err)
{
	for (size_t i = 0; i < run->new_roles.n; i++)
		if (!sr_journal_kept(run->journal, run->role_intents[i], err))
			return false;
	return true;
}
