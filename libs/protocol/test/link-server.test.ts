import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request as secureRequest } from 'node:https';
import { connect } from 'node:net';
import { agentFor, selfSignedCertificate } from '@layerline/security';
import t from 'tap';
import { InboundLink, MAX_LINK_CONNECTIONS_PER_ADDRESS, OutboundLink } from '../src/index.js';
import { HOST, IDENTITY, TICKET } from './support.js';

const own = await selfSignedCertificate([HOST]);

t.test('strangers at the port of a link do not keep its peer out for long', async (t) => {
  const server = OutboundLink.server({ host: HOST, ticket: TICKET, consumer: 'layer-2', certificate: own });
  t.teardown(() => server.close());
  const port = await server.listen();
  const strangers = Array.from({ length: 2 * MAX_LINK_CONNECTIONS_PER_ADDRESS }, () => connect(port, HOST));
  t.teardown(() => strangers.forEach((stranger) => stranger.destroy()));
  let gone = 0;
  const refused = new Promise<void>((resolve) => {
    for (const stranger of strangers) {
      stranger.on('error', () => undefined).resume();
      stranger.on('close', () => {
        if (++gone === MAX_LINK_CONNECTIONS_PER_ADDRESS) resolve();
      });
    }
  });
  await refused;
  for (const stranger of strangers) stranger.destroy();
  const options = { ticket: TICKET, producer: 'layer-1', identity: IDENTITY, maxFrameBytes: 4096 };
  const address = `wss://${HOST}:${port}`;
  let inbound: InboundLink | undefined;
  while (inbound === undefined) {
    inbound = await InboundLink.dial({ ...options, address, trust: { fingerprint: own.fingerprint } }).catch(
      () => undefined,
    );
  }
  t.ok(await server.connected());
  inbound.close();
});

t.test('a request that a link does not serve ends its connection', async (t) => {
  const server = OutboundLink.server({ host: HOST, ticket: TICKET, consumer: 'layer-2', certificate: own });
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
