#!/usr/bin/env python3
"""Documents as HTML, CSV and PDF: whatever a text is, it stays a text, in every place of every
block; the layout holds; and the same document gives the same bytes."""
import base64
import collections
import csv
import functools
import hashlib
import html.parser
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unicodedata

SPECIMEN = os.path.join(os.environ['KEIIN_BIN'], 'tests', 'report', 'specimen')
SHORT = bool(os.environ.get('KEIIN_SHORT')) # under sanitizers: each way once
LATIN_FONTS = '/usr/share/fonts/truetype/dejavu'
WHOLE_PLACES = 21 # where a specimen has its text in full
SVG_ELEMENTS = {'svg', 'title', 'desc', 'pattern', 'rect', 'path', 'line', 'text'}
VOID = {'meta', 'path', 'line', 'rect'}

HOSTILE = {
    'plain': b'x',
    'markup': b'<script>alert(1)</script><!-- ]]> --><b a="1" c=\'2\'>&amp;&lt;</td></tr></table>',
    'end of script': b'</script ></SCRIPT></style></title></textarea><![CDATA[x]]>',
    'quotes': b'" onload="x" \' style=\'y\' `z`',
    'percent': b'%s%n%d 100%',
    'bidi overrides': 'a\u202eb\u2066c\u2069\u200f\ufeffd\u061c'.encode(),
    'unclosed isolate': '\u2068x\u2067'.encode(),
    'NULs': b'a\0b\x01\x1b[31m\x7f',
    'newlines': b'a\nb\r\nc\td',
    'invalid': b'ok \xff\xfe\xc3( \xed\xa0\x80 \xf5\x80\x80\x80 \xc0\xaf',
    'line separators': 'a\u2028b\u2029c\u0085d'.encode(),
    'emoji': '\U0001f600\U0001f1ef\U0001f1f5\u2764\ufe0f\U0001f468\u200d\U0001f469'.encode(),
    'unassigned': '\U00040000\U0010fffd\ue000\ufffd\u0378'.encode(),
    'tags': 'x\U000e0041\U000e007f'.encode(),
    'marks': ('Z' + '\u0301' * 40 + 'a' + '\u0323' * 3).encode(),
    'arabic': 'مرحبا بالعالم 123'.encode(),
    'hebrew': 'abc שלום (def)'.encode(),
    'japanese': '内閣サイバーセキュリティセンター(仮称)、「約物」。'.encode(),
    'formula': b'=HYPERLINK("http://example.org","y")',
    'formula +': b'+1+cmd|\' /C calc\'!A0',
    'formula -': b'-1',
    'formula @': b'@SUM(A1)',
    'formula wide': '=1'.replace('=', '\uff1d').encode(),
    'formula tab': b'\t=1',
    'space first': b' =1 ',
    'commas': b'1,234',
    'comma and quote': b'a,"b";c',
    'backslash': b'C:\\x\\u{202e}',
    '60 kB': b'x' * 60000,
    '60 kB Japanese': '国'.encode() * 20000,
    '60 kB of spaces': b'word ' * 12000,
    '60 kB of nothing valid': b'\x80' * 60000,
    'empty': b'',
    'space': b' ',
}


def specimen(*args, stdin=b'', **environment):
    done = subprocess.run([SPECIMEN, *args], input=stdin, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, env={**os.environ, **environment}, timeout=120)
    assert done.returncode == 0, (args, done.returncode, done.stderr[-500:])
    assert not done.stderr, (args, done.stderr[-500:])
    return done.stdout


# What document_text is to make of a text, written down once more.

def visible_character(c):
    n = ord(c)
    if c == '\\':
        return '\\\\'
    if (n <= 0x1f or 0x7f <= n <= 0x9f or 0x200b <= n <= 0x200f or 0x2028 <= n <= 0x202e
            or 0x2060 <= n <= 0x2069 or n in (0xfeff, 0x61c, 0xad)
            or 0xe0000 <= n <= 0xe0fff or 0xfff9 <= n <= 0xfffb):
        return '\\u{%04x}' % n
    return c


