import { stepTime } from '../simulation/calibration.js';
import type { ServiceTimes } from '../simulation/calibration.js';
import { transportCpu, transportShare } from '../transport.js';
import type { Transport } from '../transport.js';
import { markdownTable, percent, times } from './format.js';

/** What frames cost the ends of a link. @param measured of layers, to say how much of a stage's time that is */
export function transportSection(transport: readonly Transport[], measured?: ServiceTimes): string {
  const rows = transport.map((result) => [
    `${result.units}`,
    `${(result.bytesPerFrame / 1e6).toFixed(2)} MB`,
    times(result.sender.cpu),
    times(result.receiver.cpu),
    transportCpu(result).toFixed(2),
    shareOfStage(result, measured),
    times(result.bare),
    times(result.sender.wall),
    result.encode.median.toFixed(3),
    result.decode.median.toFixed(3),
  ]);
  const heading = [
    'units',
    'frame',
    'sending',
    'receiving',
    'both',
    'of a stage',
    'bare socket',
    'wall',
    'encode',
    'decode',
  ];
  return [
    '## Transport\n',
    'A frame between two processes on loopback, without TLS: CPU milliseconds of either end, and of both together, ' +
      'which a stage between two others spends on each frame. "Of a stage": their share in all the CPU time of a ' +
      'layer that has as many inputs as units. "Bare socket": both ends with the same bytes over TCP and nothing on top, which ' +
      'is what the system and Node take. The last two are calls of the codec alone.\n',
    markdownTable(heading, rows),
  ].join('\n');
}

function shareOfStage(transport: Transport, measured: ServiceTimes | undefined): string {
  const { units } = transport;
  const layer = measured?.layers.find((candidate) => candidate.inputs === units && candidate.units === units);
  return layer === undefined ? '–' : percent(transportShare(transport, stepTime(layer)), 1);
}
