/** What a box is drawn for. */
export interface Part {
  /** Its node, or all of them; undefined while it has none. */
  readonly node: string | undefined;
  readonly shards: number;
}

/** Where a figure of a pipeline has its parts, in CSS pixels. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  /** In the order of the pipeline. */
  readonly boxes: readonly Box[];
  /** From each box to the next. */
  readonly links: readonly LinkLine[];
  /** Around neighbours of one node, in one row. */
  readonly frames: readonly NodeFrame[];
}

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface NodeFrame extends Box {
  readonly node: string | undefined;
}

export interface LinkLine {
  /** Of an SVG path, from one box to the other. */
  readonly path: string;
  readonly direction: 'across' | 'down' | 'wrap';
  /** The middle of the stretch where its figures are written. */
  readonly x: number;
  readonly y: number;
  /** Of that stretch. */
  readonly length: number;
}

/** Of a box but for shards, which begin there. */
export const BOX_HEIGHT = 114;
/** Of boxes without figures. */
export const COMPACT_HEIGHT = 54;
/** Of a shard in the box of its layer. */
export const SHARD_HEIGHT = 34;
const LEAST_BOX_WIDTH = 172;
const MOST_BOX_WIDTH = 232;
const LINK_LENGTH = 72;
const DOWN_LENGTH = 52;
/** Around the boxes of a node, and above them for its name. */
const PADDING = 10;
const NAME_HEIGHT = 22;
const ROW_GAP = 44;
/** The arrow's head ends where the box begins. */
const HEAD = 5;

/**
 * Lays a chain of boxes out in as few rows as fit, read like text; one below the other where only one fits.
 * @param parts in the order of the pipeline @param room for the figure's width @param isCompact without figures
 */
export function layOut(parts: readonly Part[], room: number, isCompact = false): Layout {
  const inner = room - 2 * PADDING;
  const fit = Math.floor((inner + LINK_LENGTH) / (LEAST_BOX_WIDTH + LINK_LENGTH));
  const rows = Math.ceil(parts.length / Math.min(Math.max(fit, 1), parts.length));
  const columns = Math.ceil(parts.length / rows);
  const isColumn = columns === 1;
  const most = isColumn ? inner : MOST_BOX_WIDTH;
  const width = Math.min(most, Math.floor((inner - (columns - 1) * LINK_LENGTH) / columns));
  const left = PADDING + Math.max(0, (inner - columns * width - (columns - 1) * LINK_LENGTH) / 2);
  const boxes: Box[] = [];
  let [y, bottom] = [NAME_HEIGHT, NAME_HEIGHT];
  for (const [place, { node, shards }] of parts.entries()) {
    if (place > 0 && place % columns === 0) {
      y = bottom + rowGap(isColumn, node === parts[place - 1]?.node);
    }
    const box = { x: left + (place % columns) * (width + LINK_LENGTH), y, width, height: heightOf(shards, isCompact) };
    boxes.push(box);
    bottom = Math.max(bottom, box.y + box.height);
  }
  return {
    width: room,
    height: bottom + PADDING,
    boxes,
    links: boxes.slice(1).map((box, place) => linkBetween(boxes[place] as Box, box, heightOf(1, isCompact) / 2)),
    frames: framesOf(boxes, parts, isColumn),
  };
}

function heightOf(shards: number, isCompact: boolean): number {
  if (isCompact) return COMPACT_HEIGHT;
  return shards === 1 ? BOX_HEIGHT : BOX_HEIGHT + shards * SHARD_HEIGHT;
}

/** Between the boxes of two rows. @param sameNode whether one node's name stands above both */
function rowGap(isColumn: boolean, sameNode: boolean): number {
  if (!isColumn) return ROW_GAP + NAME_HEIGHT + PADDING;
  return sameNode ? DOWN_LENGTH : DOWN_LENGTH + NAME_HEIGHT + PADDING;
}

/** @param drop from the top of two boxes in a row, which may differ in height, to the link between them */
function linkBetween(from: Box, to: Box, drop: number): LinkLine {
  if (from.y === to.y) {
    const [start, y] = [from.x + from.width, from.y + drop];
    const path = `M${start} ${y}H${to.x - HEAD}`;
    return { path, direction: 'across', x: (start + to.x) / 2, y, length: to.x - start };
  }
  const [start, end] = [from.y + from.height, to.y];
  if (from.x === to.x) {
    const x = from.x + from.width / 2;
    return { path: `M${x} ${start}V${end - HEAD}`, direction: 'down', x, y: (start + end) / 2, length: end - start };
  }
  const [right, left] = [from.x + from.width / 2, to.x + to.width / 2];
  const between = end - NAME_HEIGHT - (ROW_GAP + PADDING) / 2;
  const path = `M${right} ${start}V${between}H${left}V${end - HEAD}`;
  return { path, direction: 'wrap', x: (left + right) / 2, y: between, length: right - left };
}

/** @param isColumn whether neighbours lie below each other */
function framesOf(boxes: readonly Box[], parts: readonly Part[], isColumn: boolean): readonly NodeFrame[] {
  const frames: NodeFrame[] = [];
  for (const [place, box] of boxes.entries()) {
    const node = parts[place]?.node;
    const last = frames.at(-1);
    const before = boxes[place - 1];
    if (last !== undefined && before !== undefined && last.node === node && (isColumn || before.y === box.y)) {
      const width = box.x + box.width + PADDING - last.x;
      const height = Math.max(last.height, box.y + box.height + PADDING - last.y);
      frames[frames.length - 1] = { ...last, width, height };
    } else {
      const [x, y] = [box.x - PADDING, box.y - NAME_HEIGHT];
      frames.push({ node, x, y, width: box.width + 2 * PADDING, height: box.height + NAME_HEIGHT + PADDING });
    }
  }
  return frames;
}
