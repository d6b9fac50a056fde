import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request as secureRequest } from 'node:https';
import { connect } from 'node:net';
import { agentFor, selfSignedCertificate } from '@layerline/security';
import t from 'tap';
import { InboundLink, MAX_LINK_CONNECTIONS_PER_ADDRESS, OutboundLink } from '../src/index.js';
import { END, HOST, IDENTITY, TICKET, TOWARDS } from './support.js';

const own = await selfSignedCertificate([HOST]);

t.test('strangers at the port of a link neither keep its peer out nor drive it away', async (t) => {
  const server = OutboundLink.server({ host: HOST, ...TOWARDS, certificate: own });
  t.teardown(() => server.close());
  const port = await server.listen();
  /** Twice as many as there is room for, of whom the first are hung up on. */
  const crowd = async (): Promise<void> => {
    const strangers = Array.from({ length: 2 * MAX_LINK_CONNECTIONS_PER_ADDRESS }, () => connect(port, HOST));
    t.teardown(() => strangers.forEach((stranger) => stranger.destroy()));
    let gone = 0;
    await new Promise<void>((resolve) => {
      for (const stranger of strangers) {
        stranger.on('error', () => undefined).resume();
        stranger.on('close', () => ++gone === MAX_LINK_CONNECTIONS_PER_ADDRESS && resolve());
      }
    });
  };
  await crowd();
  const inbound = await InboundLink.dial({
    address: `wss://${HOST}:${port}`,
    trust: { fingerprint: own.fingerprint },
    ...{ ticket: TICKET, producer: 'layer-1', identity: IDENTITY, maxFrameBytes: 4096 },
  });
  t.teardown(() => inbound.close());
  const outbound = await server.connected();
  await crowd();
  const sent = outbound.send(END);
  for await (const frame of inbound) t.same(frame, END);
  await sent;
});

t.test('a request that a link does not serve ends its connection', async (t) => {
  const server = OutboundLink.server({ host: HOST, ...TOWARDS, certificate: own });
  t.teardown(() => server.close());
  const port = await server.listen();
  const agent = agentFor({ fingerprint: own.fingerprint });
  const sent = secureRequest({ host: HOST, port, agent }).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  t.equal(response.statusCode, 426);
  t.equal(response.headers.connection, 'close');
  response.resume();
  await once(response, 'close');
});
