# store: LMDB made safe, and the log table. Only the server's programs link it.
if WITH_SERVER
noinst_LTLIBRARIES += libstore.la
libstore_la_SOURCES = \
	store/lmdb.c store/lmdb.h \
	store/logtable.c store/logtable.h \
	store/probe.c store/probe.h \
	store/store.c store/store.h
libstore_la_LIBADD = $(LMDB_LIBS)
endif
