#include "client/rosters.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "client/folder.h"

#define FOLLOW_MAX 1000 /* new rosters at once; more is no ledger's life */

static int add(struct rosters *rosters, struct roster *roster)
{
    struct roster **list = realloc(rosters->list, (rosters->count + 1) * sizeof *list);

    if (list == NULL)
        return KEIIN_ENOMEM;
    rosters->list = list;
    list[rosters->count++] = roster;
    return 0;
}

const struct roster *rosters_newest(const struct rosters *rosters)
{
    return rosters->list[rosters->count - 1];
}

void rosters_close(struct rosters *rosters)
{
    for (size_t i = 0; i < rosters->count; i++)
        roster_free(rosters->list[i]);
    free(rosters->list);
    *rosters = (struct rosters){0};
}

/* Checks a note against the newest roster, or for the first against itself, and adds it. */
static int take(struct rosters *rosters, struct span note, struct why *why)
{
    struct roster *roster = NULL;
    int err =
        roster_from_note(note, rosters->count == 0 ? NULL : rosters_newest(rosters), &roster, why);

    if (err == 0)
        err = add(rosters, roster);
    if (err != 0)
        roster_free(roster);
    return err;
}

int rosters_open(const struct keiin_disk *disk, const char *folder, uint64_t first_serial,
    const struct hash *ledger_id, struct rosters *out, struct why *why)
{
    int err = 0;

    *out = (struct rosters){0};
    for (uint64_t serial = first_serial; err == 0; serial++) {
        char *path = folder_roster_path(folder, serial);
        uint8_t *note = NULL;
        size_t n;

        err = path == NULL ? KEIIN_ENOMEM
                           : disk->read(disk->ctx, path, ROSTER_BYTES_MAX, &note, &n, why);
        if (err == 0) {
            err = take(out, span_of(note, n), why);
            if (err != 0)
                why_prefix(why, "%.200s", path);
        }
        free(note);
        free(path);
    }
    if (err == KEIIN_EABSENT && out->count > 0) {
        const struct roster *first = out->list[0];

        if (first->serial == first_serial &&
            (first_serial > 0 || hash_eq(&first->text_hash, ledger_id)))
            return 0;
        why_set(why, "%.300s: the roster in it is not that of its ledger", folder);
        err = KEIIN_EDAMAGED;
    }
    rosters_close(out);
    return err == KEIIN_ESIGNATURE || err == KEIIN_EMISMATCH || err == KEIIN_EMALFORMED
               ? KEIIN_EDAMAGED
               : err;
}

int rosters_fetch_new(struct rosters *rosters, const struct keiin_disk *disk, const char *folder,
    const struct keiin_network *network, struct why *why)
{
    for (size_t i = 0; i < FOLLOW_MAX; i++) {
        uint64_t serial = rosters_newest(rosters)->serial + 1;
        uint8_t *note = NULL;
        char *stored = NULL, path[32];
        size_t n;
        int err;

        snprintf(path, sizeof path, "roster/%" PRIu64, serial);
        err = network_get(network, path, ROSTER_BYTES_MAX, &note, &n, why);
        if (err == KEIIN_EABSENT)
            return 0;
        if (err == 0)
            err = take(rosters, span_of(note, n), why);
        if (err == 0) {
            stored = folder_roster_path(folder, serial);
            err = stored == NULL ? KEIIN_ENOMEM
                                 : disk->replace(disk->ctx, stored, span_of(note, n), why);
        }
        free(stored);
        free(note);
        if (err != 0) {
            why_prefix(why, "roster %" PRIu64, serial);
            return err;
        }
    }
    why_set(why, "the ledger offers more than %d new rosters", FOLLOW_MAX);
    return KEIIN_ELIMIT;
}

/* Fetches the roster before `child` into *out and *note. */
static int fetch_parent(const struct roster *child, const struct keiin_network *network,
    struct span *note, struct roster **out, struct why *why)
{
    struct note parts;
    uint8_t *bytes = NULL;
    char path[32];
    size_t n;
    int err;

    snprintf(path, sizeof path, "roster/%" PRIu64, child->serial - 1);
    err = network_get(network, path, ROSTER_BYTES_MAX, &bytes, &n, why);
    if (err != 0)
        return err == KEIIN_EABSENT ? KEIIN_EUNKNOWN : err;
    *note = span_of(bytes, n);
    err = note_parse(*note, &parts, why);
    if (err == 0)
        err = roster_parse(parts.text, out, NULL);
    if (err == 0 &&
        (!hash_eq(&(*out)->text_hash, &child->parent) || (*out)->serial + 1 != child->serial ||
            !span_eq((*out)->origin, child->origin))) {
        why_set(why, "roster %" PRIu64 " of the ledger is not the one that its successor names",
            child->serial - 1);
        err = KEIIN_EMISMATCH;
    }
    return err;
}

int rosters_walk_back(const struct roster *trusted, const struct keiin_network *network,
    struct span *notes, struct hash *ledger_id, struct why *why)
{
    struct roster *child = NULL, *parent;
    const struct roster *at = trusted;
    int err = 0;

    while (err == 0 && at->serial > 0) {
        parent = NULL;
        err = fetch_parent(at, network, &notes[at->serial - 1], &parent, why);
        roster_free(child);
        at = child = parent;
        if (err != 0)
            break;
    }
    if (err == 0)
        *ledger_id = at->text_hash;
    roster_free(child);
    return err;
}