def visible(text):
    """Each character, or byte that is none, as it is shown."""
    shown, marks, i = [], 0, 0
    while i < len(text):
        for n in (1, 2, 3, 4):
            try:
                c = text[i:i + n].decode()
                break
            except UnicodeDecodeError:
                c = None
        if c is None:
            shown.append('\\x{%02x}' % text[i])
            marks, i = 0, i + 1
            continue
        marks = marks + 1 if 0x300 <= ord(c) <= 0x36f else 0
        shown.append('\\u{%04x}' % ord(c) if marks > 4 else visible_character(c))
        i += len(c.encode())
    return shown


@functools.lru_cache(maxsize=None)
def expected(text):
    shown = ''.join(visible(text))
    if len(text) <= 2000 and len(shown.encode()) <= 2000:
        return shown, ''
    kept = ''
    for piece in visible(text):
        if len((kept + piece).encode()) > 2000:
            break
        kept += piece
    return kept, ' … (cut here; %d bytes in all)' % len(text)


def is_shown(got, text):
    """A text as it is wanted; one that is cut may end a little before it must."""
    kept, cut = expected(text)
    if not cut:
        return got == kept
    return got.endswith(cut) and kept.startswith(got[:-len(cut)]) and \
        len(kept.encode()) - len(got[:-len(cut)].encode()) < 30


