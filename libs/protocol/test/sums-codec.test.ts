import { isDeepStrictEqual } from 'node:util';
import t from 'tap';
import { decodeFrame, decodeSums } from '../src/index.js';
import { craft, encode, END, envelope, rows, sums } from './support.js';

t.test('sums come back as they were, and neither they nor frames are taken for the other', (t) => {
  const head = envelope(7);
  for (const frame of [sums(5, 3), { ...sums(0), purpose: 'look', blocks: [] } as const]) {
    const bytes = encode(frame, head);
    t.ok(isDeepStrictEqual(decodeSums([bytes]), { envelope: head, frame }));
    t.throws(() => decodeFrame([bytes]), {
      code: 'ERR_PROTOCOL',
      message: 'Sums came where rows or a barrier were due',
    });
  }
  const refused = { name: 'ProtocolError', code: 'ERR_PROTOCOL' };
  t.throws(() => decodeSums([encode(rows(1, 1))]), { ...refused, message: 'Rows came where sums were due' });
  t.throws(() => decodeSums([encode(END)]), { ...refused, message: 'A barrier came where sums were due' });
  const { blocks: _, ...header } = sums(0);
  for (const frame of [{ ...header, positive: 1 }, { ...header, purpose: 'test' }, { kind: 'sums' }]) {
    t.throws(() => decodeSums([craft({ envelope: head, frame, blocks: [] })]), {
      ...refused,
      message: /is wrong at frame/,
    });
  }
  t.end();
});
