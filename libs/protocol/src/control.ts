import { z } from 'zod';

/**
 * The control plane: what coordinator, nodes and stages tell each other. A node passes orders to its stages and events
 * from them, over the channel that it has with each as its child process.
 */

const name = z.string().min(1).max(100);
const secret = z.string().min(1).max(200);
const count = z.number().int().nonnegative();
/** A WebSocket takes no larger limit; it would stand for none at all. */
export const MAX_FRAME_BYTES = 2 ** 31 - 1;

/** The three things that a stage can be. */
export const stageRole = z.enum(['feeder', 'layer', 'evaluator']);
export type StageRole = z.infer<typeof stageRole>;

/** Everything that a stage is told when it starts. */
export const assignment = z.strictObject({
  run: name,
  incarnation: count,
  generation: count,
  stage: name,
  role: stageRole,
  /** What the role works by. Its schema belongs to the pipeline, not to the protocol. */
  settings: z.unknown(),
  /** The neighbour that this stage takes frames from, and the largest frame that may come. */
  producer: z.strictObject({ stage: name, maxFrameBytes: z.number().int().min(1).max(MAX_FRAME_BYTES) }).optional(),
  /** The neighbour that dials this stage for frames, where to wait for it, and the secret that it will show. */
  consumer: z.strictObject({ stage: name, host: name, port: count.max(65_535), ticket: secret }).optional(),
  /** Where the stage puts what it has learned. */
  store: z.strictObject({ url: z.string().max(500), secret }),
});
export type Assignment = z.infer<typeof assignment>;

/** Coordinator to stage. */
export const stageOrder = z.discriminatedUnion('type', [
  /** Dial the producer. */
  z.strictObject({ type: z.literal('connect'), address: z.string().max(500), ticket: secret }),
  /** Everything is linked: let frames flow. */
  z.strictObject({ type: z.literal('begin') }),
  /** Bring the stream to an end after the batch under way, and store the model. */
  z.strictObject({ type: z.literal('stop') }),
]);
export type StageOrder = z.infer<typeof stageOrder>;

/** How a stage has spent its time since the last report, in milliseconds; for people to look at. */
export const stageTelemetry = z.strictObject({
  interval: z.number(),
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
  /** Processor time of the whole process, user and system. With several threads it can exceed `interval`. */
  cpu: z.number(),
  /** These three since the stream began. Barriers are frames too. */
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
  /** The stage waits for its consumer at this port. */
  z.strictObject({ type: z.literal('listening'), port: count.max(65_535) }),
  /** Its producer has let it in. */
  z.strictObject({ type: z.literal('linked') }),
  /** It could begin now: engine, data and numbers are there. */
  z.strictObject({ type: z.literal('ready') }),
  z.strictObject({ type: z.literal('telemetry'), telemetry: stageTelemetry }),
  /** Something that its role has found out. Its schema belongs to the pipeline. */
  z.strictObject({ type: z.literal('report'), report: z.unknown() }),
  /** It cannot go on. */
  z.strictObject({ type: z.literal('failed'), code: z.string().max(100), message: z.string().max(4000) }),
  /** Its stream has ended and everything is stored. */
  z.strictObject({ type: z.literal('finished') }),
]);
export type StageEvent = z.infer<typeof stageEvent>;

/** Node to its child process. */
export const stageInstruction = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('assign'), assignment }),
  z.strictObject({ type: z.literal('order'), order: stageOrder }),
]);
export type StageInstruction = z.infer<typeof stageInstruction>;

/** Node to coordinator. */
export const nodeMessage = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('join'), name, version: name }),
  z.strictObject({ type: z.literal('started'), stage: name, pid: count }),
  z.strictObject({ type: z.literal('event'), stage: name, event: stageEvent }),
  z.strictObject({
    type: z.literal('exited'),
    stage: name,
    code: z.number().int().nullable(),
    signal: z.string().max(20).nullable(),
    /** The last lines that the process wrote to its standard error. */
    tail: z.array(z.string().max(2000)).max(100),
  }),
]);
export type NodeMessage = z.infer<typeof nodeMessage>;

/** Coordinator to node. */
export const coordinatorMessage = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('welcome'), version: name }),
  z.strictObject({ type: z.literal('start'), assignment }),
  z.strictObject({ type: z.literal('order'), stage: name, order: stageOrder }),
  /** End the stage's process at once. */
  z.strictObject({ type: z.literal('kill'), stage: name }),
]);
export type CoordinatorMessage = z.infer<typeof coordinatorMessage>;

/** Where nodes reach the coordinator. */
export const CONTROL_PATH = '/control';
/** Version of the control plane. A node that speaks another one is refused at the handshake. */
export const CONTROL_SUBPROTOCOL = 'layerline-control.1';
/** Control messages are small: numbers of stages, not tensors. */
export const MAX_CONTROL_BYTES = 256 * 1024;
