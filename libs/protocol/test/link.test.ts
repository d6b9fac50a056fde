import { once } from 'node:events';
import { isDeepStrictEqual } from 'node:util';
import t from 'tap';
import { InboundLink, OutboundLink } from '../src/index.js';
import type { Frame } from '../src/index.js';
import { END, HOST, IDENTITY, link, rows, sizeOf, TICKET, TOWARDS, xorshift } from './support.js';

/** Waits until the other side has answered everything that was sent so far. */
async function roundTrip({ socket }: OutboundLink): Promise<void> {
  socket.ping();
  await once(socket, 'pong');
}

function* stream(count: number): Generator<Frame> {
  const random = xorshift(count);
  for (let batch = 0; batch < count; batch++) {
    yield rows(random() % 20, random() % 50, batch);
    if (batch % 7 === 0) yield { kind: 'barrier', order: { type: 'epoch-end', epoch: batch, batches: 7 } };
  }
  yield END;
}

t.test('frames come in order, each once, until the end; then both sides let go', async (t) => {
  const began = performance.now();
  const { server, outbound, inbound } = await link(t, sizeOf(rows(20, 50)));
  const producing = (async () => {
    for (const frame of stream(300)) await outbound.send(frame);
    await outbound.drained();
  })();
  const expected = stream(300);
  let count = 0;
  for await (const frame of inbound) {
    if (!isDeepStrictEqual(frame, expected.next().value)) t.fail(`frame ${count} is another one`);
    count++;
  }
  t.equal(count, 300 + 43 + 1);
  await producing;
  const elapsed = performance.now() - began;
  const bytes = [...stream(300)].reduce((sum, frame) => sum + sizeOf(frame), 0);
  for (const { account } of [outbound, inbound]) t.match(account, { frames: count, bytes }, 'both ends count alike');
  t.ok(outbound.account.milliseconds > 0 && inbound.account.milliseconds > 0, 'both ends have had work');
  t.ok(outbound.account.milliseconds + inbound.account.milliseconds <= elapsed, 'of one event loop');
  t.equal(outbound.socket.readyState, outbound.socket.CLOSED);
  await t.rejects(outbound.send(END), { code: 'ERR_CONNECTION_LOST' }, 'nothing can be sent after the end');
  server.close();
});

t.test('a frame as large as the plan allows passes, and so does one without a byte of data', async (t) => {
  const large = rows(512, 1000);
  const { outbound, inbound } = await link(t, sizeOf(large));
  const frames = [large, rows(0, 0), { ...rows(0, 0), blocks: [] }, large, large, large, large, END];
  const producing = (async () => {
    for (const frame of frames) await outbound.send(frame);
    await outbound.drained();
  })();
  const received: Frame[] = [];
  for await (const frame of inbound) received.push(frame);
  t.ok(isDeepStrictEqual(received, frames));
  await producing;
});

t.test('a consumer that does not read holds its producer up, and lets it go on by reading', async (t) => {
  const frame = rows(64, 784);
  const size = sizeOf(frame);
  const { outbound, inbound } = await link(t, size);
  let sent = 0;
  const producing = (async () => {
    for (; sent < 40; sent++) await outbound.send(frame);
    await outbound.send(END);
    await outbound.drained();
  })();
  while (sent < 3) await roundTrip(outbound);
  for (let times = 0; times < 10; times++) await roundTrip(outbound);
  t.equal(sent, 3);
  t.match(outbound.account, { frames: 3, bytes: 3 * size }, 'the window of an idle link is three frames');
  t.equal(outbound.socket.bufferedAmount, 0, 'and nothing more waits in memory');
  const reader = inbound[Symbol.asyncIterator]();
  await reader.next();
  while (sent < 4) await roundTrip(outbound);
  for (let times = 0; times < 10; times++) await roundTrip(outbound);
  t.equal(outbound.account.bytes, 4 * size);
  let read = 1;
  while (!(await reader.next()).done) read++;
  t.equal(read, 41);
  await producing;
});

