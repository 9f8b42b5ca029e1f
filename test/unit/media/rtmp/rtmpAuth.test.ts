import { describe, expect, it } from 'vitest';
import { Secret } from '../../../../main/lib/secret.ts';
import { nextAuthStep } from '../../../../main/media/rtmp/rtmpAuth.ts';

const credentials = { username: 'user', password: new Secret('password') };
const nonce = '0a1b2c3d';
const step = (description: string, who: typeof credentials | null = credentials, app = 'live') =>
  nextAuthStep(description, app, who, nonce);

describe('nextAuthStep', () => {
  it('has nothing to do with other refusals', () => {
    expect(step('Application not found')).toEqual({ kind: 'unrelated' });
  });

  it('sends the user name first', () => {
    expect(step('[ AccessManager.Reject ] : [ code=403 need auth; authmod=adobe ] : ')).toEqual({
      kind: 'again',
      query: '?authmod=adobe&user=user',
    });
  });

  /** response = b64(md5(b64(md5(user + salt + password)) + opaque + nonce)), computed with openssl. */
  it("answers Adobe's challenge", () => {
    const description =
      '[ AccessManager.Reject ] : [ authmod=adobe ] : ?reason=needauth&user=user&salt=abcd12&challenge=ef34&opaque=gh56';
    expect(step(description)).toEqual({
      kind: 'again',
      query: '?authmod=adobe&user=user&challenge=0a1b2c3d&response=N3ZOFpe670ccmznha/qwbA==&opaque=gh56',
    });
  });

  /** HTTP digest over `user:live:password` and `publish:/live/_definst_`, computed with openssl. */
  it("answers Limelight's challenge", () => {
    const description =
      '[ AccessManager.Reject ] : [ authmod=llnw ] : ?reason=needauth&user=user&nonce=ABCDEF';
    expect(step(description)).toEqual({
      kind: 'again',
      query:
        '?authmod=llnw&user=user&nonce=ABCDEF&cnonce=0a1b2c3d&nc=00000001&response=44463e9f1c450f578b36d994f9ced231',
    });
  });

  it.each([
    ['[ authmod=adobe ] : ?reason=authfailed&opaque=x', credentials],
    ['[ authmod=adobe ] : ?reason=nosuchuser', credentials],
    ['[ code=403 need auth; authmod=adobe ]', null],
    ['[ authmod=adobe ] what else', credentials],
  ])('gives up at %j', (description, who) => {
    expect(step(description, who)).toEqual({ kind: 'failed' });
  });
});
