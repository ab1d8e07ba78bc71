#include "tests/report/specimen.h"

#include <stdlib.h>

#include "core/wording.h"

/* In the document's language. */
static const char *say(const struct document *d, const char *en, const char *ja)
{
    return d->language == LANGUAGE_JA ? ja : en;
}

/* Who makes texts tells the document when there was no memory for one. */
static void keep_error(struct document *d, const struct buf *text)
{
    if (d->err == 0)
        d->err = buf_status(text);
}

static void cell(struct document *d, const char *text)
{
    document_cell(d, span_str(text));
}

static void cell_number(struct document *d, uint64_t n)
{
    struct buf text;

    buf_init(&text, 64);
    wording_number(&text, n);
    document_cell(d, buf_view(&text));
    keep_error(d, &text);
    buf_destroy(&text);
}

static void fact(struct document *d, const char *what, const char *value)
{
    document_item(d, span_str(what));
    document_item(d, span_str(value));
}

static void put_first_page(struct document *d)
{
    document_head(d,
        span_str(say(d, "Oversight report: access to communications data",
            "通信情報の取扱いに関する監理報告書")),
        span_str(say(d, "1 April 2026 to 30 June 2026, for the committee",
            "2026年4月1日から2026年6月30日まで(委員会用)")),
        span_str(say(d, "Ledger example.org/ledger, checkpoint of 1,204,311 entries",
            "台帳 example.org/ledger、1,204,311件までのチェックポイント")));
    document_put(d, BLOCK_ALARM, "%s",
        say(d,
            "Two findings are open. They are described in section 3, and must be answered before "
            "the "
            "figures of May can be relied upon.",
            "未解決の指摘が2件あります。内容は第3章に記載しています。これらに回答があるまで、5月の"
            "数値は確"
            "定したものとはいえません。"));
    document_put(d, BLOCK_GOOD, "%s",
        say(d, "Every signature and every hash of the ledger was checked, and all are right.",
            "台帳のすべての署名とハッシュ値を検査し、いずれも正しいことを確認しました。"));
}

static void put_health(struct document *d)
{
    static const struct column columns[] = {{COLUMN_TEXT, "System"}, {COLUMN_NUMBER, "Last number"},
        {COLUMN_SHORT, "Last heard"}, {COLUMN_TEXT, "Remark"}};
    static const struct column columns_ja[] = {{COLUMN_TEXT, "システム"},
        {COLUMN_NUMBER, "最終番号"}, {COLUMN_SHORT, "最終受信日時"}, {COLUMN_TEXT, "備考"}};

    document_put(d, BLOCK_SECTION, "%s", say(d, "Health of the ledger", "台帳の健全性"));
    document_put(d, BLOCK_PARAGRAPH, "%s",
        say(d,
            "A report can only count what was recorded. This section says which systems are bound "
            "to "
            "record, whether each of them was heard, and where there are gaps or hours of silence.",
            "報告書が数えることができるのは、記録されたものだけです。この章では、記録を義務付けられ"
            "ている"
            "システム、それぞれから記録が届いているか、また、欠番や無音の時間がどこにあるかを示しま"
            "す。"));
    document_list(d, BLOCK_FACTS);
    fact(d, say(d, "Ledger", "台帳"), "9f2c 51d0 88aa 03be 7764 1f0e 2299 4cd1");
    fact(d, say(d, "Entries", "登録件数"), "1,204,311");
    fact(d, say(d, "Vouched for by", "証人"), "Court registry, Bar association, 国立公文書館");
    document_table(d, say(d, "Systems listed and heard", "登録システムと受信状況"),
        d->language == LANGUAGE_JA ? columns_ja : columns, 4, say(d, "None.", "ありません。"));
    for (size_t i = 0; i < 4; i++) {
        static const char *const names[] = {
            "intercept-1", "selection-engine.tokyo", "archive", "provision-desk-osaka"};

        document_row(d, false);
        cell(d, names[i]);
        cell_number(d, 1000 * i * i * i * 37 + i);
        cell(d, i == 2 ? say(d, "never", "なし")
                       : say(d, "30 June 2026, 23:59:58", "2026年6月30日 23時59分58秒"));
        cell(d, i == 2 ? say(d, "Listed since 1 May 2026 and not heard since then.",
                             "2026年5月1日に登録されて以来、一度も記録が届いていません。")
                       : "");
    }
    document_table_note(d, span_str(say(d, "Times are Japan time (UTC+09:00).",
                               "時刻は日本時間(UTC+09:00)で示しています。")));
}

