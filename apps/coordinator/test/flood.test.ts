import { once } from 'node:events';
import { connect } from 'node:net';
import { MAX_CONTROL_CONNECTIONS_PER_ADDRESS } from '@layerline/protocol';
import t from 'tap';
import { openCoordinator } from './support/cluster.js';
import { ScriptedNode } from './support/scripted-node.js';

const BEYOND = 10;

t.test('strangers who say nothing neither drive away who is here nor keep out who comes', async (t) => {
  const coordinator = await openCoordinator(t);
  const { authority } = coordinator.options;
  const host = '127.0.0.1';
  const operator = connect(coordinator.port, host).on('error', () => undefined);
  t.teardown(() => operator.destroy());
  const content = '{';
  operator.write(
    `POST /api/runs HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${authority.tokens.operator}\r\n` +
      `Content-Length: ${content.length}\r\n\r\n`,
  );
  // Its request has been read when that of a node that came later has been.
  const node = await ScriptedNode.join(coordinator, 'box');

  const strangers = Array.from({ length: MAX_CONTROL_CONNECTIONS_PER_ADDRESS + BEYOND }, () => {
    return connect(coordinator.port, host).on('error', () => undefined);
  });
  t.teardown(() => strangers.forEach((stranger) => stranger.destroy()));
  let gone = 0;
  await new Promise<void>((resolve) => {
    for (const stranger of strangers) stranger.resume().once('close', () => ++gone === BEYOND && resolve());
  });

  await ScriptedNode.join(coordinator, 'desk');
  operator.write(content);
  const answer = await Promise.race([once(operator, 'data').then(String), once(operator, 'close')]);
  t.match(answer, /^HTTP\/1\.1 4/, 'what is no config is refused, but heard');
  t.equal(node.socket.readyState, node.socket.OPEN);
  t.same(
    coordinator.nodes.all.map(({ name }) => name),
    ['box', 'desk'],
  );
});
