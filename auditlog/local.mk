# auditlog: audit logs of databases as statements, and what a ledger records of a statement.
# keiin-client imports by it, keiin-verify reconciles by it.
noinst_LTLIBRARIES += libauditlog.la
libauditlog_la_SOURCES = \
	auditlog/csvlog.c auditlog/csvlog.h \
	auditlog/logfile.c auditlog/logfile.h \
	auditlog/pgaudit.c auditlog/pgaudit.h \
	auditlog/pgkey.c auditlog/pgkey.h \
	auditlog/pgmap.c auditlog/pgmap.h \
	auditlog/pgrecord.c auditlog/pgrecord.h \
	auditlog/pgstatement.c auditlog/pgstatement.h
libauditlog_la_LIBADD = $(INIH_LIBS)