class Tree(html.parser.HTMLParser):
    """Elements with their attributes, in order, and the text that is directly in each."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.elements, self.open, self.odd = [], [], []

    def handle_starttag(self, tag, attrs):
        if tag == 'bdi':
            return
        within = [self.elements[i][0] for i in self.open]
        self.elements.append([tag, attrs, '', within])
        if tag not in VOID:
            self.open.append(len(self.elements) - 1)

    def handle_startendtag(self, tag, attrs):
        assert tag in VOID, tag
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag):
        if tag == 'bdi':
            return
        assert self.open and self.elements[self.open[-1]][0] == tag, (tag, self.open)
        self.open.pop()

    def handle_data(self, data):
        if self.open:
            self.elements[self.open[-1]][2] += data
        else:
            assert not data.strip(), data

    def handle_comment(self, data):
        self.odd.append(('comment', data))

    def handle_pi(self, data):
        self.odd.append(('pi', data))

    def unknown_decl(self, data):
        self.odd.append(('declaration', data))


def parse(page):
    tree = Tree()
    tree.feed(page.decode())
    tree.close()
    assert not tree.open and not tree.odd, (tree.open, tree.odd)
    return tree.elements


def shape(elements):
    """The tree without what charts draw, and without what depends on how wide a text is."""
    def plain(attrs):
        return [(k, v.replace(' k', '') if k == 'class' else v) for k, v in attrs]
    return [(e[0], plain(e[1]), e[3]) for e in elements
            if 'svg' not in e[3] and e[0] != 'svg']


def check_quiet(elements):
    """Nothing runs, nothing is loaded."""
    for tag, attrs, text, within in elements:
        assert tag not in ('img', 'link', 'iframe', 'object', 'embed', 'base', 'form'), tag
        for name, value in attrs:
            assert not name.startswith('on') and name not in ('style', 'src', 'srcset'), (tag, name)
            if name in ('href', 'xlink:href'):
                assert re.fullmatch('#s[0-9]+', value), value
            if name == 'fill':
                assert re.fullmatch(r'#[0-9a-f]{6}|url\(#f[0-9]+h[0-9]\)', value), value
        if tag == 'script':
            assert dict(attrs) == {'type': 'application/json', 'id': 'keiin-report'}, attrs
        if 'svg' in within:
            assert tag in SVG_ELEMENTS, tag
    style = [e for e in elements if e[0] == 'style']
    assert len(style) == 1 and 'url(' not in style[0][2] and '@import' not in style[0][2]
    policy = [dict(e[1])['content'] for e in elements
              if e[0] == 'meta' and ('http-equiv', 'Content-Security-Policy') in e[1]]
    digest = base64.b64encode(hashlib.sha256(style[0][2].encode()).digest()).decode()
    assert policy == ["default-src 'none'; style-src 'sha256-%s'; base-uri 'none'; "
                      "form-action 'none'" % digest], policy


def texts_of(elements, tag):
    return [e[2] for e in elements if e[0] == tag and 'svg' not in e[3] and 'nav' not in e[3]]


def check_html(name, text, page, wanted_shape):
    elements = parse(page)
    check_quiet(elements)
    if text: # without one, subtitle and footer are not there
        assert shape(elements) == wanted_shape, (name, 'the tree of elements changed')
    for tag in ('h1', 'h3', 'pre', 'dt', 'dd', 'caption', 'figcaption', 'th', 'td'):
        found = texts_of(elements, tag)
        assert found or tag in ('caption', 'figcaption') and not text, (name, tag)
        for got in found:
            assert is_shown(got, text), (name, tag, got[:200], expected(text)[0][:200])
    items = [e[2] for e in elements if e[0] == 'li' and 'nav' not in e[3]]
    assert len(items) == 1 and is_shown(items[0], text), (name, items)
    links = [e[2] for e in elements if e[0] == 'a']
    assert len(links) == 1 and is_shown(links[0], text), (name, links)
    paragraphs = [e[2] for e in elements if e[0] == 'p' and dict(e[1]).get('class') != 'note']
    assert all(is_shown(p, text) for p in paragraphs), (name, paragraphs)
    charts = [e[2] for e in elements if e[0] == 'title' and 'svg' in e[3]]
    assert len(charts) == 1 and is_shown(strip_isolates(charts[0]), text), (name, charts)
    assert json.loads([e[2] for e in elements if e[0] == 'script'][0]) == {}


def strip_isolates(text):
    return text.replace('\u2068', '').replace('\u2069', '')


def check_csv(name, text, data):
    assert data.startswith(b'\xef\xbb\xbf'), name
    rows = list(csv.reader(io.StringIO(data.decode('utf-8-sig'), newline=''), strict=True))
    fields = [1, 4, 0, 1, 4, 4, 0] if text else [4, 0, 4, 4, 0]
    assert [len(r) for r in rows] == fields, (name, rows)
    formula = re.match('[=+\\-@\t\r\n＝＋－＠]', expected(text)[0])
    for r, row in enumerate(rows):
        for i, field in enumerate(row):
            if r == 5 and i == 1 and re.fullmatch(b'[0-9][0-9,]*', text):
                assert field == text.decode().replace(',', ''), (name, field)
            elif formula:
                assert field[0] == "'" and is_shown(field[1:], text), (name, field[:200])
            else:
                assert is_shown(field, text), (name, field[:200])


def squeezed(text):
    return re.sub(r'\s+', '', unicodedata.normalize('NFC', text))


def pdf_words(pdf):
    """Pages, each a list of words with their boxes."""
    done = subprocess.run(['pdftotext', '-bbox', '-', '-'], input=pdf, stdout=subprocess.PIPE,
                          check=True).stdout.decode('utf-8', 'replace')
    pages = []
    for line in done.splitlines():
        if '<page ' in line:
            pages.append([])
        box = re.match(r'\s*<word xMin="([-0-9.]+)" yMin="([-0-9.]+)" xMax="([-0-9.]+)" '
                       r'yMax="([-0-9.]+)">(.*)</word>', line)
        if box:
            pages[-1].append([float(v) for v in box.groups()[:4]] + [box.group(5)])
    return pages


def check_pdf(name, text, pdf):
    info = subprocess.run(['pdfinfo', '-'], input=pdf, stdout=subprocess.PIPE,
                          check=True).stdout.decode('utf-8', 'replace')
    pages = pdf_words(pdf)
    assert int(re.search(r'Pages:\s+([0-9]+)', info).group(1)) == len(pages)
    for number, words in enumerate(pages, 1):
        for x0, y0, x1, y1, word in words:
            assert x0 > 40 and x1 < 595.3 - 40 and y0 > 10 and y1 < 841.9 - 10, \
                (name, number, x0, y0, x1, y1, word)
    read = subprocess.run(['pdftotext', '-raw', '-', '-'], input=pdf, stdout=subprocess.PIPE,
                          check=True).stdout.decode('utf-8', 'replace')
    wanted = squeezed(expected(text)[0])
    # Other texts have glyphs, or an order, from which poppler cannot tell what they were.
    if wanted and all(c.isascii() or 0x3000 <= ord(c) < 0xa000 or 0xff00 <= ord(c) < 0xff5f
                      for c in wanted):
        margin = squeezed(read)
        if len(wanted) > 200:
            wanted = wanted[:60]
        assert margin.count(wanted) >= 10, (name, margin.count(wanted), wanted)


def check_hostile(has_pdf):
    wanted = shape(parse(specimen('html', 'en', '--text', stdin=b'x')))
    for name, text in HOSTILE.items():
        page = specimen('html', 'en', '--text', stdin=text)
        check_html(name, text, page, wanted)
        check_csv(name, text, specimen('csv', 'en', '--text', stdin=text))
        if has_pdf:
            check_pdf(name, text, specimen('pdf', 'en', '--text', stdin=text))


def check_report(has_pdf):
    for language in ('en', 'ja'):
        page = specimen('html', language)
        elements = parse(page)
        check_quiet(elements)
        assert dict(elements[0][1]) == {'lang': language}
        data = [e[2] for e in elements if e[0] == 'script'][0]
        assert '<' not in data and json.loads(data) == {'title': '</script><b>&'}
        headings = [e[2] for e in elements if e[0] == 'h2' and 'nav' not in e[3]]
        links = [e[2] for e in elements if e[0] == 'a']
        assert headings == links and len(links) == 5, (headings, links)
        for mark in ({'en': ('Warning', 'Note', 'In order'),
                      'ja': ('警告', '注意', '異常なし')}[language]):
            assert mark in [e[2] for e in elements if e[0] == 'strong'], mark
        if has_pdf:
            check_report_pdf(language, headings)


def check_report_pdf(language, headings):
    pdf = specimen('pdf', language)
    pages = pdf_words(pdf)
    words = [''.join(w[4] for w in page) for page in pages]
    contents = [squeezed(h) for h in headings]
    for number, heading in enumerate(contents, 1):
        # The contents name the page on which the heading stands.
        lines = sorted((round(w[1]), w[0], w[4]) for w in pages[0])
        line = next(y for y, _, _ in lines
                    if heading in ''.join(w for y2, _, w in lines if abs(y2 - y) < 4))
        named = [w for y, x, w in lines if abs(y - line) < 4][-1]
        assert '%d%s' % (number, heading) in squeezed(words[int(named) - 1]), (heading, named)
    for number, page in enumerate(words, 1):
        last = {'en': 'Page%dof%d', 'ja': '%d/%dページ'}[language] % (number, len(pages))
        assert last in page, (last, page[-80:])


def check_rows():
    pdf = specimen('pdf', 'en', '--rows', '2000')
    pages = pdf_words(pdf)
    assert len(pages) > 30
    numbers = {w[4] for page in pages for w in page}
    for i in range(2000):
        assert format(i * i * i * 17, ',') in numbers, i
    for page in pages[1:]:
        assert {'Agency', 'Purpose', 'Records'} <= {w[4] for w in page}


def check_whole():
    """What goes over pages, in paragraphs and in cells, is all there."""
    words = ['w%04d' % i for i in range(330)]
    pages = pdf_words(specimen('pdf', 'en', '--text', stdin=' '.join(words).encode()))
    found = collections.Counter(w[4] for page in pages for w in page)
    for word in words[120:]: # beyond what is repeated in the margins and the contents
        assert found[word] == WHOLE_PLACES, (word, found[word])


def check_sum():
    """A sum does not stand alone on the last page."""
    for rows in range(26, 44):
        pages = pdf_words(specimen('pdf', 'en', '--rows', str(rows)))
        last = {w[4] for w in pages[-1]}
        assert format((rows - 1) ** 3 * 17, ',') in last, rows
        assert format((rows - 2) ** 3 * 17, ',') in last, rows


def check_columns():
    """Numbers keep their line, however many columns there are."""
    for count in (2, 5, 9, 12):
        pages = pdf_words(specimen('pdf', 'en', '--columns', str(count)))
        words = [w for page in pages for w in page]
        for row in (1, 2, 3):
            for i in range(1, count):
                assert format(row * 10 ** 12 + i, ',') in {w[4] for w in words}, (count, row, i)
        for x0, y0, x1, y1, word in words:
            assert x0 > 40 and x1 < 595.3 - 40, (count, word)


def check_hyphens():
    """A long word is broken without a hyphen that is not in it."""
    pages = pdf_words(specimen('pdf', 'en', '--text', stdin=b'x' * 900))
    words = [w[4] for page in pages for w in page if w[4].startswith('xx')]
    assert len(words) > 100 and not [w for w in words if re.search('[-\u2010\u00ad]', w)]


def check_fonts():
    """Where no font has Japanese there is no PDF of empty boxes."""
    with tempfile.TemporaryDirectory() as folder:
        config = os.path.join(folder, 'fonts.conf')
        with open(config, 'w', encoding='ascii') as file:
            file.write('<fontconfig><dir>%s</dir><cachedir>%s</cachedir></fontconfig>'
                       % (LATIN_FONTS, folder))
        done = subprocess.run([SPECIMEN, 'pdf', 'ja'], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, env={**os.environ, 'FONTCONFIG_FILE': config})
        assert done.returncode == 1 and b'fonts-noto-cjk' in done.stderr, done.stderr
        assert specimen('pdf', 'en', FONTCONFIG_FILE=config).startswith(b'%PDF')


def check_same(formats):
    for form in formats:
        for language in ('en', 'ja'):
            first = specimen(form, language)
            for environment in ({'LC_ALL': 'C'}, {'LC_ALL': 'ja_JP.UTF-8', 'TZ': 'Asia/Tokyo'},
                                {'LC_ALL': 'de_DE.UTF-8', 'LANG': 'de_DE', 'TZ': 'America/Lima'}):
                assert specimen(form, language, **environment) == first, (form, environment)


def main():
    done = subprocess.run([SPECIMEN, 'pdf', 'en'], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    has_pdf = done.returncode == 0
    if not has_pdf:
        assert b'--without-pdf' in done.stderr, done.stderr
        assert not done.stdout
    reads_pdf = has_pdf and shutil.which('pdftotext') is not None
    check_hostile(reads_pdf)
    check_report(reads_pdf)
    if reads_pdf:
        check_whole()
        if not SHORT:
            check_rows()
            check_sum()
        check_columns()
        check_hyphens()
        if os.path.isdir(LATIN_FONTS):
            check_fonts()
    if not SHORT:
        check_same(('html', 'csv', 'pdf') if has_pdf else ('html', 'csv'))
    if has_pdf and not reads_pdf:
        print('HTML and CSV are right; PDF not read: there is no pdftotext')
        return 77
    print('%d texts, in every place' % len(HOSTILE))
    return 0


if __name__ == '__main__':
    sys.exit(main())
