# packaging: systemd units and examples of configuration.
if WITH_SERVER
keiindocdir = $(docdir)/examples
dist_keiindoc_DATA = packaging/keiin-ledger.ini
systemdsystemunit_DATA = packaging/keiin-ledger.service
EXTRA_DIST += packaging/keiin-ledger.service
endif
