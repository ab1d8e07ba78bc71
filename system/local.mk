# system: files, clock, terminal and the table of sentences; what touches the operating system.
noinst_LTLIBRARIES += libsystem.la
libsystem_la_SOURCES = \
	system/cli.c system/cli.h \
	system/clock.c system/clock.h \
	system/disk.c system/disk.h \
	system/file.c system/file.h \
	system/filepart.c system/filepart.h \
	system/inifile.c system/inifile.h \
	system/json.c system/json.h \
	system/messages.c system/messages.h system/messages.def \
	system/messages/system.def system/messages/keys.def \
	system/messages/ledger.def system/messages/client.def \
	system/messages/verify.def system/messages/compare.def \
	system/messages/rules.def system/messages/reconcile.def \
	system/messages/document.def \
	system/messages/report.def system/messages/report_terms.def \
	system/messages/report_check.def \
	system/messages/certificate.def \
	system/messages/export.def \
	system/secretfile.c system/secretfile.h \
	system/thread.c system/thread.h \
	system/wrap.c system/wrap.h
libsystem_la_LIBADD = $(INIH_LIBS)