static void put_accesses(struct document *d)
{
    static const char *const en[] = {"National Police Agency", "Ministry of Defense",
        "National Cyber Office", "Public Security Intelligence Agency", "Japan Coast Guard",
        "Other agencies"};
    static const char *const ja[] = {
        "警察庁", "防衛省", "国家サイバー統括室", "公安調査庁", "海上保安庁", "その他の機関"};

    document_put(d, BLOCK_SECTION, "%s", say(d, "Accesses", "利用の状況"));
    document_chart(d, CHART_BARS, say(d, "Accesses by agency", "機関別の利用件数"),
        say(d, "records", "件数"), 6, 1);
    for (size_t i = 0; i < 6; i++) {
        document_chart_category(d, i, span_str(d->language == LANGUAGE_JA ? ja[i] : en[i]));
        document_chart_value(
            d, i, 0, i == 5 ? 1 : 18211 / (i * i + 1), i == 5 ? 1900 : 18211 / (i * i + 1));
    }
    document_chart(d, CHART_STACKED, say(d, "Approvals by month", "月別の承認件数"),
        say(d, "approvals", "件数"), 12, 4);
    for (size_t i = 0; i < 12; i++) {
        struct wording w = {d->language, 540, false};
        struct buf month;

        buf_init(&month, 100);
        wording_month(&month, &w, UINT64_C(1775000000000) + i * UINT64_C(2629800000));
        document_chart_category(d, i, buf_view(&month));
        keep_error(d, &month);
        buf_destroy(&month);
        for (size_t s = 0; s < 4; s++)
            document_chart_value(
                d, i, s, (i * 7 + s * 13) % 23, (i * 7 + s * 13) % 23 + (i == 7 ? 3 : 0));
    }
    document_chart_series(d, 0, span_str(say(d, "granted", "承認")));
    document_chart_series(d, 1, span_str(say(d, "refused", "却下")));
    document_chart_series(d, 2, span_str(say(d, "extended", "延長")));
    document_chart_series(d, 3, span_str(say(d, "withdrawn", "取下げ")));
}

static void put_series(struct document *d)
{
    document_put(d, BLOCK_SUBSECTION, "%s", say(d, "All series side by side", "全系列の比較"));
    document_chart(
        d, CHART_BARS, say(d, "Six series", "6系列の比較"), say(d, "records", "件数"), 4, 6);
    for (size_t i = 0; i < 6; i++) {
        static const char *const names[] = {
            "read", "selected", "exported", "discarded", "erased", "提供"};

        document_chart_series(d, i, span_str(names[i]));
        for (size_t c = 0; c < 4; c++)
            document_chart_value(
                d, c, i, 20 + i * 10 + c * 5, 20 + i * 10 + c * 5 + (c == 2 ? 9 : 0));
    }
    for (size_t c = 0; c < 4; c++) {
        static const char *const names[] = {"Q1", "Q2", "Q3", "Q4"};

        document_chart_category(d, c, span_str(names[c]));
    }
}

static void put_findings(struct document *d)
{
    document_put(d, BLOCK_SECTION, "%s", say(d, "Findings", "指摘事項"));
    document_put(d, BLOCK_NOTICE, "%s",
        say(d, "A finding is a question, not a verdict: what explains it may be in no record.",
            "指摘は疑問点を示すものであり、結論ではありません。説明となる事情が記録にないこともあり"
            "ます。"));
    document_list(d, BLOCK_LIST);
    document_item(d, span_str(say(d,
                         "authority-missing: 3 accesses without any approval, entries 48,112 to "
                         "48,114, by an operator "
                         "whose account was opened on the same day.",
                         "authority-missing(承認なし):承認のない利用が3件あります(登録番号48,"
                         "112から48,114まで)。いず"
                         "れも、同日に開設されたアカウントによるものです。")));
    document_item(d, span_str(say(d, "erase-late: one data set kept 9 days too long.",
                         "erase-late(消去の遅延):保存期限を9日過ぎたデータが1件あります。")));
    document_put(d, BLOCK_SUBSECTION, "%s", say(d, "The checkpoint", "チェックポイント"));
    document_put_span(d, BLOCK_FIXED,
        span_str("example.org/ledger\n1204311\nqINS1GRFhWHwdkUeqLEoP4yEMkTBBzxBkGwGQlVlVcs=\n\n"
                 "— example.org/ledger Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhc"
                 "yv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"));
}

static void put_sheet(struct document *d)
{
    static const struct column columns[] = {
        {COLUMN_NUMBER, "No."}, {COLUMN_SHORT, "Record"}, {COLUMN_EMPTY, "Remarks / 所見"}};

    document_put(d, BLOCK_SECTION, "%s", say(d, "Work sheet", "点検票"));
    document_table(d, say(d, "Records drawn", "抽出した記録"), columns, 3, "-");
    for (size_t i = 0; i < 3; i++) {
        document_row(d, false);
        cell_number(d, i + 1);
        cell(d, "48112.3");
        cell(d, "");
    }
    document_table(d, say(d, "Emergency use", "緊急時の利用"), columns, 3,
        say(d, "There was none in this period.", "この期間にはありませんでした。"));
}

