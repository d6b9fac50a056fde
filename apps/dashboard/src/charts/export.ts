import type { XAxis } from './axis.js';
import type { ChartDrawing } from './chart-drawing.js';
import { svgOf } from './svg.js';
import { cssColour } from './theme.js';

export const AXIS_NAMES: Readonly<Record<XAxis, string>> = {
  step: 'Steps',
  epoch: 'Epochs',
  images: 'Images',
  wall: 'Wall time',
  training: 'Training time',
};

const TITLE_HEIGHT = 34;
const LEGEND_HEIGHT = 26;
const MARGIN = 14;
const SWATCH = 22;

/** Saves what is drawn as a vector file. */
export function saveSvg(drawing: ChartDrawing): void {
  const { drawn, spec, scene } = drawing;
  if (drawn === undefined) return;
  const svg = svgOf(drawn.picture, {
    title: spec.title,
    labelX: AXIS_NAMES[scene.view.axis.peek()],
    legend: drawing.traces
      .peek()
      .map(({ label, style }) => ({ label, dash: style.dash, colour: cssColour(style.colour) })),
    colours: { ground: cssColour('--surface'), ink: cssColour('--ink'), grid: cssColour('--line') },
    colourOf: cssColour,
  });
  save(new Blob([svg], { type: 'image/svg+xml' }), `${fileName(spec.title)}.svg`);
}

/** Saves what is drawn as an image, with its title and legend, in the screen's pixels. */
export function savePng(drawing: ChartDrawing): void {
  const { drawn, spec } = drawing;
  if (drawn === undefined) return;
  const { canvas: plot } = drawn;
  const canvas = document.createElement('canvas');
  const scale = devicePixelRatio;
  canvas.width = plot.width;
  canvas.height = plot.height + (TITLE_HEIGHT + LEGEND_HEIGHT) * scale;
  const context = canvas.getContext('2d');
  if (context === null) return;
  context.fillStyle = cssColour('--surface');
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(plot, 0, TITLE_HEIGHT * scale);
  context.scale(scale, scale);
  context.textBaseline = 'middle';
  context.fillStyle = cssColour('--ink');
  context.font = '600 14px system-ui, sans-serif';
  context.fillText(spec.title, MARGIN, TITLE_HEIGHT / 2 + 2);
  drawLegend(context, drawing, canvas.height / scale - LEGEND_HEIGHT / 2);
  canvas.toBlob((blob) => {
    if (blob !== null) save(blob, `${fileName(spec.title)}.png`);
  });
}

function drawLegend(context: CanvasRenderingContext2D, drawing: ChartDrawing, y: number): void {
  context.font = '12px system-ui, sans-serif';
  let x = MARGIN;
  for (const { label, style } of drawing.traces.peek()) {
    context.strokeStyle = cssColour(style.colour);
    context.lineWidth = 2;
    context.setLineDash([...style.dash]);
    context.beginPath();
    context.moveTo(x, y);
    context.lineTo(x + SWATCH, y);
    context.stroke();
    context.fillText(label, x + SWATCH + 6, y);
    x += SWATCH + 22 + context.measureText(label).width;
  }
}

/** Where all points of a chart's series of one run are to be had. */
export function csvAddress(run: string, names: readonly string[]): string {
  return `/api/runs/${encodeURIComponent(run)}/series.csv?names=${names.map(encodeURIComponent).join(',')}`;
}

function save(blob: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // The browser has taken hold of the blob by the end of the click.
  URL.revokeObjectURL(link.href);
}

function fileName(title: string): string {
  return title.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
}
