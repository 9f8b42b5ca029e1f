/**
 * The cookie of a signed-in browser: script cannot read it and other sites cannot send it. Browsers do not keep the ports
 * of one host apart (RFC 6265 §8.5), so its name says which engine it belongs to: two engines on one machine leave each
 * other's sessions alone.
 */
export class SessionCookie {
  readonly name: string;

  /** @param engineId stays the same over restarts; letters and digits */
  constructor(engineId: string) {
    this.name = `streamware_session_${engineId}`;
  }

  /** The token in a `Cookie` header; null when there is none. */
  read(header: string | undefined): string | null {
    for (const pair of (header ?? '').split(';')) {
      const [name, value] = pair.trim().split('=', 2);
      if (name === this.name && value) return value;
    }
    return null;
  }

  /** The `Set-Cookie` that signs in, for thirty days. */
  set(token: string): string {
    return `${this.name}=${token}; HttpOnly; SameSite=Strict; Path=/; Max-Age=2592000`;
  }

  /** The `Set-Cookie` that signs out. */
  get ended(): string {
    return `${this.name}=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0`;
  }
}