void specimen_rows(struct document *d, enum language language, size_t rows)
{
    static const struct column columns[] = {{COLUMN_TEXT, "Agency"}, {COLUMN_TEXT, "Purpose"},
        {COLUMN_SHORT, "Action"}, {COLUMN_SHORT, "First"}, {COLUMN_NUMBER, "Records"},
        {COLUMN_NUMBER, "Items"}};

    if (d->title == NULL) {
        document_init(d, language);
        document_head(d, span_str("Rows"), span_str(""), span_str("Rows"));
    }
    document_put(d, BLOCK_SECTION, "%s", say(d, "Every action", "利用の明細"));
    document_table(d,
        say(d, "Accesses by agency, purpose and action", "機関・目的・行為別の利用件数"), columns,
        6, "-");
    for (size_t i = 0; i < rows; i++) {
        document_row(d, i + 1 == rows);
        cell(d, i % 3 == 0   ? "国家サイバー統括室"
                : i % 3 == 1 ? "National Police Agency"
                             : "公安調査庁");
        cell(d, i % 5 == 0 ? "Analysis of an attack upon critical infrastructure, phase 2"
                           : "重要電子計算機に対する攻撃の分析");
        cell(d, i % 2 == 0 ? "read" : "selected");
        cell(d, "2026-04-01 09:30");
        cell_number(d, i * i * 31);
        cell_number(d, i * i * i * 17);
    }
}

void specimen_columns(struct document *d, size_t count)
{
    struct column columns[DOCUMENT_COLUMNS_MAX];

    for (size_t i = 0; i < count; i++)
        columns[i] = (struct column){i == 0 ? COLUMN_TEXT : COLUMN_NUMBER, "Records of a kind"};
    document_init(d, LANGUAGE_EN);
    document_table(d, "Many columns", columns, count, "-");
    for (size_t r = 0; r < 3; r++) {
        document_row(d, r == 2);
        cell(d, "National Police Agency");
        for (size_t i = 1; i < count; i++)
            cell_number(d, UINT64_C(1000000000000) * (r + 1) + i);
    }
}

void specimen_report(struct document *d, enum language language)
{
    static const char json[] = "{\"title\": \"</script><b>&\"}\n";

    document_init(d, language);
    d->created_ms = UINT64_C(1782831598000);
    d->embedded = span_of(json, sizeof json - 1);
    put_first_page(d);
    put_health(d);
    put_accesses(d);
    put_series(d);
    put_findings(d);
    put_sheet(d);
    specimen_rows(d, language, 90);
}

/* Through document_text, as all that comes from outside. */
static void put_text(
    struct document *d, struct span text, void (*put)(struct document *, struct span))
{
    struct buf out;

    buf_init(&out, 64 * 1024);
    document_text(&out, d->language, text);
    put(d, buf_view(&out));
    keep_error(d, &out);
    buf_destroy(&out);
}

static void put_blocks(struct document *d, struct span text)
{
    static const enum block_type types[] = {BLOCK_SECTION, BLOCK_SUBSECTION, BLOCK_PARAGRAPH,
        BLOCK_NOTICE, BLOCK_ALARM, BLOCK_GOOD, BLOCK_FIXED};

    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        document_put_span(d, types[i], text);
    document_list(d, BLOCK_LIST);
    document_item(d, text);
    document_list(d, BLOCK_FACTS);
    document_item(d, text);
    document_item(d, text);
}

static void put_table_and_chart(struct document *d, struct span text)
{
    char *heading = text.n == 0 ? strdup("") : strndup((const char *)text.p, text.n);
    struct column columns[] = {{COLUMN_TEXT, heading}, {COLUMN_NUMBER, heading},
        {COLUMN_SHORT, heading}, {COLUMN_EMPTY, heading}};

    if (heading == NULL) {
        d->err = KEIIN_ENOMEM;
        return;
    }
    document_table(d, heading, columns, 4, heading);
    document_table_note(d, text);
    document_table(d, heading, columns, 4, heading);
    document_row(d, false);
    for (size_t i = 0; i < 4; i++)
        document_cell(d, text);
    document_chart(d, CHART_BARS, heading, heading, 2, 2);
    for (size_t i = 0; i < 2; i++) {
        document_chart_category(d, i, text);
        document_chart_series(d, i, text);
        document_chart_value(d, i, 0, i, i + 3);
    }
    free(heading);
}

static void put_everywhere(struct document *d, struct span text)
{
    document_head(d, text, text, text);
    put_blocks(d, text);
    put_table_and_chart(d, text);
}

void specimen_text(struct document *d, enum language language, struct span text)
{
    document_init(d, language);
    d->embedded = span_str("{}");
    put_text(d, text, put_everywhere);
}
