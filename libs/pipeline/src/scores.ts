/** Adds matrices up in their order. @param length of each, and of the sum: of zeros where there are none */
export function sumOf(matrices: readonly Float32Array[], length: number): Float32Array {
  const sum = new Float32Array(length);
  for (const matrix of matrices) {
    for (let at = 0; at < length; at++) sum[at] = (sum[at] as number) + (matrix[at] as number);
  }
  return sum;
}

/**
 * Logits as if they were the goodness of pairs: that of the true class, and the highest of the others.
 * @param logits [rows, classes] @param labels of the rows
 * @returns [2 × rows], those of the true classes first
 */
export function pairScores(logits: Float32Array, labels: Uint8Array): Float32Array {
  const rows = labels.length;
  const classes = logits.length / rows;
  const scores = new Float32Array(2 * rows).fill(-Infinity);
  for (const [row, label] of labels.entries()) {
    scores[row] = logits[row * classes + label] as number;
    for (let other = 0; other < classes; other++) {
      const logit = logits[row * classes + other] as number;
      if (other !== label && logit > (scores[rows + row] as number)) scores[rows + row] = logit;
    }
  }
  return scores;
}

/** A matrix with its rows as columns: logits of images in the order of goodness, all images under one label first. */
export function byClass(logits: Float32Array, images: number): Float32Array {
  const classes = logits.length / images;
  return Float32Array.from({ length: logits.length }, (_, at) => {
    return logits[(at % images) * classes + Math.floor(at / images)] as number;
  });
}
