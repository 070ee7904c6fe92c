/*
 * Choosing one of the backups that were found.  For plan.c.
 */
#ifndef SR_RECOVERY_CHOOSE_H
#define SR_RECOVERY_CHOOSE_H

#include <stdbool.h>

#include "base/clock.h"
#include "recovery/backup.h"
#include "recovery/plan.h"

struct sr_error;

/*
 * The newest that can be used, or that ended at or before `time`; NULL: none.
 * Those that the archive's newest timeline comes from go before those on a
 * branch that was given up.
 */
const struct sr_backup *sr_choose_newest(struct sr_recovery_plan *plan);
const struct sr_backup *sr_choose_for_time(struct sr_recovery_plan *plan, sr_time time);

/* By name, path, label, "latest" or a date.  SR_ERR_REFUSED: none, several, or a damaged one. */
bool sr_choose_snapshot(struct sr_recovery_plan *plan, const char *id, const struct sr_backup **out,
			struct sr_error *err);

#endif
