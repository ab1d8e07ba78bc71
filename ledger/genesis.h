/* The first entry of a ledger: its roster of serial 0, signed by the operator. */
#ifndef KEIIN_LEDGER_GENESIS_H
#define KEIIN_LEDGER_GENESIS_H

#include "core/keyfile.h"
#include "core/roster.h"
#include "ledger/config.h"
#include "ledger/tables.h"
#include "system/clock.h"

/*
 * Stores entry 0 and its checkpoint in one commit. `*roster` was parsed from `note` and checked
 * against configuration and keys; it is taken. KEIIN_EEXIST when the store holds a ledger: then
 * nothing is changed. KEIIN_EFULL, KEIIN_EIO, KEIIN_ENOMEM.
 */
int genesis(const struct store *store, const struct config *config, const struct keiin_clock *clock,
    const struct keyfile *log_key, const struct keyfile *operator_key, struct roster **roster,
    struct span note) KEIIN_MUST_USE;

#endif
