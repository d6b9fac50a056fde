import { countedWidths } from '@layerline/api';
import type { EvaluationReport } from '@layerline/api';
import pc from 'picocolors';

/** Of progress bars, from wide windows to narrow ones: few, or bars would keep changing with the text beside them. */
export const BAR_WIDTHS = [30, 20, 10, 5] as const;

/** A progress bar and the percentage. @param share 0 … 1 @param width of the bar, in columns */
export function progressBar(share: number, width: number): string {
  const filled = Math.round(share * width);
  const bar = pc.cyan('█'.repeat(filled)) + pc.dim('░'.repeat(width - filled));
  return `${bar} ${percent(share, 0).padStart(5)}`;
}

/** `3.99 %` */
export function percent(fraction: number, digits = 2): string {
  return `${(100 * fraction).toFixed(digits)} %`;
}

/** `12,345` */
export function whole(number: number): string {
  return Math.round(number).toLocaleString('en-US');
}

/** `12,300`, `12.3`, `0.0123`: three digits that count. */
export function threeDigits(number: number): string {
  return Number(number.toPrecision(3)).toLocaleString('en-US', { maximumSignificantDigits: 3 });
}

/** `1:02:03`, or `2:03` for less than an hour. */
export function duration(seconds: number): string {
  const total = Math.max(0, Math.round(seconds));
  const [hours, minutes] = [Math.floor(total / 3600), Math.floor(total / 60) % 60];
  const rest = String(total % 60).padStart(2, '0');
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`;
}

/** `2026-01-31 12:00`, in local time. @param text in ISO 8601 */
export function dateTime(text: string): string {
  const date = new Date(text);
  const two = (number: number): string => String(number).padStart(2, '0');
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-');
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** `784-1000×3`: the widths of layers, with equal neighbours counted. */
export function widthsOf(layers: readonly number[]): string {
  return countedWidths(layers).join('-');
}

/** A value of a setting as an option takes it: `relu`, `500,500`; JSON where no option could say it. */
export function settingValue(value: unknown): string {
  if (Array.isArray(value) && value.every((item) => typeof item !== 'object')) return value.map(settingValue).join(',');
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

/** `12:00:05`, in local time. */
export function timeOfDay(date: Date): string {
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
}

/** `145 MB` */
export function megabytes(bytes: number): string {
  return `${whole(bytes / 1e6)} MB`;
}

/** `3.99 %, –, 4.20 %`: the errors of layers; null for a layer without one. */
export function byLayer(errors: readonly (number | null)[]): string {
  return errors.map((error) => (error === null ? '–' : percent(error))).join(', ');
}

/** One line about an evaluation. */
export function evaluationLine(report: EvaluationReport): string {
  const { epoch, testError, perLayerError, validationError, byGoodness } = report;
  const held = validationError === undefined ? '' : `; validation error: ${percent(validationError)}`;
  const beside = byGoodness === undefined ? '' : `; ${goodnessErrors(byGoodness)}`;
  return `Test error after epoch ${epoch}: ${percent(testError)} (by layer ${byLayer(perLayerError)})${beside}${held}`;
}

interface ErrorsOfLayers {
  readonly testError: number;
  readonly perLayerError: readonly (number | null)[];
}

/** What goodness gets wrong, where readouts judge. */
export function goodnessErrors({ testError, perLayerError }: ErrorsOfLayers): string {
  return `by goodness: ${percent(testError)} (by layer ${byLayer(perLayerError)})`;
}
