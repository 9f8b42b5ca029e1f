const BUCKET_MS = 250;
const BUCKETS = 16;
/** Before this much time has passed, a rate would be a guess. */
const MIN_SPAN_MS = 1000;

/** Amount per second over the last four seconds. An addition per event, no timer, no allocation. */
export class RateMeter {
  readonly #amounts = new Float64Array(BUCKETS);
  #bucket = Number.NEGATIVE_INFINITY;
  #firstMs: number | null = null;

  add(amount: number, nowMs: number): void {
    this.#firstMs ??= nowMs;
    this.#turn(nowMs);
    const index = slot(this.#bucket);
    this.#amounts[index] = (this.#amounts[index] ?? 0) + amount;
  }

  perSecond(nowMs: number): number {
    if (this.#firstMs === null) return 0;
    this.#turn(nowMs);
    // The running bucket covers only the part of it that has passed.
    const coveredMs = (BUCKETS - 1) * BUCKET_MS + (nowMs - this.#bucket * BUCKET_MS);
    const spanMs = Math.max(MIN_SPAN_MS, Math.min(coveredMs, nowMs - this.#firstMs));
    let sum = 0;
    for (let index = 0; index < BUCKETS; index++) sum += this.#amounts[index] ?? 0;
    return (sum * 1000) / spanMs;
  }

  /** Empties the buckets that time has passed over. */
  #turn(nowMs: number): void {
    const bucket = Math.floor(nowMs / BUCKET_MS);
    if (bucket <= this.#bucket) return;
    if (bucket - this.#bucket >= BUCKETS) this.#amounts.fill(0);
    else for (let passed = this.#bucket + 1; passed <= bucket; passed++) this.#amounts[slot(passed)] = 0;
    this.#bucket = bucket;
  }
}

function slot(bucket: number): number {
  return bucket % BUCKETS;
}
