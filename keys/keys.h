/*
 * keiin-keys: makes and shows keys, drafts, signs and checks rosters. Each subcommand is a
 * file; what they share is here. Functions that return an exit code have printed the
 * reason when it is not 0. One thread.
 */
#ifndef KEIIN_KEYS_KEYS_H
#define KEIIN_KEYS_KEYS_H

#include "core/keyfile.h"
#include "core/roster.h"
#include "system/cli.h"
#include "system/messages.h"

/* The subcommands; argv[0] is the name. */
int generate_run(int argc, char **argv);
int show_run(int argc, char **argv);
int roster_run(int argc, char **argv);
int roster_new_run(int argc, char **argv);
int roster_next_run(int argc, char **argv);
int roster_sign_run(int argc, char **argv);
int roster_check_run(int argc, char **argv);

/* A span as the two arguments of "%.*s". Only for text whose form was checked. */
#define SHOW(s) (int)(s).n, (const char *)(s).p

/* Prints a sentence of the table to stdout, or to `to`. The arguments are in messages.def. */
void say(enum message id, ...);
void say_to(FILE *to, enum message id, ...);
/* One line on stderr that begins with a path, made visible. */
void say_error(const char *path, const char *text);
/* The same with a sentence of the table and its arguments. */
void say_error_of(const char *path, enum message id, ...);
/* The usage error for what getopt_long did not understand. */
int say_bad_option(int argc, char **argv);
/* Name, type, key id and vkey text of a key, on stdout. */
void say_key(const struct vkey *key, struct span vkey_text);

/* What a roster grants, in words on stdout; `note` is NULL for a draft. */
void say_roster(const struct roster *roster, const struct note *note);
/* What differs between two rosters, in words on stdout. */
void say_changes(const struct roster *before, const struct roster *after);

/* Prints to stdout, or to a new file when `path` is not NULL. Exit code. */
int output_write(const char *path, struct span bytes);

#endif
