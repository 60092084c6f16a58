/** Mails of every make become a subject and readable text. */
import { describe, expect, it } from 'vitest';
import { readMail } from '../../../scripts/corpora/mail.ts';

const mail = (...lines: string[]): ReturnType<typeof readMail> =>
  readMail(Buffer.from(lines.join('\n'), 'latin1'));

describe('readMail', () => {
  it('reads subject and body, and no other header', () => {
    expect(mail('From: a@b', 'SUBJECT: Hello', '\tthere', 'To: c', '', 'Body', '', 'end')).toEqual({
      subject: 'Hello there',
      body: 'Body\n\nend',
    });
  });

  it('decodes encoded words of several charsets', () => {
    const { subject } = mail(
      'Subject: =?iso-8859-1?Q?caf=E9_=3D?= =?UTF-8?B?8J+YgA==?= x =?big5?B?p0E=?=',
      '',
      '',
    );
    expect(subject).toBe('café =😀 x 你');
  });

  it('decodes quoted-printable and base64 bodies by their charset', () => {
    const quoted = [
      'Content-Type: text/plain; charset="windows-1252"',
      'Content-Transfer-Encoding: Quoted-Printable',
    ];
    expect(mail(...quoted, '', 'soft=', ' break =93q=94').body).toBe('soft break “q”');
    const base64 = ['Content-Type: text/plain; charset=utf-8', 'Content-Transfer-Encoding: base64'];
    expect(mail(...base64, '', Buffer.from('grüße').toString('base64')).body).toBe('grüße');
  });

  it('reads bytes as UTF-8 or Windows-1252 where the charset is unknown', () => {
    expect(mail('Content-Type: text/plain; charset=DEFAULT_CHARSET', '', 'caf\xe9').body).toBe('café');
    expect(mail('', 'caf\xc3\xa9').body).toBe('café');
  });

  it('takes the text out of HTML', () => {
    const html =
      '<html><head><title>no</title></head><body><!-- no --><style>no</style><p>Save&nbsp;<b>70&#37;</b> &amp; m&#x6f;re<br>now</p><script>no</script><a href="x">Click</a>';
    expect(mail('Content-Type: text/html', '', html).body.trim().replace(/\n+/g, '\n')).toBe(
      'Save 70% & more\nnow\nClick',
    );
  });

  it('prefers the plain alternative and leaves attachments out', () => {
    const { body } = mail(
      'Content-Type: multipart/mixed; boundary="outer"',
      '',
      'preamble',
      '--outer',
      'Content-Type: multipart/alternative; boundary=inner',
      '',
      '--inner',
      'Content-Type: text/html',
      '',
      '<p>html</p>',
      '--inner',
      'Content-Type: text/plain',
      '',
      'plain',
      '--inner--',
      '--outer',
      'Content-Type: image/gif',
      'Content-Transfer-Encoding: base64',
      '',
      'R0lGODlh',
      '--outer',
      '',
      'footer',
      '--outer--',
      'epilogue',
    );
    expect(body).toBe('plain\n\nfooter');
  });

  it('survives what is malformed', () => {
    expect(readMail(new Uint8Array(0))).toEqual({ subject: '', body: '' });
    expect(mail('no headers at all')).toEqual({ subject: '', body: '' });
    expect(mail('Subject: =?x?Q?=ZZ?=', 'Content-Type: multipart/mixed', '', 'x').subject).toBe('=ZZ');
    const nested = Array.from(
      { length: 50 },
      () => 'Content-Type: multipart/mixed; boundary=b\n\n--b\n',
    ).join('');
    expect(mail(`${nested}deep`).body).toBe('');
  });
});
