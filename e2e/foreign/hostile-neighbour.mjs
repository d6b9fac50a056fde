/**
 * A layer that passes rows on as they come, which is a layer where it has as many units as inputs, until it does harm to one of its
 * neighbours over their link. It can be dialled, and dials its producer (docs/protocol.md).
 */
import { dial, InboundLink, OutboundLink } from '@layerline/protocol';
import { pack } from 'msgpackr';

/** @import { Assignment, Frame, Rows, Site, StageEvent, StageOrder } from '@layerline/protocol' */

/** The training batch, counted from 0, that harm is done with. */
const BATCH = 2;
const GREEDY_BYTES = 2 ** 52;

/** What becomes of the rows of one batch. @type {Record<string, (rows: Rows) => readonly Frame[]>} */
const FRAMES = {
  drop: () => [],
  double: (rows) => [rows, rows],
  end: (rows) => [rows, { kind: 'barrier', order: { type: 'end', outcome: 'completed' } }],
  nan: (rows) => [withBlock(rows, 'activations', (data) => data.fill(NaN, 0, 1))],
  infinity: (rows) => [withBlock(rows, 'activations', (data) => data.fill(Infinity, 0, 1))],
  'goodness-nan': (rows) => [withBlock(rows, 'goodness/layer-1', (data) => data.fill(NaN, 0, 1))],
  'goodness-gone': (rows) => [{ ...rows, blocks: rows.blocks.filter(({ name }) => name !== 'goodness/layer-1') }],
  // Small, so that the frame is not too large for the link.
  'goodness-more': (rows) => {
    const more = { name: 'goodness/layer-9', type: 'f32', shape: [1, 1], data: Float32Array.of(0) };
    return [{ ...rows, blocks: [...rows.blocks, more] }];
  },
};

/** What is done to the link at that batch. @type {Record<string, (link: OutboundLink) => void>} */
const LINK = {
  'no-frame': ({ socket }) => socket.send(Buffer.from('\0\x1b[31m no frame')),
  'too-large': ({ socket, options }) => socket.send(Buffer.alloc(options.maxFrameBytes + 16)),
  'no-binary': ({ socket }) => socket.send('x'),
  'hang-up': ({ socket }) => socket.terminate(),
};

/** Ways that are neither: of whoever grants credit. */
const CREDIT = {
  greed: GREEDY_BYTES,
  debt: -1,
};

/** @param {Rows} rows @param {string} wanted @param {(data: Float32Array) => void} change @returns {Rows} */
function withBlock(rows, wanted, change) {
  const blocks = rows.blocks.map((block) => {
    if (block.name !== wanted || block.type !== 'f32') return block;
    const data = block.data.slice();
    change(data);
    return { ...block, data };
  });
  return { ...rows, blocks };
}

/** Whether {@link Neighbour} knows a way to do harm. @param {string} how */
export function isNeighbourly(how) {
  return how === 'none' || how in FRAMES || how in LINK || how in CREDIT;
}

export class Neighbour {
  /** @type {(link: InboundLink) => void} */
  #link = () => undefined;
  /** @type {Promise<InboundLink>} */
  #linked = new Promise((resolve) => (this.#link = resolve));
  /** @type {() => void} */
  #begin = () => undefined;
  /** @type {Promise<void>} */
  #begun = new Promise((resolve) => (this.#begin = resolve));

  /**
   * @param {{ assignment: Assignment, site: Site }} given
   * @param {string} how one of the ways, or `none`
   * @param {(event: StageEvent) => void} tell
   */
  constructor({ assignment, site }, how, tell) {
    this.assignment = assignment;
    this.site = site;
    this.how = how;
    this.tell = tell;
  }

  /** Lives until the stream has ended. */
  async run() {
    const [{ ticket, ...consumer }] = this.assignment.outputs;
    const { host, names, ports, certificate } = this.site;
    const towards = { consumer: consumer.stage, maxFrameBytes: consumer.maxFrameBytes, identity: this.assignment };
    const server = OutboundLink.server({ host, names, certificate, ticket, ...towards });
    this.tell({ type: 'listening', neighbour: consumer.stage, port: await server.listen(ports) });
    const outbound = server.connected();
    void outbound.then(() => this.tell({ type: 'linked', neighbour: consumer.stage }));
    this.tell({ type: 'ready' });
    await this.#begun;
    await this.#pass(await this.#linked, await outbound);
    this.tell({ type: 'finished' });
  }

  /** @param {StageOrder} order */
  async obey(order) {
    if (order.type === 'begin') this.#begin();
    if (order.type !== 'connect') return;
    const [{ ticket, stage, maxFrameBytes }] = this.assignment.inputs;
    const trust = order.fingerprint === undefined ? undefined : { fingerprint: order.fingerprint };
    const at = { address: order.address, trust, ticket };
    if (this.how in CREDIT) await this.#grant({ ...at, secret: ticket, peer: stage, maxPayload: maxFrameBytes });
    else this.#link(await InboundLink.dial({ ...at, producer: stage, maxFrameBytes, identity: this.assignment }));
    this.tell({ type: 'linked', neighbour: stage });
  }

  /** Grants what it should not, and never reads. @param {any} at */
  async #grant(at) {
    const { incarnation, generation } = this.assignment;
    const how = { path: '/link', subprotocol: 'layerline-link.2', maxFragments: 4096 };
    const socket = await dial({ ...at, ...how }, (socket) => socket);
    socket.pause();
    socket.send(pack({ type: 'credit', incarnation, generation, bytes: CREDIT[this.how] }));
  }

  /** @param {InboundLink} inbound @param {OutboundLink} outbound */
  async #pass(inbound, outbound) {
    for await (const frame of inbound) {
      const isTime = frame.kind === 'rows' && frame.purpose === 'train' && frame.batch === BATCH;
      if (isTime) LINK[this.how]?.(outbound);
      const frames = isTime ? FRAMES[this.how]?.(frame) : undefined;
      for (const each of frames ?? [frame]) await outbound.send(each);
    }
    await outbound.drained();
  }
}
