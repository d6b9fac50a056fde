/** Takes frames from `transport-sender.js`, which starts it, and prints what that cost as one line of JSON. */
import { InboundLink } from '@layerline/protocol';
import { letHeapGrow } from '@layerline/stage';
import { IDENTITY } from '../frames.js';
import type { ReceiverOptions } from '../transport.js';
import { startUsage } from '../usage.js';

// As in a stage.
letHeapGrow();
const { address, ticket, maxFrameBytes, frames, warmUpFrames } = JSON.parse(process.argv[2] ?? '') as ReceiverOptions;
const link = await InboundLink.dial({ address, ticket, producer: 'sender', identity: IDENTITY, maxFrameBytes });
let usage = startUsage();
let received = 0;
for await (const frame of link) {
  if (frame.kind !== 'rows') continue;
  received++;
  if (received === warmUpFrames) usage = startUsage();
}
process.stdout.write(`${JSON.stringify(usage(frames))}\n`);
