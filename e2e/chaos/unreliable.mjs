/**
 * For `node --import`: makes a process less reliable than its machine. Its wall clock is wrong by what stands in the file
 * that `LAYERLINE_CHAOS_CLOCK` names, in milliseconds. After SIGUSR2, the next frame that it sends goes out twice.
 */
import { readFileSync } from 'node:fs';
import { WebSocket } from 'ws';

const LOOK_INTERVAL_MS = 50;
const file = process.env['LAYERLINE_CHAOS_CLOCK'];
let wrongBy = 0;

const RealDate = Date;
globalThis.Date = class extends RealDate {
  /** @param {readonly any[]} when */
  constructor(...when) {
    if (when.length === 0) super(RealDate.now() + wrongBy);
    else super(.../** @type {[any]} */ (when));
  }

  static now() {
    return RealDate.now() + wrongBy;
  }
};
if (file !== undefined) setInterval(look, LOOK_INTERVAL_MS, file).unref();

/** @param {string} path */
function look(path) {
  try {
    wrongBy = Number(readFileSync(path, 'utf8'));
  } catch {
    // Nobody has set the clock yet.
  }
}

let twice = 0;
/** @type {Buffer[]} */
let parts = [];
const send = WebSocket.prototype.send;
process.on('SIGUSR2', () => twice++);

/** @this {WebSocket} @param {any} data @param {any} options @param {any[]} rest */
WebSocket.prototype.send = function (data, options, ...rest) {
  send.call(this, data, options, ...rest);
  // Of what stages send each other, only parts of frames come with options.
  if (twice === 0 || options?.binary !== true) return;
  parts.push(Buffer.from(data));
  if (!options.fin) return;
  const frame = Buffer.concat(parts);
  [twice, parts] = [twice - 1, []];
  send.call(this, frame, { binary: true });
};
