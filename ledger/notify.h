/* Tells systemd how it goes (sd_notify(3)), where NOTIFY_SOCKET says so. */
#ifndef KEIIN_LEDGER_NOTIFY_H
#define KEIIN_LEDGER_NOTIFY_H

/* "READY=1", "STOPPING=1"; nothing happens when nobody listens. */
void notify_systemd(const char *state);

#endif
