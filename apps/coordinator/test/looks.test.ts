import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import { lookAsked, lookList, MAX_LOOKS, MAX_PENDING_LOOKS } from '@layerline/api';
import type { Look } from '@layerline/api';
import { bearer } from '@layerline/security';
import t from 'tap';
import type { Coordinator } from '../src/coordinator.js';
import { Looks } from '../src/record/looks.js';
import { begunRun, STAGES } from './support/cluster.js';
import { PLAN } from './support/metrics.js';

type Principal = 'viewer' | 'operator';

async function ask({ port, options }: Coordinator, path: string, image?: unknown, principal: Principal = 'operator') {
  const headers = { authorization: bearer(options.authority.tokens[principal]) };
  const method = image === undefined ? 'GET' : 'POST';
  const body = image === undefined ? undefined : JSON.stringify({ image });
  const sent = request({ host: '127.0.0.1', port, path, method, headers, agent: false }).end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return { status: response.statusCode, body: await json(response) };
}

const base64 = (bytes: number): string => Buffer.alloc(bytes, 7).toString('base64');

/** A look at two layers of 16 units. */
function lookAt(image: number, id = 1, step = 4): Look {
  const layer = { goodness: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9.5], activations: base64(16 * 4) };
  return {
    ...{ id, image, step, label: 9, picture: { width: 28, height: 28, pixels: base64(784) }, layers: [layer, layer] },
    weights: { units: 16, width: 28, height: 28, scale: 0.5, pixels: base64(16 * 784) },
  };
}

const bytesOf = (look: object): Uint8Array => new TextEncoder().encode(JSON.stringify(look));

t.test('an operator asks for a look, which the feeder takes, and it stays when the run is over', async (t) => {
  const { coordinator, node, run, tasks } = await begunRun(t);
  const path = `/api/runs/${run.id}/looks`;
  const refused = { status: 403, body: { error: { code: 'ERR_FORBIDDEN' } } };
  t.match(await ask(coordinator, path, 3, 'viewer'), refused);
  t.match(await ask(coordinator, path, 10 ** 6), { status: 400, body: { error: { code: 'ERR_LOOK' } } });
  t.match(await ask(coordinator, path, 'three'), { status: 400, body: { error: { code: 'ERR_PROTOCOL' } } });
  const { status, body } = await ask(coordinator, path, 3);
  t.same([status, lookAsked.parse(body)], [202, { id: 1 }], 'before frames flow');
  t.same((await ask(coordinator, path, 3)).body, { id: 1 }, 'which is still to come');
  const [feeder = '', evaluator = ''] = [tasks[0], tasks.at(-1)];
  const looksOf = (task: string) =>
    node.told.flatMap((message) =>
      message.type === 'order' && message.task === task && message.order.type === 'look' ? [message.order] : [],
    );
  node.begin(tasks);
  await node.until(() => looksOf(feeder).length > 0);
  for (let image = 10; image < 10 + MAX_PENDING_LOOKS - 1; image++) await ask(coordinator, path, image);
  t.match(await ask(coordinator, path, 99), {
    status: 409,
    body: { error: { message: /^8 looks are still to come/ } },
  });
  const orders = Array.from({ length: MAX_PENDING_LOOKS }, (_, index) => index);
  await node.until(() => looksOf(feeder).length === orders.length);
  t.same(
    looksOf(feeder),
    orders.map((index) => ({ type: 'look', id: index + 1, image: index === 0 ? 3 : 9 + index })),
  );

  await run.run.record.looks.put(1, bytesOf(lookAt(3)));
  const looked = run.reported('looked');
  node.event(evaluator, { type: 'report', report: { type: 'looked', look: 1, image: 3, step: 4 } });
  await looked;
  const list = lookList.parse((await ask(coordinator, path, undefined, 'viewer')).body);
  t.same(list.looks, [{ id: 1, image: 3, step: 4 }]);
  t.same(
    list.pending.map(({ id }) => id),
    orders.slice(1).map((index) => index + 1),
  );
  t.same(await ask(coordinator, `${path}/1`, undefined, 'viewer'), { status: 200, body: lookAt(3) });
  t.match(await ask(coordinator, `${path}/2`), { status: 404, body: { error: { code: 'ERR_UNKNOWN_LOOK' } } });
  t.match(await ask(coordinator, `${path}/x`), { status: 400 });

  node.exit(tasks[1] ?? '', null, 'SIGKILL');
  const again = await node.started(2 * STAGES);
  node.begin(again.slice(-STAGES));
  const [next = ''] = again.slice(-STAGES);
  await node.until(() => looksOf(next).length === orders.length - 1);
  t.same(looksOf(next), looksOf(feeder).slice(1), 'the next life is asked for what has not come');

  await run.abort();
  t.match(await ask(coordinator, path, 3), { status: 409, body: { error: { code: 'ERR_RUN_ENDED' } } });
  t.same((await ask(coordinator, path)).body, { looks: [{ id: 1, image: 3, step: 4 }], pending: [] });
  t.same((await ask(coordinator, `${path}/1`)).body, lookAt(3));
});

t.test('a look that nobody has asked for fails the evaluator', async (t) => {
  const { node, run, tasks } = await begunRun(t);
  node.begin(tasks);
  run.run.looks.ask(3);
  node.event(tasks.at(-1) ?? '', { type: 'report', report: { type: 'looked', look: 1, image: 4, step: 4 } });
  await run.noticed(/^evaluator \(pid unknown\) failed: it reports look 1 at image 4 after step 4, which cannot be/);
});

t.test('only looks at the layers of the plan are kept, the newest of them', async (t) => {
  let mayWrite = true;
  const looks = new Looks(t.testdir(), PLAN, () => {
    if (!mayWrite) throw new Error('fenced off');
  });
  const sound = lookAt(5);
  const [layer] = sound.layers;
  const wrong: Record<string, object> = {
    'another number': { ...sound, id: 2 },
    'a layer too few': { ...sound, layers: [layer] },
    'a layer that says nothing': { ...sound, layers: [layer, null] },
    'a unit too few': { ...sound, layers: [layer, { ...layer, activations: base64(15 * 4) }] },
    'no look at all': {},
  };
  for (const [what, look] of Object.entries(wrong)) {
    await t.rejects(looks.put(1, bytesOf(look)), { code: 'ERR_CHECKPOINT' }, what);
  }
  t.same(looks.list(), []);
  mayWrite = false;
  await t.rejects(looks.put(1, bytesOf(sound)), { message: 'fenced off' });
  mayWrite = true;
  for (let id = looks.nextId(); id <= MAX_LOOKS + 2; id = looks.nextId()) {
    await looks.put(id, bytesOf(lookAt(5, id, 4 * id)));
  }
  const kept = looks.list();
  t.same(
    [kept.length, kept[0], kept.at(-1)],
    [MAX_LOOKS, { id: 3, image: 5, step: 12 }, { id: 52, image: 5, step: 208 }],
  );
  await t.rejects(looks.read(2), { code: 'ERR_UNKNOWN_LOOK' });
  t.same(await looks.read(52), lookAt(5, 52, 208));
});
