import { byteLength, encodeFrame } from '@layerline/protocol';
import t from 'tap';
import { IDENTITY, trainingFrame } from '../src/frames.js';
import type { FrameShape } from '../src/frames.js';
import { measureTransport, transportCpu, transportShare } from '../src/transport.js';
import type { Transport } from '../src/transport.js';

/** The length of a frame on the wire, in bytes, without what WebSocket and TCP add. */
function frameBytes(shape: FrameShape): number {
  return byteLength(encodeFrame({ ...IDENTITY, sequence: 0 }, trainingFrame(shape)));
}

t.test('a frame has the bytes of its rows, and of a goodness a row for each layer', (t) => {
  const shape = { pairs: 100, units: 2000, layers: 1 };
  const tensors = 200 * 4 * (2000 + 1);
  const beside = frameBytes(shape) - tensors;
  t.ok(beside > 0 && beside < 1024, `${beside} bytes beside its numbers`);
  // Both ends of a block are at multiples of 16, so only a header of another length can add bytes to the numbers.
  t.equal(frameBytes({ ...shape, units: 2004 }) - frameBytes(shape), 200 * 4 * 4);
  const goodness = frameBytes({ ...shape, units: 0 });
  t.ok(goodness > 200 * 4 && goodness < 200 * 4 + 1024, `${goodness} bytes with no activations`);
  t.ok(frameBytes({ ...shape, layers: 32 }) > frameBytes(shape) + 31 * 200 * 4);
  t.end();
});

t.test('both ends of a link are measured, for each width', async (t) => {
  const said: string[] = [];
  const say = (line: string): void => void said.push(line);
  const results = await measureTransport({ pairs: 4, widths: [16, 64], frames: 40, repeats: 2, say });
  t.same(
    results.map(({ units, bytesPerFrame }) => ({ units, bytesPerFrame })),
    [16, 64].map((units) => ({ units, bytesPerFrame: frameBytes({ pairs: 4, units, layers: 1 }) })),
  );
  for (const { sender, receiver, encode, decode, bare } of results) {
    for (const figure of [bare, sender.cpu, sender.wall, receiver.cpu, receiver.wall, encode, decode]) {
      t.ok(figure.min > 0 && figure.max < 1000, `${figure.min}–${figure.max} ms a frame`);
    }
  }
  t.equal(said.length, 2);
  t.end();
});

t.test("transport's share is that of both ends in all the CPU time of a stage", (t) => {
  const constant = (value: number): { median: number; min: number; max: number } => {
    return { median: value, min: value, max: value };
  };
  const transport: Transport = {
    units: 2000,
    bytesPerFrame: 1_601_056,
    sender: { cpu: constant(0.5), wall: constant(9) },
    receiver: { cpu: constant(1.5), wall: constant(9) },
    encode: constant(0.01),
    decode: constant(0.02),
    bare: constant(1),
  };
  t.equal(transportCpu(transport), 2);
  t.equal(transportShare(transport, 38), 0.05);
  t.end();
});
