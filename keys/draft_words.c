/* Lines of a draft from the words of the command line. */
#include <inttypes.h>
#include <stdlib.h>

#include "core/text.h"
#include "keys/draft.h"
#include "keys/input.h"
#include "system/file.h"

#define READER_FILE_BYTES_MAX 256

/* "role:organisation:FILE" taken apart; all borrowed. */
struct capacity {
    struct span role;
    struct span organisation;
    const char *path;
};

static bool capacity_parse(const char *word, struct capacity *out)
{
    const char *first = strchr(word, ':'), *second;
    enum role role;

    if (first == NULL)
        return false;
    out->role = span_of(word, (size_t)(first - word));
    if (!role_parse(out->role, &role))
        return false;
    second = strchr(first + 1, ':');
    if (second == NULL || second[1] == 0)
        return false;
    out->organisation = span_of(first + 1, (size_t)(second - first - 1));
    out->path = second + 1;
    return id_valid(out->organisation);
}

bool draft_is_writer_word(const char *word)
{
    const char *colon = strchr(word, ':');
    enum role role;

    return colon != NULL && role_parse(span_of(word, (size_t)(colon - word)), &role);
}

int draft_add_writer(struct draft *d, const char *word)
{
    struct capacity capacity;
    struct input_key in;
    int status;

    if (!capacity_parse(word, &capacity)) {
        say_error(word, message_text(MESSAGE_KEYS_WRITER_WORD));
        return EXIT_USAGE;
    }
    status = input_key_read(capacity.path, &in);
    if (status != EXIT_OK)
        return status;
    if (in.key.type != KEY_ED25519) {
        say_error(capacity.path, message_text(MESSAGE_KEYS_NOT_A_WRITER));
        status = EXIT_FINDINGS;
    } else {
        draft_add(d, DRAFT_WRITER, "%.*s %.*s %.*s", SHOW(in.text), SHOW(capacity.role),
            SHOW(capacity.organisation));
    }
    input_key_destroy(&in);
    return status;
}

int draft_add_reader(struct draft *d, const char *word)
{
    const char *colon = strchr(word, ':');
    struct capacity capacity;
    struct why why = {""};
    uint8_t *key;
    size_t n;
    int err;

    if (colon == NULL || !name_valid(span_of(word, (size_t)(colon - word))) ||
        !capacity_parse(colon + 1, &capacity)) {
        say_error(word, message_text(MESSAGE_KEYS_READER_WORD));
        return EXIT_USAGE;
    }
    err = file_read(capacity.path, READER_FILE_BYTES_MAX, &key, &n, &why);
    if (err != 0)
        return cli_fail(err, capacity.path, &why);
    n = strcspn((const char *)key, "\n");
    draft_add(d, DRAFT_READER, "%.*s %.*s %.*s %.*s", (int)(colon - word), word, (int)n,
        (const char *)key, SHOW(capacity.role), SHOW(capacity.organisation));
    free(key);
    return EXIT_OK;
}

static bool policy_name_taken(const struct draft *d, const char *name)
{
    const struct draft_lines *lines = &d->sections[DRAFT_WITNESS];
    size_t n = strlen(name);

    for (size_t i = 0; i < lines->count; i++)
        if (strcspn(lines->line[i], " ") == n && memcmp(lines->line[i], name, n) == 0)
            return true;
    return strcmp(name, "none") == 0;
}

/* A witness's policy name is its key name; a second key of the name gets a number. */
static void add_witness(struct draft *d, const struct input_key *in)
{
    char name[NAME_BYTES_MAX + 24];

    snprintf(name, sizeof name, "%.*s", SHOW(in->key.name));
    for (unsigned number = 2; policy_name_taken(d, name); number++)
        snprintf(name, sizeof name, "%.*s-%u", SHOW(in->key.name), number);
    draft_add(d, DRAFT_WITNESS, "%s %.*s", name, SHOW(in->text));
}

/* The section that a plain key is for. */
static enum draft_section section_of(const struct draft *d, const struct vkey *key)
{
    if (key->type != KEY_ED25519)
        return DRAFT_WITNESS;
    return span_eq(key->name, d->origin) ? DRAFT_LOG : DRAFT_ROOT;
}

static int add_key(struct draft *d, enum draft_section wanted, const char *path)
{
    struct input_key in;
    enum draft_section section;
    int status = input_key_read(path, &in);

    if (status != EXIT_OK)
        return status;
    section = section_of(d, &in.key);
    if (wanted != DRAFT_SECTIONS && section != wanted) {
        say_error(path, message_text(wanted == DRAFT_WITNESS ? MESSAGE_KEYS_NOT_A_WITNESS
                                     : wanted == DRAFT_LOG   ? MESSAGE_KEYS_NOT_A_LOG
                                                             : MESSAGE_KEYS_NOT_A_ROOT));
        status = EXIT_FINDINGS;
    } else if (section == DRAFT_WITNESS) {
        add_witness(d, &in);
    } else {
        draft_add(d, section, "%.*s", SHOW(in.text));
    }
    input_key_destroy(&in);
    return status;
}

int draft_add_key(struct draft *d, const char *path)
{
    return add_key(d, DRAFT_SECTIONS, path);
}

int draft_add_key_to(struct draft *d, enum draft_section section, const char *path)
{
    return add_key(d, section, path);
}

int draft_quorum(struct draft *d, const char *needed, const char *group)
{
    const struct draft_lines *witnesses = &d->sections[DRAFT_WITNESS];
    struct buf line;
    uint64_t number;

    if (strcmp(needed, "none") != 0 && strcmp(needed, "all") != 0 && strcmp(needed, "any") != 0 &&
        (!decimal_parse(span_str(needed), witnesses->count, &number) || number == 0))
        return cli_usage(message_text(MESSAGE_KEYS_QUORUM_WORD), witnesses->count);
    if (!name_valid(span_str(group)))
        return cli_usage("%s", message_text(MESSAGE_KEYS_GROUP_NAME));
    draft_clear(d, DRAFT_GROUP);
    draft_clear(d, DRAFT_QUORUM);
    if (strcmp(needed, "none") == 0) {
        draft_add(d, DRAFT_QUORUM, "none");
        return EXIT_OK;
    }
    if (witnesses->count == 0)
        return cli_usage("%s", message_text(MESSAGE_KEYS_QUORUM_NO_WITNESS));
    buf_init(&line, ROSTER_TEXT_BYTES_MAX);
    buf_printf(&line, "%s %s", group, needed);
    for (size_t i = 0; i < witnesses->count; i++)
        buf_printf(&line, " %.*s", (int)strcspn(witnesses->line[i], " "), witnesses->line[i]);
    buf_put_u8(&line, 0);
    if (buf_status(&line) == 0)
        draft_add(d, DRAFT_GROUP, "%s", (const char *)line.p);
    else
        d->no_memory = true;
    draft_add(d, DRAFT_QUORUM, "%s", group);
    buf_destroy(&line);
    return EXIT_OK;
}
