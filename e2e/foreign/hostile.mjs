/**
 * `node hostile.mjs HOW [once]`: stands in for a layer and does harm in one way, as soon as it is assigned one or to a neighbour of
 * its, in every life of the run or in the first. It speaks the protocol of foreign stages (docs/protocol.md): one JSON object a line.
 */
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { isNeighbourly, Neighbour } from './hostile-neighbour.mjs';

const [how = '', howOften] = process.argv.slice(2);
const DEPTH = 5_000;
const LENGTH = 1_000_000;

/** @param {object} event */
const tell = (event) => process.stdout.write(`${JSON.stringify(event)}\n`);
const report = (/** @type {object} */ content) => tell({ type: 'report', report: content });
const nested = () => `${'{"a":'.repeat(DEPTH)}0${'}'.repeat(DEPTH)}`;

/**
 * Asks the coordinator's store with a ticket that is good for nothing of that.
 * @param {{ origin: string }} coordinator
 * @param {{ path: string, secret: string }} store
 */
async function steal({ origin }, { path, secret }) {
  const headers = { authorization: `Bearer ${secret}` };
  const tries = [
    [`${path}/snapshots/1/layer-1`, { method: 'PUT', body: 'garbage', headers }],
    [`${path}/snapshots/1/layer-1`, { headers }],
    [`${path}/model/layer-1`, { method: 'PUT', body: 'garbage', headers }],
    ['/api/status', { headers }],
    ['/api/runs', { method: 'POST', body: '{}', headers }],
  ];
  const found = [];
  for (const [at, options] of tries) found.push((await fetch(origin + at, options)).status);
  const token = Object.keys(process.env).filter((name) => /^LAYERLINE_.*TOKEN/.test(name));
  process.stderr.write(`statuses ${found.join(' ')}, tokens ${token.length}\n`);
}

const WAYS = {
  'the-end': () =>
    report({ type: 'end', outcome: 'completed', epochs: 1, images: 20_000, trainSeconds: 1, evalSeconds: 1 }),
  accuracy: () =>
    report({
      type: 'evaluation',
      epoch: 1,
      testError: 0.0001,
      perLayerError: [0, null, 0],
      seconds: 1,
      trainSeconds: 1,
    }),
  'a-snapshot': () => report({ type: 'snapshot', step: 10 }),
  depth: () => process.stdout.write(`{"type":"report","report":${nested()}}\n`),
  length: () => report({ text: 'x'.repeat(LENGTH) }),
  garbage: () => process.stdout.write('\0\x1b[31m not JSON\n'),
  flood: () => {
    for (let count = 0; count < 10_000; count++) tell({ type: 'ready' });
  },
};

/** @type {Neighbour | undefined} */
let neighbour;

/** @param {any} instruction */
async function obey({ type, assignment, site, order }) {
  if (type === 'ping') return tell({ type: 'pong' });
  if (type === 'order') return neighbour?.obey(order);
  if (isNeighbourly(how)) {
    neighbour = new Neighbour(
      { assignment, site },
      howOften === 'once' && assignment.generation > 0 ? 'none' : how,
      tell,
    );
    await neighbour.run();
    process.exit();
  }
  if (how === 'theft') await steal(site.coordinator, assignment.store);
  else WAYS[how]();
  // Whoever is to end it has to.
  await sleep(60_000);
}

// Its neighbours' failures end the run, and this process with it.
process.on('unhandledRejection', (error) => process.stderr.write(`${error}\n`));
for await (const line of createInterface(process.stdin)) void obey(JSON.parse(line));
process.exit(1);
