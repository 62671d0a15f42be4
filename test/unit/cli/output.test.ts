// What commands print.

import { describe, expect, it, vi } from 'vitest';
import { Failure } from '#cli/failure.ts';
import { asFailure, createOutput, fields, shown, shownTime, table } from '#cli/output.ts';
import { capturedStream } from '#support/command-line.ts';

const output = (json: boolean) => {
  const stdout = capturedStream();
  const stderr = capturedStream();
  const made = createOutput({ stdout: stdout.stream, stderr: stderr.stream }, json);
  return { made, stdout: stdout.text, stderr: stderr.text };
};

describe('text', () => {
  it('never lets a value from outside steer the terminal', () => {
    expect(shown('a\u001b[2Jb')).toBe('a\\u{1b}[2Jb');
    expect(shown('line\nbreak')).toBe('line\\u{a}break');
    expect(shown('\u202eevil')).toBe('\\u{202e}evil');
    expect(shown('Größe 12 µm')).toBe('Größe 12 µm');
    expect(table(['A'], [['\u001b[31mred']])).not.toContain('\u001b');
    expect(fields([['seen', '\u0007bell']])).not.toContain('\u0007');
  });

  it('aligns columns by their widest cell, and colour does not count as width', () => {
    const text = table(
      ['ID', 'STATE', 'REASON'],
      [
        ['acme_device01', 'HELD', null],
        ['x', 'ACTIVE', 'EKU'],
      ],
      (cell, column) => (column === 1 ? `<${cell}>` : cell),
    );
    expect(text.split('\n')).toEqual([
      'ID             STATE   REASON',
      'acme_device01  <HELD  >  -',
      'x              <ACTIVE>  EKU',
    ]);
  });

  it('leaves a field without value out', () => {
    expect(
      fields([
        ['tenant', 'acme'],
        ['reason', null],
        ['id', 'x'],
      ]),
    ).toBe('tenant  acme\nid      x');
  });

  it('shows times to the second', () => {
    expect(shownTime('2026-11-22T10:00:00.123Z')).toBe('2026-11-22 10:00:00Z');
    expect(shownTime(null)).toBeNull();
  });
});

describe('a command for people', () => {
  it('has its result on stdout, and target, notes and failure on stderr', () => {
    const { made, stdout, stderr } = output(false);
    made.target('the embedded system');
    made.result({ a: 1 }, () => 'result');
    made.note('next');
    made.failure(new Failure('CODE', 'two\nlines'));
    made.done();
    expect(stdout()).toBe('result\n');
    expect(stderr()).toBe('on the embedded system\nnext\nerror CODE two\nlines\n');
  });
});

describe('work that takes long', () => {
  it('is told of when something is new, and every ten seconds that it goes on', async () => {
    vi.useFakeTimers();
    try {
      const { made, stderr } = output(false);
      let [text, finish] = ['pass 1', () => {}];
      const work = made.progress(
        () => text,
        new Promise<void>((resolve) => {
          finish = resolve;
        }),
      );
      vi.advanceTimersByTime(11_000);
      expect(stderr()).toBe('pass 1\n');
      vi.advanceTimersByTime(1_000);
      expect(stderr()).toBe('pass 1\npass 1\n');
      text = 'pass 2';
      vi.advanceTimersByTime(2_000);
      expect(stderr()).toBe('pass 1\npass 1\npass 2\n');
      finish();
      await work;
      vi.advanceTimersByTime(60_000);
      expect(stderr()).toBe('pass 1\npass 1\npass 2\n');
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('a command for scripts', () => {
  it('has JSON alone on stdout, and names the target on stderr when it is done', () => {
    const { made, stdout, stderr } = output(true);
    made.target('the embedded system');
    made.note('next');
    made.result({ a: 1 }, () => 'result');
    expect(stderr()).toBe('');
    made.done();
    expect(JSON.parse(stdout())).toEqual({ a: 1 });
    expect(stderr()).toBe('on the embedded system\n');
  });

  it('has one JSON object on stderr when it fails, target included', () => {
    const { made, stdout, stderr } = output(true);
    made.target('AWS stack X');
    made.failure(new Failure('NOT_FOUND', 'no such device'));
    expect(JSON.parse(stderr())).toEqual({
      error: { code: 'NOT_FOUND', message: 'no such device' },
      target: 'AWS stack X',
    });
    expect(stdout()).toBe('');
  });

  it('has one line where one is promised', () => {
    const { made, stdout } = output(true);
    made.line({ a: { b: 1 } }, () => '');
    expect(stdout()).toBe('{"a":{"b":1}}\n');
  });
});

describe('an error that nobody foresaw', () => {
  it('keeps its message and exits with 1', () => {
    expect(asFailure(new TypeError('boom'))).toMatchObject({ code: 'UNEXPECTED', message: 'boom', exitCode: 1 });
    expect(asFailure('text')).toMatchObject({ message: 'text' });
  });
});
