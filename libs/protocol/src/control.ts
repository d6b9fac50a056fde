import * as z from 'zod';
import { datasetOffer } from './dataset-offer.js';
import { lookRequest } from './frame.js';

/**
 * The control plane: what coordinator, nodes and stages tell each other. A node passes orders to its stages and events
 * from them, over the channel that it has with each as its child process.
 */

const name = z.string().min(1).max(100);
const secret = z.string().min(1).max(200);
const count = z.number().int().nonnegative();
const port = count.max(65_535);
/** SHA-256 of a certificate, in hexadecimal. */
const fingerprint = z.string().regex(/^[0-9a-f]{64}$/);
/** A WebSocket takes no larger limit; it would stand for none at all. */
export const MAX_FRAME_BYTES = 2 ** 31 - 1;

/** The three things that a stage can be. */
export const stageRole = z.enum(['feeder', 'layer', 'evaluator']);
export type StageRole = z.infer<typeof stageRole>;

/** The most links that a stage may have in one direction. */
const MAX_NEIGHBOURS = 1024;

/** The stage at the other end of a link. */
const neighbour = z.strictObject({
  stage: name,
  /** Secret of this link in this life of the run: whoever dials shows it. */
  ticket: secret,
  /** Which of the two waits for the other: this stage does, or it dials. */
  waits: z.boolean(),
  /** The largest frame of the link in bytes, in either direction, which bounds what may be under way on it. */
  maxFrameBytes: z.number().int().min(1).max(MAX_FRAME_BYTES),
});

/** Everything that a stage is told when it starts. */
export const assignment = z.strictObject({
  run: name,
  incarnation: count,
  generation: count,
  stage: name,
  role: stageRole,
  /** The node's own program that stands in for the layer; left out for Layerline's. */
  program: name.optional(),
  /** What the role works by. Its schema belongs to the pipeline, not to the protocol. */
  settings: z.unknown(),
  /** The step of the snapshot that the stage goes on from; left out for the beginning of a run. */
  resume: count.optional(),
  /** The stages that frames come from: all shards of the layer before; the first has none, or the last one for its feedback. */
  inputs: z.array(neighbour).max(MAX_NEIGHBOURS),
  /**
   * The stages that frames go to, all the same ones: all shards of the next layer; the last has none, or the first one
   * for its feedback.
   */
  outputs: z.array(neighbour).max(MAX_NEIGHBOURS),
  /**
   * The other shards of the same layer, in the order of their units, that sums are exchanged with. None of them is an input or
   * an output too. A stage that is a whole layer has none.
   */
  peers: z.array(neighbour).max(MAX_NEIGHBOURS),
  /** Where on the coordinator the stage puts what it has learned and its snapshots. */
  store: z.strictObject({ path: z.string().max(500), secret }),
});
export type Assignment = z.infer<typeof assignment>;

/** Ports to choose from, both ends included; 0 to 0 for any free one. */
const portRange = z.strictObject({ from: port, to: port });

/** Where on its machine a stage waits for neighbours; the node's to say. */
export const site = z.strictObject({
  /** Address to listen on, and further names that neighbours call it by. */
  host: name,
  names: z.array(z.string().min(1).max(253)).max(20),
  ports: portRange,
  /** What the stage is known by; without one, it serves in the clear. PEM. */
  certificate: z.strictObject({ cert: z.string(), key: z.string(), fingerprint }).optional(),
  /** How the coordinator is reached from here: `http://host:port`, or `https://` and how it is known. */
  coordinator: z.strictObject({
    origin: z.string().max(500),
    trust: z
      .union([z.literal('system'), z.strictObject({ fingerprint }), z.strictObject({ ca: z.string() })])
      .optional(),
  }),
});
export type Site = z.infer<typeof site>;

