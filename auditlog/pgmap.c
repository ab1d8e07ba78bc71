#include "auditlog/pgmap.h"

#include <ini.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/text.h"
#include "system/file.h"

#define MAP_BYTES_MAX (4 * 1024 * 1024)
#define INI_LINE_BYTES_MAX 198 /* inih cuts longer ones without a word */
#define INI_SECTION_BYTES_MAX 49 /* likewise */

struct reading {
    struct pgmap *map;
    const char *folder; /* of the map file, with its last slash; or "" */
    size_t folder_bytes;
    char section[INI_SECTION_BYTES_MAX + 1];
    struct why *why;
    int err;
};

/* Names are whatever stands in the file: they are shown in plain characters, and cut. */
static void say(struct why *why, const char *section, const char *name, const char *what)
{
    struct buf shown;

    buf_init(&shown, 4096);
    buf_put_str(&shown, "[");
    text_visible(&shown, span_of(section, strnlen(section, 60)));
    buf_put_str(&shown, name[0] == 0 ? "]" : "] ");
    text_visible(&shown, span_of(name, strnlen(name, 60)));
    why_set(why, "%.*s: %s", (int)shown.n, shown.p == NULL ? "" : (const char *)shown.p, what);
    buf_destroy(&shown);
}

static int refuse(
    struct reading *r, int err, const char *section, const char *name, const char *what)
{
    if (r->err == 0) {
        r->err = err;
        say(r->why, section, name, what);
    }
    return 0;
}

static bool set(char **to, const char *value)
{
    *to = strdup(value);
    return *to != NULL;
}

/* The user of the section that is read; a new one when the section is. */
static struct pgmap_user *user_of(struct reading *r, const char *section)
{
    struct pgmap *map = r->map;
    struct pgmap_user *users;

    if (map->user_count > 0 && strcmp(r->section, section) == 0)
        return &map->users[map->user_count - 1];
    if (map->user_count == PGMAP_USERS_MAX)
        return NULL;
    users = realloc(map->users, (map->user_count + 1) * sizeof *users);
    if (users == NULL)
        return NULL;
    map->users = users;
    users[map->user_count] = (struct pgmap_user){0};
    if (!set(&users[map->user_count].name, section + strlen("user ")))
        return NULL;
    snprintf(r->section, sizeof r->section, "%s", section);
    return &users[map->user_count++];
}

static int take_user(struct reading *r, const char *section, const char *name, const char *value)
{
    struct pgmap_user *user = user_of(r, section);
    char **to = NULL;

    if (user == NULL)
        return r->map->user_count == PGMAP_USERS_MAX
                   ? refuse(r, KEIIN_EUSAGE, section, name, "too many users")
                   : refuse(r, KEIIN_ENOMEM, section, name, keiin_err_text(KEIIN_ENOMEM));
    if (strcmp(name, "database_user") == 0) {
        free(user->name);
        user->name = NULL;
        return set(&user->name, value) ? 1 : refuse(r, KEIIN_ENOMEM, section, name, "no memory");
    }
    if (strcmp(name, "client") == 0) {
        if (user->client != NULL)
            return refuse(r, KEIIN_EUSAGE, section, name, "is given twice");
        if (asprintf(&user->client, "%.*s%s", value[0] == '/' ? 0 : (int)r->folder_bytes, r->folder,
                value) < 0) {
            user->client = NULL;
            return refuse(r, KEIIN_ENOMEM, section, name, "no memory");
        }
        return 1;
    }
    to = strcmp(name, "unit") == 0        ? &user->unit
         : strcmp(name, "actor") == 0     ? &user->actor
         : strcmp(name, "authority") == 0 ? &user->authority
         : strcmp(name, "purpose") == 0   ? &user->purpose
         : strcmp(name, "role") == 0      ? &user->role
                                          : NULL;
    if (to == NULL)
        return refuse(r, KEIIN_EUSAGE, section, name,
            "is no key; known are client, unit, actor, "
            "authority, purpose, role, database_user");
    if (*to != NULL)
        return refuse(r, KEIIN_EUSAGE, section, name, "is given twice");
    if (!id_valid(span_str(value)))
        return refuse(r, KEIIN_EUSAGE, section, name,
            "must be 1 to 255 printable ASCII characters, no space");
    return set(to, value) ? 1 : refuse(r, KEIIN_ENOMEM, section, name, "no memory");
}

/* "+01:00", "-0330", "+9" as "+09:00" and so on; false when it is none. */
static bool offset_of(struct span text, char out[static 8])
{
    unsigned digits[4] = {0}, n = 0;

    if (text.n < 2 || (text.p[0] != '+' && text.p[0] != '-'))
        return false;
    for (size_t i = 1; i < text.n; i++) {
        if (text.p[i] == ':' && n == 2)
            continue;
        if (text.p[i] < '0' || text.p[i] > '9' || n == 4)
            return false;
        digits[n++] = text.p[i] - '0';
    }
    if (n == 1) {
        digits[1] = digits[0];
        digits[0] = 0;
    }
    if (n == 3 || digits[0] * 10 + digits[1] > 23 || digits[2] > 5)
        return false;
    snprintf(out, 8, "%c%u%u:%u%u", text.p[0], digits[0] % 10, digits[1] % 10, digits[2] % 10,
        digits[3] % 10);
    return true;
}

static int take_zone(struct reading *r, const char *name, const char *value)
{
    struct pgmap *map = r->map;
    struct pgmap_zone *zone = &map->zones[map->zone_count];

    if (map->zone_count == PGMAP_ZONES_MAX)
        return refuse(r, KEIIN_EUSAGE, "zones", name, "is one zone too many");
    if (!offset_of(span_str(value), zone->offset))
        return refuse(r, KEIIN_EUSAGE, "zones", name, "must be an offset such as +01:00");
    if (!set(&zone->name, name))
        return refuse(r, KEIIN_ENOMEM, "zones", name, "no memory");
    map->zone_count++;
    return 1;
}

