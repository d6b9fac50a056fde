/**
 * The inverse of the normal distribution's cumulative function (Wichura, "Algorithm AS 241: the percentage points of the
 * normal distribution", Applied Statistics 37, 1988: PPND16).
 * @param p from exp(-25) to 1 − exp(-25), which leaves out PPND16's third interval
 */
export function inverseNormal(p: number): number {
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) return central(q, 0.180625 - q * q);
  const magnitude = tail(Math.sqrt(-Math.log(q < 0 ? p : 1 - p)) - 1.6);
  return q < 0 ? -magnitude : magnitude;
}

/** The first interval. Horner's rule is unrolled here and below: a loop over coefficients takes twice as long. */
function central(q: number, r: number): number {
  let numerator = 2509.0809287301227;
  numerator = numerator * r + 33430.57558358813;
  numerator = numerator * r + 67265.7709270087;
  numerator = numerator * r + 45921.95393154987;
  numerator = numerator * r + 13731.69376550946;
  numerator = numerator * r + 1971.5909503065513;
  numerator = numerator * r + 133.14166789178438;
  numerator = numerator * r + 3.3871328727963665;
  let denominator = 5226.495278852546;
  denominator = denominator * r + 28729.085735721943;
  denominator = denominator * r + 39307.89580009271;
  denominator = denominator * r + 21213.794301586597;
  denominator = denominator * r + 5394.196021424751;
  denominator = denominator * r + 687.1870074920579;
  denominator = denominator * r + 42.31333070160091;
  denominator = denominator * r + 1;
  return (q * numerator) / denominator;
}

/** The second interval. */
function tail(r: number): number {
  let numerator = 0.0007745450142783414;
  numerator = numerator * r + 0.022723844989269184;
  numerator = numerator * r + 0.2417807251774506;
  numerator = numerator * r + 1.2704582524523684;
  numerator = numerator * r + 3.6478483247632045;
  numerator = numerator * r + 5.769497221460691;
  numerator = numerator * r + 4.630337846156546;
  numerator = numerator * r + 1.4234371107496835;
  let denominator = 1.0507500716444169e-9;
  denominator = denominator * r + 0.0005475938084995345;
  denominator = denominator * r + 0.015198666563616457;
  denominator = denominator * r + 0.14810397642748008;
  denominator = denominator * r + 0.6897673349851;
  denominator = denominator * r + 1.6763848301838038;
  denominator = denominator * r + 2.053191626637759;
  denominator = denominator * r + 1;
  return numerator / denominator;
}