/** Orders about the stream as a whole, for the stage at its head. */
export const streamOrder = z.discriminatedUnion('type', [
  /** Bring the stream to an end after the batch under way, and store the model. */
  z.strictObject({ type: z.literal('stop') }),
  /**
   * Send nothing more until `resume`, but what it takes to get to where a snapshot or an evaluation that is ordered
   * meanwhile can be.
   */
  z.strictObject({ type: z.literal('pause') }),
  z.strictObject({ type: z.literal('resume') }),
  /** Take a snapshot after the batch under way. */
  z.strictObject({ type: z.literal('snapshot') }),
  /** Evaluate after the batch under way. */
  z.strictObject({ type: z.literal('evaluate') }),
  /** Send an image of the test set for a look after the batch under way. */
  z.strictObject({ type: z.literal('look'), ...lookRequest.shape }),
  /** The snapshot of this step is stored, or given up: the next one may be taken. */
  z.strictObject({ type: z.literal('snapshot-settled'), step: count }),
]);
export type StreamOrder = z.infer<typeof streamOrder>;

/** Coordinator to stage. */
export const stageOrder = z.discriminatedUnion('type', [
  /** Dial a neighbour, named by its stage, that waits. */
  z.strictObject({
    type: z.literal('connect'),
    neighbour: name,
    /** `ws://host:port`, or `wss://` where the neighbour has a certificate. */
    address: z.string().max(500),
    fingerprint: fingerprint.optional(),
  }),
  /** Everything is linked: let frames flow. */
  z.strictObject({ type: z.literal('begin') }),
  ...streamOrder.options,
]);
export type StageOrder = z.infer<typeof stageOrder>;

/**
 * What a stage has done since its stream began, for people to look at: times in milliseconds of its monotonic clock. All but
 * memory only grow, so that whoever reads works out rates over any stretch, and a message that is lost loses nothing.
 */
export const stageTelemetry = z.strictObject({
  elapsed: z.number(),
  rows: count,
  busy: z.number(),
  waitingForInput: z.number(),
  waitingForCredit: z.number(),
  /**
   * Time that the event loop was held by the data plane: encoding frames and handing them to the socket, receiving and
   * decoding them. It goes on beside the engine's asynchronous work, so it overlaps with the three above and adds nothing
   * to their sum.
   */
  serializing: z.number(),
  /** Processor time of the whole process, user and system. With several threads it can exceed `elapsed`. */
  cpu: z.number(),
  /**
   * Barriers are frames too. A frame counts once, whether it goes to one stage or to several, and comes from one or from
   * several. Bytes are those to all of them, and to peers.
   */
  framesSent: count,
  framesReceived: count,
  bytesSent: count,
  /** Resident memory now, in bytes. */
  memory: count,
  peakMemory: count,
});
export type StageTelemetry = z.infer<typeof stageTelemetry>;

/** Stage to coordinator. */
export const stageEvent = z.discriminatedUnion('type', [
  /** The stage waits for a neighbour, named by its stage, at this port. */
  z.strictObject({ type: z.literal('listening'), neighbour: name, port }),
  /** It is linked with this neighbour. */
  z.strictObject({ type: z.literal('linked'), neighbour: name }),
  /** It could begin now: engine, data and numbers are there. */
  z.strictObject({ type: z.literal('ready') }),
  z.strictObject({ type: z.literal('telemetry'), telemetry: stageTelemetry }),
  /** Something that its role has found out. Its schema belongs to the pipeline. */
  z.strictObject({ type: z.literal('report'), report: z.unknown() }),
  /** It could not store its part of a snapshot; training goes on. */
  z.strictObject({ type: z.literal('snapshot-failed'), step: count, message: z.string().max(4000) }),
  /** It cannot go on. */
  z.strictObject({ type: z.literal('failed'), code: z.string().max(100), message: z.string().max(4000) }),
  /** Its stream has ended and everything is stored. */
  z.strictObject({ type: z.literal('finished') }),
  /** It has left its generation, and its process waits for another assignment; for its node. */
  z.strictObject({ type: z.literal('left') }),
  /** The answer to its node's `ping`; goes no further. */
  z.strictObject({ type: z.literal('pong') }),
]);
export type StageEvent = z.infer<typeof stageEvent>;

