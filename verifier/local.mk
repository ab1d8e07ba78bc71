# verifier: check/ is the verification library, verify/ the tool keiin-verify. Neither links
# LMDB, libuv or libmicrohttpd.
noinst_LTLIBRARIES += libcheck.la
libcheck_la_SOURCES = \
	verifier/check/audit.c verifier/check/audit.h \
	verifier/check/batch.c verifier/check/batch.h verifier/check/batch_internal.h \
	verifier/check/batch_records.c \
	verifier/check/compare.c verifier/check/compare.h \
	verifier/check/compare_writers.c \
	verifier/check/fetch.c verifier/check/fetch.h \
	verifier/check/finding.c verifier/check/finding.h \
	verifier/check/judge.c verifier/check/judge.h \
	verifier/check/levels.c verifier/check/levels.h \
	verifier/check/evidence.c verifier/check/evidence.h \
	verifier/check/pipeline.c verifier/check/pipeline.h \
	verifier/check/prove.c verifier/check/prove.h \
	verifier/check/reconcile.c verifier/check/reconcile.h verifier/check/reconcile_internal.h \
	verifier/check/reconcile_log.c \
	verifier/check/reconcile_result.c \
	verifier/check/rosters.c verifier/check/rosters.h \
	verifier/check/side.c verifier/check/side.h \
	verifier/check/state.c verifier/check/state.h \
	verifier/check/writers.c verifier/check/writers.h
libcheck_la_LIBADD = $(JANSSON_LIBS) -lpthread

# The oversight rules: engine, then a file a rule.
noinst_LTLIBRARIES += librules.la
librules_la_SOURCES = \
	verifier/rules/engine_internal.h verifier/rules/rule.h verifier/rules/rules.h \
	verifier/rules/approvals.c verifier/rules/approvals.h \
	verifier/rules/datasets.c verifier/rules/datasets.h \
	verifier/rules/engine.c \
	verifier/rules/facts_json.c verifier/rules/facts_json.h \
	verifier/rules/fields.c verifier/rules/fields.h \
	verifier/rules/found.c \
	verifier/rules/kept.c verifier/rules/kept.h \
	verifier/rules/limits.c \
	verifier/rules/list.c \
	verifier/rules/sentence.c \
	verifier/rules/state.c \
	verifier/rules/table.c verifier/rules/table.h \
	verifier/rules/vocabulary.c verifier/rules/vocabulary.h \
	verifier/rules/waiting.c \
	verifier/rules/wakes.c \
	verifier/rules/action_unknown.c \
	verifier/rules/authority_expired.c \
	verifier/rules/authority_missing.c \
	verifier/rules/authority_retroactive.c \
	verifier/rules/authority_scope.c \
	verifier/rules/authority_unknown.c \
	verifier/rules/clock_step.c \
	verifier/rules/collection_overrun.c \
	verifier/rules/copy_untracked.c \
	verifier/rules/criteria_changed.c \
	verifier/rules/deident_missing.c \
	verifier/rules/denied_burst.c \
	verifier/rules/emergency_unratified.c \
	verifier/rules/erase_late.c \
	verifier/rules/erase_unwitnessed.c \
	verifier/rules/extension_late.c \
	verifier/rules/foreign_unnotified.c \
	verifier/rules/heartbeat_missing.c \
	verifier/rules/late_record.c \
	verifier/rules/provision_unmatched.c \
	verifier/rules/raw_access.c \
	verifier/rules/response_overdue.c \
	verifier/rules/selection_unbalanced.c \
	verifier/rules/self_approved.c \
	verifier/rules/source_unbalanced.c \
	verifier/rules/time_disputed.c \
	verifier/rules/use_after_erase.c \
	verifier/rules/volume_outlier.c
librules_la_LIBADD = $(JANSSON_LIBS)
LIBRULES = librules.la

