"""What keeps two languages one program: the choice, the table, the lines, and what has none."""

from mutation import Table

table = Table("languages")
out = table.out

CLI = "system/cli.c"
MESSAGES = "system/messages.c"
BOTH = "integration/languages.py"

out("environment", "LC_ALL goes before LANG", MESSAGES,
    '{"LC_ALL", "LC_MESSAGES", "LANG"}', '{"LANG", "LC_MESSAGES", "LC_ALL"}', "unit/test_messages")
out("empty-variable", "a variable that is empty says nothing", MESSAGES,
    "        if (locale == NULL || locale[0] == 0)", "        if (locale == NULL)", "unit/test_messages")
out("other-locale", "a language that only begins like Japanese is none", MESSAGES,
    'strncmp(locale, "ja", 2) == 0 && strchr("_.@", locale[2]) != NULL',
    'strncmp(locale, "ja", 2) == 0', "unit/test_messages")
out("end-of-options", "behind -- is no --lang", CLI,
    '    while (i < *argc && strcmp(argv[i], "--") != 0) {', "    while (i < *argc) {", "unit/test_cli")
out("bad-value", "a language that is none is refused", CLI,
    "        if (name == NULL || !messages_language_named(name, &language))",
    "        if (name != NULL && !messages_language_named(name, &language))\n"
    "            language = LANGUAGE_EN;\n        if (name == NULL)", "unit/test_cli")
out("client-folder", "--lang may stand before -C", "client/main.c",
    "    if (status != EXIT_OK)\n        return status;\n    /* -C", "    argc += 0 * status;\n    /* -C",
    BOTH + " Choice")
out("conversion", "both languages take the same arguments", "system/messages/keys.def",
    "グループ「%2$.*1$s」", "グループ「%1$.*2$s」", "unit/test_messages")
out("option", "both languages speak of the same options", "system/messages/verify.def",
    "prove には --out FILE", "prove には --in FILE", "unit/test_messages")
out("missing", "no sentence lacks a language", "system/messages/system.def",
    '"それまでの出力を書けませんでした")', "NULL)", "unit/test_messages")
out("lines-cut", "a line is cut between characters", CLI,
    "    if (n >= (int)sizeof text)\n        text[utf8_whole(span_str(text)).n] = 0;\n    cli_error(",
    "    (void)n;\n    cli_error(", "unit/test_cli")
out("reasons-cut", "a reason is cut between characters", "core/err.c",
    "        why->text[utf8_whole(span_str(why->text)).n] = 0;", "        n = 0;", "unit/test_bytes")
out("log", "the log of a restored ledger is English", "ledger/restore.c",
    "        if (i == LANGUAGE_EN)\n            log_line(", "        if (i == LANGUAGE_JA)\n            log_line(",
    BOTH + " Ledger")
out("asker", "a report is in the language of who asks", "ledger/control.c",
    "cursor_skip(&c, CONTROL_IN_JAPANESE) ? LANGUAGE_JA : LANGUAGE_EN",
    "cursor_skip(&c, CONTROL_IN_JAPANESE) ? messages_language() : messages_language()",
    BOTH + " Ledger")
out("label", "labels take their columns", "system/messages/verify.def",
    '"台帳：       %s\\n"', '"台帳：      %s\\n"', BOTH + " Verify.test_audits")
out("indent", "a finding's sentence is indented", "verifier/verify/words_rules.c",
    '    fputs("    ", to);\n', "", BOTH + " Verify.test_rules")