/** Node to its child process. */
export const stageInstruction = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('assign'), assignment, site }),
  z.strictObject({ type: z.literal('order'), order: stageOrder }),
  /** End the part that it has in its generation, and answer with `left`. Not for nodes' own programs, which are ended. */
  z.strictObject({ type: z.literal('leave') }),
  /** Asks for a sign of life. */
  z.strictObject({ type: z.literal('ping') }),
]);
export type StageInstruction = z.infer<typeof stageInstruction>;

/** What a node has to give. */
export const capabilities = z.strictObject({
  /** Host name or address that neighbours and doctors reach the node's stages at. */
  host: z.string().min(1).max(253),
  /** That they listen on. */
  ports: portRange,
  /** Whether its stages can only dial, as behind a firewall. */
  dialsOut: z.boolean(),
  /** Of the certificate that its stages show; without one, they serve in the clear. */
  fingerprint: fingerprint.optional(),
  cores: z.number().int().min(1).max(65_536),
  /** In bytes. */
  memory: count,
  /** Stages that it takes at once. */
  slots: z.number().int().min(1).max(1024),
  /** Engines that work there, and the time of a learning step on the layer that all nodes are measured with. */
  engines: z
    .array(z.strictObject({ backend: name, version: name, millisecondsPerStep: z.number().positive().optional() }))
    .max(20),
  /** Data sets that are there. */
  datasets: z.array(datasetOffer).max(100),
  /** Programs of its own that can stand in for a layer, by name. */
  programs: z.array(name).max(100),
});
export type Capabilities = z.infer<typeof capabilities>;

/** Names a stage's process in messages between coordinator and node; the coordinator makes it, and never twice. */
const task = z.string().min(1).max(300);

/** Node to coordinator. */
export const nodeMessage = z.discriminatedUnion('type', [
  /** `instance` is the same for all connections of one process, and of no other one. */
  z.strictObject({ type: z.literal('join'), name, instance: secret, version: name, capabilities }),
  z.strictObject({ type: z.literal('started'), task, pid: count }),
  z.strictObject({ type: z.literal('event'), task, event: stageEvent }),
  /** A line that a stage's process has written. */
  z.strictObject({ type: z.literal('line'), task, line: z.string().max(2000) }),
  z.strictObject({
    type: z.literal('exited'),
    task,
    code: z.number().int().nullable(),
    signal: z.string().max(20).nullable(),
    /** The last lines that the process wrote to its standard error. */
    tail: z.array(z.string().max(2000)).max(100),
  }),
  /** The stage has left its generation, and its process is kept. */
  z.strictObject({ type: z.literal('left'), task }),
  /** A task that the node will not start, and why. */
  z.strictObject({ type: z.literal('refused'), task, code: z.string().max(100), message: z.string().max(4000) }),
  /** The answer to `probe`. */
  z.strictObject({ type: z.literal('probed'), probe: count, numerics: z.string().max(300) }),
  z.strictObject({ type: z.literal('probe-failed'), probe: count, message: z.string().max(4000) }),
]);
export type NodeMessage = z.infer<typeof nodeMessage>;

/** Coordinator to node. */
export const coordinatorMessage = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('welcome'), version: name }),
  z.strictObject({ type: z.literal('start'), task, assignment }),
  z.strictObject({ type: z.literal('order'), task, order: stageOrder }),
  /** End the part that the stage has in its generation; its process may be kept for the next one. */
  z.strictObject({ type: z.literal('leave'), task }),
  /** End the stage's process at once. */
  z.strictObject({ type: z.literal('kill'), task }),
  /** Work out the numerics of a plan: what decides the bits of a run there. */
  z.strictObject({ type: z.literal('probe'), probe: count, settings: z.unknown() }),
]);
export type CoordinatorMessage = z.infer<typeof coordinatorMessage>;

/** Where nodes reach the coordinator. */
export const CONTROL_PATH = '/control';
/** Version of the control plane. A node that speaks another one is refused at the handshake. */
export const CONTROL_SUBPROTOCOL = 'layerline-control.6';
/** Control messages are small: numbers of stages, not tensors. */
export const MAX_CONTROL_BYTES = 256 * 1024;
/** What an event of a stage may have of it: there has to be room for what its node says around it. */
export const MAX_EVENT_BYTES = MAX_CONTROL_BYTES - 4 * 1024;
