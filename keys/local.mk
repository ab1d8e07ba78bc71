# keys: keiin-keys, which makes and shows keys and drafts, signs and checks rosters.
bin_PROGRAMS += keiin-keys
keiin_keys_SOURCES = \
	keys/draft.c keys/draft.h \
	keys/draft_words.c \
	keys/generate.c \
	keys/input.c keys/input.h \
	keys/keys.h \
	keys/main.c \
	keys/output.c \
	keys/roster.c \
	keys/roster_check.c \
	keys/roster_new.c \
	keys/roster_next.c \
	keys/roster_sign.c \
	keys/show.c \
	keys/words_changes.c \
	keys/words_grants.c
keiin_keys_LDADD = libsystem.la libcore.la
dist_man_MANS += doc/man/keiin-keys.1
