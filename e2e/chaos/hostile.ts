import { randomBytes } from 'node:crypto';
import { contentDigest } from '@layerline/security';
import { Attacker, Squatter } from '../test/support/attack.js';
import { BY_ITSELF, hostileRun, NETWORK, TO_NEIGHBOURS } from '../test/support/hostile.js';
import { HostileNode, slander } from '../test/support/hostile-node.js';
import { until } from '../test/support/processes.js';
import type { RunStanding } from './cluster.js';
import type { Inject, Scene } from './scene.js';

/** More than a coordinator takes from one address. */
const STRANGERS = 600;
const GARBAGE = new TextEncoder().encode('of a life that is over');

/** What people and programs that mean no good do beside a run, which must not even notice. */
export const HOSTILE = {
  'a hostile stage in another run': (scene) => otherRun(scene, BY_ITSELF),
  'a hostile neighbour in another run': (scene) => otherRun(scene, TO_NEIGHBOURS),
  'strangers at the coordinator': (scene) =>
    unnoticed(scene, async ({ cluster }) => {
      const { hostname, port } = new URL(cluster.door.address);
      const strangers = new Attacker(Number(port), hostname);
      try {
        await strangers.dawdle(STRANGERS);
        return `${STRANGERS}, ${await innocentRun(scene)}`;
      } finally {
        strangers.close();
      }
    }),
  'strangers at the data ports': (scene) =>
    unnoticed(scene, async ({ cluster }) => {
      const { hosts, ...ports } = cluster.dataPorts;
      const squatter = new Squatter(hosts, ports);
      squatter.start();
      try {
        const done = await innocentRun(scene);
        return `${squatter.taken}, ${done}`;
      } finally {
        squatter.stop();
      }
    }),
  'forged tickets': (scene) =>
    unnoticed(scene, async ({ cluster, run, pick }) => {
      const { incarnation, generation } = await known(scene);
      const life = `/parts/${run}/${incarnation}.${generation}`;
      const [ticket, { token }] = [randomBytes(32).toString('base64url'), cluster.door];
      const part = pick(['snapshots/60/layer-1', 'snapshots/60/feeder', 'model/layer-2', 'snapshots/60/evaluator']);
      for (const secret of [ticket, token, '']) {
        for (const method of ['PUT', 'GET']) {
          const headers = { authorization: `Bearer ${secret}`, 'content-digest': contentDigest(GARBAGE) };
          const body = method === 'PUT' ? GARBAGE : undefined;
          const { status } = await cluster.request(method, `${life}/${part}`, 'node', body, headers);
          if (status !== 403) throw new Error(`${method} ${part} with a forged ticket was answered with ${status}`);
        }
      }
      return part;
    }),
  'a part of an older life': async ({ cluster, run, standing }) => {
    const older = `0.${Math.max(0, standing.generation - 1)}`;
    const path =
      standing.generation === 0 ? `/parts/${run}/0.99/model/layer-1` : `/parts/${run}/${older}/model/layer-1`;
    const headers = { 'content-digest': contentDigest(GARBAGE) };
    const { status } = await cluster.request('PUT', path, 'node', GARBAGE, headers);
    // The node's token opens no store: a stage of this life has a ticket for its own parts.
    if (status !== 403) throw new Error(`a part of another life was answered with ${status}`);
    return 'refused';
  },
  'a node under a taken name': (scene) =>
    unnoticed(scene, async ({ cluster, pick }) => {
      const name = pick(cluster.nodes);
      const impostor = `impostor-${randomBytes(4).toString('hex')}`;
      cluster.startNode(name, impostor);
      const refusal = `a node named ${name} is here already`;
      await until('the refusal of the impostor', () => cluster.output(impostor).includes(refusal));
      cluster.kill(impostor);
      await until('the end of the impostor', () => cluster.hasEnded(impostor));
      return name;
    }),
  'a node that speaks for others': (scene) =>
    unnoticed(scene, async ({ cluster, run, pick }) => {
      const { incarnation, generation, processes } = await known(scene);
      const { stage } = pick(processes);
      const node = await HostileNode.connect(cluster.door);
      node.join({ name: 'slanderer', version: await cluster.version() });
      await node.hears('welcome');
      for (const message of slander(`${run}/${incarnation}.${generation}/${stage}`)) node.say(message);
      const { code } = await node.leave();
      return `of ${stage}, hung up on with ${code}`;
    }),
} as const satisfies Record<string, Inject>;

/** Begins a run in which a stage is hostile, and stops it once it has gone back for the reason that it should. */
function otherRun(scene: Scene, ways: Readonly<Record<string, RegExp>>): Promise<string> {
  return unnoticed(scene, async ({ cluster, pick }) => {
    const way = pick(Object.keys(ways));
    const reason = ways[way] as RegExp;
    const isNoticed = ({ notices }: RunStanding): boolean => notices.some(({ sentence }) => reason.test(sentence));
    const other = await cluster.submit(hostileRun(way));
    const noticed = await cluster.until(other, (now) => now.end !== null || isNoticed(now));
    if (!isNoticed(noticed)) {
      const how = noticed.end?.error?.message ?? 'well';
      throw new Error(`the run ${other}, of which a stage is hostile (${way}), ended ${how}`);
    }
    await cluster.request('POST', `/api/runs/${other}/stop`, 'operator');
    await cluster.until(other, ({ end }) => end !== null);
    const said = noticed.notices.find(({ sentence }) => reason.test(sentence))?.sentence;
    return `${way}; ${other}: ${said ?? ''}`;
  });
}

/**
 * Lets a run come and go that nobody has anything to do with. It has to be well, except that a stage which comes up on a machine that
 * is too busy may be ended for its silence.
 * @returns what came of it
 */
async function innocentRun({ cluster }: Scene): Promise<string> {
  const id = await cluster.submit(NETWORK);
  const ended = await cluster.until(id, ({ end }) => end !== null);
  const { generation, end } = ended;
  if (end?.result === undefined) throw new Error(`${id}, an innocent run, ended with: ${end?.error?.message}`);
  if (generation === 0) return 'while another run came and went';
  const why = whyBack(ended);
  if (!why.includes('did not answer')) throw new Error(`${id}, an innocent run, went back: ${why}`);
  return `while another run came, went back since the machine is busy (${why}), and went`;
}

function whyBack({ notices }: RunStanding): string {
  return notices.findLast(({ sentence }) => sentence.includes('going back'))?.sentence ?? 'it does not say why';
}

function known({ cluster, run }: Scene): Promise<RunStanding> {
  return cluster.until(run, () => true);
}

/**
 * Does what the run must not notice, once what has been done before can have no more consequences.
 * @throws Error where the run was started again meanwhile
 */
async function unnoticed(scene: Scene, act: Inject): Promise<string> {
  const { cluster, run } = scene;
  await cluster.allJoined();
  // A snapshot has been through all links and stores: what a cut or a pause might still break would have broken by then.
  await cluster.nextSnapshot(run);
  const before = await known(scene);
  if (before.end !== null) return 'not any more: the run has ended';
  const done = await act(scene);
  const after = await known(scene);
  if (after.incarnation !== before.incarnation || after.generation !== before.generation) {
    throw new Error(`the run was started again meanwhile (${done}): ${whyBack(after)}`);
  }
  return done;
}
