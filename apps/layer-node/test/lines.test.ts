import { Readable } from 'node:stream';
import t from 'tap';
import { eachLine } from '../src/lines.js';

async function linesOf(most: number, ...chunks: readonly Buffer[]): Promise<string[]> {
  const lines: string[] = [];
  const stream = Readable.from(chunks);
  eachLine(stream, most, (line) => lines.push(line));
  await new Promise((resolve) => stream.once('close', resolve));
  return lines;
}

await t.test('lines come whole, however a stream is cut', async (t) => {
  const text = Buffer.from('first\r\nsecond é\n\nlast');
  const expected = ['first', 'second é', '', 'last'];
  t.same(await linesOf(100, text), expected);
  t.same(await linesOf(100, ...Array.from(text, (byte) => Buffer.of(byte))), expected);
  t.same(await linesOf(100), []);
});

await t.test('no more of a line is kept than asked for', async (t) => {
  t.same(await linesOf(3, Buffer.from('abcdef\nab\n'), Buffer.from('ab'), Buffer.from('cdef')), ['abc', 'ab', 'abc']);
});
