import { ConfirmationSteps } from './confirmationSteps.ts';
import type { SessionProgress } from './outputSession.ts';

/** Without progress for so long, although some is due, the far side is stuck. */
const STALLED_AFTER_MS = 8000;
/** A confirmation must have been due for so long: guards against a burst at the end of a quiet stretch. */
const DUE_FOR_MS = 2000;
/** No confirmation is missed below this, however often the peer has sent them before. */
const MIN_WINDOW_BYTES = 256 * 1024;
const WINDOW_SLACK = 1.1;

/**
 * Decides from progress alone whether the far side is stuck. The socket does not tell: kernel buffers hide a frozen peer
 * for up to 40 s at low bitrates. Two signs, either of which is enough:
 *   - more is unconfirmed than this peer usually leaves open, and nothing was confirmed for 8 s;
 *   - bytes wait in the session, and the transport has taken none for 8 s (all there is for a peer that never confirms).
 * A quiet stream is no alarm, since nothing is due; nor is a peer that confirms rarely, since its own window is the measure.
 */
export class ProgressWatch {
  readonly #steps: ConfirmationSteps;
  #sent: number;
  #confirmedAtMs: number;
  #sentAtMs: number;
  #dueSinceMs: number | null = null;

  /** @param progress at the moment the connection was accepted: what was confirmed before is no sign of life. */
  constructor(progress: SessionProgress, nowMs: number) {
    this.#steps = new ConfirmationSteps(progress.bytesConfirmed);
    this.#sent = progress.bytesSent;
    this.#confirmedAtMs = nowMs;
    this.#sentAtMs = nowMs;
  }

  /** Whether that reading, or one before it, shows something confirmed since the connection was accepted. */
  confirms(progress: SessionProgress): boolean {
    return this.#steps.largest !== null || progress.bytesConfirmed > this.#steps.confirmedBytes;
  }

  /** Takes a reading, true when the far side is stuck. Call it once a second. */
  isStalled(progress: SessionProgress, nowMs: number): boolean {
    if (this.#steps.note(progress.bytesConfirmed)) this.#confirmedAtMs = nowMs;
    if (progress.bytesSent > this.#sent || progress.bytesPending === 0) this.#sentAtMs = nowMs;
    this.#sent = progress.bytesSent;
    if (nowMs - this.#sentAtMs >= STALLED_AFTER_MS && nowMs - this.#confirmedAtMs >= STALLED_AFTER_MS)
      return true;
    if (!this.#isConfirmationDue(progress)) {
      this.#dueSinceMs = null;
      return false;
    }
    this.#dueSinceMs ??= nowMs;
    return nowMs - this.#confirmedAtMs >= STALLED_AFTER_MS && nowMs - this.#dueSinceMs >= DUE_FOR_MS;
  }

  #isConfirmationDue(progress: SessionProgress): boolean {
    const { largest } = this.#steps;
    if (largest === null) return false;
    const unconfirmed = progress.bytesSent + progress.bytesPending - progress.bytesConfirmed;
    return unconfirmed > Math.max(MIN_WINDOW_BYTES, largest * WINDOW_SLACK);
  }
}