t.test('to wait for credit is no work of the event loop', async (t) => {
  const frame = rows(2, 3);
  const { outbound, inbound } = await link(t, sizeOf(frame));
  const began = performance.now();
  for (let times = 0; times < 3; times++) await outbound.send(frame);
  const sending = outbound.send(frame);
  const blocked = performance.now();
  // Most of the time goes by here, or a wait that was counted could not be seen.
  while (performance.now() - blocked < 5 * (blocked - began)) await roundTrip(outbound);
  const waited = performance.now() - blocked;
  await inbound[Symbol.asyncIterator]().next();
  await sending;
  const { frames, milliseconds } = outbound.account;
  t.equal(frames, 4);
  t.ok(milliseconds <= performance.now() - began - waited, `${milliseconds} ms of work, ${waited} ms of waiting`);
});

t.test('when the producer is gone, the consumer takes what has come and then fails', async (t) => {
  const frame = rows(2, 3);
  const { outbound, inbound } = await link(t, sizeOf(frame));
  await outbound.send(frame);
  await outbound.send(frame);
  await roundTrip(outbound);
  outbound.close();
  const reader = inbound[Symbol.asyncIterator]();
  t.ok(isDeepStrictEqual((await reader.next()).value, frame));
  t.ok(isDeepStrictEqual((await reader.next()).value, frame));
  await t.rejects(reader.next(), {
    name: 'ConnectionLostError',
    code: 'ERR_CONNECTION_LOST',
    peer: 'layer-1',
    message: 'Lost the connection with layer-1: it closed with code 1006 in the middle of the stream',
  });
});

t.test('a consumer that already waits for a frame learns of the loss', async (t) => {
  const { outbound, inbound } = await link(t, 4096);
  const waiting = inbound[Symbol.asyncIterator]().next();
  outbound.close();
  await t.rejects(waiting, { code: 'ERR_CONNECTION_LOST' });
});

t.test('when the consumer is gone, a producer that waits for credit fails, and everything after it', async (t) => {
  const frame = rows(2, 3);
  const { outbound, inbound } = await link(t, sizeOf(frame));
  for (let times = 0; times < 3; times++) await outbound.send(frame);
  const waiting = outbound.send(frame);
  inbound.close();
  const lost = { code: 'ERR_CONNECTION_LOST', peer: 'layer-2', message: /layer-2.*code 1001/ };
  await t.rejects(waiting, lost);
  await t.rejects(outbound.send(frame), lost);
  await t.rejects(outbound.drained(), lost, 'it has not taken the end of the stream');
});

t.test('whoever breaks out of the stream closes the link', async (t) => {
  const frame = rows(2, 3);
  const { outbound, inbound } = await link(t, sizeOf(frame));
  await outbound.send(frame);
  for await (const _ of inbound) break;
  await t.rejects(outbound.drained(), { code: 'ERR_CONNECTION_LOST', message: /code 1001/ });
});

t.test('closing ends a wait for the next frame, without an error', async (t) => {
  const { inbound } = await link(t, 4096);
  const waiting = inbound[Symbol.asyncIterator]().next();
  inbound.close();
  t.same(await waiting, { done: true, value: undefined });
});

t.test('a port in use, or an address of another machine, is told with what to do', async (t) => {
  const first = OutboundLink.server({ host: HOST, ...TOWARDS });
  const second = OutboundLink.server({ host: HOST, ...TOWARDS });
  const third = OutboundLink.server({ host: '192.0.2.1', ...TOWARDS });
  t.teardown(() => [first, second, third].forEach((server) => server.close()));
  const port = await first.listen();
  await t.rejects(second.listen({ from: port, to: port }), {
    name: 'ListenError',
    code: 'ERR_LISTEN',
    message: `Cannot listen on ${HOST}:${port}: the port is in use. Name another one, or 0 for any free port`,
  });
  await t.rejects(third.listen(), {
    code: 'ERR_LISTEN',
    message: 'Cannot listen on 192.0.2.1:0: this machine does not have that address',
  });
});

t.test('dialling where nobody listens, or what is no address, fails', async (t) => {
  const server = OutboundLink.server({ host: HOST, ...TOWARDS });
  const port = await server.listen();
  server.close();
  const options = { ticket: TICKET, producer: 'layer-1', identity: IDENTITY, maxFrameBytes: 4096 };
  await t.rejects(InboundLink.dial({ ...options, address: `ws://${HOST}:${port}` }), {
    code: 'ERR_CONNECTION_LOST',
    message: new RegExp(`layer-1: dialling ws://${HOST}:${port}: nothing is listening there`),
  });
  await t.rejects(InboundLink.dial({ ...options, address: 'nowhere' }), SyntaxError);
});