# What is taken away: reports, work sheets, exports.
noinst_LTLIBRARIES += libreport.la
libreport_la_SOURCES = \
	verifier/report/evidence_json.c verifier/report/evidence_json.h \
	verifier/report/evidence_tar.h \
	verifier/report/export.c verifier/report/export.h \
	verifier/report/export_csv.c \
	verifier/report/export_ocsf.c \
	verifier/report/figures.c verifier/report/figures.h \
	verifier/report/figures_json.c \
	verifier/report/finding_json.c verifier/report/finding_json.h \
	verifier/report/ledger_json.c \
	verifier/report/public.c \
	verifier/report/public_range.c verifier/report/public_range.h \
	verifier/report/recheck.c verifier/report/recheck.h verifier/report/recheck_internal.h \
	verifier/report/recheck_diff.c \
	verifier/report/recheck_evidence.c \
	verifier/report/recheck_findings.c \
	verifier/report/recheck_form.c \
	verifier/report/recheck_page.c \
	verifier/report/recheck_read.c \
	verifier/report/recheck_sums.c \
	verifier/report/sample.c verifier/report/sample.h \
	verifier/report/sample_sheet.c verifier/report/sample_sheet.h \
	verifier/report/report.c verifier/report/report.h verifier/report/report_internal.h \
	verifier/report/period.c verifier/report/period.h \
	verifier/report/sections.c verifier/report/sections.h verifier/report/sections_internal.h \
	verifier/report/sections_findings.c \
	verifier/report/sections_method.c \
	verifier/report/sections_show.c \
	verifier/report/sections_table.c \
	verifier/report/sections_summary.c \
	verifier/report/sections_work.c \
	verifier/report/terms.c verifier/report/terms.h \
	verifier/report/tally.c verifier/report/tally.h verifier/report/tally_internal.h \
	verifier/report/tally_accesses.c \
	verifier/report/tally_approvals.c \
	verifier/report/tally_committee.c \
	verifier/report/tally_emergencies.c \
	verifier/report/tally_findings.c \
	verifier/report/tally_public.c \
	verifier/report/tally_retention.c \
	verifier/report/tally_systems.c \
	verifier/report/tally_tables.h \
	verifier/report/tally_volumes.c
if WITH_LIBARCHIVE
libreport_la_SOURCES += verifier/report/evidence_tar.c
else
libreport_la_SOURCES += verifier/report/evidence_tar_none.c
endif
libreport_la_LIBADD = $(ARCHIVE_LIBS)

# A document in each format: what reports and work sheets become.
noinst_LTLIBRARIES += libdocument.la
libdocument_la_SOURCES = \
	verifier/report/chart.c verifier/report/chart.h \
	verifier/report/csv.c \
	verifier/report/csv_field.c \
	verifier/report/document.c verifier/report/document.h \
	verifier/report/html.c verifier/report/html.h \
	verifier/report/html_embed.c \
	verifier/report/html_style.c \
	verifier/report/svg.c \
	verifier/report/text_width.c verifier/report/text_width.h
if WITH_PDF
libdocument_la_SOURCES += \
	verifier/report/pdf.c verifier/report/pdf_internal.h \
	verifier/report/pdf_chart.c \
	verifier/report/pdf_columns.c verifier/report/pdf_columns.h \
	verifier/report/pdf_layout.c \
	verifier/report/pdf_table.c
else
libdocument_la_SOURCES += verifier/report/pdf_none.c
endif
libdocument_la_LIBADD = $(PANGOCAIRO_LIBS) -lm
LIBDOCUMENT = libdocument.la libsystem.la libcore.la
LIBREPORT = libreport.la libdocument.la

# A convenience library holds its own objects only: who links libcheck.la links these too.
LIBCHECK = libcheck.la libauditlog.la $(LIBSOURCE) libsystem.la libcore.la

bin_PROGRAMS += keiin-verify
keiin_verify_SOURCES = \
	verifier/verify/main.c verifier/verify/verify.h \
	verifier/verify/audit_command.c \
	verifier/verify/audited.c verifier/verify/audited.h \
	verifier/verify/certify.c verifier/verify/certify.h \
	verifier/verify/check_certificate.c verifier/verify/check_certificate.h \
	verifier/verify/check_command.c \
	verifier/verify/compare_command.c \
	verifier/verify/copy_command.c \
	verifier/verify/export_command.c \
	verifier/verify/input.c \
	verifier/verify/json.c verifier/verify/json.h \
	verifier/verify/json_compare.c \
	verifier/verify/json_reconcile.c \
	verifier/verify/json_rules.c \
	verifier/verify/options.c verifier/verify/options.h \
	verifier/verify/prove_command.c \
	verifier/verify/reconcile_command.c \
	verifier/verify/report_check_command.c \
	verifier/verify/report_command.c \
	verifier/verify/rules_command.c \
	verifier/verify/rules_report.c verifier/verify/rules_report.h \
	verifier/verify/rules_state.c verifier/verify/rules_state.h \
	verifier/verify/sample_command.c \
	verifier/verify/show_command.c \
	verifier/verify/status.c \
	verifier/verify/taken.c verifier/verify/taken.h \
	verifier/verify/urgent.c verifier/verify/urgent.h \
	verifier/verify/words.c \
	verifier/verify/words_compare.c \
	verifier/verify/words_recheck.c verifier/verify/words_recheck.h \
	verifier/verify/words_reconcile.c \
	verifier/verify/words_record.c \
	verifier/verify/words_rules.c
keiin_verify_LDADD = $(LIBREPORT) $(LIBRULES) $(LIBCHECK)
dist_man_MANS += doc/man/keiin-verify.1
