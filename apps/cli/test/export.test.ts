import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { crc32c } from '../src/export/crc32c.js';
import { histogramRecord, scalarRecord, versionRecord } from '../src/export/event-file.js';
import { ExportError, writeFile } from '../src/export/write-file.js';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

t.test('CRC-32C of what RFC 3720 gives it for', (t) => {
  const ascending = Uint8Array.from({ length: 32 }, (_, index) => index);
  t.equal(crc32c(new Uint8Array(32)), 0x8a9136aa);
  t.equal(crc32c(new Uint8Array(32).fill(0xff)), 0x62a8ab43);
  t.equal(crc32c(ascending), 0x46dd794e);
  t.equal(crc32c(ascending.toReversed()), 0x113fdb5c);
  t.equal(crc32c(new Uint8Array(0)), 0);
  t.end();
});

t.test("records are those that TensorBoard's own writer makes, byte for byte", (t) => {
  t.equal(hex(versionRecord(1500)), '1800000000000000a37f4b2209000000000000f83f1a0d627261696e2e4576656e743a322a28646c');
  const moment = { step: 300, at: 1500 };
  t.equal(
    hex(scalarRecord('layer-1/loss', moment, 0.25)),
    '2300000000000000b09f774309000000000000f83f10ac022a150a130a0c6c617965722d312f6c6f7373150000803e3ee7eb4e',
  );
  const buckets = { min: 1, max: 4, limits: [2, 4], counts: [1, 2], count: 3, sum: 7, sumOfSquares: 19 };
  t.equal(
    hex(histogramRecord('a', moment, buckets)),
    '6600000000000000723b876a09000000000000f83f10ac022a580a560a01612a5109000000000000f03f110000000000001040' +
      '190000000000000840210000000000001c402900000000000033403210000000000000004000000000000010403a1000000000' +
      '0000f03f0000000000000040c48fa4d3',
  );
  t.end();
});

async function* parts(...texts: readonly string[]): AsyncGenerator<string> {
  yield* texts;
}

async function* broken(): AsyncGenerator<string> {
  yield 'half';
  throw new Error('the source has broken off');
}

t.test('a file appears whole or not at all', async (t) => {
  const folder = t.testdir();
  const file = join(folder, 'some', 'where');
  const long = 'x'.repeat(100_000);
  await writeFile(file, parts('a', long, 'b'));
  t.equal(readFileSync(file, 'utf8'), `a${long}b`);
  await writeFile(file, parts());
  t.equal(readFileSync(file, 'utf8'), '');
  await writeFile(file, parts('whole'));
  await t.rejects(writeFile(file, broken()), ExportError);
  t.equal(readFileSync(file, 'utf8'), 'whole');
  t.same(readdirSync(join(folder, 'some')), ['where']);
  writeFileSync(join(folder, 'file'), '');
  await t.rejects(writeFile(join(folder, 'file', 'below'), parts('x')), { code: 'ERR_EXPORT', message: /file/ });
});