static int take(void *ctx, const char *section, const char *name, const char *value)
{
    struct reading *r = ctx;

    if (r->err != 0)
        return 0;
    if (strncmp(section, "user ", 5) == 0 && section[5] != 0)
        return take_user(r, section, name, value);
    if (strcmp(section, "zones") == 0)
        return take_zone(r, name, value);
    return refuse(r, KEIIN_EUSAGE, section, name, "stands in no section [user NAME] or [zones]");
}

/* What inih would cut or let pass silently. */
static int check_lines(const char *text, struct why *why)
{
    unsigned long line = 1;

    for (const char *p = text; *p != 0; line++) {
        size_t n = strcspn(p, "\n");
        size_t spaces = strspn(p, " \t\r\f\v\xef\xbb\xbf"); /* passed over by inih */

        if (n > INI_LINE_BYTES_MAX ||
            (p[spaces] == '[' && n > spaces + INI_SECTION_BYTES_MAX + 2)) {
            why_set(why,
                "line %lu: is too long; a line has at most %d bytes, a section's name %d "
                "(give a longer user name with database_user)",
                line, INI_LINE_BYTES_MAX, INI_SECTION_BYTES_MAX);
            return KEIIN_EUSAGE;
        }
        p += n;
        p += *p == '\n';
    }
    return 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct pgmap_user *)a)->name, ((const struct pgmap_user *)b)->name);
}

static int check_users(struct pgmap *map, struct why *why)
{
    if (map->user_count == 0) {
        why_set(why, "has no section [user NAME]");
        return KEIIN_EUSAGE;
    }
    qsort(map->users, map->user_count, sizeof map->users[0], by_name);
    for (size_t i = 0; i < map->user_count; i++) {
        const struct pgmap_user *user = &map->users[i];
        const char *missing = user->client == NULL  ? "client is missing"
                              : user->unit == NULL  ? "unit is missing"
                              : user->actor == NULL ? "actor is missing"
                                                    : NULL;

        if (missing != NULL) {
            say(why, user->name, "", missing);
            return KEIIN_EUSAGE;
        }
        if (i > 0 && strcmp(map->users[i - 1].name, user->name) == 0) {
            say(why, user->name, "", "is mapped twice");
            return KEIIN_EUSAGE;
        }
    }
    return 0;
}

int pgmap_read(const char *path, struct pgmap *out, struct why *why)
{
    const char *slash = strrchr(path, '/');
    struct reading r = {.map = out, .folder = path, .why = why};
    uint8_t *text = NULL;
    size_t n;
    int err, line;

    *out = (struct pgmap){0};
    r.folder_bytes = slash == NULL ? 0 : (size_t)(slash - path) + 1;
    err = file_read(path, MAP_BYTES_MAX, &text, &n, why);
    if (err != 0)
        return err;
    if (memchr(text, 0, n) != NULL) {
        why_set(why, "is no text");
        err = KEIIN_EUSAGE;
    }
    if (err == 0)
        err = check_lines((const char *)text, why);
    if (err == 0) {
        line = ini_parse_string((const char *)text, take, &r);
        err = r.err;
        if (err == 0 && line != 0) {
            why_set(why, "line %d: is neither [section] nor key = value", line);
            err = KEIIN_EUSAGE;
        }
    }
    if (err == 0)
        err = check_users(out, why);
    if (err != 0) {
        why_prefix(why, "%.200s", path);
        pgmap_destroy(out);
    }
    free(text);
    return err;
}

void pgmap_destroy(struct pgmap *map)
{
    for (size_t i = 0; i < map->user_count; i++) {
        struct pgmap_user *user = &map->users[i];

        free(user->name);
        free(user->client);
        free(user->unit);
        free(user->actor);
        free(user->authority);
        free(user->purpose);
        free(user->role);
    }
    for (size_t i = 0; i < map->zone_count; i++)
        free(map->zones[i].name);
    free(map->users);
    *map = (struct pgmap){0};
}

const struct pgmap_user *pgmap_find(const struct pgmap *map, struct span user)
{
    size_t low = 0, high = map->user_count;

    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = span_cmp(user, span_str(map->users[middle].name));

        if (order == 0)
            return &map->users[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

static bool zone_offset(const struct pgmap *map, struct span zone, char out[static 8])
{
    for (size_t i = 0; i < map->zone_count; i++)
        if (span_is(zone, map->zones[i].name)) {
            memcpy(out, map->zones[i].offset, 8);
            return true;
        }
    if (span_is(zone, "UTC") || span_is(zone, "GMT")) {
        memcpy(out, "Z", sizeof "Z");
        return true;
    }
    if (span_is(zone, "JST")) {
        memcpy(out, "+09:00", sizeof "+09:00");
        return true;
    }
    return offset_of(zone, out);
}

bool pgmap_time(const struct pgmap *map, struct span text, uint64_t *ms)
{
    char rfc3339[64], offset[8];
    const uint8_t *space = text.n < 11 ? NULL : memchr(text.p + 11, ' ', text.n - 11);
    size_t clock_bytes = space == NULL ? 0 : (size_t)(space - text.p);

    if (space == NULL || clock_bytes > 40 || text.p[10] != ' ' ||
        !zone_offset(map, span_of(space + 1, text.n - clock_bytes - 1), offset))
        return false;
    memcpy(rfc3339, text.p, clock_bytes);
    rfc3339[10] = 'T';
    memcpy(rfc3339 + clock_bytes, offset, strlen(offset) + 1);
    return time_parse(span_str(rfc3339), ms);
}
