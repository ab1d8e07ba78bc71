# client: libkeiin and keiin-client. The program links the library's objects themselves
# (libclient.la), so that build/keiin-client is the program and not a wrapper.
if WITH_CURL
noinst_LTLIBRARIES += libclient.la
libclient_la_SOURCES = \
	client/answer.c client/answer.h \
	client/ask.c \
	client/client.c client/client_internal.h client/keiin.h \
	client/folder.c client/folder.h \
	client/folder_text.c \
	client/imported.c client/imported.h \
	client/init.c \
	client/jsonline.c client/jsonline.h \
	client/network.c client/network.h \
	client/receipts.c \
	client/rosters.c client/rosters.h \
	client/submit.c
libclient_la_LIBADD = $(JANSSON_LIBS)
# What is linked with libclient.la, in this order.
LIBCLIENT = libclient.la libhttpclient.la libsystem.la libcore.la

lib_LTLIBRARIES += libkeiin.la
libkeiin_la_SOURCES =
libkeiin_la_LIBADD = $(LIBCLIENT)
libkeiin_la_LDFLAGS = $(KEIIN_LDFLAGS) -version-info 0:0:0 -no-undefined \
	-export-symbols-regex '^keiin_'
include_HEADERS += client/keiin.h
pkgconfig_DATA += packaging/libkeiin.pc

bin_PROGRAMS += keiin-client
keiin_client_SOURCES = \
	client/command_import.c \
	client/command_init.c \
	client/command_log.c \
	client/command_status.c \
	client/command_submit.c \
	client/import.c client/import.h \
	client/main.c \
	client/program.c client/program.h
keiin_client_LDADD = libauditlog.la $(LIBCLIENT)
dist_man_MANS += doc/man/keiin-client.1 doc/man/libkeiin.3
endif
