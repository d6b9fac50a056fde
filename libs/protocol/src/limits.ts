/**
 * What a server puts up with. A peer beyond any of it is dropped with a reason, and takes nobody else down.
 */

/** A stage's server has one peer. More than a few others can only be scanners, and they must not keep the peer out. */
export const MAX_LINK_CONNECTIONS = 64;
export const MAX_LINK_CONNECTIONS_PER_ADDRESS = 16;
/** Each node of a large cluster, its stages' transfers, and people who watch. */
export const MAX_CONTROL_CONNECTIONS = 1024;
/** The nodes of one large machine, or those behind one router. */
export const MAX_CONTROL_CONNECTIONS_PER_ADDRESS = 512;
/**
 * Messages a second that a control connection may go on with: a node's stages report twice a second each, and log lines
 * come in bursts.
 */
export const MAX_MESSAGE_RATE = 1_000;
export const MAX_MESSAGE_BURST = 10_000;
/** Of these, what a node passes on of its stages' logs: what they tell of themselves has to have room beside it. */
export const LOG_LINE_RATE = 100;
export const LOG_LINE_BURST = MAX_MESSAGE_BURST / 2;
/**
 * And what one of its stages may tell: an evaluator has a report for every few batches, and some train a hundred a second. So a
 * stage that tells without end is ended before its node is rejected for it.
 */
export const STAGE_EVENT_RATE = 800;
export const STAGE_EVENT_BURST = 4_000;
/** What one of a program of the node's own may: it should twice a second. */
export const PROGRAM_EVENT_RATE = 10;
export const PROGRAM_EVENT_BURST = 100;
/** Bytes that may wait for a peer that does not read. */
export const MAX_BACKLOG_BYTES = 16 * 2 ** 20;
/** How often the two ends of a control connection ask each other for a sign of life. */
export const CONTROL_PING_INTERVAL_MS = 1_000;
/** A peer that leaves so many pings unanswered is gone: a cut cable closes no connection. */
export const CONTROL_PATIENCE = 8;
