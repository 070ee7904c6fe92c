#include "pg/ident.h"

#include "base/strbuf.h"

void sr_ident_add_plain(struct sr_strbuf *out, const char *name)
{
	sr_strbuf_addc(out, '"');
	for (; *name; name++) {
		if (*name == '"')
			sr_strbuf_addc(out, '"');
		sr_strbuf_addc(out, *name);
	}
	sr_strbuf_addc(out, '"');
}
