# ledger: keiin-ledger, the operator's server.
if WITH_SERVER
bin_PROGRAMS += keiin-ledger
# What the unit tests link, too.
noinst_LTLIBRARIES += libledger.la
libledger_la_SOURCES = \
	ledger/book.c ledger/book.h \
	ledger/clockwatch.c ledger/clockwatch.h \
	ledger/commit.c ledger/commit.h \
	ledger/config.c ledger/config.h \
	ledger/control.c ledger/control.h \
	ledger/edge.c ledger/edge.h \
	ledger/extend.c ledger/extend.h \
	ledger/genesis.c ledger/genesis.h \
	ledger/heads.c ledger/heads.h \
	ledger/instance.c ledger/instance.h \
	ledger/job.c ledger/job.h \
	ledger/known.c ledger/known.h \
	ledger/lanes.c ledger/lanes.h \
	ledger/ledger.c ledger/ledger.h \
	ledger/log.c ledger/log.h \
	ledger/notify.c ledger/notify.h \
	ledger/own.c ledger/own.h \
	ledger/publish.c ledger/publish.h \
	ledger/quota.c ledger/quota.h \
	ledger/recheck.c ledger/recheck.h \
	ledger/recover.c ledger/recover.h \
	ledger/reenter.c ledger/reenter.h \
	ledger/restore.c ledger/restore.h \
	ledger/rosters.c ledger/rosters.h \
	ledger/route.c ledger/route.h \
	ledger/sequence.c ledger/sequence.h \
	ledger/serve.c ledger/serve.h \
	ledger/status.c ledger/status.h \
	ledger/submit.c ledger/submit.h \
	ledger/tables.c ledger/tables.h \
	ledger/validate.c ledger/validate.h
LIBLEDGER = libledger.la libhttpserver.la $(LIBSOURCE) libstore.la libsystem.la libcore.la \
	$(INIH_LIBS) $(JANSSON_LIBS) $(UV_LIBS) $(MICROHTTPD_LIBS) $(LMDB_LIBS) -lpthread
keiin_ledger_SOURCES = \
	ledger/ask.c ledger/ask.h \
	ledger/backup.c \
	ledger/check.c \
	ledger/init.c \
	ledger/main.c \
	ledger/resume_cmd.c \
	ledger/roster_cmd.c \
	ledger/run.c \
	ledger/setup.c ledger/setup.h
keiin_ledger_LDADD = $(LIBLEDGER)
keiin_ledger_LDFLAGS = $(AM_LDFLAGS) -pthread
dist_man_MANS += doc/man/keiin-ledger.8
endif
